import { describe, expect, onTestFinished, test } from "vitest";
import { OpsError } from "#kit/errors.ts";
import { platformDown } from "#runbooks/platform-down.ts";
import { bench, lena, omar, type Bench } from "#test/fakes/engine.ts";

function down(options: Parameters<typeof bench>[0] = {}): Bench {
  const made = bench(options);
  for (const machine of made.world.machines) machine.mood = "dead";
  onTestFinished(() => made.close());
  return made;
}

const kinds = (made: Bench) =>
  made.entries.map((entry) => entry.event.type).filter((type) => type !== "vital.sampled");

describe("a run", () => {
  test("looks, plans, is approved, restarts one instance at a time and proves recovery", async () => {
    const made = down();
    made.approveSoon();

    const state = await made.engine().run(platformDown, {}, { by: lena });

    expect(state.ended).toMatchObject({ outcome: "solved", exit: 0 });
    expect(made.world.effects).toEqual(["reboot api-1", "reboot api-2"]);
    expect(state.steps.map((step) => [step.state, step.effect])).toEqual([
      ["done", "api-1 takes work, 0 → 1 of 2 in service"],
      ["done", "api-2 takes work, 1 → 2 of 2 in service"],
    ]);
    expect(await made.journal.verify(state.run)).toMatchObject({ intact: true });
    expect(await made.journal.locks()).toEqual([]);
    expect(kinds(made)).toMatchInlineSnapshot(`
      [
        "run.asked",
        "look.started",
        "probe.answered",
        "probe.answered",
        "probe.answered",
        "probe.answered",
        "probe.answered",
        "probe.answered",
        "probe.answered",
        "probe.answered",
        "run.decided",
        "plan.made",
        "approval.asked",
        "approval.given",
        "lock.taken",
        "plan.checked",
        "step.started",
        "step.saw",
        "step.done",
        "step.started",
        "step.saw",
        "step.done",
        "verify.started",
        "verify.sampled",
        "verify.sampled",
        "verify.held",
        "lock.released",
        "run.ended",
      ]
    `);
  });

  test("says all clear when nothing is wrong, and changes nothing", async () => {
    const made = bench();
    onTestFinished(() => made.close());

    const state = await made.engine().run(platformDown, {}, { by: lena });

    expect(state.ended?.verdict).toBe(
      "All clear: the platform answers and 2 of 2 targets are healthy. Nothing was changed.",
    );
    expect(made.world.effects).toEqual([]);
  });

  test("escalates, with what was learned, when a required question has no answer", async () => {
    const made = down();
    const { readers } = made.parts;
    const deaf = {
      ...readers,
      balancer: { ...readers.balancer, targets: async () => Promise.reject(new Error("throttled")) },
    };

    const state = await made.engine({ readers: deaf }).run(platformDown, {}, { by: lena });

    expect(state.ended).toMatchObject({ outcome: "escalated", exit: 3 });
    expect(state.ended?.verdict).toContain("targets (throttled)");
    expect(state.probes.filter((probe) => probe.finding?.known)).not.toHaveLength(0);
  });

  test("ends with 'nobody approved in time' when silence lasts until the plan expires", async () => {
    const made = down();

    const state = await made.engine().run(platformDown, {}, { by: lena });

    expect(state.ended).toMatchObject({ outcome: "approval-expired", exit: 5 });
    expect(made.world.effects).toEqual([]);
  });

  test("does nothing when the platform came back while approval was awaited", async () => {
    const made = down();
    made.approveSoon();
    const engine = made.engine({
      onEntry(entry, state) {
        made.parts.onEntry?.(entry, state);
        if (entry.event.type === "lock.taken") for (const machine of made.world.machines) machine.mood = "up";
      },
    });

    const state = await engine.run(platformDown, {}, { by: lena });

    expect(state.ended).toMatchObject({ outcome: "guarded", exit: 6, fault: { code: "plan-stale" } });
    expect(made.world.effects).toEqual([]);
  });

  test("stops at the first step that does not come true, and says what is not done", async () => {
    const made = down();
    made.approveSoon();
    const [first] = made.world.machines;
    if (first !== undefined) first.mood = "stuck";

    const state = await made.engine().run(platformDown, {}, { by: lena });

    expect(state.ended).toMatchObject({ outcome: "step-failed", exit: 4 });
    expect(state.steps.map((step) => step.state)).toEqual(["failed", "next"]);
    expect(made.world.effects).toEqual(["reboot api-1"]);
  });

  test("a lost reply is settled by looking: done counts once, not-done is tried again", async () => {
    const made = down();
    made.approveSoon();
    made.world.trouble.push("lost-after", "lost-before");

    const state = await made.engine().run(platformDown, {}, { by: lena });

    expect(state.ended?.outcome).toBe("solved");
    expect(made.world.effects).toEqual(["reboot api-1", "reboot api-2"]);
    expect(kinds(made).filter((kind) => kind === "step.settled" || kind === "step.interrupted")).toEqual([
      "step.interrupted",
      "step.interrupted",
      "step.settled",
    ]);
  });

  test("a refused call fails the step without a second try", async () => {
    const made = down();
    made.approveSoon();
    made.world.trouble.push("refused");

    const state = await made.engine().run(platformDown, {}, { by: lena });

    expect(state.ended).toMatchObject({ outcome: "step-failed", exit: 4 });
    expect(made.world.effects).toEqual([]);
  });

  test("is not verified when the symptom returns before it was away long enough", async () => {
    const made = down();
    made.approveSoon();
    const engine = made.engine({
      onEntry(entry, state) {
        made.parts.onEntry?.(entry, state);
        if (entry.event.type === "verify.started")
          for (const machine of made.world.machines) machine.mood = "dead";
      },
    });

    const state = await engine.run(platformDown, {}, { by: lena });

    expect(state.ended).toMatchObject({ outcome: "not-verified", exit: 4 });
    expect(state.ended?.verdict).toContain("2 of 2 steps done");
  });

  test("Ctrl-C finishes the step it is in and leaves the rest", async () => {
    const made = down();
    made.approveSoon();
    const engine = made.engine({
      onEntry(entry, state) {
        made.parts.onEntry?.(entry, state);
        if (entry.event.type === "step.started") engine.interrupt("SIGINT");
      },
    });

    const state = await engine.run(platformDown, {}, { by: lena });

    expect(state.ended).toMatchObject({ outcome: "interrupted", exit: 130 });
    expect(state.steps.map((step) => step.state)).toEqual(["done", "next"]);
  });

  test("a second Ctrl-C stops now and leaves the step unknown", async () => {
    const made = down();
    made.approveSoon();
    const engine = made.engine({
      onEntry(entry, state) {
        made.parts.onEntry?.(entry, state);
        if (entry.event.type !== "step.started") return;
        engine.interrupt("SIGINT");
        engine.interrupt("SIGINT");
      },
    });

    const state = await engine.run(platformDown, {}, { by: lena });

    expect(state.ended).toMatchObject({ outcome: "unknown", exit: 7 });
    expect(state.steps[0]?.state).toBe("unknown");
  });
});

