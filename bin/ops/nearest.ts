import { distance } from "fastest-levenshtein";

/** The known words closest to a mistyped one, best first; none when nothing is near. */
function nearest(typed: string, known: readonly string[], most = 3): readonly string[] {
  const word = typed.slice(0, 80).toLowerCase();
  const limit = Math.max(2, Math.floor(word.length / 2.5));
  return known
    .map((candidate) => ({
      candidate,
      off:
        candidate.toLowerCase().startsWith(word) && word.length > 2
          ? 0.5
          : distance(word, candidate.toLowerCase()),
    }))
    .filter(({ off }) => off <= limit)
    .sort((a, b) => a.off - b.off)
    .slice(0, most)
    .map(({ candidate }) => candidate);
}

/** "Did you mean platform-down?", or nothing. */
export function didYouMean(typed: string, known: readonly string[]): string {
  const near = nearest(typed, known);
  return near.length === 0 ? "" : `Did you mean ${near.join(" or ")}?`;
}
