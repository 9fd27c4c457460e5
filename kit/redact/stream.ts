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

/**
 * Redacts text that comes in pieces. Whole lines are shown; the line that is not whole yet waits, together with what may be the
 * beginning of a secret that goes on in the next. At most 64 Ki characters wait: then what waits is masked whole.
 */
export function redactedStream(inspect: (text: string) => Inspected): RedactedStream {
  let held = "";

  function show(end: number, spans: readonly Span[]): string {
    const shown = masked(
      held.slice(0, end),
      spans.filter((span) => span.end <= end),
    );
    held = held.slice(end);
    return shown;
  }

  return {
    push(chunk) {
      held += chunk;
      const { spans, openFrom } = inspect(held);
      const cut = cutAt(held, spans, openFrom);
      if (held.length - cut <= longestHeld) return show(cut, spans);
      const shown = show(cut, spans) + maskFor();
      held = "";
      return shown;
    },
    end() {
      return show(held.length, inspect(held).spans);
    },
  };
}

/** Up to where can be shown: whole lines, no part of a secret, nothing that may become one. */
function cutAt(text: string, spans: readonly Span[], openFrom: number): number {
  const line = text.lastIndexOf("\n") + 1;
  const wanted = text.length - line > longestLine ? text.length - keptOfLine : line;
  let cut = Math.min(wanted, openFrom);
  // A secret that ends beside the cut may go on behind it.
  for (const { start, end } of spans.toReversed()) if (start < cut && end + 2 >= cut) cut = start;
  return cut;
}
