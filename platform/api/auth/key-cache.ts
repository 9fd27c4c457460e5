import { keepBounded } from "../../service/bounded.ts";

/** What the cache asks, and how much of it. */
export type KeyCacheParts<Known> = {
  /** Everything that is known of these ids, in one question. */
  readonly find: (ids: readonly string[]) => Promise<ReadonlyMap<string, Known>>;
  /** Milliseconds for which an answer holds, counted from when it was asked for; a revoked key is refused after that at the latest. */
  readonly freshMs: number;
  /** Most answers kept of each kind (known, unknown). */
  readonly most: number;
  /** Milliseconds between two questions. */
  readonly pauseMs: number;
  /** Most ids in one question, and most that wait for one. */
  readonly batch: number;
  readonly mostWaiting: number;
};

/** What a process knows of keys. */
export type KeyCache<Known> = {
  /** What is known of a key; throws when nobody can say now, `TooManyWaiting` when too many ask at once. */
  get(id: string): Promise<Known | undefined>;
  /** The latest answer about a key that is known, however old. */
  latest(id: string): Known | undefined;
};

/** More ids wait for an answer than are worth waiting for. */
export class TooManyWaiting extends Error {}

type Answer<Known> = { readonly at: number; readonly known: Known | undefined };
type Waiting<Known> = {
  readonly promise: Promise<Known | undefined>;
  readonly resolve: (known: Known | undefined) => void;
  readonly reject: (error: unknown) => void;
};

/**
 * Remembers what the database says of keys, both that one is known and that one is not, and asks for many at once: however many unknown
 * keys come, the database is asked once every `pauseMs`, and unknown ones never push known ones out.
 */
export function keyCache<Known>(parts: KeyCacheParts<Known>): KeyCache<Known> {
  const answers = new Map<string, Answer<Known>>();
  const unknown = new Map<string, Answer<Known>>();
  const waiting = new Map<string, Waiting<Known>>();
  let asking = false;
  let askedAt = Number.NEGATIVE_INFINITY;

  const ask = async (): Promise<void> => {
    askedAt = performance.now();
    // Keys that were good a moment ago first: a flood of made-up ones does not keep them waiting.
    const ids = [...waiting.keys()].toSorted((a, b) => Number(answers.has(b)) - Number(answers.has(a)));
    const batch = ids.slice(0, parts.batch).map((id) => {
      const who = waiting.get(id);
      waiting.delete(id);
      return [id, who] as const;
    });
    try {
      const found = await parts.find(batch.map(([id]) => id));
      for (const [id, who] of batch) {
        const known = found.get(id);
        const [here, there] = known === undefined ? [unknown, answers] : [answers, unknown];
        there.delete(id);
        keepBounded(here, id, { at: askedAt, known }, parts.most);
        who?.resolve(known);
      }
    } catch (error) {
      for (const [, who] of batch) who?.reject(error);
    }
  };
  const askLater = (): void => {
    if (asking) return;
    asking = true;
    const wait = Math.max(0, askedAt + parts.pauseMs - performance.now());
    setTimeout(() => {
      void ask().finally(() => {
        asking = false;
        if (waiting.size > 0) askLater();
      });
    }, wait);
  };

  return {
    get: async (id) => {
      const answer = answers.get(id) ?? unknown.get(id);
      if (answer !== undefined && performance.now() - answer.at < parts.freshMs) return answer.known;
      const others = waiting.get(id);
      if (others !== undefined) return others.promise;
      if (waiting.size >= parts.mostWaiting && answer?.known === undefined) throw new TooManyWaiting();
      const mine = Promise.withResolvers<Known | undefined>();
      waiting.set(id, mine);
      askLater();
      return mine.promise;
    },
    latest: (id) => answers.get(id)?.known,
  };
}
