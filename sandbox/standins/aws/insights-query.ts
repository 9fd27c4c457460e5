import { memberOf, type ParsedLine } from "#kit/log-lines.ts";
import { malformed, type Word, wordsOf } from "./insights-words.ts";

/** What one line of log is to a query: its fields by name. */
export type Row = ReadonlyMap<string, string | number | boolean>;

/** A query that can be run: lines in, rows out, as CloudWatch would order and cut them. */
export type InsightsQuery = (rows: readonly Row[]) => readonly Row[];

type Step = (rows: readonly Row[]) => readonly Row[];
type Condition = (row: Row) => boolean;

/** What CloudWatch gives without a `limit`. */
const mostRows = 10_000;
const mostAsked = 10_000;

/** The fields of a line: those that CloudWatch adds, and the members of its JSON, inner ones with a dot. */
export function rowOf(
  line: ParsedLine | undefined,
  event: { readonly stream: string; readonly timestamp: number; readonly message: string },
): Row {
  const fields = new Map<string, string | number | boolean>([
    ["@timestamp", event.timestamp],
    ["@message", event.message],
    ["@logStream", event.stream],
  ]);
  for (const name of Object.keys(line ?? {})) {
    const value = memberOf(line ?? {}, name);
    if (typeof value === "object" && value !== null)
      for (const [inner, item] of Object.entries(value)) set(fields, `${name}.${inner}`, item);
    else set(fields, name, value);
  }
  return fields;
}

function set(fields: Map<string, string | number | boolean>, name: string, value: unknown): void {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
    fields.set(name, value);
}

/** Reads a query: `fields`, `filter`, `stats count(*)`, `sort`, `limit`, `display`, joined by `|`. Throws MalformedQueryException. */
export function readInsights(query: string): InsightsQuery {
  const reader = new Reader(query);
  const steps: Step[] = [];
  let shown: readonly string[] | undefined;
  let limit = mostRows;
  do {
    const command = reader.name();
    if (command === "fields" || command === "display")
      shown = [...(shown ?? []), ...reader.list(() => reader.name())];
    else if (command === "filter") {
      const condition = reader.any();
      steps.push((rows) => rows.filter(condition));
    } else if (command === "stats") {
      const { step, columns } = reader.stats();
      steps.push(step);
      shown = columns;
    } else if (command === "sort") {
      const keys = reader.list(() => ({
        name: reader.name(),
        isDown: reader.either("desc", "asc") === "desc",
      }));
      steps.push((rows) => rows.toSorted((a, b) => order(a, b, keys)));
    } else if (command === "limit") limit = reader.count();
    else throw reader.wrong();
  } while (reader.takes("|"));
  reader.end();
  const columns = shown ?? ["@timestamp", "@message"];
  return (rows) => {
    let found = rows;
    for (const step of steps) found = step(found);
    return found.slice(0, limit).map((row) => new Map([...row].filter(([name]) => columns.includes(name))));
  };
}

function order(a: Row, b: Row, keys: readonly { readonly name: string; readonly isDown: boolean }[]): number {
  for (const { name, isDown } of keys) {
    const [one, other] = [a.get(name), b.get(name)];
    if (one === other) continue;
    if (one === undefined || other === undefined) return one === undefined ? 1 : -1;
    const up = one < other ? -1 : 1;
    return isDown ? -up : up;
  }
  return 0;
}

/** Reads words one after the other. */
class Reader {
  readonly #query: string;
  readonly #words: readonly Word[];
  #at = 0;

  constructor(query: string) {
    this.#query = query;
    this.#words = wordsOf(query);
  }

