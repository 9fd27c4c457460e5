import { secrets } from "./redaction.ts";

/** A text of a line is cut here; what is behind it is said in a count. */
const longestText = 8_192;
/** So much more is looked at for secrets, so that none is cut in two and half of it shown. */
const lookedAt = 2 * longestText;
const mostItems = 100;
const deepest = 6;

/** The text of a line without secrets and at most 8 Ki characters. */
export function safeText(text: string): string {
  const shown = secrets.text(text.length > lookedAt ? text.slice(0, lookedAt) : text).toWellFormed();
  if (text.length <= longestText && shown.length <= longestText) return shown;
  return `${shown.slice(0, longestText).toWellFormed()}… (${text.length} characters)`;
}

/**
 * The facts beside a message: without secrets, of bounded size and depth. Never throws, whatever the facts do when they are read.
 */
export function safeContext(context: Readonly<Record<string, unknown>>): unknown {
  return bounded(secrets.value(shortened(context, 0)), 0);
}

/** Cuts what is far too long before it is looked through; members that throw are left to the redactor, which names them. */
function shortened(value: unknown, depth: number): unknown {
  if (typeof value === "string") return value.length > lookedAt ? value.slice(0, lookedAt) : value;
  if (Array.isArray(value))
    return value.length > mostItems ? [...value.slice(0, mostItems), `… (${value.length} in all)`] : value;
  if (depth > 1 || !isPlain(value)) return value;
  try {
    return Object.fromEntries(
      Object.entries(value)
        .slice(0, mostItems)
        .map(([name, item]) => [name.slice(0, 200), shortened(item, depth + 1)]),
    );
  } catch {
    return value;
  }
}

function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function bounded(value: unknown, depth: number): unknown {
  if (typeof value === "string")
    return (value.length > longestText ? `${value.slice(0, longestText)}… (cut)` : value).toWellFormed();
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value !== "object" || value === null) return value;
  if (depth >= deepest) return "[too deep]";
  if (Array.isArray(value)) return value.slice(0, mostItems + 1).map((item) => bounded(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, mostItems)
      .map(([name, item]) => [name.slice(0, 200).toWellFormed(), bounded(item, depth + 1)]),
  );
}

/** Everything that moves a cursor, ends a line for some reader, hides text or turns its direction, and that JSON leaves as it is. */
// oxlint-disable-next-line no-control-regex -- control characters are exactly what is looked for
const treacherous = /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/** An API key of the platform, whole or cut: its id may be shown and the rest may not, wherever a client has put it. */
const apiKey = /(csrd_live_[0-9A-Za-z]{8})_[0-9A-Za-z]{12,}/g;

/** A finished JSON line in which such characters are escaped and clients' keys are masked: the same JSON, harmless on any screen. */
export function harmless(line: string): string {
  return line
    .replace(apiKey, "$1_[secret]")
    .replace(treacherous, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
