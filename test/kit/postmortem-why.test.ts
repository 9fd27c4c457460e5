import { describe, expect, onTestFinished, test } from "vitest";
import { foldRun, type RunState } from "#kit/fold.ts";
import type { Identity } from "#kit/identity.ts";
import { approvalFacts, couldBeApprovedBy } from "#kit/postmortem/why/approve.ts";
import type { WhyContext } from "#kit/postmortem/why/context.ts";
import { topicOf, whyTopics } from "#kit/postmortem/why/topics.ts";
import { whyOf } from "#kit/postmortem/why/why.ts";
import { renderWhy } from "#kit/render/why.ts";
import { displayWidth } from "#kit/render/width.ts";
import type { JournalEntry } from "#kit/timeline.ts";
import { platformDown } from "#runbooks/platform-down.ts";
import { bench, lena, omar } from "#test/fakes/engine.ts";
import { situations } from "#test/scenarios/runs/index.ts";
import { screenOf } from "./render/screens.ts";
import { ana, stories } from "./postmortem-stories.ts";

const all = { ...situations, ...stories };

describe("a question in free words", () => {
  test.for([
    ["why did it decide so", "decided"],
    ["why this plan?", "decided"],
    ["why does it wait", "waits"],
    ["is it stuck", "waits"],
    ["what does it wait for approval for", "waits"],
    ["why may I not approve", "approve"],
    ["who can approve", "approve"],
    ["why was it refused", "refused"],
    ["what changed", "changed"],
    ["why is the plan stale", "changed"],
    ["who holds the lock", "lock"],
    ["why did it fail", "failed"],
  ] as const)("%s is about: %s", ([question, topic]) => {
    expect(topicOf(question)).toBe(topic);
  });

  test("each topic is its own question, and nonsense is none", () => {
    for (const topic of whyTopics) expect(topicOf(topic)).toBe(topic);
    expect([topicOf("purple"), topicOf("")]).toEqual([undefined, undefined]);
  });
});

describe("without a question, the answer that helps where the run stands", () => {
  test.for([
    [
      "stillLooking",
      "waits",
      /^It looks; not answered yet: Does the API answer|^It looks; not answered yet: .*firewall/,
    ],
    [
      "waitsForApproval",
      "waits",
      /^It waits for approval of plan 1f17-403a, because it is disruptive and rules\/approval.yaml: production, disruptive asks for 1 person other than lena/,
    ],
    ["acting", "waits", /^It does not wait for a person; it is at step 2 of 2, Restart api-2/],
    ["approvedAndSolved", "decided", /^It decided to act, because every target fails/],
    ["allClear", "decided", /^It decided that there is nothing to do/],
    ["escalated", "decided", /^It decided that it needs a person/],
    ["handedOver", "decided", /^It decided to hand over to rollback/],
    ["refused", "refused", /^omar refused the plan at 03:13:10 UTC: the database is being restored/],
    ["expired", "changed", /^The plan was good until 03:27:07 UTC/],
    ["guarded", "changed", /^The world moved between the plan and its first act/],
    ["stepFailed", "failed", /^Stopped at step 2 of 2/],
    ["notVerified", "failed", /^Acted but not verified/],
    ["unknownWhether", "failed", /^Unknown whether "Restart api-1" happened/],
    ["lostLock", "failed", /^The lock production\/deploy was lost to r-9b10/],
  ] as const)("%s: %s", ([name, topic, answer]) => {
    const why = ask(all[name]);

    expect(why.topic).toBe(topic);
    expect(why.answer).toMatch(answer);
  });

  test("a manual step names what is to be done and what silence means", () => {
    const until = stories.peopleInBetween.findIndex(({ event }) => event.type === "signal.received");

    const why = ask(stories.peopleInBetween.slice(0, until));

    expect(why.answer).toBe("It waits for a person: Point the DNS record at the new balancer.");
    expect(why.facts).toContainEqual(["Silence", "stops with everything as it is"]);
    expect(why.facts).toContainEqual(["Until", "03:17:40 UTC"]);
  });

  test("a run that handed over waits for the one that took over", () => {
    const until = stories.handedOn.findIndex(({ event }) => event.type === "child.ended");

    expect(ask(stories.handedOn.slice(0, until)).answer).toBe(
      "It waits for r-c41d, rollback, to which it handed over.",
    );
  });

  test("an open run whose process is gone says so, and asks to be resumed once it is approved", () => {
    const entries = [...situations.waitsForApproval, ...situations.approvedAndSolved.slice(11, 12)];
    const row = {
      ...rowOf(entries),
      owner: "desk:1:aaaaaa",
      leaseUntil: "2026-11-21T03:15:10.000Z",
      alive: false,
    };

    const why = ask(entries, { row, now: new Date("2026-11-21T03:16:00.000Z") });

    expect(why).toMatchObject({
      answer: "It is approved, but nobody carries it out: the lease of desk:1:aaaaaa ended at 03:15:10 UTC.",
      todo: "resume",
    });
  });
});

describe("why it decided so", () => {
  test("names the rules before the one that matched as not matching, and those after as not asked", () => {
    const table = { first: "one", "all-targets-down": "two", last: "three" };

    const { rules } = ask(situations.approvedAndSolved, { rules: { known: true, table } }, "decided");

    expect(rules).toEqual([
      { rule: "first", says: "one", came: "did not match" },
      { rule: "all-targets-down", says: "two", came: "matched" },
      { rule: "last", says: "three", came: "not asked" },
    ]);
  });

  test("says that a table edited since is not the one that decided", () => {
    const why = ask(
      situations.approvedAndSolved,
      { rules: { known: false, because: "it was edited since" } },
      "decided",
    );

    expect([why.rules, why.facts.at(-1)]).toEqual([[], ["Table", "it was edited since"]]);
  });

  test("feeds on the findings as they were, unhealthy first", () => {
    const labels = ask(situations.approvedAndSolved, {}, "decided").facts.map(([label]) => label);

    expect(labels.slice(1, 7)).toEqual(["outside", "targets", "errors", "deploys", "instances", "firewall"]);
  });

  test("in a later round, speaks of that round", () => {
    const why = ask(stories.twoRounds, {}, "decided");

    expect(why.facts).toContainEqual(["Round", "2"]);
    expect(why.facts).toContainEqual(["outside", "bad: still 503"]);
  });
});