describe("a plan", () => {
  test("ends with exit 10, asks nobody and never touches the acting credentials", async () => {
    const made = down();
    const engine = made.engine({
      operators: async () => Promise.reject(new Error("plan must not ask for operators")),
    });

    const state = await engine.plan(platformDown, {}, { by: lena });

    expect(state.ended).toMatchObject({ outcome: "planned", exit: 10 });
    expect(state.steps.map((step) => step.title)).toEqual([
      "Restart api-1 by force",
      "Restart api-2 by force",
    ]);
  });

  test("has the same digest while nothing changes, and another when a parameter or the world does", async () => {
    const made = down();
    const first = await made.engine().plan(platformDown, {}, { by: lena });
    const second = await made.engine().plan(platformDown, {}, { by: omar });
    const [survivor] = made.world.machines;
    if (survivor !== undefined) survivor.mood = "up";
    const third = await made.engine().plan(platformDown, {}, { by: lena });

    expect(second.plan?.digest).toBe(first.plan?.digest);
    expect(third.plan?.digest).not.toBe(first.plan?.digest);
  });

  test("named on a run must be the plan that is made again, or nothing runs", async () => {
    const made = down();
    made.approveSoon();
    const { plan } = await made.engine().plan(platformDown, {}, { by: lena });
    const [survivor] = made.world.machines;
    if (survivor !== undefined) survivor.mood = "stuck";
    if (made.world.machines[1] !== undefined) made.world.machines[1].mood = "up";

    const state = await made.engine().run(platformDown, {}, { by: lena, plan: plan?.digest ?? "" });

    expect(state.ended).toMatchObject({ outcome: "guarded", fault: { code: "plan-stale" } });
    expect(made.world.effects).toEqual([]);
  });

  test("that nobody made, or that expired, is refused before anything is looked at", async () => {
    const made = down();
    const engine = made.engine();

    await expect(engine.run(platformDown, {}, { by: lena, plan: "dead-beef" })).rejects.toMatchObject({
      code: "plan-unknown",
    });
    const { plan } = await engine.plan(platformDown, {}, { by: lena });
    await made.parts.clock.sleep(16 * 60_000);
    await expect(engine.run(platformDown, {}, { by: lena, plan: plan?.digest ?? "" })).rejects.toMatchObject({
      code: "plan-stale",
    });
  });
});

