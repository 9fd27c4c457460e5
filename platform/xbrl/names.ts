/** Namespaces that have a fixed prefix here, whatever prefix a document gives them. */
const fixed: Readonly<Record<string, string>> = {
  "http://www.xbrl.org/2003/instance": "xbrli",
  "http://www.xbrl.org/2003/iso4217": "iso4217",
  "http://www.xbrl.org/2009/utr": "utr",
};

type Resolved = { readonly uri: string; readonly local: string };

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
  /** Elements' names that were met since the prefixes last changed. */
  readonly #met = new Map<string, Resolved>();

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
    this.#met.clear();
    this.#scopes.push(scope);
    return true;
  }

  leave(): void {
    this.#met.clear();
    this.#scopes.pop();
  }

  /** Namespace and local name of an element's name as written. */
  element(name: string): Resolved {
    let known = this.#met.get(name);
    if (known === undefined) {
      const at = name.indexOf(":");
      known = at < 0 ? { uri: this.#scopes.at(-1)?.[""] ?? "", local: name } : this.resolve(name);
      this.#met.set(name, known);
    }
    return known;
  }

  /** Namespace and local name of any other name; without a prefix it is in no namespace. */
  resolve(name: string): Resolved {
    const at = name.indexOf(":");
    if (at < 0) return { uri: "", local: name };
    return { uri: this.#scopes.at(-1)?.[name.slice(0, at)] ?? "", local: name.slice(at + 1) };
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
