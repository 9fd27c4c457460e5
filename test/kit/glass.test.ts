import { describe, expect, onTestFinished, test } from "vitest";
import { OpsError } from "#kit/errors.ts";
import { foldRun } from "#kit/fold.ts";
import type { Identity } from "#kit/identity.ts";
import { reviewOwed } from "#kit/run/glass.ts";
import { platformDown } from "#runbooks/platform-down.ts";
import { renderThread } from "#adapters/slack/thread.ts";
import { renderNotes, standing } from "#adapters/pagerduty/render.ts";
import { bench, lena, omar } from "#test/fakes/engine.ts";

const reason = "users get 502 and nobody else answers the phone";
const yes = { reason, confirm: async () => true };

/** Both machines out of service; every engine is a process of its own. */
function down(options: Parameters<typeof bench>[0] = {}) {
  const made = bench(options);
  onTestFinished(() => made.close());
  for (const machine of made.world.machines) machine.mood = "dead";
  return made;
}

type Down = ReturnType<typeof down>;

const state = async (made: Down, run: string) => {
  const known = foldRun(await made.journal.read(run));
  if (known === undefined) throw new Error(`no run ${run}`);
  return known;
};

describe("breaking the glass", () => {
  test("skips approval, says so before anything else is done, and keeps the lock, the second look and the proof", async () => {
    const made = down();

    const after = await made.engine().run(platformDown, {}, { by: lena, glass: yes });

    expect(after.ended?.outcome).toBe("solved");
    expect(after.glass).toMatchObject({ by: lena, reason, skips: ["approval"] });
    const types = made.entries.map(({ event }) => event.type);
    const order = [
      "plan.made",
      "glass.broken",
      "lock.taken",
      "plan.checked",
      "step.started",
      "verify.held",
    ] as const;
    expect(order.map((type) => types.indexOf(type))).toEqual(
      order.map((type) => types.indexOf(type)).toSorted((a, b) => a - b),
    );
    expect(order.every((type) => types.includes(type))).toBe(true);
    expect(types).not.toContain("approval.asked");
  });

  test("owes a review, in the verdict that every surface shows", async () => {
    const made = down();

    const after = await made.engine().run(platformDown, {}, { by: lena, glass: yes });

    expect(reviewOwed(after)).toBe(true);
    expect(after.ended?.verdict).toMatch(
      /^Solved in .* lena broke the glass for it: somebody else has to review it\.$/,
    );
  });

  test("does nothing when it is not confirmed, and the run is over", async () => {
    const made = down();

    const after = await made
      .engine()
      .run(platformDown, {}, { by: lena, glass: { reason, confirm: async () => false } });

    expect(after.ended).toMatchObject({ outcome: "approval-refused", exit: 5 });
    expect(after.ended?.verdict).toBe("The glass stays whole: it was not confirmed. Nothing was changed.");
    expect(after.glass).toBeUndefined();
    expect(made.world.effects).toEqual([]);
  });

  test("does not skip the lock that somebody else holds", async () => {
    const made = down();
    const lock = `production/${platformDown.lock}`;
    await made.journal.takeLock(lock, { run: "r-other", owner: "x", reason: "a deploy" }, 600_000);

    const after = await made.engine().run(platformDown, {}, { by: lena, glass: yes });

    expect(after.ended).toMatchObject({ outcome: "guarded", exit: 6, fault: { code: "lock-held" } });
    expect(made.world.effects).toEqual([]);
  });

  test("does not skip the look before the first act", async () => {
    const made = down();
    const glass = {
      reason,
      confirm: async () => {
        made.world.firewallOpen = false;
        return true;
      },
    };

    const after = await made.engine().run(platformDown, {}, { by: lena, glass });

    expect(after.ended).toMatchObject({ outcome: "guarded", fault: { code: "plan-stale" } });
    expect(made.world.effects).toEqual([]);
  });

  test("is for plans that need approval: what needs none leaves the glass whole", async () => {
    const made = bench();
    onTestFinished(() => made.close());

    const after = await made.engine().run(platformDown, {}, { by: lena, glass: yes });

    expect([after.ended?.outcome, after.glass]).toEqual(["all-clear", undefined]);
  });
});

describe("who and why", () => {
  const refusal = async (by: Identity, glass = yes) => {
    const made = down();
    const error = await made
      .engine()
      .run(platformDown, {}, { by, glass })
      .catch((thrown: unknown) => thrown);
    expect(await made.journal.runs()).toEqual([]);
    return OpsError.is(error) ? { code: error.code, exit: error.exit, summary: error.summary } : error;
  };

  test("somebody whom the environment does not name is refused before anything is looked at", async () => {
    const mallory: Identity = { name: "mallory", host: "desk", via: "terminal" };

    expect(await refusal(mallory)).toEqual({
      code: "approval-forbidden",
      exit: 5,
      summary: "mallory may not break the glass in production.",
    });
  });

  test.for(["cron", "alert"] as const)("%s is no person", async (via) => {
    expect(await refusal({ ...lena, via })).toMatchObject({ code: "approval-forbidden", exit: 5 });
  });

  test.for([
    "",
    "urgent",
    "platform-down",
    "platform-down production Platform down",
    "aaaaaaaaaaaaaaaaaaaaaaa",
    "now now now now now now",
    "............................",
    "a b c d e f g h i j k l m",
  ])('"%s" is no reason', async (said) => {
    expect(await refusal(lena, { ...yes, reason: said })).toMatchObject({ code: "usage", exit: 2 });
  });
});

