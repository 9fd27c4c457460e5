/** Said whenever one more part is there: what it is, where, and how long it took; without a time, it was left out. */
export type Progress = (part: string, detail: string, tookMs?: number) => void;

/** Waits for a part and says so with how long it took. */
export async function timed<Part>(
  work: Promise<Part>,
  done: (part: Part, tookMs: number) => void,
): Promise<Part> {
  const before = performance.now();
  const part = await work;
  done(part, performance.now() - before);
  return part;
}
