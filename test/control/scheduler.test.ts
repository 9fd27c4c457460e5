import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { openSqliteLedger } from "#adapters/journal-sqlite/ledger.ts";
import { createScheduler, fireSchedules, type Scheduling } from "#control/scheduler.ts";
import { allClear, plan, waitFor } from "#kit";
import type { Engine } from "#kit/engine.ts";
import type { Schedule } from "#kit/schedule.ts";
import type { Fire } from "#kit/scheduling/ledger.ts";
import { toyBench, toyBook, type Toy } from "#test/kit/semantics/toy.ts";

const because = { rule: "any", because: "a test says so" };
const calm = (toy: Toy) => toyBook(toy, () => allClear(because));

/** A bench with a clock that a test sets, one ledger, and schedulers over it. */
function schedulerBench(schedule: Partial<Schedule> = {}, start = "2026-11-20T12:00:00Z") {
  const toy = toyBench();
  const book = schedule.run ?? calm(toy);
  let at = Date.parse(start);
  const clock = { now: () => new Date(at), sleep: toy.parts.clock.sleep };
  const ledger = openSqliteLedger(join(toy.folder, "journal.db"));
  onTestFinished(() => ledger.close());
  const nightly: Schedule = {
    id: "nightly",
    title: "Every night",
    cron: "0 2 * * *",
    timeZone: "UTC",
    in: ["production"],
    run: book,
    params: {},
    as: "night team",
    missed: "run-once",
    overlap: "skip",
    freeze: "skip",
    ...schedule,
  };
  const said: string[] = [];
  const begun: string[] = [];
  const engine = (owner: string, more = {}): Engine => toy.engine({ runbooks: [book], owner, ...more });
  const scheduler = (owner: string, changes: Partial<Scheduling> = {}) =>
    createScheduler({
      ledger,
      journal: toy.journal,
      locks: toy.journal,
      environment: { name: "production", tier: "production" },
      schedules: [nightly],
      dir: undefined,
      calendar: () => undefined,
      clock,
      owner,
      say: (line) => said.push(line),
      atOnce: 4,
      start(one, fire, begins) {
        begun.push(`${owner} ${fire.at.slice(0, 16)}`);
        return engine(owner, { onEntry: begins }).run(one.run, one.params, {
          by: { name: one.as, host: "desk", via: "cron" },
          wait: false,
          scheduled: { schedule: one.id, at: fire.at, run: fire.run },
        });
      },
      resume: (run, one) =>
        engine(owner).resume(run, { by: { name: one.as, host: "desk", via: "cron" }, wait: false }),
      ...changes,
    });
  return {
    toy,
    ledger,
    nightly,
    said,
    begun,
    scheduler,
    set(instant: string) {
      at = Date.parse(instant);
    },
    fires: async () =>
      [...(await ledger.fires({ environment: "production", limit: 1_000 }))]
        .reverse()
        .map(({ at: instant, state }: Fire) => `${instant.slice(5, 16)} ${state}`),
    runs: () => toy.journal.runs({ limit: 100 }),
  };
}

/** One look at a time of the clock, and everything it began seen through. */
async function tickAt(
  bench: ReturnType<typeof schedulerBench>,
  scheduler: ReturnType<ReturnType<typeof schedulerBench>["scheduler"]>,
  instant: string,
) {
  bench.set(instant);
  await scheduler.tick();
  await scheduler.idle();
}

