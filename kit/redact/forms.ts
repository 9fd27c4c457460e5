import { viewsOf } from "./views.ts";

/** A secret shorter than this is masked only where it stands alone: masking it inside words would destroy all text. */
export const shortest = 6;
/** A secret shorter than this is never masked by value: it is no secret, and every text is full of it. */
export const least = 4;
/** What a base64 core shows of a secret at one of the three alignments, and what beside it was cut off. */
export type Core = { readonly text: string; readonly before: 0 | 1; readonly after: 0 | 1 };

/** What is looked for when one secret is masked: in the text itself, and in the three readings of it. */
export type Forms = {
  readonly literal: readonly string[];
  /** With escapes undone until none is left. */
  readonly plain: readonly string[];
  /** With quotes and white space taken away only. */
  readonly bare: readonly string[];
  readonly base64: readonly Core[];
  readonly hex: readonly string[];
};

/** All forms of a secret that is long enough. */
export function formsOf(value: string): Forms {
  // A backslash at the end belongs to what follows it in a text.
  const plain = viewsOf(value, "all").plain.text.replace(/\\$/, "");
  const bare = viewsOf(value, "none").plain.text;
  const variants = [...new Set([value, jsonEscaped(value), encodeURIComponent(value.toWellFormed())])];
  return {
    literal: literalForms(value).filter((form) => form.length >= shortest),
    plain: canStand(plain) ? [plain] : [],
    bare: canStand(bare) ? [bare] : [],
    base64: variants.flatMap(base64Cores).filter(({ text }) => text.length >= shortest),
    hex: [Buffer.from(value).toString("hex")],
  };
}

/** True for what is long enough to be looked for, or so odd that no text has it by accident. */
function canStand(form: string): boolean {
  return form.length >= shortest || (form.length >= least && /[^A-Za-z0-9]/.test(form));
}

/** The forms that standard encoders write, letter by letter. */
export function literalForms(value: string): readonly string[] {
  const whole = value.toWellFormed();
  const url = encodeURIComponent(whole);
  const strict = url.replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
  const json = jsonEscaped(value);
  const bytes = Buffer.from(value);
  const html = value
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
  const urls = [url, strict, strict.replaceAll("%20", "+"), encodeURI(whole)];
  return [
    ...new Set([
      value,
      ...urls,
      ...urls.map((form) => form.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase())),
      json,
      json.replaceAll("/", "\\/"),
      escapedAbove(json, 0x7e),
      html,
      ...["&#39;", "&#x27;", "&apos;"].map((quote) => html.replaceAll("'", quote)),
      ...[`'\\''`, `'"'"'`].map((quote) => value.replaceAll("'", quote)),
      value.replace(/[^A-Za-z0-9_@%+=:,./-]/g, (one) => `\\${one}`),
      bytes.toString("base64"),
      bytes.toString("base64").replace(/=+$/, ""),
      bytes.toString("base64url"),
      bytes.toString("hex"),
      bytes.toString("hex").toUpperCase(),
    ]),
  ];
}

function jsonEscaped(value: string): string {
  return JSON.stringify(value).slice(1, -1);
}

function escapedAbove(text: string, most: number): string {
  return text
    .split("")
    .map((unit) => {
      const code = unit.charCodeAt(0);
      return code > most ? `\\u${code.toString(16).padStart(4, "0")}` : unit;
    })
    .join("");
}

/** The base64 characters that depend on the secret alone, for each place it can have among the three bytes of a group. */
function base64Cores(value: string): readonly Core[] {
  const bytes = Buffer.from(value);
  return ([0, 1, 2] as const).map((offset) => {
    const padded = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    const cutsLast = ((offset + bytes.length) * 8) % 6 !== 0;
    const skip = offset === 0 ? 0 : offset + 1;
    return {
      text: padded.slice(skip, cutsLast ? -1 : undefined),
      before: offset === 0 ? 0 : 1,
      after: cutsLast ? 1 : 0,
    };
  });
}
