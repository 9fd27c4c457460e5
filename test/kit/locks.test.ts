import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { openSqliteJournal } from "#adapters/journal-sqlite/journal.ts";
import type { EngineParts } from "#kit/engine.ts";
import { OpsError } from "#kit/errors.ts";
import type { LockStore } from "#kit/journal.ts";
import type { Runbook } from "#kit/runbook.ts";
import { foldRun, step } from "#kit/fold.ts";
import { hold } from "#kit/run/lease.ts";
import { freeLock, heldLock, takeByHand } from "#kit/run/lock-desk.ts";
import { platformDown } from "#runbooks/platform-down.ts";
import { virtualClock } from "#test/fakes/clock.ts";
import { situations } from "#test/scenarios/runs/index.ts";
import { bench, lena, omar, type Bench } from "#test/fakes/engine.ts";

const deploy = "production/deploy";
const mallory = { name: "mallory", host: "desk", via: "terminal" } as const;

function down(): Bench {
  const made = bench();
  for (const machine of made.world.machines) machine.mood = "dead";
  onTestFinished(() => made.close());
  return made;
}

/** Parts that need no approval, with one runbook changed. */
function freely(runbook: Runbook, changes: Partial<EngineParts> = {}): Partial<EngineParts> {
  return {
    policy: () => ({ count: 0, requesterMay: true, strength: "none", rule: "test" }),
    runbooks: [runbook],
    ...changes,
  };
}

const types = (made: Bench) => made.entries.map(({ event }) => event.type);
const eventsOf = (made: Bench, type: string) =>
  made.entries.flatMap(({ event }) => (event.type === type ? [event] : []));

describe("a lock whose holder is gone", () => {
  test("is taken over by the next run, whose record says from whom and since when", async () => {
    const made = down();
    const ghost = { run: "r-1a2b", owner: "desk:412", reason: "Blue-green deploy" };
    const { until, fence } = await made.journal.takeLock(deploy, ghost, 60_000);
    await made.parts.clock.sleep(61_000);

    const state = await made.engine(freely(platformDown)).run(platformDown, {}, { by: lena });

    expect(state.ended?.outcome).toBe("solved");
    expect(eventsOf(made, "lock.taken")).toMatchObject([
      { fence: fence + 1, tookOver: { run: "r-1a2b", owner: "desk:412", until } },
    ]);
    expect(state.lock?.tookOver).toEqual({ run: "r-1a2b", owner: "desk:412", until });
  });

  test("leaves a run that counts as nobody's, is resumed by another, and says whose lease had run out", async () => {
    const made = down();
    const state = await made.engine().run(platformDown, {}, { by: lena, wait: false });
    const lease = await made.journal.claim(state.run, "desk:412", 60_000);
    const busy = await made.journal.row(state.run);
    await made.parts.clock.sleep(61_000);
    const ghost = await made.journal.row(state.run);
    await made.journal.note(state.run, approvalOf(state.plan?.digest));

    const resumed = await made.engine({ owner: "desk:7" }).resume(state.run, { by: omar });

    expect([busy?.alive, ghost?.alive]).toEqual([true, false]);
    expect(eventsOf(made, "run.resumed")).toMatchObject([
      { fence: lease.fence + 1, tookOver: { owner: "desk:412", until: ghost?.leaseUntil } },
    ]);
    expect(resumed.ended?.outcome).toBe("solved");
  });

  test("refuses its former holder before the next call, and the record says who has it now", async () => {
    const made = down();
    let stolen = false;
    // The process sleeps past its lease after its first step, and another run takes the lock meanwhile.
    const renewLock: LockStore["renewLock"] = async (lock, run, fence, leaseMs) => {
      if (types(made).includes("step.done") && !stolen) {
        stolen = true;
        await made.journal.releaseLock(lock, run, fence);
        await made.journal.takeLock(lock, { run: "r-9b10", owner: "shelf:2", reason: "Rollback" }, 60_000);
      }
      return made.journal.renewLock(lock, run, fence, leaseMs);
    };

    const state = await made
      .engine(freely(platformDown, { locks: { ...made.journal, renewLock } }))
      .run(platformDown, {}, { by: lena });

    expect(made.world.effects).toEqual(["reboot api-1"]);
    expect(state.ended).toMatchObject({ outcome: "unknown", exit: 7 });
    expect(state.lock?.lost).toMatch(/^r-9b10 \(Rollback\) of shelf:2 took it at /);
    expect(state.ended?.verdict).toContain("r-9b10 (Rollback) of shelf:2 took it");
    expect(await made.journal.locks()).toMatchObject([{ run: "r-9b10", state: "held" }]);
  });

  test("lost before anything was done is a refusal, not an unknown state", async () => {
    const made = down();
    const runbook = { ...platformDown, lockWhileApproving: "hold" as const };
    const renewLock: LockStore["renewLock"] = async () => {
      throw new OpsError("lock-lost", { summary: "Another run took it.", hint: "Look." });
    };

    const state = await made
      .engine({ runbooks: [runbook], locks: { ...made.journal, renewLock } })
      .run(runbook, {}, { by: lena });

    expect(made.world.effects).toEqual([]);
    expect(state.ended).toMatchObject({ outcome: "guarded", exit: 6 });
  });
});

