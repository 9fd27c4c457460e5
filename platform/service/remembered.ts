/** The same answer for everybody who asks within `forMs`: a page that anyone may load must not multiply into calls. */
export function remembered<T>(forMs: number, look: () => Promise<T>): () => Promise<T> {
  let latest: { readonly at: number; readonly answer: Promise<T> } | undefined;
  return () => {
    const now = performance.now();
    if (latest === undefined || now - latest.at > forMs) latest = { at: now, answer: look() };
    return latest.answer;
  };
}
