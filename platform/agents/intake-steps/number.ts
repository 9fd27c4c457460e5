import { Decimal } from "decimal.js";

/** Which character separates the decimals in this file; `unknown` until a cell shows it, `mixed` when cells contradict each other. */
export type DecimalMark = "." | "," | "unknown" | "mixed";

const plain = /^[+-]?\d+(\.\d+)?([eE][+-]?\d{1,3})?$/;
const dotGroups = /^[+-]?\d{1,3}(\.\d{3})+(,\d+)?$/;
const commaGroups = /^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$/;
const spaceGroups = /^[+-]?\d{1,3}([ \u00a0\u202f'’]\d{3})+([.,]\d+)?$/;
const commaDecimal = /^[+-]?\d+,\d+$/;
/** One group of three after one mark: could be a thousand or three decimals. */
const ambiguous = /^[+-]?\d{1,3}[.,]\d{3}$/;

/** What a number reveals about the file's decimal mark, if anything. */
export function markOf(text: string): DecimalMark {
  const value = text.trim();
  if (ambiguous.test(value)) return "unknown";
  if (dotGroups.test(value) || commaDecimal.test(value) || (/\d,\d+$/.test(value) && spaceGroups.test(value)))
    return ",";
  if (commaGroups.test(value) || (/\d\.\d+$/.test(value) && (plain.test(value) || spaceGroups.test(value))))
    return ".";
  return "unknown";
}

/** The mark that a file's cells agree on. */
export function commonMark(texts: Iterable<string>): DecimalMark {
  let found: DecimalMark = "unknown";
  for (const text of texts) {
    const mark = markOf(text);
    if (mark === "unknown") continue;
    if (found !== "unknown" && found !== mark) return "mixed";
    found = mark;
  }
  return found;
}

/** Reads a number exactly; `ambiguous` where only the file's other numbers could tell, `unreadable` for anything else. */
export function readNumber(text: string, mark: DecimalMark): Decimal | "ambiguous" | "unreadable" {
  const value = text.trim().replaceAll("\u2212", "-");
  if (value.length > 40) return "unreadable";
  if (ambiguous.test(value)) {
    if (mark === "mixed") return "ambiguous";
    if (mark === "unknown") return value.includes(".") ? new Decimal(value) : "ambiguous";
    return new Decimal(value.includes(mark) ? value.replace(",", ".") : value.replaceAll(/[.,]/g, ""));
  }
  if (plain.test(value)) return new Decimal(value);
  if (mark !== "." && (dotGroups.test(value) || commaDecimal.test(value)))
    return new Decimal(value.replaceAll(".", "").replace(",", "."));
  if (mark !== "," && commaGroups.test(value)) return new Decimal(value.replaceAll(",", ""));
  if (spaceGroups.test(value))
    return new Decimal(value.replaceAll(/[ \u00a0\u202f'’]/g, "").replace(",", "."));
  return "unreadable";
}

/**
 * Whether the text is already what `Decimal.toFixed()` would write or keeps only its trailing zeros: digits, at most one dot.
 * Answers for nine figures in ten without building a number. A thousand with a dot is left to `readNumber`.
 */
export function isPlainDecimal(text: string, mark: DecimalMark): boolean {
  const length = text.length;
  if (length === 0 || length > 24) return false;
  let at = text.charCodeAt(0) === 45 ? 1 : 0;
  const first = text.charCodeAt(at);
  if (first === 48 && length > at + 1 && text.charCodeAt(at + 1) !== 46) return false;
  const from = at;
  let dot = -1;
  for (; at < length; at += 1) {
    const code = text.charCodeAt(at);
    if (code >= 48 && code <= 57) continue;
    if (code !== 46 || dot >= 0 || at === from) return false;
    dot = at;
  }
  if (dot < 0) return at > from;
  if (dot === length - 1) return false;
  return length - dot !== 4 || dot - from > 3 || mark === "." || (mark === "unknown" && first !== 45);
}
