import { unescaped, type Undoing } from "./unescape.ts";

/** A reading of a text under which many forms of a secret look the same, with the way back to the text. */
export type View = {
  readonly text: string;
  /** Where in the text the character at this place begins. */
  start(at: number): number;
  /** Where in the text the character at this place ends. */
  end(at: number): number;
};

/** The three readings in which secrets are looked for, beside the text itself. */
export type Views = {
  /** Escapes, white space, quotes and `+` taken away. */
  readonly plain: View;
  /** The same with `+` kept, and base64url written as base64. */
  readonly base64: View;
  /** Lower case, without the separators that byte dumps have. */
  readonly hex: View;
  /** Where an escape begins that the text's end has cut off. */
  readonly openFrom: number;
};

const plus = 0x2b;
const minus = 0x2d;

/** How escapes are undone where there are any, and where there are none. */
const thorough = ["none", "once", "all"] as const;
const simple = ["none"] as const;

/** Reads a text in the three ways, with escapes undone as often as can matter in it. */
export function readingsOf(text: string): readonly { readonly undoing: Undoing; readonly views: Views }[] {
  return (/[%\\&]/.test(text) ? thorough : simple).map((undoing) => ({
    undoing,
    views: viewsOf(text, undoing),
  }));
}

/** Reads a text in the three ways. */
export function viewsOf(text: string, undoing: Undoing): Views {
  const { code, from, to, length, openFrom } = unescaped(text, undoing);
  const view = (reading: (unit: number) => number): View => {
    const units = new Uint16Array(length);
    const places = new Int32Array(length);
    let count = 0;
    for (let at = 0; at < length; at += 1) {
      const unit = reading((code[at] ?? 0) & 0xffff);
      if (unit < 0) continue;
      units[count] = unit;
      places[count] = at;
      count += 1;
    }
    return {
      text: Buffer.from(units.buffer, 0, count * 2).toString("utf16le"),
      start: (at) => from[places[at] ?? 0] ?? 0,
      end: (at) => to[places[at] ?? 0] ?? text.length,
    };
  };
  return {
    plain: view((unit) => (unit === plus ? -1 : unit)),
    base64: view((unit) => (unit === minus ? plus : unit === 0x5f ? 0x2f : unit)),
    hex: view((unit) => (isSeparator(unit) ? -1 : unit >= 0x41 && unit <= 0x46 ? unit | 0x20 : unit)),
    openFrom,
  };
}

function isSeparator(unit: number): boolean {
  return unit === 0x3a || unit === minus || unit === 0x2c;
}
