import { beforeEach, describe, expect, test } from "vitest";
import type { LockStore } from "#kit/journal.ts";

/** A lock store under test: `open` gives another handle on the same locks, as another host would have. */
export type LocksUnderTest = {
  open(): Promise<LockStore>;
  /** Lets time pass, by the store's clock or by waiting. */
  pass(ms: number): void | Promise<void>;
};

/** What every lock store must hold to; each adapter's test calls this. */
export function locksContract(name: string, make: () => Promise<LocksUnderTest>): void {
  describe(`${name} keeps the promises of locks:`, () => {
    let under: LocksUnderTest;
    let store: LockStore;

    beforeEach(async () => {
      under = await make();
      store = await under.open();
    });

    test("a lock has one holder; each taking raises the fence; a lost lock cannot be renewed", async () => {
      const first = await store.takeLock(
        "production/deploy",
        { run: "r-1", owner: "a", reason: "Deploy" },
        10_000,
      );

      await expect(
        store.takeLock("production/deploy", { run: "r-2", owner: "b", reason: "Other" }, 10_000),
      ).rejects.toMatchObject({
        code: "lock-held",
        summary: expect.stringContaining("r-1 (Deploy)") as string,
      });
      await under.pass(10_001);
      const second = await store.takeLock(
        "production/deploy",
        { run: "r-2", owner: "b", reason: "Other" },
        10_000,
      );

      expect(second.fence).toBe(first.fence + 1);
      await expect(store.renewLock("production/deploy", "r-1", first.fence, 10_000)).rejects.toMatchObject({
        code: "lock-lost",
      });
      await store.releaseLock("production/deploy", "r-1", first.fence);
      expect((await store.locks()).map((lock) => lock.run)).toEqual(["r-2"]);
    });

    test("a released lock is free at once, and its fence is not forgotten", async () => {
      const first = await store.takeLock(
        "production/deploy",
        { run: "r-1", owner: "a", reason: "Deploy" },
        10_000,
      );
      await store.releaseLock("production/deploy", "r-1", first.fence);

      const second = await store.takeLock(
        "production/deploy",
        { run: "r-2", owner: "b", reason: "Other" },
        10_000,
      );

      expect(second.fence).toBe(2);
    });

    test("of many who race for one lock, one gets it", async () => {
      const handles = await Promise.all(Array.from({ length: 8 }, () => under.open()));

      const won = await Promise.allSettled(
        handles.map((handle, index) =>
          handle.takeLock(
            "production/deploy",
            { run: `r-${index}`, owner: String(index), reason: "race" },
            10_000,
          ),
        ),
      );

      expect(won.filter((result) => result.status === "fulfilled")).toHaveLength(1);
      for (const result of won)
        if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "lock-held" });
    });
  });
}
