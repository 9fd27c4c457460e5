/** A piece of well-formed XML; made only by `element`, `together` and `trusted`, so foreign text is always escaped. */
export class Markup {
  readonly text: string;
  /** For this file and trusted constants only. */
  constructor(text: string) {
    this.text = text;
  }
}

/** Attribute values; `undefined` leaves the attribute out. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;
/** Text is escaped; markup is taken as it is. */
export type Child = Markup | string | undefined | readonly Child[];

const selfClosing = new Set(["meta", "br", "hr", "img", "link:schemaRef", "ix:relationship"]);
const drawn = new Set(["rect", "line", "path", "circle", "polyline", "stop"]);

/** One element with escaped attributes and children. */
export function element(name: string, attributes: Attributes = {}, ...children: readonly Child[]): Markup {
  let written = "";
  for (const key in attributes) {
    const value = attributes[key];
    if (value !== undefined) written += ` ${key}="${attribute(String(value))}"`;
  }
  if (children.length === 0 && (selfClosing.has(name) || drawn.has(name)))
    return new Markup(`<${name}${written}/>`);
  return new Markup(`<${name}${written}>${textOf(children)}</${name}>`);
}

/** Several children side by side. */
export function together(...children: readonly Child[]): Markup {
  return new Markup(textOf(children));
}

function textOf(child: Child): string {
  if (child === undefined) return "";
  if (child instanceof Markup) return child.text;
  if (typeof child === "string") return escape(child);
  let text = "";
  for (const one of child) text += textOf(one);
  return text;
}

/** An attribute's value with everything escaped that XML would otherwise read as markup or as a space. */
function attribute(value: string): string {
  const text = escape(value);
  return /["\t\n\r]/.test(text)
    ? text.replaceAll('"', "&quot;").replaceAll(/[\t\n\r]/g, (space) => `&#${space.charCodeAt(0)};`)
    : text;
}

/** Text as XML 1.0 can carry it: without the characters that it cannot. */
export const carried = (text: string): string =>
  text.toWellFormed().replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "");

/** Escapes text for XML 1.0 and drops the characters that XML cannot carry. */
export function escape(text: string): string {
  if (/^[\t\n\u0020-%'-;=?-~]*$/.test(text)) return text;
  return carried(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll("\r", "&#13;");
}

/** Markup that was made safe already, by `sanitised`; nothing else may come in here. */
export const trusted = (safe: string): Markup => new Markup(safe);
