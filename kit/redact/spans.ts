/** A part of a text that must not be shown, and what stands there instead. */
export type Span = { readonly start: number; readonly end: number; readonly mask: string };

/** What stands in the place of a secret: `[secret]`, or with its name where it has one. */
export function maskFor(name?: string): string {
  return name === undefined ? "[secret]" : `[secret ${name}]`;
}

/** True where a mask stands already, so that masking twice changes nothing. */
export function isMask(text: string, at: number): boolean {
  return text.startsWith("[secret", at) && /^[\] ]$/.test(text.charAt(at + 7));
}

/** Overlapping parts as one, in order; the mask that says more wins. */
export function merged(spans: readonly Span[]): readonly Span[] {
  const result: Span[] = [];
  for (const span of spans.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = result.at(-1);
    if (span.end <= span.start) continue;
    if (last === undefined || span.start >= last.end) result.push(span);
    else
      result[result.length - 1] = {
        start: last.start,
        end: Math.max(last.end, span.end),
        mask: last.mask.length >= span.mask.length ? last.mask : span.mask,
      };
  }
  return result;
}

/** The text with masks in place of these parts, which are in order and apart. */
export function masked(text: string, spans: readonly Span[]): string {
  if (spans.length === 0) return text;
  const parts: string[] = [];
  let at = 0;
  for (const { start, end, mask } of spans) {
    parts.push(text.slice(at, start), mask);
    at = end;
  }
  parts.push(text.slice(at));
  return parts.join("");
}
