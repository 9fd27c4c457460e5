import { masked, maskFor, type Span } from "./spans.ts";

/** A redacted stream: each `push` gives what can be shown by now, `end` the rest. */
export type RedactedStream = {
  push(chunk: string): string;
  end(): string;
};

/** What a piece of text holds: the parts to mask, in order and apart, and from where it may still become a secret. */
export type Inspected = { readonly spans: readonly Span[]; readonly openFrom: number };

/** A line longer than this is shown in parts. */
const longestLine = 16 * 1024;
/** So much of such a line waits: longer than any token that has a shape. */
const keptOfLine = 4 * 1024;
/** At most so many characters wait for the next chunk. */
const longestHeld = 64 * 1024;
/** What stands before a value and says that it is secret is kept together with it. */
const keptBefore = 64;

/**
 * Redacts text that comes in pieces. Whole lines are shown; the line that is not whole yet waits, together with what may be the
 * beginning of a secret that goes on in the next. At most 64 Ki characters wait: then what waits is masked whole, and so are the
 * lines behind it that look like a key's.
 */
export function redactedStream(inspect: (text: string) => Inspected): RedactedStream {
  let held = "";
  let swallowing = false;

  function show(end: number, spans: readonly Span[]): string {
    const shown = masked(
      held.slice(0, end),
      spans.filter((span) => span.end <= end),
    );
    held = held.slice(end);
    return shown;
  }

  function swallow() {
    const end = keyLines(held);
    swallowing = end === held.length;
    held = held.slice(end);
  }

  return {
    push(chunk) {
      held += chunk;
      if (swallowing) swallow();
      const { spans, openFrom } = inspect(held);
      const cut = cutAt(held, spans, openFrom);
      if (held.length - cut <= longestHeld) return show(cut, spans);
      const shown = show(cut, spans) + maskFor();
      held = held.slice(held.lastIndexOf("\n") + 1);
      swallow();
      return shown;
    },
    end() {
      if (swallowing) swallow();
      return show(held.length, inspect(held).spans);
    },
  };
}

/** Up to where can be shown: whole lines, no part of a secret, nothing that may become one. */
function cutAt(text: string, spans: readonly Span[], openFrom: number): number {
  const line = text.lastIndexOf("\n") + 1;
  let cut = Math.min(text.length - line > longestLine ? text.length - keptOfLine : line, openFrom);
  for (let before = -1; before !== cut; ) {
    before = cut;
    for (const { start, end } of spans.toReversed()) {
      const from = Math.max(start - keptBefore, lineStart(text, start));
      if (from < cut && end > cut) cut = from;
    }
    const whole = lineStart(text, cut);
    if (cut - whole <= longestLine) cut = whole;
  }
  return cut;
}

function lineStart(text: string, at: number): number {
  return at === 0 ? 0 : text.lastIndexOf("\n", at - 1) + 1;
}

/** How much of a text's beginning are lines as keys have them: no white space in them, up to and with the line that ends the key. */
function keyLines(text: string): number {
  const [lines] = /^(?:[A-Za-z0-9+/=:,\\-]*\r?\n)*/.exec(text) ?? [""];
  const last = /^-----END [A-Z ]{1,40}-----/.exec(text.slice(lines.length));
  if (last !== null) return lines.length + last[0].length;
  return /^[A-Za-z0-9+/=:,\\-]*(?:-----END [A-Z -]{0,60})?$/.test(text.slice(lines.length))
    ? text.length
    : lines.length;
}
