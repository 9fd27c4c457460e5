import { styleText } from "node:util";

/** How a line may be coloured; without colour every function gives its text back unchanged. */
export type Paint = {
  readonly strong: (text: string) => string;
  readonly faint: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly busy: (text: string) => string;
};

const coloured: Paint = {
  strong: (text) => styleText("bold", text, { validateStream: false }),
  faint: (text) => styleText("dim", text, { validateStream: false }),
  good: (text) => styleText("green", text, { validateStream: false }),
  bad: (text) => styleText("red", text, { validateStream: false }),
  busy: (text) => styleText("cyan", text, { validateStream: false }),
};

const same = (text: string): string => text;

/** No colour at all. */
export const plain: Paint = { strong: same, faint: same, good: same, bad: same, busy: same };

/** Colour when somebody looks: `NO_COLOR`, then `FORCE_COLOR`, then `TERM=dumb`, then whether the stream is a terminal. */
export function paintFor(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv = process.env): Paint {
  if (env["NO_COLOR"]) return plain;
  if (env["FORCE_COLOR"] !== undefined) return env["FORCE_COLOR"] === "0" ? plain : coloured;
  if (env["TERM"] === "dumb") return plain;
  return stream.isTTY === true ? coloured : plain;
}
