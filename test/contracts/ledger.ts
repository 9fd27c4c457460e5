import { beforeEach, describe, expect, test } from "vitest";
import type { Fire, Ledger } from "#kit/scheduling/ledger.ts";

/** A ledger adapter under test: `open` gives another handle on the same records, as another process would have. */
export type LedgerUnderTest = {
  open(): Promise<Ledger>;
};

const fire = (at: string, more: Partial<Fire> = {}): Fire => ({
  environment: "staging",
  schedule: "nightly",
  at,
  state: "starting",
  decidedAt: "2026-11-21T02:00:00.000Z",
  run: "r-0001",
  ...more,
});

const at = "2026-11-21T02:00:00.000Z";
const by = { name: "lena", host: "desk", via: "terminal" } as const;

/** What every ledger must do. */
export function ledgerContract(make: () => Promise<LedgerUnderTest>): void {
  let under: LedgerUnderTest;
  let ledger: Ledger;
  beforeEach(async () => {
    under = await make();
    ledger = await under.open();
  });

  describe("a ledger", () => {
    test("gives each fire one record, whichever process writes first", async () => {
      const other = await under.open();

      const written = await Promise.all([
        ledger.decide([fire(at, { run: "r-0001" })]),
        other.decide([fire(at, { run: "r-0002" })]),
      ]);

      expect(written.flat()).toHaveLength(1);
      expect(await ledger.fires({ environment: "staging" })).toEqual(written.flat());
      expect(await ledger.decide([fire(at, { environment: "production" })])).toHaveLength(1);
      expect(await other.id()).toBe(await ledger.id());
    });

    test("writes all of a decision or, for those that have a record, nothing", async () => {
      await ledger.decide([fire("2026-11-21T01:00:00.000Z")]);

      const written = await ledger.decide([
        fire("2026-11-21T01:00:00.000Z", { state: "missed" }),
        fire(at, { state: "skipped", because: "paused" }),
      ]);

      expect(written.map((one) => one.at)).toEqual([at]);
      expect((await ledger.fires({ environment: "staging" })).map(({ state }) => state)).toEqual([
        "skipped",
        "starting",
      ]);
    });

    test("changes a record only from the state that was seen", async () => {
      const [one] = await ledger.decide([fire(at)]);
      if (one === undefined) throw new Error("not written");

      const first = await ledger.settle(one, { state: "ran" });
      const second = await ledger.settle(one, { state: "failed", because: "late" });

      expect([first, second]).toEqual([true, false]);
      expect(await ledger.fires({ environment: "staging" })).toEqual([{ ...one, state: "ran" }]);
    });

    test("lets a record that says that nothing ran, from a clock that stood ahead, give way; one that ran stays", async () => {
      const later = "2027-05-01T02:00:00.000Z";
      await ledger.decide([
        fire(at, { state: "missed", decidedAt: later }),
        fire("2026-11-22T02:00:00.000Z", { state: "ran", decidedAt: later }),
      ]);

      const again = await ledger.decide([fire(at), fire("2026-11-22T02:00:00.000Z", { run: "r-0009" })]);

      expect(again.map((one) => one.at)).toEqual([at]);
      expect(await ledger.lastDecided("staging", "nightly", new Date(at))).toBe(at);
    });

    test("knows up to when a schedule is decided, spans included, and not by what lies ahead", async () => {
      const span = fire("2026-11-18T02:00:00.000Z", {
        state: "missed",
        through: "2026-11-19T02:00:00.000Z",
      });
      await ledger.decide([span]);
      await ledger.decide([fire("2026-12-24T02:00:00.000Z")]);

      expect(await ledger.lastDecided("staging", "nightly", new Date(at))).toBe("2026-11-19T02:00:00.000Z");
      expect(await ledger.lastDecided("staging", "other", new Date(at))).toBeUndefined();
      expect((await ledger.fires({ environment: "staging", states: ["missed"] }))[0]).toEqual(span);
    });

    test("keeps every word about a schedule, and what a schedule was", async () => {
      const word = { environment: "staging", schedule: "nightly", at, by, why: "vendor works on it" };
      const known = {
        environment: "staging",
        schedule: "nightly",
        title: "Every night",
        cron: "0 2 * * *",
        timeZone: "UTC",
        since: at,
        dir: "/ours",
      };

      await ledger.hold({ ...word, paused: true });
      await ledger.hold({ ...word, at: "2026-11-21T03:00:00.000Z", paused: false, why: "they are done" });
      await ledger.remember({ ...known, title: "Old" });
      await ledger.remember(known);

      expect((await ledger.holds("staging")).map(({ paused, why }) => [paused, why])).toEqual([
        [true, "vendor works on it"],
        [false, "they are done"],
      ]);
      expect(await ledger.known("staging")).toEqual([known]);
      expect(await ledger.known("production")).toEqual([]);
    });
  });
}