  wrong() {
    return malformed(this.#query, this.#query.indexOf(this.#words[this.#at]?.text ?? ""));
  }

  #next(): Word {
    const word = this.#words[this.#at];
    if (word === undefined) throw malformed(this.#query, this.#query.length);
    this.#at += 1;
    return word;
  }

  takes(text: string): boolean {
    const word = this.#words[this.#at];
    if (word === undefined || word.kind === "text" || word.text.toLowerCase() !== text) return false;
    this.#at += 1;
    return true;
  }

  needs(text: string): void {
    if (!this.takes(text)) throw this.wrong();
  }

  either(...texts: readonly string[]): string | undefined {
    return texts.find((text) => this.takes(text));
  }

  end(): void {
    if (this.#at < this.#words.length) throw this.wrong();
  }

  name(): string {
    const word = this.#next();
    if (word.kind === "name") return word.text;
    this.#at -= 1;
    throw this.wrong();
  }

  list<T>(one: () => T): readonly T[] {
    const all = [one()];
    while (this.takes(",")) all.push(one());
    return all;
  }

  count(): number {
    const word = this.#next();
    const number = Number(word.text);
    if (word.kind === "number" && Number.isInteger(number) && number > 0 && number <= mostAsked)
      return number;
    this.#at -= 1;
    throw this.wrong();
  }

  #value(): string | number {
    const word = this.#next();
    if (word.kind === "text") return word.text;
    if (word.kind === "number") return Number(word.text);
    this.#at -= 1;
    throw this.wrong();
  }

  any(): Condition {
    const parts = [this.#all()];
    while (this.takes("or")) parts.push(this.#all());
    return (row) => parts.some((part) => part(row));
  }

  #all(): Condition {
    const parts = [this.#one()];
    while (this.takes("and")) parts.push(this.#one());
    return (row) => parts.every((part) => part(row));
  }

  #one(): Condition {
    if (this.takes("not")) {
      const inner = this.#one();
      return (row) => !inner(row);
    }
    if (this.takes("(")) {
      const inner = this.any();
      this.needs(")");
      return inner;
    }
    const name = this.name();
    if (name.toLowerCase() === "ispresent") {
      this.needs("(");
      const field = this.name();
      this.needs(")");
      return (row) => row.has(field);
    }
    return this.#comparison(name);
  }

  #comparison(name: string): Condition {
    const sign = this.either("=", "!=", "<=", ">=", "<", ">", "like", "=~", "in");
    if (sign === undefined) throw this.wrong();
    if (sign === "in") {
      this.needs("[");
      const values = this.list(() => this.#value());
      this.needs("]");
      return (row) => values.some((value) => equal(row.get(name), value));
    }
    if (sign === "like" || sign === "=~") return this.#like(name);
    const value = this.#value();
    if (sign === "=") return (row) => equal(row.get(name), value);
    if (sign === "!=") return (row) => !equal(row.get(name), value);
    return (row) => compares(row.get(name), sign, Number(value));
  }

  #like(name: string): Condition {
    const word = this.#next();
    if (word.kind === "text") return (row) => String(row.get(name) ?? "").includes(word.text);
    if (word.kind !== "pattern") {
      this.#at -= 1;
      throw this.wrong();
    }
    let pattern: RegExp;
    try {
      pattern = new RegExp(word.text);
    } catch {
      throw this.wrong();
    }
    return (row) => row.has(name) && pattern.test(String(row.get(name)));
  }

  /** `stats count(*) as n by field, …`; other functions are not spoken here. */
  stats(): { readonly step: Step; readonly columns: readonly string[] } {
    this.needs("count");
    this.needs("(");
    this.needs("*");
    this.needs(")");
    const as = this.takes("as") ? this.name() : "count(*)";
    const by = this.takes("by") ? this.list(() => this.name()) : [];
    const step: Step = (rows) => {
      const groups = new Map<string, Map<string, string | number | boolean>>();
      for (const row of rows) {
        const key = JSON.stringify(by.map((name) => row.get(name)));
        const group = groups.get(key) ?? new Map(by.flatMap((name) => pair(name, row.get(name))));
        group.set(as, Number(group.get(as) ?? 0) + 1);
        groups.set(key, group);
      }
      return [...groups.values()];
    };
    return { step, columns: [...by, as] };
  }
}

function pair<T>(name: string, value: T | undefined): readonly (readonly [string, T])[] {
  return value === undefined ? [] : [[name, value]];
}

function equal(found: string | number | boolean | undefined, value: string | number): boolean {
  return found !== undefined && String(found) === String(value);
}

function compares(found: string | number | boolean | undefined, sign: string, value: number): boolean {
  const number = typeof found === "string" && found.trim() !== "" ? Number(found) : found;
  if (typeof number !== "number" || Number.isNaN(number) || Number.isNaN(value)) return false;
  if (sign === "<") return number < value;
  if (sign === ">") return number > value;
  return sign === "<=" ? number <= value : number >= value;
}
