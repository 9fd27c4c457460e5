import { beforeEach, describe, expect, test } from "vitest";
import type { LockStore } from "#kit/journal.ts";

/** A lock store under test: `open` gives another handle on the same locks, as another host would have. */
export type LocksUnderTest = {
  open(): Promise<LockStore>;
  /** Lets time pass, by the store's clock or by waiting. */
  pass(ms: number): void | Promise<void>;
};

const lock = "production/deploy";
const deploy = { run: "r-1", owner: "a", reason: "Deploy" };
const other = { run: "r-2", owner: "b", reason: "Rollback" };

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

    test("whose lease has ended stays visible as over, is taken over, and the taker learns from whom", async () => {
      const first = await store.takeLock(lock, deploy, 10_000);
      await under.pass(10_001);

      const [ghost] = await store.locks();
      const second = await store.takeLock(lock, other, 10_000);

      expect(first.state).toBe("held");
      expect(ghost).toMatchObject({ run: "r-1", owner: "a", kind: "automatic", state: "over" });
      expect(second.tookOver).toEqual({
        run: "r-1",
        owner: "a",
        reason: "Deploy",
        takenAt: ghost?.takenAt,
        until: ghost?.until,
      });
      expect((await store.takeLock(lock, other, 10_000)).tookOver).toBeUndefined();
    });

    test("says whether what it was asked to release was held", async () => {
      const first = await store.takeLock(lock, deploy, 10_000);

      expect(await store.releaseLock(lock, "r-2", first.fence)).toBe(false);
      expect(await store.releaseLock(lock, "r-1", first.fence + 1)).toBe(false);
      expect(await store.releaseLock(lock, "r-1", first.fence)).toBe(true);
      expect(await store.releaseLock(lock, "r-1", first.fence)).toBe(false);
    });

    test("a lock is passed on with the fence raised, and from then on it is the other run's alone", async () => {
      const first = await store.takeLock(lock, deploy, 10_000);

      const passed = await store.passLock(lock, { run: "r-1", fence: first.fence }, other, 10_000);

      expect(passed).toMatchObject({ ...other, fence: first.fence + 1, state: "held" });
      await expect(store.renewLock(lock, "r-1", first.fence, 10_000)).rejects.toMatchObject({
        code: "lock-lost",
        summary: expect.stringContaining("r-2 (Rollback) of b") as string,
      });
      await expect(store.renewLock(lock, "r-2", passed.fence, 10_000)).resolves.toMatchObject({
        run: "r-2",
      });
      await expect(
        store.passLock(lock, { run: "r-1", fence: first.fence }, { ...other, run: "r-3" }, 10_000),
      ).rejects.toMatchObject({ code: "lock-lost" });
    });

    test("while a lock goes back and forth between two runs, nobody else gets it", async () => {
      const handles = await Promise.all(Array.from({ length: 3 }, () => under.open()));
      let { fence } = await store.takeLock(lock, deploy, 60_000);
      const passing = { on: true };
      const refusals = handles.map(async (handle, index) => {
        const got: unknown[] = [];
        do
          got.push(
            await handle
              .takeLock(lock, { run: `r-thief-${index}`, owner: "c", reason: "Get in between" }, 60_000)
              .catch((error: { code: string }) => error.code),
          );
        while (passing.on);
        return got;
      });

      for (let turn = 0; turn < 10; turn += 1) {
        const [from, to] = turn % 2 === 0 ? ["r-1", other] : ["r-2", deploy];
        ({ fence } = await store.passLock(lock, { run: from, fence }, to, 60_000));
      }
      passing.on = false;

      expect(new Set((await Promise.all(refusals)).flat())).toEqual(new Set(["lock-held"]));
      expect(fence).toBe(11);
    });

    test("a sticky lock that was kept is refused to others, with what helps, until its time is over; its own run gets it back", async () => {
      const sticky = { ...deploy, kind: "sticky", staysMs: 60_000 } as const;
      const first = await store.takeLock(lock, sticky, 10_000);

      const kept = await store.keepLock(lock, "r-1", first.fence, "half of the hosts were restarted");

      expect(kept).toMatchObject({ state: "kept", kind: "sticky", run: "r-1", fence: first.fence });
      expect(await store.locks()).toMatchObject([
        { state: "kept", reason: "half of the hosts were restarted" },
      ]);
      await expect(store.takeLock(lock, other, 10_000)).rejects.toMatchObject({
        code: "lock-held",
        summary: expect.stringMatching(
          /held by r-1 \(half of the hosts were restarted\).* kept until .* although nobody works on it/,
        ) as string,
        hint: expect.stringContaining(`ops locks free ${lock} --reason`) as string,
      });
      const again = await store.takeLock(lock, sticky, 10_000);
      await store.keepLock(lock, "r-1", again.fence, "still half");
      await under.pass(60_002);
      expect(await store.takeLock(lock, other, 10_000)).toMatchObject({
        run: "r-2",
        kind: "automatic",
        tookOver: { run: "r-1" },
      });
    });

    test("a sticky lock outlives its holder's death too", async () => {
      await store.takeLock(lock, { ...deploy, kind: "sticky", staysMs: 60_000 }, 10_000);
      await under.pass(10_001);

      expect(await store.locks()).toMatchObject([{ state: "kept", kind: "sticky" }]);
      await expect(store.takeLock(lock, other, 10_000)).rejects.toMatchObject({ code: "lock-held" });
    });

    test("a lock by hand is a person's until the time they said", async () => {
      const hand = { run: "by-hand:lena", owner: "lena on desk", reason: "Freeze", kind: "by-hand" } as const;
      await store.takeLock(lock, hand, 10_000);

      await expect(store.takeLock(lock, other, 10_000)).rejects.toMatchObject({
        code: "lock-held",
        summary: expect.stringMatching(/held by by-hand:lena \(Freeze\) since .*, by hand until/) as string,
      });
      await under.pass(10_001);
      await expect(store.takeLock(lock, other, 10_000)).resolves.toMatchObject({ run: "r-2" });
    });

    test("only who holds it keeps it", async () => {
      const first = await store.takeLock(lock, deploy, 10_000);

      await expect(store.keepLock(lock, "r-2", first.fence, "x")).rejects.toMatchObject({
        code: "lock-lost",
      });
      await expect(store.keepLock(lock, "r-1", first.fence + 1, "x")).rejects.toMatchObject({
        code: "lock-lost",
      });
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