describe("a schedule", () => {
  test("fires once at its instant, as whom it says, and its run says which fire it is", async () => {
    const bench = schedulerBench();
    const scheduler = bench.scheduler("a:1:x");

    await tickAt(bench, scheduler, "2026-11-20T12:00:00Z");
    await tickAt(bench, scheduler, "2026-11-21T02:00:00.100Z");
    await tickAt(bench, scheduler, "2026-11-21T02:00:10Z");

    const [run, ...others] = await bench.runs();
    const [asked] = await bench.toy.journal.read(run?.run ?? "");
    expect(others).toEqual([]);
    expect(run).toMatchObject({ askedBy: "night team", outcome: "all-clear" });
    expect(asked?.event).toMatchObject({
      by: { via: "cron" },
      schedule: { id: "nightly", at: "2026-11-21T02:00:00.000Z" },
    });
    expect(await bench.fires()).toEqual(["11-21T02:00 ran"]);
  });

  test("has no past when it is first seen, and a new rule has none either", async () => {
    const bench = schedulerBench();
    await tickAt(bench, bench.scheduler("a:1:x"), "2026-11-20T12:00:00Z");
    const changed = bench.scheduler("a:1:x", { schedules: [{ ...bench.nightly, cron: "0 1 * * *" }] });

    await tickAt(bench, changed, "2026-11-22T12:00:00Z");
    await tickAt(bench, changed, "2026-11-23T01:00:00Z");

    expect(await bench.fires()).toEqual(["11-21T02:00 missed", "11-22T02:00 missed", "11-23T01:00 ran"]);
  });

  test("that fell while nothing ran is caught up once, and each fire has its record", async () => {
    const bench = schedulerBench();
    await tickAt(bench, bench.scheduler("a:1:x"), "2026-11-20T12:00:00Z");

    // Killed: nobody gives its lock back, and the lease runs out.
    await bench.toy.parts.clock.sleep(60_000);
    const later = bench.scheduler("a:2:y");
    await tickAt(bench, later, "2026-11-24T09:00:00Z");
    await tickAt(bench, later, "2026-11-24T09:00:30Z");

    expect(await bench.fires()).toEqual([
      "11-21T02:00 missed",
      "11-22T02:00 missed",
      "11-23T02:00 missed",
      "11-24T02:00 ran",
    ]);
    expect(await bench.runs()).toHaveLength(1);
  });

  test("of 02:30 fires once on both days on which clocks are changed", async () => {
    const bench = schedulerBench(
      { cron: "30 2 * * *", timeZone: "Europe/Amsterdam" },
      "2026-10-24T12:00:00Z",
    );
    const scheduler = bench.scheduler("a:1:x");

    for (const day of ["2026-10-25", "2027-03-28"]) {
      await tickAt(bench, scheduler, `${day}T00:00:00Z`);
      for (let minute = 0; minute < 180; minute += 10)
        await tickAt(
          bench,
          scheduler,
          new Date(Date.parse(`${day}T00:00:00Z`) + minute * 60_000).toISOString(),
        );
    }

    const on = (await bench.fires()).filter((fire) => fire.endsWith("ran") && /10-25|03-28/.test(fire));
    expect(on).toEqual(["10-25T00:30 ran", "03-28T01:00 ran"]);
  });

  test("does not fire again when the clock is set back, and fires when it was wrong by months", async () => {
    const bench = schedulerBench({ missed: "skip" });
    const scheduler = bench.scheduler("a:1:x");
    await tickAt(bench, scheduler, "2026-11-20T12:00:00Z");

    await tickAt(bench, scheduler, "2026-11-21T02:00:05Z");
    await tickAt(bench, scheduler, "2026-11-21T01:50:00Z");
    await tickAt(bench, scheduler, "2026-11-21T02:00:05Z");
    await tickAt(bench, scheduler, "2027-02-21T09:00:00Z");
    await tickAt(bench, scheduler, "2026-11-21T03:00:00Z");
    await tickAt(bench, scheduler, "2026-11-22T02:00:05Z");

    const known = (await bench.fires()).slice(0, 2);
    expect(known).toEqual(["11-21T02:00 ran", "11-22T02:00 ran"]);
    expect(bench.begun).toHaveLength(2);
  });

  test("is left out while it is paused, and in a freeze", async () => {
    const bench = schedulerBench();
    const freeze = { kind: "freeze", name: "quarter", because: "", zone: "UTC" } as const;
    const frozen = bench.scheduler("a:1:x", {
      calendar: ({ at }) => (at < new Date("2026-11-22T00:00:00Z") ? freeze : undefined),
    });
    await tickAt(bench, frozen, "2026-11-20T12:00:00Z");
    await tickAt(bench, frozen, "2026-11-21T02:00:00Z");
    const by = { name: "lena", host: "desk", via: "terminal" } as const;
    await bench.ledger.hold({
      environment: "production",
      schedule: "nightly",
      paused: true,
      at: "2026-11-21T12:00:00.000Z",
      by,
      why: "vendor",
    });

    await tickAt(bench, frozen, "2026-11-22T02:00:00Z");

    expect(await bench.fires()).toEqual(["11-21T02:00 skipped", "11-22T02:00 skipped"]);
    expect(bench.begun).toEqual([]);
  });
});

