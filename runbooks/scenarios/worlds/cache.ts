import type { CacheFacts, CacheReader } from "#kit/ports/cache.ts";

/** The Redis of the fake world; a reason instead of facts: it does not answer. */
export type FakeCache = {
  look: CacheFacts | { readonly silent: string };
  /** Once this is so, it answers and is well. */
  back?: () => boolean;
};

/** A Redis that is well. */
export const calmCache: CacheFacts = {
  kind: "answers",
  tookMs: 2,
  version: "7.4.1",
  upSeconds: 864_000,
  role: "primary",
  loading: false,
  usedBytes: 800 * 1024 ** 2,
  mostBytes: 16 * 1024 ** 3,
  eviction: "noeviction",
  appendOnly: true,
  persists: true,
  clients: 24,
};

/** The part of the world that is Redis. */
export function cachePart(fake: FakeCache): CacheReader {
  return {
    async look() {
      if (fake.back?.() === true) return { ...calmCache, upSeconds: 20 };
      return "silent" in fake.look ? { kind: "silent", reason: fake.look.silent } : { ...fake.look };
    },
  };
}