describe("broken glass expires", () => {
  /** The glass stands for less than the restart of two machines takes. */
  const shortly = () => down({ bootMs: 60_000, times: { brokenGlass: "30s", restart: "3m" } });

  test("the step that runs is finished, the next one is not begun, and the run ends as guarded", async () => {
    const made = shortly();

    const after = await made.engine().run(platformDown, {}, { by: lena, glass: yes });

    expect(after.ended).toMatchObject({ outcome: "guarded", exit: 6, fault: { code: "glass-expired" } });
    expect(after.steps.map(({ state: shape }) => shape)).toEqual(["done", "next"]);
    expect(made.world.effects).toHaveLength(1);
  });

  test("it can be broken again, for a reason of its own, by whoever goes on", async () => {
    const made = shortly();
    const first = await made.engine().run(platformDown, {}, { by: lena, glass: yes });
    const again = { reason: "still alone, the second machine is needed too", confirm: async () => true };

    const after = await made.engine({ owner: "desk:2:bbbbbb" }).resume(first.run, { by: omar, glass: again });

    expect(after.ended?.outcome).toBe("solved");
    expect(after.glass).toMatchObject({ by: omar, reason: again.reason });
  });

  test("without breaking it again nothing goes on", async () => {
    const made = shortly();
    const first = await made.engine().run(platformDown, {}, { by: lena, glass: yes });

    const after = await made.engine({ owner: "desk:2:bbbbbb" }).resume(first.run, { by: lena });

    expect(after.ended?.fault?.code).toBe("glass-expired");
    expect(made.world.effects).toHaveLength(1);
  });

  test("approval that was given besides does not expire with it", async () => {
    const made = shortly();
    const engine = made.engine({
      onEntry({ run, event }, { plan }) {
        if (event.type === "glass.broken")
          void made.journal.note(run, {
            type: "approval.given",
            digest: plan?.digest ?? "",
            by: omar,
            lookedAgain: "same",
          });
      },
    });

    const after = await engine.run(platformDown, {}, { by: lena, glass: yes });

    expect(after.ended?.outcome).toBe("solved");
  });
});

describe("the review", () => {
  const broken = async () => {
    const made = down();
    const after = await made.engine().run(platformDown, {}, { by: lena, glass: yes });
    return { made, run: after.run };
  };
  const text = "both restarts were needed; the dead man switch should have called ana";

  test("by a second person settles what is owed, once", async () => {
    const { made, run } = await broken();

    const after = await made.engine().review(run, { by: omar, text });

    expect(after.reviewed).toMatchObject({ by: omar, text });
    expect(reviewOwed(await state(made, run))).toBe(false);
    await expect(made.engine().review(run, { by: omar, text })).rejects.toMatchObject({
      code: "run-over",
      exit: 2,
      summary: `${run} was reviewed already, by omar.`,
    });
  });

  test("is not the breaker's own word, from whatever host", async () => {
    const { made, run } = await broken();

    await expect(made.engine().review(run, { by: { ...lena, host: "laptop" }, text })).rejects.toMatchObject({
      code: "approval-forbidden",
      exit: 5,
      summary: `You broke the glass for ${run}, so you cannot review it.`,
    });
  });

  test("needs somebody the environment names, and more than a nod", async () => {
    const { made, run } = await broken();
    const mallory: Identity = { name: "mallory", host: "desk", via: "terminal" };

    await expect(made.engine().review(run, { by: mallory, text })).rejects.toMatchObject({
      code: "approval-forbidden",
    });
    await expect(made.engine().review(run, { by: omar, text: "ok" })).rejects.toMatchObject({
      code: "usage",
    });
  });

  test("is not owed by a run whose glass is whole", async () => {
    const made = down();
    made.approveSoon();
    const after = await made.engine().run(platformDown, {}, { by: lena });

    await expect(made.engine().review(after.run, { by: omar, text })).rejects.toMatchObject({
      code: "run-over",
      summary: `${after.run} owes no review: nobody broke the glass for it.`,
    });
  });
});

describe("everybody hears of it", () => {
  test("Slack to the whole channel at once, PagerDuty as an incident with a note", async () => {
    const made = down();

    const after = await made.engine().run(platformDown, {}, { by: lena, glass: yes });

    const seq = made.entries.find(({ event }) => event.type === "glass.broken")?.seq;
    const loud = renderThread(made.entries, 0).find((reply) => reply.seq === seq);
    expect(loud).toMatchObject({ broadcast: true });
    expect(loud?.text).toContain("*BREAK-GLASS*");
    expect(loud?.text).toContain(reason);
    expect(loud?.text).toContain(`ops review ${after.run}`);
    expect(standing({ ...after, severity: "P3" })).toMatchObject({ triggered: true });
    expect(
      renderNotes(made.entries, 0)
        .map(({ content }) => content)
        .join("\n"),
    ).toContain(reason);
  });
});