describe("two schedulers", () => {
  test("fire each instant once, under a lock, and the other goes on when one is gone", async () => {
    const bench = schedulerBench();
    const [a, b] = [bench.scheduler("a:1:x"), bench.scheduler("b:2:y")];
    const both = async (instant: string) => {
      bench.set(instant);
      await Promise.all([a.tick(), b.tick()]);
      await Promise.all([a.idle(), b.idle()]);
    };
    await both("2026-11-20T12:00:00Z");

    await both("2026-11-21T02:00:00Z");
    await a.leave();
    await tickAt(bench, b, "2026-11-22T02:00:00Z");

    expect(bench.begun).toEqual(["a:1:x 2026-11-21T02:00", "b:2:y 2026-11-22T02:00"]);
    expect(bench.said.join("\n")).toContain("fires no schedules: production/schedules is held by");
  });

  test("fire each instant once even when both believe to have the lock", async () => {
    const bench = schedulerBench();
    const own = () => {
      const other = toyBench();
      return other.journal;
    };
    const [a, b] = [bench.scheduler("a:1:x", { locks: own() }), bench.scheduler("b:2:y", { locks: own() })];
    bench.set("2026-11-20T12:00:00Z");
    await a.tick();
    await b.tick();

    bench.set("2026-11-21T02:00:00Z");
    await Promise.all([a.tick(), b.tick()]);
    await Promise.all([a.idle(), b.idle()]);

    expect(bench.begun).toHaveLength(1);
    expect(await bench.runs()).toHaveLength(1);
  });

  test("of two hosts with a ledger each: the one without the lock writes down that it left it to the other", async () => {
    const here = schedulerBench();
    const there = schedulerBench();
    const [a, b] = [here.scheduler("a:1:x"), there.scheduler("b:2:y", { locks: here.toy.journal })];
    for (const instant of ["2026-11-20T12:00:00Z", "2026-11-21T02:00:00Z"]) {
      await tickAt(here, a, instant);
      await tickAt(there, b, instant);
    }
    await a.leave();
    await tickAt(there, b, "2026-11-22T02:00:00Z");

    expect(await here.fires()).toEqual(["11-21T02:00 ran"]);
    expect(await there.fires()).toEqual(["11-21T02:00 elsewhere", "11-22T02:00 ran"]);
  });
});

