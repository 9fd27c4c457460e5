/** Levels of lists and objects in one another. */
const deepest = 64;

/**
 * Why JSON that was read is not what it looks like, in a few words; undefined when it is. A number too large becomes Infinity, half a surrogate pair and
 * U+0000 are text that no database stores, and a key `__proto__` means something else to whoever copies it. Walks without recursion.
 */
export function whyNotPlain(value: unknown): string | undefined {
  const left: { readonly value: unknown; readonly depth: number }[] = [{ value, depth: 0 }];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { value: here, depth } = next;
    if (depth > deepest) return "is nested too deeply";
    if (typeof here === "number" && !Number.isFinite(here)) return "holds a number that is too large";
    if (typeof here === "string" && !isPlainText(here)) return "holds text that cannot be stored";
    if (typeof here !== "object" || here === null) continue;
    for (const [key, inner] of Object.entries(here)) {
      if (key === "__proto__") return "holds the key __proto__";
      if (!isPlainText(key)) return "holds text that cannot be stored";
      left.push({ value: inner, depth: depth + 1 });
    }
  }
  return undefined;
}

/** True for text without U+0000 and without half a surrogate pair. */
function isPlainText(text: string): boolean {
  return text.isWellFormed() && !text.includes("\u0000");
}