describe("approval", () => {
  async function waiting(made: Bench) {
    return made.engine().run(platformDown, {}, { by: lena, wait: false });
  }

  test("by the requester is forbidden where the policy says so, whatever door they use", async () => {
    const made = down();
    const state = await waiting(made);

    await expect(
      made.engine().approve(state.run, { digest: state.plan?.digest ?? "", by: lena }),
    ).rejects.toMatchObject({
      code: "approval-forbidden",
      exit: 5,
    });
  });

  test("by somebody the environment does not name is forbidden", async () => {
    const made = down();
    const state = await waiting(made);
    const stranger = { name: "mallory", host: "desk", via: "terminal" } as const;

    await expect(
      made.engine().approve(state.run, { digest: state.plan?.digest ?? "", by: stranger }),
    ).rejects.toMatchObject({
      code: "approval-forbidden",
    });
  });

  test("of another digest than the one that waits is refused", async () => {
    const made = down();
    const state = await waiting(made);

    await expect(made.engine().approve(state.run, { digest: "0000-0000", by: omar })).rejects.toMatchObject({
      code: "plan-altered",
      exit: 6,
    });
  });

  test("looks again, and refuses when the world moved", async () => {
    const made = down();
    const state = await waiting(made);
    made.world.firewallOpen = false;

    await expect(
      made.engine().approve(state.run, { digest: state.plan?.digest ?? "", by: omar }),
    ).rejects.toMatchObject({ code: "plan-stale" });
    expect((await made.journal.read(state.run)).some((entry) => entry.event.type === "approval.given")).toBe(
      false,
    );
  });

  test("after expiry is refused, and says that nothing was done", async () => {
    const made = down();
    const state = await waiting(made);
    await made.parts.clock.sleep(16 * 60_000);

    await expect(
      made.engine().approve(state.run, { digest: state.plan?.digest ?? "", by: omar }),
    ).rejects.toMatchObject({ code: "approval-expired" });
  });

  test("given while the asking process is gone makes the run ready for resume", async () => {
    const made = down();
    const state = await waiting(made);

    await made.engine().approve(state.run, { digest: state.plan?.digest ?? "", by: omar });
    const after = await made.engine({ owner: "desk:2:bbbbbb" }).resume(state.run, { by: lena });

    expect(after.ended?.outcome).toBe("solved");
    expect(after.approvals.map(({ by }) => by.name)).toEqual(["omar"]);
  });

  test("refused with a reason ends the run with that reason", async () => {
    const made = down();
    const state = await waiting(made);

    await made.engine().reject(state.run, { by: omar, reason: "customer demo until 04:00" });
    const after = await made.engine().resume(state.run, { by: lena });

    expect(after.ended).toMatchObject({ outcome: "approval-refused", exit: 5 });
    expect(after.ended?.verdict).toContain("customer demo until 04:00");
  });
});

