import { describe, expect, onTestFinished, test } from "vitest";
import type { EngineParts } from "#kit/engine.ts";
import { foldRun, type RunState } from "#kit/fold.ts";
import type { Identity } from "#kit/identity.ts";
import type { ApprovalNeed } from "#kit/timeline.ts";
import { platformDown } from "#runbooks/platform-down.ts";
import { bench, lena, omar } from "#test/fakes/engine.ts";

const ana: Identity = { name: "ana", host: "desk", via: "terminal" };
const laptop = (by: Identity): Identity => ({ ...by, host: "laptop", via: "slack" });

let processes = 0;

/** Both machines out of service, a policy of the test's own, and every engine a process of its own. */
function down(need: Partial<ApprovalNeed> = {}, environment: Partial<EngineParts["environment"]> = {}) {
  const made = bench();
  onTestFinished(() => made.close());
  for (const machine of made.world.machines) machine.mood = "dead";
  const engine = (more: Partial<EngineParts> = {}) => {
    processes += 1;
    return made.engine({
      owner: `desk:${processes}:aaaaaa`,
      environment: { ...made.parts.environment, ...environment },
      policy: () => ({
        count: 2,
        requesterMay: false,
        strength: "environment",
        rule: "rules/approval.yaml: production, disruptive",
        ...need,
      }),
      ...more,
    });
  };
  return { ...made, engine };
}

type Down = ReturnType<typeof down>;

const waiting = (made: Down) => made.engine().run(platformDown, {}, { by: lena, wait: false });

const approve = (made: Down, state: RunState, by: Identity) =>
  made.engine().approve(state.run, { digest: state.plan?.digest ?? "", by });

const resume = (made: Down, state: RunState) => made.engine().resume(state.run, { by: lena, wait: false });

const types = async (made: Down, run: string) =>
  (await made.journal.read(run)).map(({ event }) => event.type);

describe("several approvals", () => {
  test("of as many people as the policy asks for, and not one less", async () => {
    const made = down();
    const state = await waiting(made);

    await approve(made, state, omar);
    const one = await resume(made, state);
    await approve(made, state, ana);
    const both = await resume(made, state);

    expect([one.phase, one.ended]).toEqual(["waiting", undefined]);
    expect(both.ended?.outcome).toBe("solved");
  });

  test("of the same person through two doors and two hosts count once", async () => {
    const made = down();
    const state = await waiting(made);

    await approve(made, state, omar);
    await made.journal.note(state.run, {
      type: "approval.given",
      digest: state.plan?.digest ?? "",
      by: laptop(omar),
      lookedAgain: "same",
    });
    const after = await resume(made, state);

    expect(after.ended).toBeUndefined();
    expect(made.world.effects).toEqual([]);
  });

  test("do not include the person who asked, from whatever machine", async () => {
    const made = down({ count: 1 });
    const state = await waiting(made);

    await expect(approve(made, state, laptop(lena))).rejects.toMatchObject({
      code: "approval-forbidden",
      exit: 5,
      summary: `You asked for ${state.run}, so you cannot approve it.`,
    });
  });

  test("include the person who asked where the policy lets them", async () => {
    const made = down({ requesterMay: true });
    const state = await waiting(made);

    await approve(made, state, lena);
    await approve(made, state, omar);

    expect((await resume(made, state)).ended?.outcome).toBe("solved");
  });

  test("of somebody the environment does not name do not count, even when the journal has them", async () => {
    const made = down({ count: 1 });
    const state = await waiting(made);
    const mallory: Identity = { name: "mallory", host: "desk", via: "terminal" };

    await made.journal.note(state.run, {
      type: "approval.given",
      digest: state.plan?.digest ?? "",
      by: mallory,
      lookedAgain: "same",
    });

    expect((await resume(made, state)).ended).toBeUndefined();
    expect(made.world.effects).toEqual([]);
  });

  test("of another plan do not count", async () => {
    const made = down({ count: 1 });
    const state = await waiting(made);

    await made.journal.note(state.run, {
      type: "approval.given",
      digest: "0".repeat(64),
      by: omar,
      lookedAgain: "same",
    });

    expect((await resume(made, state)).ended).toBeUndefined();
  });

  test("that could never come together are refused at once, not after everybody waited", async () => {
    const made = down({ count: 3 });

    const state = await waiting(made);

    expect(state.ended).toMatchObject({ outcome: "guarded", exit: 6, fault: { code: "guard-refused" } });
    expect(state.ended?.verdict).toContain(
      "asks for 3 approvals by others than lena, and only omar and ana may approve here",
    );
  });
});