const approvalOf = (digest = "") =>
  ({ type: "approval.given", digest, by: omar, lookedAgain: "same" }) as const;

describe("while approval is waited for", () => {
  test("the lock is free by default", async () => {
    const made = down();

    const state = await made.engine().run(platformDown, {}, { by: lena, wait: false });

    expect(state.phase).toBe("waiting");
    expect(types(made)).not.toContain("lock.taken");
    expect(await made.journal.locks()).toEqual([]);
  });

  test("a runbook that holds it takes it before it asks, and keeps it alive for longer than its lease", async () => {
    const made = down();
    const runbook = { ...platformDown, lockWhileApproving: "hold" as const };
    const running = made.engine({ runbooks: [runbook] }).run(runbook, {}, { by: lena });
    await made.parts.clock.sleep(300_000);
    const [held] = await made.journal.locks();
    const [row] = await made.journal.runs();

    await made.journal.note(row?.run ?? "", approvalOf(row?.digest));
    const state = await running;

    expect(held).toMatchObject({ lock: deploy, run: state.run, state: "held" });
    expect(types(made).indexOf("lock.taken")).toBeLessThan(types(made).indexOf("approval.asked"));
    expect(eventsOf(made, "lock.taken")).toHaveLength(1);
    expect(state.ended?.outcome).toBe("solved");
  });

  test("a process that leaves gives it back and says so, because nobody would renew it", async () => {
    const made = down();
    const runbook = { ...platformDown, lockWhileApproving: "hold" as const };

    const state = await made.engine({ runbooks: [runbook] }).run(runbook, {}, { by: lena, wait: false });

    expect(state.lock?.held).toBe(false);
    expect(eventsOf(made, "lock.released")).toMatchObject([{ why: "nobody works on it while it waits" }]);
    expect(await made.journal.locks()).toEqual([]);
  });
});

