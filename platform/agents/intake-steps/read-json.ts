import { Tokenizer, TokenType } from "@streamparser/json";
import type { Artifacts } from "../../agent.ts";
import { CsrdError } from "../../errors.ts";
import { activityNames } from "./activity-rows.ts";
import { datapointColumns } from "./datapoint-columns.ts";
import {
  type Batch,
  counted,
  type Encoding,
  headerName,
  limits,
  plainName,
  type Source,
  tooLarge,
  unreadable,
} from "./source.ts";

/** How deep a data file may nest: a point, its breakdown, and room to spare. */
const deepest = 8;

/** Keys under which an object keeps its rows. */
const rowKeys: ReadonlySet<string> = new Set(["data_points", "datapoints", "activities", "records", "rows"]);

/** Opens a JSON file: an array of rows, or an object that keeps them under `data_points`. Rows are cut out one by one; nothing else is kept. */
export async function openJson(artifacts: Artifacts, name: string, encoding: Encoding): Promise<Source> {
  const { bytes, seal } = counted(artifacts, name);
  const batches = itemsOf(name, bytes(), encoding);
  const first = await batches.next();
  const items = first.done === true ? [] : first.value;
  const keys = Object.keys(items[0] ?? {});
  if (first.done !== true && !keys.includes("metric_code") && !keys.includes("record_id")) {
    await batches.return(undefined);
    throw new CsrdError("column-missing", {
      summary: `Row 1 of ${plainName(name)}: the object has neither metric_code nor record_id.`,
      hint: "Datapoint rows need metric_code, activity rows record_id.",
    });
  }
  const known = keys.includes("metric_code") ? datapointColumns.map((column) => column.name) : activityNames;
  const header = [...known, ...keys.filter((key) => !known.includes(key))];
  return {
    name,
    format: "json",
    encoding,
    delimiter: "",
    decimalMark: "unknown",
    header,
    notes: [],
    seal,
    async *rows() {
      let row = 1;
      const batch = (some: readonly Item[]): Batch => {
        const made: Batch = {
          rows: some.map((item) => header.map((column) => item[column] ?? "")),
          first: row,
          plain: false,
          ...tooLong(some),
        };
        row += some.length;
        if (row > limits.rows)
          throw tooLarge(`${plainName(name)} has more than ${limits.rows.toLocaleString("en")} rows.`);
        return made;
      };
      if (items.length > 0) yield batch(items);
      for await (const more of batches) yield batch(more);
    },
  };
}

type Item = Readonly<Record<string, string>>;

function tooLong(items: readonly Item[]): { readonly broken?: ReadonlyMap<number, string> } {
  const broken = new Map<number, string>();
  for (const [place, item] of items.entries())
    for (const [key, text] of Object.entries(item))
      if (text.length > (key === "value" ? limits.text : limits.cell))
        broken.set(
          place,
          `${key} holds more than ${key === "value" ? limits.text : limits.cell} characters.`,
        );
  return broken.size === 0 ? {} : { broken };
}

/** Keeps numbers as they are written, since a JavaScript number would round them or make them infinite. */
class ExactTokenizer extends Tokenizer {
  written = "";

  protected override parseNumber(text: string): number {
    this.written = text;
    return 0;
  }
}

async function* itemsOf(
  name: string,
  bytes: AsyncIterable<Uint8Array>,
  encoding: Encoding,
): AsyncGenerator<readonly Item[], undefined> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  const tokenizer = new ExactTokenizer();
  const cutter = new Cutter(name);
  let [fed, marked] = [0, 0];
  tokenizer.onToken = ({ token, value }) => {
    marked = fed;
    cutter.take(token, token === TokenType.NUMBER ? tokenizer.written : value);
  };
  tokenizer.onError = (error) => {
    throw error;
  };
  const feed = (text: string): void => {
    fed += text.length;
    try {
      tokenizer.write(text);
    } catch (error) {
      if (CsrdError.is(error)) throw error;
      throw unreadable(
        `${plainName(name)} is not JSON: something is wrong in or after item ${cutter.count}.`,
        "JSON knows neither NaN nor Infinity, and needs quotation marks around names and texts.",
        error,
      );
    }
    if (fed - marked > limits.record || cutter.open(fed) > limits.record)
      throw tooLarge(
        `Item ${cutter.count + 1} of ${plainName(name)} is longer than ${limits.record.toLocaleString("en")} characters.`,
      );
  };
  for await (const chunk of bytes) {
    feed(decode(decoder, chunk, name));
    const items = cutter.done();
    if (items.length > 0) yield items;
  }
  feed(decode(decoder, undefined, name));
  if (!cutter.complete)
    throw unreadable(
      `${plainName(name)} ends in the middle, after item ${cutter.count}.`,
      "The file was not written to its end; export it again.",
    );
  if (!cutter.found)
    throw unreadable(
      `${plainName(name)} has no list of rows.`,
      "Write an array of rows, or an object with the array data_points.",
    );
  const items = cutter.done();
  if (items.length > 0) yield items;
  return undefined;
}

function decode(
  decoder: InstanceType<typeof TextDecoder>,
  chunk: Uint8Array | undefined,
  name: string,
): string {
  try {
    return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
  } catch (error) {
    throw unreadable(`${plainName(name)} is JSON, but not in UTF-8.`, "Save it as UTF-8.", error);
  }
}

