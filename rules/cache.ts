import type { CacheFacts } from "#kit/ports/cache.ts";

/** What is the matter with a Redis that answers; `well` when nothing is. */
export type CacheState = "well" | "loading" | "replica" | "evicts" | "cannot-write" | "full";

/** From which share of its memory a Redis that evicts nothing is about to refuse writes. */
const fullAt = 0.95;

/** Judges a Redis that answers, the gravest first. The platform needs one that takes writes, keeps them, and drops nothing. */
export function judgeCache({
  loading,
  role,
  eviction,
  persists,
  usedBytes,
  mostBytes,
}: CacheFacts): CacheState {
  if (loading) return "loading";
  if (role === "replica") return "replica";
  if (!persists) return "cannot-write";
  if (mostBytes !== undefined && usedBytes / mostBytes >= fullAt) return "full";
  return eviction === "noeviction" ? "well" : "evicts";
}

/** Its memory as people say it: "800 MiB of 16 GiB". */
export function memoryText({ usedBytes, mostBytes }: Pick<CacheFacts, "usedBytes" | "mostBytes">): string {
  return mostBytes === undefined
    ? bytesText(usedBytes)
    : `${bytesText(usedBytes)} of ${bytesText(mostBytes)}`;
}

function bytesText(bytes: number): string {
  return bytes < 1024 ** 3
    ? `${Math.round(bytes / 1024 ** 2)} MiB`
    : `${Math.round((bytes / 1024 ** 3) * 10) / 10} GiB`;
}
