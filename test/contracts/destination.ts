import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { foldRun } from "#kit/fold.ts";
import type { Delivery, Destination, Tidings } from "#kit/outbox.ts";
import type { JournalEntry } from "#kit/timeline.ts";
import { situations } from "../scenarios/runs/index.ts";

const { approvedAndSolved } = situations;

/** A vendor with a destination in front of it. */
export type DestinationWorld = {
  /** A destination as a new process makes it: it remembers nothing but what the outbox gives it. */
  readonly open: () => Destination;
  /** Everything a person can read there, one text per message or note. */
  readonly texts: () => readonly string[];
  /** How many conversations or incidents there are. */
  readonly conversations: () => number;
  /** The next telling calls go wrong: turned away, done with the answer lost, or told to wait. */
  readonly break: (kind: "unavailable" | "reply-lost" | "rate-limited", times: number) => void;
  readonly close: () => Promise<void>;
};

/** What the outbox hands over. */
export function tidings(entries: readonly JournalEntry[], cursor = 0, memory?: unknown): Tidings {
  const state = foldRun(entries);
  if (state === undefined) throw new Error("a run begins with what was asked");
  return { entries, state, cursor, memory };
}

/** What every destination must do, whoever is behind it. */
export function destinationContract(name: string, start: () => Promise<DestinationWorld>): void {
  describe(`destination contract: ${name}`, () => {
    let world: DestinationWorld;
    const verdict = foldRun(approvedAndSolved)?.ended?.verdict ?? "";
    const occurrences = (text: string) => world.texts().filter((each) => each.includes(text)).length;

    beforeEach(async () => {
      world = await start();
    });
    afterEach(() => world.close());

    it("tells a whole run, and its verdict in the very sentence of the journal", async () => {
      const delivery = await world.open().deliver(tidings(approvedAndSolved));

      expect(delivery.failure).toBeUndefined();
      expect(delivery.cursor).toBe(approvedAndSolved.length);
      expect(occurrences(verdict)).toBeGreaterThan(0);
      expect(world.conversations()).toBe(1);
    });

    it("tells each thing once when it is delivered piece by piece", async () => {
      const destination = world.open();
      let delivery: Delivery = { cursor: 0, memory: undefined };

      for (const upTo of [3, 12, 20, approvedAndSolved.length])
        delivery = await destination.deliver(
          tidings(approvedAndSolved.slice(0, upTo), delivery.cursor, delivery.memory),
        );

      expect(delivery.failure).toBeUndefined();
      expect(world.conversations()).toBe(1);
      expect(occurrences("Customer mail answered")).toBe(1);
      expect(occurrences("healthy 0 → 1")).toBe(1);
    });

    it("does not double anything when another process delivers from the same cursor", async () => {
      const halfway = await world.open().deliver(tidings(approvedAndSolved.slice(0, 14)));
      await world.open().deliver(tidings(approvedAndSolved, halfway.cursor, halfway.memory));
      const before = world.texts();

      const again = await world.open().deliver(tidings(approvedAndSolved, halfway.cursor, halfway.memory));
      const afresh = await world.open().deliver(tidings(approvedAndSolved));

      expect([again.failure, afresh.failure]).toEqual([undefined, undefined]);
      expect(world.texts()).toEqual(before);
      expect(world.conversations()).toBe(1);
    });

    it("goes on from where it got when the vendor is down in the middle", async () => {
      const destination = world.open();
      const started = await destination.deliver(tidings(approvedAndSolved.slice(0, 14)));
      world.break("unavailable", 1);

      const broken = await destination.deliver(tidings(approvedAndSolved, started.cursor, started.memory));
      const healed = await destination.deliver(tidings(approvedAndSolved, broken.cursor, broken.memory));

      expect(broken.failure?.reason).toContain("503");
      expect(broken.cursor).toBeLessThan(approvedAndSolved.length);
      expect(healed.failure).toBeUndefined();
      expect(healed.cursor).toBe(approvedAndSolved.length);
      expect(occurrences(verdict)).toBeGreaterThan(0);
      expect(occurrences("healthy 0 → 1")).toBe(1);
    });

    it("does not repeat what arrived although the answer was lost", async () => {
      const destination = world.open();
      const started = await destination.deliver(tidings(approvedAndSolved.slice(0, 14)));
      world.break("reply-lost", 1);

      const unclear = await destination.deliver(tidings(approvedAndSolved, started.cursor, started.memory));
      await destination.deliver(tidings(approvedAndSolved, unclear.cursor, unclear.memory));

      expect(unclear.failure).toBeDefined();
      expect(world.conversations()).toBe(1);
      expect(occurrences("Customer mail answered")).toBe(1);
      expect(occurrences("healthy 0 → 1")).toBe(1);
    });

    it("does not open a second conversation when the first answer of all was lost", async () => {
      world.break("reply-lost", 1);

      const unclear = await world.open().deliver(tidings(approvedAndSolved));
      const told = await world.open().deliver(tidings(approvedAndSolved, unclear.cursor, unclear.memory));

      expect(unclear.failure).toBeDefined();
      expect(told.failure).toBeUndefined();
      expect(world.conversations()).toBe(1);
    });

    it("waits as long as the vendor asks", async () => {
      world.break("rate-limited", 10);

      const delivery = await world.open().deliver(tidings(approvedAndSolved));

      expect(delivery.cursor).toBe(0);
      expect(delivery.failure?.retryAfterMs).toBeGreaterThanOrEqual(1_000);
    });

    it("fails in words and loses nothing when nobody is there", async () => {
      await world.close();

      const silent = await world.open().deliver(tidings(approvedAndSolved));

      expect(silent.cursor).toBe(0);
      expect(silent.failure?.reason).toMatch(/did not answer: connection refused/);
      world = await start();
    });

    it.for(Object.entries(situations))("ends in the same words: %s", async ([, entries]) => {
      const state = foldRun(entries);
      const delivery = await world.open().deliver(tidings(entries));

      expect(delivery.failure).toBeUndefined();
      const expected = state?.ended !== undefined && world.conversations() > 0;
      expect(occurrences(state?.ended?.verdict ?? "no verdict yet") > 0).toBe(expected);
    });
  });
}
