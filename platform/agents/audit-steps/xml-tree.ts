import { SaxesParser } from "saxes";

/** An element of an XML file: its name without prefix, its attributes as written, its children and its own text. */
export type XmlElement = {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  readonly text: string;
};

type Growing = { name: string; attributes: Record<string, string>; children: Growing[]; text: string };

/** Reads a trusted linkbase into a tree; throws when it is not well-formed. */
export function readXml(content: string): XmlElement {
  const root: Growing = { name: "", attributes: {}, children: [], text: "" };
  const stack: Growing[] = [root];
  const parser = new SaxesParser();
  parser.on("error", (cause) => {
    throw cause;
  });
  parser.on("opentag", ({ name, attributes }) => {
    const element: Growing = {
      name: name.slice(name.indexOf(":") + 1),
      attributes: { ...attributes },
      children: [],
      text: "",
    };
    stack.at(-1)?.children.push(element);
    stack.push(element);
  });
  parser.on("text", (text) => {
    const open = stack.at(-1);
    if (open !== undefined) open.text += text;
  });
  parser.on("closetag", () => {
    stack.pop();
  });
  parser.write(content).close();
  const [top] = root.children;
  if (top === undefined) throw new Error("The file holds no element.");
  return top;
}

/** Every element below, in the order of the document. */
export function* below(element: XmlElement): Generator<XmlElement> {
  for (const child of element.children) {
    yield child;
    yield* below(child);
  }
}