describe("taking an approval back", () => {
  test("before the first act makes it not count, and another one can take its place", async () => {
    const made = down({ count: 1 });
    const state = await waiting(made);
    await approve(made, state, omar);

    const after = await made.engine().revoke(state.run, { by: omar, reason: "the deploy is not over" });
    const still = await resume(made, state);
    await approve(made, state, ana);
    const solved = await resume(made, state);

    expect(after.approvals).toEqual([]);
    expect(after.revoked).toMatchObject([{ by: omar, reason: "the deploy is not over" }]);
    expect(still.ended).toBeUndefined();
    expect(solved.ended?.outcome).toBe("solved");
  });

  test("works from another host, because a person is their name", async () => {
    const made = down({ count: 1 });
    const state = await waiting(made);
    await approve(made, state, omar);

    const after = await made.engine().revoke(state.run, { by: laptop(omar), reason: "not yet" });

    expect(after.approvals).toEqual([]);
  });

  test("by somebody else who may approve takes every one of them back", async () => {
    const made = down({ count: 2 }, { approvers: ["omar", "ana", "lena", "iris"] });
    const state = await waiting(made);
    await approve(made, state, omar);
    await approve(made, state, ana);

    const iris: Identity = { name: "iris", host: "desk", via: "terminal" };
    const after = await made.engine().revoke(state.run, { by: iris, reason: "the vendor is at work" });

    expect(after.approvals).toEqual([]);
    expect((await resume(made, state)).ended).toBeUndefined();
  });

  test("is refused for a stranger, and where there is nothing to take back", async () => {
    const made = down({ count: 1 });
    const state = await waiting(made);
    const mallory: Identity = { name: "mallory", host: "desk", via: "terminal" };

    await expect(made.engine().revoke(state.run, { by: mallory, reason: "no" })).rejects.toMatchObject({
      code: "approval-forbidden",
      exit: 5,
      summary: `mallory did not approve ${state.run} and may not approve in production.`,
    });
    await expect(made.engine().revoke(state.run, { by: omar, reason: "no" })).rejects.toMatchObject({
      code: "usage",
      exit: 2,
      summary: `${state.run} has no approval that could be taken back.`,
    });
  });

  test("after the first act is too late, and says what can be done instead", async () => {
    const made = down({ count: 1 });
    const state = await waiting(made);
    await approve(made, state, omar);
    let late: Promise<unknown> | undefined;
    const acting = made.engine({
      onEntry({ event }) {
        if (event.type === "step.done")
          late ??= made
            .engine()
            .revoke(state.run, { by: omar, reason: "wait" })
            .catch((error: unknown) => error);
      },
    });

    const after = await acting.resume(state.run, { by: lena });

    expect(await late).toMatchObject({
      code: "revoke-late",
      exit: 6,
      hint: expect.stringContaining(`ops undo ${state.run}`) as string,
    });
    expect(after.ended?.outcome).toBe("solved");
    await expect(made.engine().revoke(state.run, { by: omar, reason: "after all" })).rejects.toMatchObject({
      code: "revoke-late",
      hint: `Take back what it did: ops undo ${state.run}`,
    });
  });

  test("after enough was given, and before the first act, ends the run without a change", async () => {
    const made = down({ count: 1 });
    const state = await waiting(made);
    await approve(made, state, omar);
    const digest = state.plan?.digest ?? "";
    const revoking = made.engine({
      onEntry({ event }) {
        if (event.type === "plan.checked")
          void made.journal.note(state.run, { type: "approval.revoked", digest, by: omar, reason: "stop" });
      },
    });

    const after = await revoking.resume(state.run, { by: lena });

    expect(after.ended).toMatchObject({ outcome: "approval-refused", exit: 5 });
    expect(after.ended?.verdict).toContain("omar took approval back, because: stop");
    expect(made.world.effects).toEqual([]);
  });

  test("between the journal's word that a step begins and its effect changes nothing any more: the order decides", async () => {
    const made = down({ count: 1 });
    const state = await waiting(made);
    await approve(made, state, omar);
    const digest = state.plan?.digest ?? "";
    const revoking = made.engine({
      onEntry({ event }) {
        if (event.type === "step.started")
          void made.journal.note(state.run, { type: "approval.revoked", digest, by: omar, reason: "stop" });
      },
    });

    const after = await revoking.resume(state.run, { by: lena });

    expect(after.revoked).toEqual([]);
    expect(after.ended?.outcome).toBe("solved");
  });
});

