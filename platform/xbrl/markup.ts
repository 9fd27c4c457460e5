/** A piece of well-formed XML; made only by `element` and `together`, so foreign text is always escaped. */
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

const selfClosing = new Set(["meta", "br", "hr", "img", "link:schemaRef", "rect", "line", "path", "circle"]);

/** One element with escaped attributes and children. */
export function element(name: string, attributes: Attributes = {}, ...children: readonly Child[]): Markup {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(
      ([key, value]) =>
        ` ${key}="${escape(String(value)).replaceAll('"', "&quot;").replaceAll("\n", "&#10;")}"`,
    )
    .join("");
  if (children.length === 0 && selfClosing.has(name)) return new Markup(`<${name}${written}/>`);
  return new Markup(`<${name}${written}>${together(...children).text}</${name}>`);
}

/** Several children side by side. */
export function together(...children: readonly Child[]): Markup {
  return new Markup(children.map(textOf).join(""));
}

function textOf(child: Child): string {
  if (child === undefined) return "";
  if (child instanceof Markup) return child.text;
  return typeof child === "string" ? escape(child) : child.map(textOf).join("");
}

/** Escapes text for XML 1.0 and drops the characters that XML cannot carry. */
function escape(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}
