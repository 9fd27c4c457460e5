import { ServiceError } from "./service-error.ts";

/** One word of a query: what it is and what it says. */
export type Word = {
  readonly kind: "name" | "text" | "number" | "pattern" | "sign";
  readonly text: string;
};

const word =
  /\s+|#[^\n]*|(?<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?<pattern>\/(?:[^/\\\n]|\\.)+\/)|(?<number>-?\d+(?:\.\d+)?)|(?<name>`[^`]+`|@?[A-Za-z_][\w.]*)|(?<sign>!=|<=|>=|=~|[=<>|,()[\]*])/y;

/** The words of an Insights query; anything it does not know is malformed, `--` before a comment included. */
export function wordsOf(query: string): readonly Word[] {
  const words: Word[] = [];
  const reading = new RegExp(word.source, word.flags);
  while (reading.lastIndex < query.length) {
    const at = reading.lastIndex;
    const groups = reading.exec(query)?.groups;
    if (groups === undefined) throw malformed(query, at);
    for (const kind of ["text", "pattern", "number", "name", "sign"] as const) {
      const text = groups[kind];
      if (text !== undefined) words.push({ kind, text: kind === "text" ? unquoted(text) : bare(kind, text) });
    }
  }
  return words;
}

function bare(kind: Word["kind"], text: string): string {
  if (kind === "pattern") return text.slice(1, -1);
  return kind === "name" ? text.replaceAll("`", "") : text;
}

function unquoted(text: string): string {
  return text.slice(1, -1).replaceAll(/\\(.)/g, "$1");
}

/** The refusal of a query that cannot be read. */
export function malformed(query: string, at: number): ServiceError {
  return new ServiceError(
    "MalformedQueryException",
    `unexpected symbol found ${query.slice(at, at + 12).trim() || "<EOF>"} at line 1 and position ${at}`,
  );
}
