import { isMask, maskFor, type Span } from "./spans.ts";

/** The end of a name that says its value is secret; what comes before belongs to the name. */
const name =
  /(?:passwords?|passwd|passphrase|pwd|pgpassword|secret[_-]?access[_-]?key|(?:api|secret|private|routing|integration|service|signing|encryption|access)[_-]?key|secret|token|credentials?|authorization|set-cookie|cookie|x-amz-signature)\d{0,2}/gi;

const mostBetween = 12;
const quotes = new Set(['"', "'", "`"]);

/** What such a name may be followed by without giving anything away. */
const harmless =
  /^(?:true|false|null|undefined|none|nil|yes|no|not|is|was|are|must|may|missing|required|invalid|valid|incorrect|wrong|expired|empty|unset|denied|refused|rejected|unknown|redacted|hidden|\*+|x{3,})(?![\w-])/i;

const schemes = /^(?:Bearer|Basic|Digest|Token|Negotiate|AWS4-HMAC-SHA256)[ \t]+/i;

/**
 * Values given to names that say they are secret: `password=…`, `"token": "…"`, `--api-key …`, `<SecretAccessKey>…`, whole
 * `Authorization:` headers. What is scanned is masked or skipped, so a text is walked once.
 */
export function* assignments(text: string): Generator<Span> {
  const scan = new RegExp(name.source, "gi");
  for (let found = scan.exec(text); found !== null; found = scan.exec(text)) {
    const word = found[0].toLowerCase();
    const at = valueStart(text, found.index, found.index + found[0].length);
    if (at === undefined) continue;
    const span = valueAt(text, at, word);
    if (span === undefined) continue;
    yield { ...span, mask: maskFor() };
    scan.lastIndex = Math.max(scan.lastIndex, span.end);
  }
}

/** Where the value begins, after what joins it to its name; undefined when nothing is assigned here. */
function valueStart(text: string, nameAt: number, nameEnd: number): number | undefined {
  let at = nameEnd;
  const end = Math.min(text.length, nameEnd + mostBetween);
  while (at < end && (text.charAt(at) === "\\" || quotes.has(text.charAt(at)))) at += 1;
  if (at > nameEnd && text.charAt(at) === "]") at += 1;
  const spaces = skipSpaces(text, at, end);
  const joint = text.slice(spaces, spaces + 3);
  if (joint.startsWith("==") || joint.startsWith("!=")) return undefined;
  if (joint.startsWith("=>") || joint.startsWith(":=")) return skipSpaces(text, spaces + 2, end + 2);
  if (/^[=:]/.test(joint)) return skipSpaces(text, spaces + 1, end + 1);
  if (/^%3[Dd]/.test(joint)) return spaces + 3;
  if (joint.startsWith(">")) return spaces + 1;
  return spaces > at && isOption(text, nameAt) && !joint.startsWith("-") ? spaces : undefined;
}

/** True for `--db-password`, where a space joins name and value. */
function isOption(text: string, nameAt: number): boolean {
  for (let at = nameAt - 1; at >= Math.max(0, nameAt - 30); at -= 1) {
    const character = text.charAt(at);
    if (character === "-" && text.charAt(at - 1) === "-") return !/^[\w-]$/.test(text.charAt(at - 2));
    if (!/^[\w-]$/.test(character)) return false;
  }
  return false;
}

function skipSpaces(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && (text.charAt(at) === " " || text.charAt(at) === "\t")) at += 1;
  return at;
}

function valueAt(text: string, from: number, word: string): Omit<Span, "mask"> | undefined {
  let at = from;
  while (text.charAt(at) === "\\" && at < from + 4) at += 1;
  const quote = quotes.has(text.charAt(at)) ? text.charAt(at) : undefined;
  if (quote !== undefined) at += 1;
  const isHeader = word === "authorization" || word.endsWith("cookie");
  if (isHeader) at += schemes.exec(text.slice(at, at + 40))?.[0].length ?? 0;
  if (at >= text.length || isMask(text, at)) return undefined;
  if (/^[{[(<$]/.test(text.charAt(at)) && quote === undefined) return undefined;
  if (word === "pwd" && text.charAt(at) === "/") return undefined;
  if (harmless.test(text.slice(at, at + 24))) return undefined;
  const end = quote === undefined ? bareEnd(text, at, isHeader) : quotedEnd(text, at, quote);
  return end > at ? { start: at, end } : undefined;
}

function bareEnd(text: string, from: number, isHeader: boolean): number {
  const stop = isHeader ? /[\r\n"'`]|\\[nr"]/g : /[\s"'`,;&<>)\]}|]|\\[nr"]|%26/g;
  stop.lastIndex = from;
  return stop.exec(text)?.index ?? text.length;
}

/** The quote that closes, or the line's end when none does; an escaped quote belongs to the value unless the opening one was escaped too. */
function quotedEnd(text: string, from: number, quote: string): number {
  const openedEscaped = text.charAt(from - 2) === "\\";
  for (let at = from; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === "\n") return at;
    if (character === quote) return at;
    if (character !== "\\") continue;
    if (openedEscaped && text.charAt(at + 1) === quote) return at;
    at += 1;
  }
  return text.length;
}
