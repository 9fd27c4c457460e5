import { SaxesParser } from "saxes";

/** A fact of an xBRL-JSON document with every name spelled out by its namespace, so that two programs' prefixes do not matter. */
type Spelled = {
  readonly value: string | null;
  readonly decimals: number | undefined;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly footnotes: readonly string[];
};
type Document = {
  readonly documentInfo: {
    readonly documentType: string;
    readonly namespaces: Readonly<Record<string, string>>;
    readonly taxonomy: readonly string[];
    readonly linkTypes?: Readonly<Record<string, string>>;
  };
  readonly facts: Readonly<
    Record<
      string,
      {
        readonly value: string | null;
        readonly decimals?: number;
        readonly dimensions: Readonly<Record<string, string>>;
        readonly links?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
      }
    >
  >;
};

/**
 * Compares two xBRL-JSON documents fact by fact, under the ids of the inline document: value, decimals, concept, entity, period, unit, language,
 * axes and footnotes. Returns what differs, one line each, at most a hundred; numbers and XHTML are compared by what they mean.
 */
export function differences(ours: Document, theirs: Document): readonly string[] {
  const found: string[] = [];
  const [a, b] = [spelled(ours), spelled(theirs)];
  for (const [id, mine] of a) {
    const other = b.get(id);
    if (other === undefined) found.push(`${id} (${mine.dimensions["concept"]}) is only in ours`);
    else found.push(...unlike(id, mine, other));
  }
  for (const [id, other] of b)
    if (!a.has(id)) found.push(`${id} (${other.dimensions["concept"]}) is only in theirs`);
  if (ours.documentInfo.taxonomy.join(" ") !== theirs.documentInfo.taxonomy.join(" "))
    found.push(
      `taxonomy: ${ours.documentInfo.taxonomy.join(" ")} and ${theirs.documentInfo.taxonomy.join(" ")}`,
    );
  return found.slice(0, 100);
}

function unlike(id: string, mine: Spelled, other: Spelled): readonly string[] {
  const found: string[] = [];
  const say = (what: string, left: unknown, right: unknown): void => {
    found.push(
      `${id} ${mine.dimensions["concept"]} ${what}: ${String(left).slice(0, 200)} and ${String(right).slice(0, 200)}`,
    );
  };
  if (meaning(mine.value) !== meaning(other.value)) say("value", meaning(mine.value), meaning(other.value));
  if (mine.decimals !== other.decimals) say("decimals", mine.decimals, other.decimals);
  for (const axis of new Set([...Object.keys(mine.dimensions), ...Object.keys(other.dimensions)]))
    if (mine.dimensions[axis] !== other.dimensions[axis])
      say(axis, mine.dimensions[axis], other.dimensions[axis]);
  if (mine.footnotes.toSorted().join() !== other.footnotes.toSorted().join())
    say("footnotes", mine.footnotes, other.footnotes);
  return found;
}

function spelled({ documentInfo, facts }: Document): ReadonlyMap<string, Spelled> {
  const { namespaces, linkTypes = {} } = documentInfo;
  const full = (name: string): string => {
    const at = name.indexOf(":");
    const uri = at < 0 ? undefined : namespaces[name.slice(0, at)];
    return uri === undefined ? name : `{${uri}}${name.slice(at + 1)}`;
  };
  const measures = (unit: string): string => unit.replaceAll(/[A-Za-z_][\w.-]*:[\w.-]+/g, full);
  return new Map(
    Object.entries(facts).map(([id, { value, decimals, dimensions, links = {} }]) => [
      id,
      {
        value:
          value !== null && /^(\w+:\w+)( \w+:\w+)*$/.test(value)
            ? value.split(" ").map(full).toSorted().join(" ")
            : value,
        decimals,
        dimensions: Object.fromEntries(
          Object.entries(dimensions).map(([axis, member]) => [
            axis.includes(":") ? full(axis) : axis,
            axis === "unit"
              ? measures(member)
              : axis === "period" || axis === "language" || axis === "noteId"
                ? member.toLowerCase()
                : full(member),
          ]),
        ),
        footnotes: Object.entries(links).flatMap(([type, groups]) =>
          Object.values(groups)
            .flat()
            .map((note) => `${linkTypes[type] ?? type} ${note}`),
        ),
      },
    ]),
  );
}

/** A number without needless zeros, XHTML without needless spelling, anything else as it is. */
function meaning(value: string | null): string {
  if (value === null) return "nil";
  if (/^-?\d+(\.\d+)?$/.test(value)) return value.replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");
  return /[<&]/.test(value) ? events(value) : value.trim();
}

/** What a reader of XML meets in a piece of XHTML: elements with sorted attributes, and text. */
function events(content: string): string {
  const met: string[] = [];
  const parser = new SaxesParser<{ xmlns: false; fragment: true }>({ xmlns: false, fragment: true });
  let isBroken = false;
  parser.on("error", () => {
    isBroken = true;
  });
  parser.on("opentag", ({ name, attributes }) => {
    const written = Object.entries(attributes)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, value]) => `${key}=${value}`);
    met.push(`<${[name, ...written].join(" ")}>`);
  });
  parser.on("text", (text) => {
    met.push(text);
  });
  parser.on("closetag", ({ name }) => {
    met.push(`</${name}>`);
  });
  parser.write(content).close();
  return isBroken ? content : met.join("").trim();
}