describe("silence", () => {
  const ladder = { everyMs: 120_000, rungs: [["lena", "omar"], ["omar"], ["ana"]] };

  test("asks the next on call after a while, then nothing is done", async () => {
    const made = down({ count: 1, ladder });

    const state = await made.engine().run(platformDown, {}, { by: lena });

    const entries = await made.journal.read(state.run);
    const asked = entries.find(({ event }) => event.type === "approval.asked");
    const escalated = entries.flatMap(({ at, event }) =>
      event.type === "approval.escalated"
        ? [{ to: event.to, afterMs: Date.parse(at) - Date.parse(asked?.at ?? "") }]
        : [],
    );
    // omar stands on two rungs and is asked once; lena asked, so she is not.
    expect(escalated).toEqual([{ to: ["ana"], afterMs: 120_000 }]);
    expect(state.ended).toMatchObject({ outcome: "approval-expired", exit: 5 });
    expect(made.world.effects).toEqual([]);
  });

  test("is broken by whoever answers: nobody more is asked", async () => {
    const made = down({ count: 1, ladder });
    made.approveSoon();

    const state = await made.engine().run(platformDown, {}, { by: lena });

    expect(state.ended?.outcome).toBe("solved");
    expect(await types(made, state.run)).not.toContain("approval.escalated");
  });

  test("goes on counting while nobody waits: the next process asks who is due, and nobody twice", async () => {
    const made = down({ count: 1, ladder });
    const state = await waiting(made);
    await made.parts.clock.sleep(5 * 60_000);

    await resume(made, state);
    await resume(made, state);

    expect((await types(made, state.run)).filter((type) => type === "approval.escalated")).toHaveLength(1);
  });
});

describe("a process that is gone", () => {
  test("leaves approvals, revocations and escalations in the journal, and they count", async () => {
    const made = down({ count: 2, ladder: { everyMs: 60_000, rungs: [["omar"], ["ana"]] } });
    const state = await waiting(made);
    await approve(made, state, omar);
    await approve(made, state, ana);
    await made.engine().revoke(state.run, { by: ana, reason: "look at the deploy first" });
    await made.parts.clock.sleep(90_000);

    const left = await resume(made, state);
    await approve(made, state, ana);
    const solved = await resume(made, state);

    expect(left.ended).toBeUndefined();
    expect(left.escalations).toMatchObject([{ to: ["ana"] }]);
    expect(foldRun(await made.journal.read(state.run))?.approvals.map(({ by }) => by.name)).toEqual([
      "omar",
      "ana",
    ]);
    expect(solved.ended?.outcome).toBe("solved");
  });
});

describe("a refusal", () => {
  test("without a word of why is none", async () => {
    const made = down({ count: 1 });
    const state = await waiting(made);
    await approve(made, state, omar);

    await expect(made.engine().reject(state.run, { by: ana, reason: "  " })).rejects.toMatchObject({
      code: "usage",
    });
    await expect(made.engine().revoke(state.run, { by: omar, reason: "" })).rejects.toMatchObject({
      code: "usage",
    });
    expect((await types(made, state.run)).at(-1)).toBe("approval.given");
  });

  test("after enough was given, and before the first act, ends the run without a change", async () => {
    const made = down({ count: 1 });
    const state = await waiting(made);
    await approve(made, state, omar);

    await made.engine().reject(state.run, { by: ana, reason: "the vendor is at work" });
    const after = await resume(made, state);

    expect(after.ended).toMatchObject({ outcome: "approval-refused", exit: 5 });
    expect(made.world.effects).toEqual([]);
  });
});
