import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { jsonOf, sendReport } from "#platform/probe/client.ts";
import type { Sample } from "#platform/probe/sample.ts";

/** A report that the platform has promised to make: a client saw its 202. */
export type Promised = { readonly key: string; readonly id: string; readonly at: number };

/** What came of sending. */
export type Sending = {
  readonly promised: readonly Promised[];
  /** Attempts that had no 202, by what came instead. */
  readonly refusals: ReadonlyMap<string, number>;
  /** Keys under which two different reports were promised. */
  readonly doubled: readonly string[];
};

const Accepted = z.object({ id: z.string() });

/**
 * Sends so many reports as well-behaved clients do: each under its own Idempotency-Key, again and again with the same one until it is
 * accepted, and one in five once more after that.
 */
export async function sendMany(
  at: { readonly url: string; readonly key: string; readonly signal: AbortSignal },
  samples: (number: number) => Sample,
  count: number,
  senders = 8,
): Promise<Sending> {
  const promised: Promised[] = [];
  const refusals = new Map<string, number>();
  const doubled: string[] = [];
  const once = async (key: string, number: number): Promise<string | undefined> => {
    const what = await sendReport(at, samples(number), key).then(
      (answer) => ({ status: answer.status, id: Accepted.safeParse(jsonOf(answer)).data?.id }),
      () => ({ status: 0, id: undefined }),
    );
    if (what.status === 202) return what.id;
    const name = what.status === 0 ? "no answer" : `HTTP ${what.status}`;
    refusals.set(name, (refusals.get(name) ?? 0) + 1);
    return undefined;
  };
  let next = 0;
  const sender = async (): Promise<void> => {
    while (next < count && !at.signal.aborted) {
      next += 1;
      const number = next;
      const key = `sent-${number}-${randomUUID()}`;
      let id = await once(key, number);
      while (id === undefined && !at.signal.aborted) {
        await sleep(300);
        id = await once(key, number);
      }
      if (id === undefined) return;
      promised.push({ key, id, at: Date.now() });
      if (number % 5 !== 0) continue;
      const again = await once(key, number);
      if (again !== undefined && again !== id) doubled.push(key);
    }
  };
  await Promise.all(Array.from({ length: senders }, sender));
  return { promised, refusals, doubled };
}
