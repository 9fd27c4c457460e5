/** Namespaces that have a fixed prefix here, whatever prefix a document gives them. */
const fixed: Readonly<Record<string, string>> = {
  "http://www.xbrl.org/2003/instance": "xbrli",
  "http://www.xbrl.org/2003/iso4217": "iso4217",
  "http://www.xbrl.org/2009/utr": "utr",
};

/** Resolves the names of a document under the prefixes in force, and brings them to the platform's own: concepts local, members qualified. */
export class Names {
  readonly #prefixOf: ReadonlyMap<string, string>;
  readonly #taxonomy: string;
  /** Prefixes in force, the innermost declaration last. */
  readonly #scopes: Record<string, string>[] = [
    Object.assign(Object.create(null), { xml: "http://www.w3.org/XML/1998/namespace" }),
  ];
  /** Prefix to namespace of the root element. */
  ofRoot: Readonly<Record<string, string>> = {};
  #seenRoot = false;

  constructor(vocabulary: { readonly namespace: string; readonly country_namespace: string }) {
    this.#taxonomy = vocabulary.namespace;
    this.#prefixOf = new Map([
      ...Object.entries(fixed),
      [vocabulary.namespace, "esrs"],
      [vocabulary.country_namespace, "country"],
    ]);
  }

  /** Takes in an element's declarations; true when there were any, and `leave` must follow at its end. */
  enter(attributes: Readonly<Record<string, string>>): boolean {
    let scope: Record<string, string> | undefined;
    const around: Record<string, string> | null = this.#scopes.at(-1) ?? null;
    for (const key in attributes)
      if (key.startsWith("xmlns") && (key.length === 5 || key[5] === ":")) {
        const own: Record<string, string> = scope ?? Object.create(around);
        scope = own;
        own[key.slice(6)] = attributes[key] ?? "";
      }
    if (!this.#seenRoot) {
      this.#seenRoot = true;
      this.ofRoot = { ...scope };
    }
    if (scope === undefined) return false;
    this.#scopes.push(scope);
    return true;
  }

  leave(): void {
    this.#scopes.pop();
  }

  /** Namespace and local name of a name as written; the default namespace counts for elements only. */
  resolve(name: string, element = false): { readonly uri: string; readonly local: string } {
    const at = name.indexOf(":");
    const scope = this.#scopes.at(-1) ?? {};
    if (at < 0) return { uri: element ? (scope[""] ?? "") : "", local: name };
    return { uri: scope[name.slice(0, at)] ?? "", local: name.slice(at + 1) };
  }

  /** A concept's or an axis's name: its local name when it is the taxonomy's, qualified otherwise. */
  canonical(name: string): string {
    const { uri, local } = this.resolve(name.trim());
    return uri === this.#taxonomy ? local : this.qualified(name);
  }

  /** A member's or a measure's name with the prefix that the platform uses for its namespace. */
  qualified(name: string): string {
    const { uri, local } = this.resolve(name.trim());
    const prefix = this.#prefixOf.get(uri);
    return prefix === undefined ? name.trim() : `${prefix}:${local}`;
  }

  /** Members written as `namespace#name …` as qualified names; undefined when the text is anything else. */
  members(text: string): string | undefined {
    const found: string[] = [];
    for (const uri of text.split(/\s+/)) {
      const at = uri.indexOf("#");
      const prefix = at < 0 ? undefined : this.#prefixOf.get(uri.slice(0, at));
      if (prefix === undefined) return undefined;
      found.push(`${prefix}:${uri.slice(at + 1)}`);
    }
    return found.join(" ");
  }

  /** An attribute by its namespace and local name. */
  attribute(attributes: Readonly<Record<string, string>>, uri: string, local: string): string | undefined {
    for (const key in attributes) {
      const at = key.indexOf(":");
      if (at > 0 && key.slice(at + 1) === local && this.resolve(key).uri === uri) return attributes[key];
    }
    return undefined;
  }
}