describe("locks and runs", () => {
  test("a held lock refuses a second run, naming who holds it", async () => {
    const made = down();
    made.approveSoon();
    await made.journal.takeLock(
      "production/deploy",
      { run: "r-1234", owner: "other", reason: "Blue-green deploy" },
      60_000,
    );

    const state = await made.engine().run(platformDown, {}, { by: lena });

    expect(state.ended).toMatchObject({ outcome: "guarded", exit: 6, fault: { code: "lock-held" } });
    expect(state.ended?.verdict).toContain("r-1234 (Blue-green deploy)");
    expect(made.world.effects).toEqual([]);
  });

  test("a process whose lock was lost while it slept stops before its next effect, and says so in its record", async () => {
    const made = down();
    made.approveSoon();
    let stolen = false;
    const renewLock: Bench["journal"]["renewLock"] = async (lock, run, fence, leaseMs) => {
      if (!stolen) return made.journal.renewLock(lock, run, fence, leaseMs);
      throw new OpsError("lock-lost", { summary: `${run} lost the lock ${lock}.`, hint: "Look." });
    };
    const engine = made.engine({
      locks: { ...made.journal, renewLock },
      onEntry(entry, state) {
        made.parts.onEntry?.(entry, state);
        if (entry.event.type === "step.done") stolen = true;
      },
    });

    const state = await engine.run(platformDown, {}, { by: lena });

    expect(made.world.effects).toEqual(["reboot api-1"]);
    expect(state.ended).toMatchObject({ outcome: "unknown", exit: 7, fault: { code: "lock-lost" } });
    expect(state.steps.map((step) => step.state)).toEqual(["done", "unknown"]);
    expect(kinds(made).slice(-3)).toEqual(["step.interrupted", "lock.lost", "run.ended"]);
    expect(state.lock).toMatchObject({ held: false, lost: `${state.run} lost the lock production/deploy.` });
  });

  test("a lock store that does not answer for a moment ends nothing while the lease still stands", async () => {
    const made = down();
    made.approveSoon();
    let failures = 0;
    const renewLock: Bench["journal"]["renewLock"] = async (lock, run, fence, leaseMs) => {
      // Only while the first restart is waited for; the look before the next effect finds the store again.
      if (made.world.effects.length === 1 && failures === 0 && made.world.machines[0]?.mood === "booting") {
        failures += 1;
        throw new OpsError("tool-unreachable", { summary: "The lock store did not answer.", hint: "Wait." });
      }
      return made.journal.renewLock(lock, run, fence, leaseMs);
    };

    const state = await made
      .engine({ locks: { ...made.journal, renewLock } })
      .run(platformDown, {}, { by: lena });

    expect(failures).toBe(1);
    expect(state.ended?.outcome).toBe("solved");
  });

  test("a lock store that stays silent past the lease stops the run before its next effect", async () => {
    const made = down();
    made.approveSoon();
    const renewLock: Bench["journal"]["renewLock"] = async (lock, run, fence, leaseMs) => {
      if (made.world.effects.length === 1)
        throw new OpsError("tool-unreachable", { summary: "The lock store did not answer.", hint: "Wait." });
      return made.journal.renewLock(lock, run, fence, leaseMs);
    };

    const state = await made
      .engine({ locks: { ...made.journal, renewLock } })
      .run(platformDown, {}, { by: lena });

    expect(made.world.effects).toEqual(["reboot api-1"]);
    expect(state.ended).toMatchObject({ outcome: "unknown", exit: 7, fault: { code: "lock-lost" } });
    expect(state.lock?.lost).toContain("The lock store did not answer.");
  });

  test("two runs that draw the same number at once draw again", async () => {
    const made = down();
    const taken: string[] = [];
    const journal = {
      ...made.journal,
      async begin(...args: Parameters<typeof made.journal.begin>) {
        // Somebody else was faster with the first number drawn.
        if (taken.length === 0) {
          taken.push(args[0]);
          await made.journal.begin(...args);
        }
        return made.journal.begin(...args);
      },
    };

    const state = await made.engine({ journal }).plan(platformDown, {}, { by: lena });

    expect(state.run).not.toBe(taken[0]);
    expect(state.ended).toBeDefined();
  });

  test("a run whose owner lives cannot be resumed by another", async () => {
    const made = down();
    const engine = made.engine();
    const running = engine.run(platformDown, {}, { by: lena });
    await made.parts.clock.sleep(1_000);
    const [row] = await made.journal.runs();

    await expect(made.engine({ owner: "other" }).resume(row?.run ?? "", { by: omar })).rejects.toMatchObject({
      code: "run-busy",
      exit: 6,
    });
    engine.interrupt("SIGINT");
    await running;
  });

  test("a run that is over cannot be resumed", async () => {
    const made = down();
    made.approveSoon();
    const state = await made.engine().run(platformDown, {}, { by: lena });

    await expect(made.engine().resume(state.run, { by: lena })).rejects.toMatchObject({ code: "run-over" });
  });

  test("an edited runbook cannot finish what the old one began", async () => {
    const made = down();
    const state = await made.engine().run(platformDown, {}, { by: lena, wait: false });
    const edited = { ...platformDown, afterwards: ["something else"] };

    await expect(made.engine({ runbooks: [edited] }).resume(state.run, { by: lena })).rejects.toMatchObject({
      code: "plan-altered",
    });
  });
});

describe("parameters", () => {
  test.for([
    ["unknown name", { servcie: "api" }],
    ["wrong type", { service: 7 }],
    ["leading dash", { service: "--all" }],
    ["shell syntax", { service: "api; rm -rf /" }],
    ["mrkdwn", { service: "<!channel>" }],
    ["empty", { service: "" }],
  ] as const)("%s is refused as params-invalid and no run is begun", async ([, params]) => {
    const made = down();

    await expect(made.engine().run(platformDown, params, { by: lena })).rejects.toMatchObject({
      code: "params-invalid",
      exit: 2,
    });
    expect(await made.journal.runs()).toEqual([]);
  });
});