describe("why may I not approve", () => {
  const eve: Identity = { name: "eve", host: "desk", via: "terminal" };

  test.for([
    ["lena, who asked", lena, "you asked for it"],
    ["eve, whom the environment does not name", eve, "you are not among the approvers of production"],
  ] as const)("%s", ([, you, because]) => {
    expect(
      ask(situations.waitsForApproval, { you: { ...you, host: you === lena ? "ops-1" : "desk" } }, "approve")
        .answer,
    ).toContain(because);
  });

  test("says who can, how many are missing and until when", () => {
    const state = stateOf(stories.peopleInBetween.slice(0, 12));

    expect(approvalFacts(state, contextOf(stories.peopleInBetween))).toEqual(
      expect.arrayContaining([
        ["Needs", "2 people, not lena, who asked"],
        ["Given", "by omar at 03:13:07 UTC"],
        ["Can approve", "ana"],
        ["Until", "03:27:07 UTC"],
      ]),
    );
  });

  test("agrees with what the engine then does, for everybody", async () => {
    const people = [lena, omar, { ...ana, host: "desk" }, eve];
    for (const you of people) {
      const bed = bench();
      onTestFinished(() => bed.close());
      for (const machine of bed.world.machines) machine.mood = "dead";
      const state = await bed.engine().run(platformDown, {}, { by: lena, wait: false });
      const told = couldBeApprovedBy(state, {
        ...contextOf([]),
        you,
        now: bed.parts.clock.now(),
        approvers: { known: true, names: bed.parts.environment.approvers },
      });

      const taken = await bed
        .engine()
        .approve(state.run, { digest: state.plan?.digest ?? "", by: you })
        .then(
          () => true,
          () => false,
        );

      expect([you.name, told]).toEqual([you.name, taken]);
    }
  });
});

test("a lock names its holder, and a lease that ended says that the next run takes it over", () => {
  const held = {
    lock: "production/deploy",
    run: "r-9b10",
    owner: "desk:2:bbbbbb",
    reason: "Rollback",
    fence: 9,
    takenAt: "2026-11-21T03:10:00.000Z",
    until: "2026-11-21T03:13:00.000Z",
    staysUntil: "2026-11-21T03:13:00.000Z",
    kind: "automatic",
    state: "over",
  } as const;

  const why = ask(situations.waitsForApproval, { locks: { known: true, held: [held] } }, "lock");

  expect(why.answer).toBe(
    "production/deploy: r-9b10 (Rollback), since 03:10:00 UTC, 4 min ago; nobody works on it: desk:2:bbbbbb renewed it last until 03:13:00 UTC, so the next run takes it over.",
  );
});

test("a refused command is told with its reason and its way out", () => {
  const refusal = {
    at: "2026-11-21T03:13:00.000Z",
    tried: "ops approve r-7f2a --yes",
    by: lena,
    fault: {
      code: "approval-forbidden",
      summary: "You asked for r-7f2a, so you cannot approve it.",
      hint: "omar can.",
    },
  };

  expect(ask(situations.waitsForApproval, { refusals: [refusal] }, "refused").answer).toBe(
    "The last command that was refused for it: ops approve r-7f2a --yes: You asked for r-7f2a, so you cannot approve it. omar can.",
  );
});

test("every question about every run has an answer that fits any window", () => {
  for (const entries of Object.values(all))
    for (const topic of [undefined, ...whyTopics]) {
      const why = ask(entries, {}, topic);
      expect(why.answer).not.toMatch(/undefined|NaN|\[object/);
      for (const columns of [40, 80, 200])
        for (const line of renderWhy(screenOf({ columns }), why, []))
          expect(displayWidth(line), line).toBeLessThanOrEqual(columns);
    }
});

function stateOf(entries: readonly JournalEntry[]): RunState {
  const state = foldRun(entries);
  if (state === undefined) throw new Error("not a run");
  return state;
}

function rowOf(entries: readonly JournalEntry[]): NonNullable<WhyContext["row"]> {
  const last = entries.at(-1);
  return {
    run: last?.run ?? "",
    runbook: "platform-down",
    environment: "production",
    askedAt: entries[0]?.at ?? "",
    askedBy: "lena",
    planOnly: false,
    lastAt: last?.at ?? "",
    owner: "desk:1:aaaaaa",
    leaseUntil: "2026-11-21T03:59:00.000Z",
    alive: true,
  };
}

function contextOf(entries: readonly JournalEntry[]): WhyContext {
  return {
    now: new Date("2026-11-21T03:14:00.000Z"),
    you: omar,
    row: rowOf(entries),
    rules: { known: true, table: {} },
    approvers: { known: true, names: ["lena", "omar", "ana"] },
    locks: { known: true, held: [] },
    refusals: [],
  };
}

function ask(
  entries: readonly JournalEntry[],
  more: Partial<WhyContext> = {},
  topic?: (typeof whyTopics)[number],
) {
  return whyOf(entries, stateOf(entries), { ...contextOf(entries), ...more }, topic);
}
