import { beforeEach, describe, expect, test } from "vitest";
import type { Journal } from "#kit/journal.ts";
import type { RunEvent } from "#kit/timeline.ts";

/** A journal adapter under test: `open` gives another handle on the same record, as another process would have. */
export type JournalUnderTest = {
  open(): Promise<Journal>;
  /** Moves the adapter's clock. */
  pass(ms: number): void | Promise<void>;
};

const by = { name: "lena", host: "desk", via: "terminal" } as const;

const asked: RunEvent & { type: "run.asked" } = {
  type: "run.asked",
  runbook: "platform-down",
  title: "Platform down",
  summary: "Users get no answer.",
  severity: "P0",
  content: "c0ffee",
  environment: { name: "production", account: "000012345678" },
  tier: "production",
  params: { service: "api" },
  by,
  lock: "production/deploy",
  withinMs: 60_000,
  afterwards: [],
  vitals: [],
  planOnly: false,
};

const note = (text: string): RunEvent => ({ type: "note.added", by, text });
const ended: RunEvent = { type: "run.ended", outcome: "solved", exit: 0, verdict: "Solved." };

/** What every journal must hold to; each adapter's test calls this. */
export function journalContract(name: string, make: () => Promise<JournalUnderTest>): void {
  describe(`${name} keeps the journal's promises:`, () => {
    let under: JournalUnderTest;
    let journal: Journal;

    beforeEach(async () => {
      under = await make();
      journal = await under.open();
    });

    test("entries come back in order, numbered without gaps, chained and intact", async () => {
      const { lease } = await journal.begin("r-1", asked, "a", 10_000);
      await journal.append(lease, note("one"));
      await journal.append(lease, note("two"));

      const entries = await journal.read("r-1");

      expect(entries.map((entry) => entry.seq)).toEqual([1, 2, 3]);
      expect(entries[2]?.prev).toBe(entries[1]?.hash);
      expect(await journal.verify("r-1")).toEqual({ intact: true, entries: 3 });
      expect((await journal.read("r-1", 2)).map((entry) => entry.seq)).toEqual([3]);
    });

    test("what is read is what was written, also with text that JSON must escape", async () => {
      const text = 'quote " backslash \\ newline \n null \u0000 emoji 🔥 rtl \u202E';
      const { lease } = await journal.begin("r-1", asked, "a", 10_000);

      await journal.append(lease, note(text));

      expect((await journal.read("r-1"))[1]?.event).toEqual(note(text));
      expect((await journal.verify("r-1")).intact).toBe(true);
    });

    test("another handle sees an entry as soon as it is appended", async () => {
      const other = await under.open();
      const { lease } = await journal.begin("r-1", asked, "a", 10_000);

      await journal.append(lease, note("one"));

      expect(await other.read("r-1")).toHaveLength(2);
    });

    test("a run id is begun once", async () => {
      await journal.begin("r-1", asked, "a", 10_000);

      await expect(journal.begin("r-1", asked, "b", 10_000)).rejects.toThrow();
      expect(await journal.read("r-1")).toHaveLength(1);
    });

    test("while a lease lives nobody else takes the run; when it has passed the fence rises and the old owner cannot write", async () => {
      const other = await under.open();
      const { lease } = await journal.begin("r-1", asked, "a", 10_000);

      await expect(other.claim("r-1", "b", 10_000)).rejects.toMatchObject({ code: "run-busy" });
      await under.pass(10_001);
      const taken = await other.claim("r-1", "b", 10_000);

      expect(taken.fence).toBe(lease.fence + 1);
      expect(taken.tookOver).toMatchObject({ owner: "a" });
      await expect(journal.append(lease, note("late"))).rejects.toMatchObject({ code: "run-busy" });
      await expect(journal.renew(lease, 10_000)).rejects.toMatchObject({ code: "run-busy" });
      await other.append(taken, note("mine"));
      expect((await journal.verify("r-1")).intact).toBe(true);
    });

    test("a renewed lease lasts; a run let go can be taken at once", async () => {
      const { lease } = await journal.begin("r-1", asked, "a", 10_000);
      await under.pass(9_000);
      await journal.renew(lease, 10_000);
      await under.pass(9_000);

      await expect(journal.claim("r-1", "b", 10_000)).rejects.toMatchObject({ code: "run-busy" });
      await journal.letGo(lease);

      const free = await journal.claim("r-1", "b", 10_000);
      expect(free).toMatchObject({ owner: "b" });
      expect(free.tookOver).toBeUndefined();
    });

    test("a run is alive while its owner renews it, and nobody's when the lease has passed or was let go", async () => {
      const { lease } = await journal.begin("r-1", asked, "a", 10_000);
      const alive = async () => [(await journal.row("r-1"))?.alive, (await journal.runs())[0]?.alive];

      expect(await alive()).toEqual([true, true]);
      await under.pass(10_001);
      expect(await alive()).toEqual([false, false]);
      expect(await journal.row("r-1")).toMatchObject({ owner: "a" });
      await journal.renew(lease, 10_000);
      expect(await alive()).toEqual([true, true]);
      await journal.letGo(lease);
      expect(await alive()).toEqual([false, false]);
      expect(await journal.row("r-1")).not.toHaveProperty("owner");
    });

    test("others may add approvals and notes to a run, and nothing else", async () => {
      await journal.begin("r-1", asked, "a", 10_000);

      await journal.note("r-1", note("hello"));

      expect(await journal.read("r-1")).toHaveLength(2);
      await expect(journal.note("r-1", ended)).rejects.toThrow("only be written by the run's owner");
      await expect(journal.note("r-unknown", note("x"))).rejects.toMatchObject({ code: "run-unknown" });
    });

    test("refusals that belong to no run are kept in a stream of their own, and never listed as runs", async () => {
      const fault = { code: "usage", summary: "No.", hint: "Try." };

      await journal.note("ops", { type: "refused", tried: "run nope", by, fault });

      expect((await journal.read("ops"))[0]?.event).toMatchObject({ type: "refused", tried: "run nope" });
      expect((await journal.verify("ops")).intact).toBe(true);
      expect(await journal.runs()).toEqual([]);
    });

    test("runs are listed newest first, with outcome and plan, and can be narrowed", async () => {
      const { lease } = await journal.begin("r-1", asked, "a", 10_000);
      await under.pass(1_000);
      await journal.begin("r-2", { ...asked, environment: { name: "staging" } }, "a", 10_000);
      await journal.append(lease, ended);

      const rows = await journal.runs();

      expect(rows.map((row) => row.run)).toEqual(["r-2", "r-1"]);
      expect(rows[1]).toMatchObject({
        runbook: "platform-down",
        environment: "production",
        askedBy: "lena",
        outcome: "solved",
        exit: 0,
        verdict: "Solved.",
      });
      expect((await journal.runs({ open: true })).map((row) => row.run)).toEqual(["r-2"]);
      expect((await journal.runs({ environment: "staging" })).map((row) => row.run)).toEqual(["r-2"]);
      expect(await journal.runs({ limit: 1 })).toHaveLength(1);
      expect(await journal.row("r-9")).toBeUndefined();
    });

    test("a resumed run is open again", async () => {
      const { lease } = await journal.begin("r-1", asked, "a", 10_000);
      await journal.append(lease, ended);
      await journal.append(lease, { type: "run.resumed", by, fence: 1 });

      expect(await journal.row("r-1")).not.toHaveProperty("outcome");
    });

    test("what is owed to a destination is remembered per run; planning is told to nobody", async () => {
      const { lease } = await journal.begin("r-1", asked, "a", 10_000);
      await journal.begin("r-2", { ...asked, planOnly: true }, "a", 10_000);
      expect(await journal.undelivered("production", ["slack", "pagerduty"])).toEqual(["r-1"]);

      const row = {
        run: "r-1",
        cursor: 1,
        state: { ts: "1.2" },
        attempts: 0,
        nextAt: "2026-11-21T03:12:00.000Z",
      };
      await journal.saveDelivery({ ...row, destination: "slack" });
      expect(await journal.undelivered("production", ["slack"])).toEqual([]);
      expect(await journal.undelivered("production", ["slack", "pagerduty"])).toEqual(["r-1"]);
      await journal.append(lease, note("news"));

      expect(await journal.undelivered("production", ["slack"])).toEqual(["r-1"]);
      expect(await journal.delivery("r-1", "slack")).toEqual({ ...row, destination: "slack" });
      await journal.saveDelivery({ ...row, destination: "slack", attempts: 2, lastError: "503" });
      expect(await journal.delivery("r-1", "slack")).toMatchObject({ attempts: 2, lastError: "503" });
    });
  });
}