describe("a scheduler that dies", () => {
  test("between deciding and beginning has no second fire: its number begins, once", async () => {
    const bench = schedulerBench();
    const dead = bench.scheduler("a:1:x", { start: () => new Promise(() => undefined) });
    await dead.tick();
    bench.set("2026-11-21T02:00:00Z");
    await dead.tick();
    await dead.leave();
    const [decided] = await bench.ledger.fires({ environment: "production" });

    const next = bench.scheduler("b:2:y");
    await tickAt(bench, next, "2026-11-21T02:00:20Z");
    await tickAt(bench, next, "2026-11-21T02:00:30Z");

    expect((await bench.runs()).map(({ run }) => run)).toEqual([decided?.run]);
    expect(await bench.fires()).toEqual(["11-21T02:00 ran"]);
  });

  test("and is found too late says so instead of running", async () => {
    const bench = schedulerBench({ missed: "skip" });
    const dead = bench.scheduler("a:1:x", { start: () => new Promise(() => undefined) });
    await dead.tick();
    bench.set("2026-11-21T02:00:00Z");
    await dead.tick();
    await dead.leave();

    await tickAt(bench, bench.scheduler("b:2:y"), "2026-11-21T08:00:00Z");

    expect(await bench.runs()).toEqual([]);
    const [fire] = await bench.ledger.fires({ environment: "production" });
    expect(fire).toMatchObject({
      state: "missed",
      because: expect.stringContaining("ended before the run began") as string,
    });
  });

  test("after its run began leaves a record that is put right", async () => {
    const bench = schedulerBench();
    const dead = bench.scheduler("a:1:x", {
      start: async (one, fire) => {
        await bench.toy.engine({ runbooks: [one.run] }).run(
          one.run,
          {},
          {
            by: { name: one.as, host: "desk", via: "cron" },
            scheduled: { schedule: one.id, at: fire.at, run: fire.run },
          },
        );
        return new Promise(() => undefined);
      },
    });
    await dead.tick();
    bench.set("2026-11-21T02:00:00Z");
    await dead.tick();
    await bench.toy.parts.clock.sleep(60_000);
    await dead.leave();

    await tickAt(bench, bench.scheduler("b:2:y"), "2026-11-21T02:00:20Z");

    expect(await bench.fires()).toEqual(["11-21T02:00 ran"]);
    expect(await bench.runs()).toHaveLength(1);
  });

  test("with its run only looking: the run goes on; one that acted is a person's", async () => {
    const bench = schedulerBench();
    const asked = async (number: string) => {
      const { journal } = bench.toy;
      const event = {
        type: "run.asked",
        runbook: "toy",
        title: "Toy",
        summary: "",
        severity: "P2",
        content: (await import("#kit/content.ts")).contentHash(bench.nightly.run),
        environment: { name: "production" },
        tier: "production",
        params: {},
        by: { name: "night team", host: "desk", via: "cron" },
        lock: "production/toy",
        withinMs: 60_000,
        afterwards: [],
        vitals: [],
        planOnly: false,
      } as const;
      return (await journal.begin(number, event, "dead:1:c", 1)).lease;
    };
    await bench.scheduler("a:1:x").tick();
    const fire = {
      environment: "production",
      schedule: "nightly",
      state: "ran",
      decidedAt: "2026-11-20T13:00:00.000Z",
    } as const;
    await asked("r-aaaa");
    await bench.ledger.decide([{ ...fire, at: "2026-11-20T13:00:00.000Z", run: "r-aaaa" }]);
    await bench.toy.parts.clock.sleep(60_000);

    const next = bench.scheduler("a:1:x");
    await tickAt(bench, next, "2026-11-20T13:10:00Z");
    const gone = await bench.toy.read("r-aaaa");

    const lease = await asked("r-bbbb");
    const step = {
      kind: "step",
      key: "1",
      action: "set",
      input: { target: "a", value: "on" },
      title: "Set a to on",
      risk: "safe",
      preview: "",
      targets: ["a"],
      undoable: true,
      withinMs: 1_000,
    } as const;
    await bench.toy.journal.append(lease, {
      type: "plan.made",
      plan: {
        digest: "d",
        steps: [step],
        leavesAlone: [],
        madeAt: "2026-11-20T14:00:00.000Z",
        expiresAt: "2026-11-20T14:15:00.000Z",
        strictest: "safe",
      },
      need: { count: 0, requesterMay: true, strength: "none", rule: "r" },
    });
    await bench.toy.journal.append(lease, {
      type: "step.started",
      key: "1",
      title: "Set a to on",
      attempt: 1,
      before: "off",
      withinMs: 1_000,
    });
    await bench.ledger.decide([{ ...fire, at: "2026-11-20T14:00:00.000Z", run: "r-bbbb" }]);
    await bench.toy.parts.clock.sleep(60_000);
    await tickAt(bench, next, "2026-11-21T02:00:00Z");

    expect(gone.ended?.outcome).toBe("all-clear");
    expect((await bench.toy.read("r-bbbb")).ended).toBeUndefined();
    expect(bench.said).toContain("r-aaaa died before it changed anything: it goes on");
  });
});