describe("a sticky lock", () => {
  const sticky = { ...platformDown, lockKind: "sticky" as const };

  /** A run that restarted one machine, and whose second one did not come back. */
  async function endedBadly() {
    const made = down();
    for (const machine of made.world.machines) if (machine.name === "api-2") machine.mood = "stuck";
    const parts = freely(sticky, { runbooks: [sticky, platformDown] });
    const state = await made.engine(parts).run(sticky, {}, { by: lena });
    const desk = { ...made.parts, locks: made.journal };
    return { made, parts, state, desk };
  }

  test("stays after a run that ended badly, for the time that the environment says, and refuses others with what helps", async () => {
    const { made, parts, state } = await endedBadly();

    const other = await made.engine(parts).run(platformDown, {}, { by: lena });

    const [kept] = await made.journal.locks();
    expect(state.ended?.outcome).toBe("step-failed");
    expect(kept).toMatchObject({ run: state.run, kind: "sticky", state: "kept" });
    expect(Date.parse(kept?.staysUntil ?? "") - Date.parse(kept?.until ?? "")).toBe(24 * 3_600_000);
    expect(eventsOf(made, "lock.kept")).toMatchObject([
      { lock: deploy, reason: "Platform down ended as step-failed", until: kept?.staysUntil },
    ]);
    expect(state.lock).toMatchObject({ held: true, kept: { reason: "Platform down ended as step-failed" } });
    expect(other.ended).toMatchObject({
      outcome: "guarded",
      exit: 6,
      fault: {
        code: "lock-held",
        hint: expect.stringContaining(`ops locks free ${deploy} --reason`) as string,
      },
    });
  });

  test("is taken back by its own run, and is over when that ends well", async () => {
    const { made, parts, state } = await endedBadly();

    for (const machine of made.world.machines) if (machine.name === "api-2") machine.mood = "dead";
    const solved = await made.engine(parts).resume(state.run, { by: lena });

    expect(solved.ended?.outcome).toBe("solved");
    expect(solved.lock?.fence).toBe((state.lock?.fence ?? 0) + 1);
    expect(await made.journal.locks()).toEqual([]);
  });

  test("is anybody's after its time", async () => {
    const { made, parts, state } = await endedBadly();
    for (const machine of made.world.machines) machine.mood = "dead";
    await made.parts.clock.sleep(24 * 3_600_000 + 1_000);

    const other = await made.engine(parts).run(platformDown, {}, { by: lena });

    expect(other.lock?.tookOver?.run).toBe(state.run);
  });

  test("does not stay where nothing was done", async () => {
    const made = down();
    const runbook = { ...sticky, lockWhileApproving: "hold" as const };
    const engine = made.engine({ runbooks: [runbook] });
    const running = engine.run(runbook, {}, { by: lena });
    await made.parts.clock.sleep(30_000);
    const [row] = await made.journal.runs();

    await made.engine({ runbooks: [runbook] }).reject(row?.run ?? "", { by: omar, reason: "no" });
    const state = await running;

    expect(state.ended?.outcome).toBe("approval-refused");
    expect(await made.journal.locks()).toEqual([]);
  });

  test("is given back by who asked or may approve, with a reason that stays in the record; by nobody else", async () => {
    const { made, state, desk } = await endedBadly();
    const row = await heldLock(desk, "deploy");

    await expect(freeLock(desk, row, mallory, "please")).rejects.toMatchObject({
      code: "approval-forbidden",
    });
    await freeLock(desk, row, omar, "looked at it: traffic is where it should be");

    expect(await made.journal.locks()).toEqual([]);
    expect((await made.journal.read(state.run)).at(-1)?.event).toMatchObject({
      type: "lock.freed",
      lock: deploy,
      by: omar,
      reason: "looked at it: traffic is where it should be",
    });
    await expect(freeLock(desk, row, lena, "again")).resolves.toBeUndefined();
    await expect(heldLock(desk, deploy)).rejects.toMatchObject({ code: "usage" });
  });

  test("that changed hands since it was looked at is not given back", async () => {
    const { made, desk } = await endedBadly();
    const row = await heldLock(desk, deploy);
    await made.journal.takeLock(deploy, { run: row.run, owner: row.owner, reason: "resumed" }, 60_000);

    await expect(freeLock(desk, row, omar, "x")).rejects.toMatchObject({
      code: "guard-refused",
      summary: expect.stringContaining("changed hands") as string,
    });
  });

  test("cannot be given back while its run works", async () => {
    const { made, desk } = await endedBadly();
    await made.journal.takeLock("production/database", { run: "r-1", owner: "desk:1", reason: "x" }, 60_000);

    await expect(freeLock(desk, await heldLock(desk, "database"), omar, "now")).rejects.toMatchObject({
      code: "guard-refused",
      exit: 6,
    });
  });
});

describe("a lock held by hand", () => {
  test("keeps runs away until its person gives it back", async () => {
    const made = down();
    const desk = { ...made.parts, locks: made.journal };
    const row = await takeByHand(desk, "deploy", lena, "moving the database", 7_200_000);

    const refused = await made.engine(freely(platformDown)).run(platformDown, {}, { by: omar });
    await freeLock(desk, row, lena, "moved");
    const solved = await made.engine(freely(platformDown)).run(platformDown, {}, { by: omar });

    expect(refused.ended).toMatchObject({ outcome: "guarded", fault: { code: "lock-held" } });
    expect(refused.ended?.verdict).toContain("by-hand:lena (moving the database)");
    expect(solved.ended?.outcome).toBe("solved");
    const told = (await made.journal.read("ops")).map(({ event }) => event.type);
    expect(told).toEqual(["note.added", "lock.freed"]);
  });

  test("lasts seven days at most, and belongs to its environment", async () => {
    const made = down();
    const desk = { ...made.parts, locks: made.journal };

    await expect(takeByHand(desk, "deploy", lena, "x", 8 * 24 * 3_600_000)).rejects.toMatchObject({
      code: "usage",
    });
    expect(await takeByHand(desk, "staging/deploy", lena, "x", 60_000)).toMatchObject({
      lock: "production/staging/deploy",
    });
  });
});

