import { SaxesParser } from "saxes";
import { carried, escape } from "./markup.ts";

const blocks = new Set("p div ul ol dl table h1 h2 h3 h4 h5 h6 blockquote pre hr".split(" "));
const inlines = new Set(
  "b strong i em sub sup span a code abbr cite q small big tt br dfn kbd samp var".split(" "),
);
/** Elements that may only stand in certain others, with those. */
const inside: Readonly<Record<string, readonly string[]>> = {
  li: ["ul", "ol"],
  dt: ["dl"],
  dd: ["dl"],
  caption: ["table"],
  thead: ["table"],
  tbody: ["table"],
  tfoot: ["table"],
  tr: ["table", "thead", "tbody", "tfoot"],
  th: ["tr"],
  td: ["tr"],
};
/** Elements that hold nothing but certain others; text in them goes into the first of these. */
const holds: Readonly<Record<string, readonly string[]>> = {
  ul: ["li"],
  ol: ["li"],
  dl: ["dt", "dd"],
  table: ["caption", "thead", "tbody", "tfoot", "tr"],
  thead: ["tr"],
  tbody: ["tr"],
  tfoot: ["tr"],
  tr: ["th", "td"],
  blockquote: ["p", "ul", "ol", "dl", "table", "h5", "div", "pre", "hr"],
};
/** Block elements in which only inline ones may stand. */
const inlineOnly = new Set("p h1 h2 h3 h4 h5 h6 pre dt caption".split(" "));
const attributes: Readonly<Record<string, RegExp>> = {
  title: /^[^<>]{0,500}$/,
  "xml:lang": /^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$/,
  colspan: /^[1-9]\d{0,2}$/,
  rowspan: /^[1-9]\d{0,2}$/,
  scope: /^(row|col|rowgroup|colgroup)$/,
  href: /^(https?:\/\/|mailto:|#)[^\s<>"]{0,2000}$/i,
};
const cellsOnly = new Set(["colspan", "rowspan", "scope"]);
const dropped = new Set(
  "script style iframe object embed template svg math head title textarea select".split(" "),
);
const deepest = 60;
/** Paragraphs of text and nothing else, which most texts are: nothing to take away. */
const cleanAlready = /^(?:<p>(?:[^<>&\r]|&(?:amp|lt|gt);)+<\/p>)+$/;

/** What must never stand in a page outside its own text: everything but these elements and attributes is taken away, text is kept. */
export function sanitised(content: string): string {
  const isPlain = !/[<&]/.test(content);
  if (isPlain) return paragraphs(content);
  if (cleanAlready.test(content) && carried(content) === content) return content;
  const written: string[] = [];
  const stack: { readonly name: string; readonly kept: boolean; readonly written: string }[] = [];
  let swallowing = 0;
  const parser = new SaxesParser<{ xmlns: false; fragment: true }>({ xmlns: false, fragment: true });
  let isBroken = false;
  // Text and inline elements that stand by themselves get a paragraph around them.
  let isOpen = false;
  const atRoot = (): boolean => !stack.some(({ kept }) => kept);
  const paragraph = (wanted: boolean): void => {
    if (wanted === isOpen) return;
    written.push(wanted ? "<p>" : "</p>");
    isOpen = wanted;
  };
  parser.on("error", () => {
    isBroken = true;
  });
  const parent = (): string => stack.findLast(({ kept }) => kept)?.written ?? "div";
  const isInline = (): boolean =>
    stack.some(({ kept, written: name }) => kept && (inlineOnly.has(name) || inlines.has(name)));
  parser.on("opentag", (tag) => {
    const name = tag.name.toLowerCase().replace(/^.*:/, "");
    if (swallowing > 0 || dropped.has(name)) {
      swallowing += 1;
      return;
    }
    const target = /^h[1-6]$/.test(name) ? "h5" : name;
    const within = inside[target];
    const kept =
      stack.length < deepest &&
      (within !== undefined
        ? within.includes(parent())
        : blocks.has(target)
          ? !isInline() && holds[parent()]?.includes(target) !== false
          : inlines.has(target) &&
            holds[parent()] === undefined &&
            !(target === "a" && stack.some((one) => one.kept && one.written === "a")));
    if (kept && atRoot()) paragraph(!blocks.has(target));
    stack.push({ name, kept, written: target });
    if (!kept) return;
    const safe = Object.keys(attributes)
      .toSorted()
      .flatMap((key) => {
        const value = tag.attributes[key] ?? (key === "xml:lang" ? tag.attributes["lang"] : undefined);
        const fits =
          value !== undefined &&
          attributes[key]?.test(value) === true &&
          (!cellsOnly.has(key) || target === "td" || target === "th") &&
          (key !== "href" || target === "a");
        return fits
          ? [
              ` ${key}="${escape(value)
                .replaceAll('"', "&quot;")
                .replaceAll(/[\t\n\r]/g, " ")}"`,
            ]
          : [];
      })
      .join("");
    written.push(target === "br" || target === "hr" ? `<${target}${safe}/>` : `<${target}${safe}>`);
  });
  parser.on("text", (text) => {
    if (swallowing > 0) return;
    const only = holds[parent()];
    if (atRoot()) {
      if (!isOpen && text.trim() === "") return;
      paragraph(true);
      written.push(escape(text));
    } else if (only === undefined) written.push(escape(text));
    else if (text.trim() !== "") {
      const chain = textHolder(parent());
      written.push(
        `${chain.map((name) => `<${name}>`).join("")}${escape(text)}${chain
          .toReversed()
          .map((name) => `</${name}>`)
          .join("")}`,
      );
    }
  });
  parser.on("closetag", () => {
    if (swallowing > 0) {
      swallowing -= 1;
      return;
    }
    const closed = stack.pop();
    if (closed?.kept === true && closed.written !== "br" && closed.written !== "hr")
      written.push(`</${closed.written}>`);
  });
  try {
    parser.write(content).close();
  } catch {
    isBroken = true;
  }
  if (isBroken) return paragraphs(content);
  paragraph(false);
  return withoutEmpty(written.join(""));
}

/** Lists and tables without content are none. */
function withoutEmpty(text: string): string {
  let [before, now] = ["", text];
  while (before !== now) {
    before = now;
    now = now.replaceAll(/<(ul|ol|dl|table|thead|tbody|tfoot|tr|blockquote)(?: [^<>]*)?><\/\1>/g, "");
  }
  return now;
}

/** Elements to put around text that stands where only elements may stand. */
function textHolder(within: string): readonly string[] {
  if (within === "ul" || within === "ol") return ["li"];
  if (within === "blockquote") return ["p"];
  if (within === "dl") return ["dd"];
  if (within === "tr") return ["td"];
  return within === "table" ? ["tbody", "tr", "td"] : ["tr", "td"];
}

/** Plain text as paragraphs; empty lines part them. */
function paragraphs(text: string): string {
  return text
    .split(/\n\s*\n/)
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map((part) => `<p>${escape(part)}</p>`)
    .join("");
}
