import type { HttpReader } from "#kit/ports.ts";

const tries = 4;

/** How many of a few requests at once get the answer 200: the symptom users feel, as a number that can be watched. */
export async function answersOf(
  url: string,
  http: HttpReader,
): Promise<{ readonly value: number; readonly of: number }> {
  const answers = await Promise.all(Array.from({ length: tries }, () => http.get(url, { timeout: "2s" })));
  return {
    value: answers.filter((answer) => answer.kind === "answered" && answer.status === 200).length,
    of: tries,
  };
}