describe("without its lock store", () => {
  const silent = async () => {
    throw new OpsError("tool-unreachable", { summary: "The lock store did not answer.", hint: "Wait." });
  };
  const gone = (made: Bench): LockStore => ({
    ...made.journal,
    takeLock: silent,
    renewLock: silent,
    locks: silent,
  });
  const restart = platformDown.mitigate.restart;
  const harmless = {
    ...platformDown,
    mitigate: { ...platformDown.mitigate, restart: { ...restart, risk: "safe" as const } },
  };

  test("a plan of safe steps goes on, and its record says without what", async () => {
    const made = down();

    const state = await made.engine(freely(harmless, { locks: gone(made) })).run(harmless, {}, { by: lena });

    expect(state.ended?.outcome).toBe("solved");
    expect(state.lockMissing).toBe("The lock store did not answer.");
    expect(types(made)).not.toContain("lock.released");
  });

  test("anything else is refused before anybody is asked, and told what helps", async () => {
    const made = down();

    const state = await made.engine({ locks: gone(made) }).run(platformDown, {}, { by: lena });

    expect(types(made)).not.toContain("approval.asked");
    expect(made.world.effects).toEqual([]);
    expect(state.ended).toMatchObject({
      outcome: "guarded",
      exit: 6,
      fault: { code: "guard-refused", hint: expect.stringContaining("--break-glass") as string },
    });
  });
});

describe("broken glass", () => {
  /** A run that waits for approval, after somebody broke the glass for ten minutes. */
  async function broken() {
    const made = down();
    const { run, plan } = await made.engine().run(platformDown, {}, { by: lena, wait: false });
    const lease = await made.journal.claim(run, "desk:1", 60_000);
    await made.journal.append(lease, {
      type: "glass.broken",
      by: lena,
      reason: "the lock store burns too",
      skips: ["approval", "lock store"],
      expiresAt: new Date(made.parts.clock.now().getTime() + 600_000).toISOString(),
    });
    await made.journal.letGo(lease);
    await made.journal.note(run, approvalOf(plan?.digest));
    const silent = async () => {
      throw new OpsError("tool-unreachable", { summary: "The lock store did not answer.", hint: "Wait." });
    };
    return { made, run, locks: { ...made.journal, takeLock: silent, locks: silent } };
  }

  test("lets a run go on without the lock store, and its record says so", async () => {
    const { made, run, locks } = await broken();

    const state = await made.engine({ locks }).resume(run, { by: lena });

    expect(state.ended?.outcome).toBe("solved");
    expect(eventsOf(made, "lock.missing")).toMatchObject([{ lock: deploy }]);
  });

  test("that has expired does not", async () => {
    const { made, run, locks } = await broken();
    await made.parts.clock.sleep(600_000);

    const state = await made.engine({ locks }).resume(run, { by: lena });

    expect(made.world.effects).toEqual([]);
    expect(state.ended).toMatchObject({ outcome: "guarded", fault: { code: "guard-refused" } });
  });
});