describe("a fire whose last run has not ended", () => {
  const waits = (toy: Toy) =>
    toyBook(
      toy,
      ({ set }) =>
        plan(because, [
          waitFor("go", { ask: "Go", within: "30m", ifSilent: "stop" }),
          set({ target: "a", value: "on" }),
        ]),
      { risk: "safe" },
    );

  test("is left out, or waits for it and then begins, at most one", async () => {
    const toy = toyBench();
    for (const overlap of ["skip", "queue"] as const) {
      const bench = schedulerBench({ run: waits(toy), overlap, cron: "*/10 * * * *" });
      const scheduler = bench.scheduler("a:1:x");
      for (const instant of ["12:00:01", "12:10:00", "12:20:00", "12:30:00"])
        await tickAt(bench, scheduler, `2026-11-20T${instant}Z`);
      const before = await bench.fires();
      const [first] = await bench.runs();
      await bench.toy.engine({ runbooks: [bench.nightly.run] }).signal(first?.run ?? "", {
        signal: "go",
        by: { name: "omar", host: "desk", via: "terminal" },
      });
      await bench.toy
        .engine({ runbooks: [bench.nightly.run] })
        .resume(first?.run ?? "", { by: { name: "omar", host: "desk", via: "terminal" } });

      await tickAt(bench, scheduler, "2026-11-20T12:31:00Z");

      expect(before).toEqual([
        "11-20T12:10 ran",
        `11-20T12:20 ${overlap === "skip" ? "skipped" : "queued"}`,
        "11-20T12:30 skipped",
      ]);
      expect(await bench.runs()).toHaveLength(overlap === "skip" ? 1 : 2);
    }
  });

  test("waits for a free place when as many as may run at once are under way", async () => {
    const bench = schedulerBench();
    let finish: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (finish = resolve));
    const other = { ...bench.nightly, id: "other" };
    const scheduler = bench.scheduler("a:1:x", {
      schedules: [bench.nightly, other],
      atOnce: 1,
      async start(one, fire, begins) {
        await held;
        return bench.toy.engine({ runbooks: [one.run], onEntry: begins }).run(
          one.run,
          {},
          {
            by: { name: one.as, host: "desk", via: "cron" },
            scheduled: { schedule: one.id, at: fire.at, run: fire.run },
          },
        );
      },
    });
    await scheduler.tick();

    bench.set("2026-11-21T02:00:00Z");
    await scheduler.tick();
    const full = await bench.fires();
    finish();
    await scheduler.idle();
    await tickAt(bench, scheduler, "2026-11-21T02:00:05Z");

    expect(full.sort()).toEqual(["11-21T02:00 queued", "11-21T02:00 starting"]);
    expect(await bench.fires()).toEqual(["11-21T02:00 ran", "11-21T02:00 ran"]);
  });
});

test("a run that cannot even begin has its record, with the reason", async () => {
  const bench = schedulerBench();
  const scheduler = bench.scheduler("a:1:x", { start: () => Promise.reject(new Error("no such thing")) });
  await tickAt(bench, scheduler, "2026-11-20T12:00:00Z");

  await tickAt(bench, scheduler, "2026-11-21T02:00:00Z");

  const [fire] = await bench.ledger.fires({ environment: "production" });
  expect(fire).toMatchObject({
    state: "failed",
    because: expect.stringContaining("no such thing") as string,
  });
});

test("a lock store that does not answer lets nothing fire, and what was missed is seen when it answers", async () => {
  const bench = schedulerBench();
  let answers = true;
  const { journal } = bench.toy;
  const locks = {
    ...journal,
    takeLock: (...args: Parameters<typeof journal.takeLock>) => journal.takeLock(...args),
    releaseLock: (...args: Parameters<typeof journal.releaseLock>) => journal.releaseLock(...args),
    locks: () => journal.locks(),
    async renewLock(...args: Parameters<typeof journal.renewLock>) {
      const { OpsError } = await import("#kit/errors.ts");
      if (!answers) throw new OpsError("tool-unreachable", { summary: "no answer", hint: "" });
      return journal.renewLock(...args);
    },
  };
  const scheduler = bench.scheduler("a:1:x", { locks });
  await tickAt(bench, scheduler, "2026-11-20T12:00:00Z");

  answers = false;
  await tickAt(bench, scheduler, "2026-11-21T02:00:00Z");
  const meanwhile = await bench.fires();
  answers = true;
  await tickAt(bench, scheduler, "2026-11-21T02:10:00Z");

  expect(meanwhile).toEqual([]);
  expect(await bench.fires()).toEqual(["11-21T02:00 ran"]);
  expect(bench.said).toContain("fires no schedules: no answer");
});

test("the loop wakes for what is due, ends with its signal and gives the lock back", async () => {
  const bench = schedulerBench({ cron: "*/5 * * * *" });
  const { clock } = bench.toy.parts;
  const stop = new AbortController();
  const scheduler = bench.scheduler("a:1:x", { clock });

  const loop = fireSchedules(scheduler, { clock, say: () => undefined }, stop.signal);
  await clock.sleep(16 * 60_000);
  stop.abort();
  await loop;

  expect(bench.begun).toHaveLength(3);
  expect((await bench.toy.journal.locks()).filter(({ state }) => state === "held")).toEqual([]);
});