/** What is open at a level: an object with the key that waits for its value, or an array. */
type Level = { readonly object: boolean; key: string };

/** Puts rows together from tokens; everything that is no row is passed over. */
class Cutter {
  readonly #name: string;
  readonly #levels: Level[] = [];
  #rowsAt = -1;
  #row: Record<string, string> | undefined;
  #nested: string[] | undefined;
  #ready: Item[] = [];
  #began: number | undefined;
  #keys = 0;
  count = 0;
  found = false;
  complete = false;

  constructor(name: string) {
    this.#name = name;
  }

  /** How much was read since the row that is open began; `now` is how much was read in all. */
  open(now: number): number {
    if (this.#row === undefined || this.#began === undefined) this.#began = now;
    return this.#row === undefined ? 0 : now - this.#began;
  }

  /** Rows that are whole, each handed out once. */
  done(): readonly Item[] {
    const ready = this.#ready;
    this.#ready = [];
    return ready;
  }

  take(token: TokenType, value: unknown): void {
    if (this.complete)
      throw unreadable(
        `${plainName(this.#name)} goes on after its end.`,
        "Keep one array or object in a file.",
      );
    const top = this.#levels.at(-1);
    switch (token) {
      case TokenType.LEFT_BRACE:
      case TokenType.LEFT_BRACKET:
        this.#open(token === TokenType.LEFT_BRACE, top);
        return;
      case TokenType.RIGHT_BRACE:
      case TokenType.RIGHT_BRACKET:
        this.#shut(token === TokenType.RIGHT_BRACE);
        return;
      case TokenType.COMMA:
        if (top?.object === true) top.key = "";
        if (this.#nested !== undefined) this.#nested.push(",");
        return;
      case TokenType.COLON:
        if (this.#nested !== undefined) this.#nested.push(":");
        return;
      case TokenType.TRUE:
      case TokenType.FALSE:
      case TokenType.NULL:
      case TokenType.STRING:
      case TokenType.NUMBER:
        this.#scalar(token, value, top);
        return;
      case TokenType.SEPARATOR:
    }
  }

  #open(object: boolean, top: Level | undefined): void {
    const depth = this.#levels.length;
    if (depth >= deepest)
      throw new CsrdError("input-unsafe", {
        summary: `${plainName(this.#name)} nests deeper than ${deepest} levels in item ${this.count + 1}.`,
        hint: "Write each row as one flat object.",
      });
    if (this.#nested !== undefined) this.#nested.push(object ? "{" : "[");
    else if (this.#row !== undefined) this.#nested = [object ? "{" : "["];
    else if (this.#rowsAt < 0 && !object && (depth === 0 || (depth === 1 && rowKeys.has(top?.key ?? "")))) {
      this.#rowsAt = depth;
      this.found = true;
    } else if (object && depth === this.#rowsAt + 1 && this.#rowsAt >= 0) {
      this.#row = {};
      this.#keys = 0;
    }
    this.#levels.push({ object, key: "" });
  }

  #shut(object: boolean): void {
    this.#levels.pop();
    const depth = this.#levels.length;
    if (depth === 0) this.complete = true;
    if (this.#nested !== undefined) {
      this.#nested.push(object ? "}" : "]");
      if (depth === this.#rowsAt + 2) {
        this.#put(this.#nested.join(""));
        this.#nested = undefined;
      }
      return;
    }
    if (this.#row !== undefined && depth === this.#rowsAt + 1) {
      this.#ready.push(this.#row);
      this.count += 1;
      this.#row = undefined;
      return;
    }
    if (depth === this.#rowsAt) this.#rowsAt = Number.MIN_SAFE_INTEGER;
  }

  #scalar(token: TokenType, value: unknown, top: Level | undefined): void {
    const text = token === TokenType.NULL ? "" : String(value);
    if (this.#nested !== undefined) {
      this.#nested.push(
        token === TokenType.STRING ? JSON.stringify(text) : token === TokenType.NULL ? "null" : text,
      );
      return;
    }
    if (top?.object === true && top.key === "") {
      top.key = headerName(text) || " ";
      return;
    }
    if (this.#row !== undefined) this.#put(text);
    else if (this.#levels.length === this.#rowsAt + 1 && this.#rowsAt >= 0)
      throw unreadable(
        `${plainName(this.#name)}, item ${this.count + 1}: a row is an object, not ${JSON.stringify(text.slice(0, 40))}.`,
        "Write every row as an object with the columns as keys.",
      );
    else if (this.#levels.length === 0) this.complete = true;
  }

  #put(text: string): void {
    const key = this.#levels.at(-1)?.key ?? "";
    if (this.#row === undefined || key === "") return;
    if (Object.hasOwn(this.#row, key))
      throw new CsrdError("column-duplicate", {
        summary: `${plainName(this.#name)}, item ${this.count + 1}: ${JSON.stringify(key.slice(0, 40))} occurs twice.`,
        hint: "Remove or rename one of them.",
      });
    this.#keys += 1;
    if (this.#keys > limits.columns)
      throw tooLarge(
        `Item ${this.count + 1} of ${plainName(this.#name)} has more than ${limits.columns} columns.`,
      );
    Object.defineProperty(this.#row, key, {
      value: text,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
}