describe("a holder whose clock jumps", () => {
  /** One host: two processes on one file, a wall clock that can be moved, and ticks that cannot. */
  function host() {
    const folder = mkdtempSync(join(tmpdir(), "ops-jump-"));
    let jumped = 0;
    let ticks = 1_000_000;
    const open = () => {
      const journal = openSqliteJournal(join(folder, "journal.db"), {
        now: () => new Date(Date.parse("2026-11-21T03:12:00.000Z") + jumped + ticks - 1_000_000),
        ticks: () => ticks,
      });
      onTestFinished(() => journal.close());
      return journal;
    };
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    return {
      open,
      jump: (ms: number) => {
        jumped += ms;
      },
      pass: (ms: number) => {
        ticks += ms;
      },
      reboot: () => {
        ticks = 5_000;
      },
    };
  }
  const first = { run: "r-1", owner: "desk:1", reason: "Deploy" };
  const second = { run: "r-2", owner: "desk:2", reason: "Rollback" };

  test.for([
    ["forward", 3_600_000],
    ["back", -3_600_000],
  ] as const)(
    "an hour %s keeps its lock and its run, and loses them when its lease is over",
    async ([, ms]) => {
      const { open, jump, pass } = host();
      const [holder, other] = [open(), open()];
      const asked = { ...(await aRun()), environment: { name: "production" } };
      await holder.begin("r-1", asked, "desk:1", 60_000);
      await holder.takeLock(deploy, first, 60_000);

      jump(ms);

      expect(await other.locks()).toMatchObject([{ state: "held" }]);
      await expect(other.takeLock(deploy, second, 60_000)).rejects.toMatchObject({ code: "lock-held" });
      await expect(other.claim("r-1", "desk:2", 60_000)).rejects.toMatchObject({ code: "run-busy" });
      pass(60_001);
      expect((await other.row("r-1"))?.alive).toBe(false);
      await expect(other.takeLock(deploy, second, 60_000)).resolves.toMatchObject({ run: "r-2" });
      await expect(other.claim("r-1", "desk:2", 60_000)).resolves.toMatchObject({
        tookOver: { owner: "desk:1" },
      });
    },
  );

  test("a lease from before the host was started again ends by the wall clock", async () => {
    const { open, jump, reboot } = host();
    const journal = open();
    await journal.takeLock(deploy, first, 60_000);

    reboot();
    jump(1_000_000 - 5_000 + 30_000);
    expect(await journal.locks()).toMatchObject([{ state: "held" }]);
    jump(31_000);

    await expect(journal.takeLock(deploy, second, 60_000)).resolves.toMatchObject({ run: "r-2" });
  });

  test("counts its own failed renewals instead of asking the clock: after the third the lock is lost", async () => {
    const clock = virtualClock();
    onTestFinished(() => clock.stop());
    const made = down();
    const { lease } = await made.journal.begin("r-1", await aRun(), "desk:1", 60_000);
    let renewals = 0;
    let jumped = 0;
    const renewLock: LockStore["renewLock"] = async () => {
      renewals += 1;
      jumped += renewals % 2 === 0 ? -7_200_000 : 3_600_000;
      throw new OpsError("tool-unreachable", { summary: "The lock store did not answer.", hint: "Wait." });
    };
    const jumpy = { ...clock, now: () => new Date(clock.now().getTime() + jumped) };
    const holding = hold(made.journal, { ...made.journal, renewLock }, lease, 60_000, jumpy);
    onTestFinished(() => void holding.letGo().catch(() => undefined));
    await holding.takeLock(deploy, "Deploy");

    await new Promise((resolve) => holding.signal.addEventListener("abort", resolve));

    expect(renewals).toBe(3);
    expect(holding.lockLost).toContain("The lock store did not answer.");
  });
});

describe("between two waits", () => {
  test("a renewal never meets a lock that is just being given away", async () => {
    const made = down();
    const { lease } = await made.journal.begin("r-1", await aRun(), "desk:1", 60_000);
    const slow: LockStore = {
      ...made.journal,
      async renewLock(...asked) {
        await made.parts.clock.sleep(5_000);
        return made.journal.renewLock(...asked);
      },
    };
    const holding = hold(made.journal, slow, lease, 60_000, made.parts.clock);
    onTestFinished(() => void holding.letGo().catch(() => undefined));
    const { fence } = await holding.takeLock(deploy, "Deploy");
    await made.parts.clock.sleep(21_000);

    expect(await holding.releaseLock()).toBe(true);
    expect(await made.journal.locks()).toEqual([]);
    await made.parts.clock.sleep(60_000);
    const again = await holding.retakeLock();

    expect(holding.signal.aborted).toBe(false);
    expect(again).toMatchObject({ lock: deploy, reason: "Deploy", fence: fence + 1 });
  });

  test("a lock that somebody took meanwhile is not had back", async () => {
    const made = down();
    const { lease } = await made.journal.begin("r-1", await aRun(), "desk:1", 60_000);
    const holding = hold(made.journal, made.journal, lease, 60_000, made.parts.clock);
    onTestFinished(() => void holding.letGo().catch(() => undefined));
    await holding.takeLock(deploy, "Deploy");
    await holding.releaseLock();
    await made.journal.takeLock(deploy, { run: "r-2", owner: "b", reason: "Rollback" }, 60_000);

    await expect(holding.retakeLock()).rejects.toMatchObject({ code: "lock-held" });
    expect(holding.lock).toBeUndefined();
  });
});

/** The first event of some run. */
async function aRun() {
  const made = down();
  await made.engine().plan(platformDown, {}, { by: lena });
  const event = made.entries[0]?.event;
  if (event?.type !== "run.asked") throw new Error("a run begins with what was asked");
  return event;
}

test("a lock that was had in the end is missed no more", () => {
  const entries = situations.lockStoreMissing;
  const missed = foldRun(entries);
  const [last] = entries.slice(-1);
  if (missed === undefined || last === undefined) throw new Error("the situation changed");
  const taken = { type: "lock.taken", lock: deploy, fence: 2, until: last.at } as const;

  const state = step(missed, { ...last, seq: last.seq + 1, event: taken });

  expect(missed.lockMissing).toBeDefined();
  expect(state?.lockMissing).toBeUndefined();
  expect(state?.lock?.fence).toBe(2);
});
