import { Decimal } from "decimal.js";

/** Which character separates the decimals in this file; `unknown` until a cell shows it. */
export type DecimalMark = "." | "," | "unknown";

const plain = /^[+-]?\d+(\.\d+)?([eE][+-]?\d{1,3})?$/;
const dotGroups = /^[+-]?\d{1,3}(\.\d{3})+(,\d+)?$/;
const commaGroups = /^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$/;
const spaceGroups = /^[+-]?\d{1,3}([ \u00a0\u202f']\d{3})+([.,]\d+)?$/;
const commaDecimal = /^[+-]?\d+,\d+$/;
/** One group of three after one mark: could be a thousand or three decimals. */
const ambiguous = /^[+-]?\d{1,3}[.,]\d{3}$/;

/** What a number reveals about the file's decimal mark, if anything. */
export function markOf(text: string): DecimalMark {
  const value = text.trim();
  if (ambiguous.test(value)) return "unknown";
  if (dotGroups.test(value) || commaDecimal.test(value) || (/\d,\d+$/.test(value) && spaceGroups.test(value)))
    return ",";
  if (commaGroups.test(value) || /\d\.\d+$/.test(value)) return ".";
  return "unknown";
}

/** Reads a number exactly; `ambiguous` where only the file's other numbers could tell, `unreadable` for anything else. */
export function readNumber(text: string, mark: DecimalMark): Decimal | "ambiguous" | "unreadable" {
  const value = text.trim().replaceAll("\u2212", "-");
  if (value.length > 40) return "unreadable";
  if (ambiguous.test(value)) {
    if (mark === "unknown") return value.includes(".") ? new Decimal(value) : "ambiguous";
    return new Decimal(value.includes(mark) ? value.replace(",", ".") : value.replaceAll(/[.,]/g, ""));
  }
  if (plain.test(value)) return new Decimal(value);
  if (mark !== "." && (dotGroups.test(value) || commaDecimal.test(value)))
    return new Decimal(value.replaceAll(".", "").replace(",", "."));
  if (mark !== "," && commaGroups.test(value)) return new Decimal(value.replaceAll(",", ""));
  if (spaceGroups.test(value))
    return new Decimal(value.replaceAll(/[ \u00a0\u202f']/g, "").replace(",", "."));
  return "unreadable";
}
