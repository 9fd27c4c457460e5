import { describe, expect, test } from "vitest";
import type { QueuedReport, QueueLook } from "#kit/ports/queue.ts";
import { decideWith } from "#kit/run/decide.ts";
import { queueBacklog } from "#runbooks/queue-backlog.ts";
import { calmQueue } from "#runbooks/scenarios/worlds/queue.ts";
import { fakeUnit, fakeWorkload } from "#runbooks/scenarios/worlds/workloads.ts";
import { judgeQueue, moreAtOnce } from "#rules/queue.ts";
import { productionTimes } from "#test/fakes/world.ts";

const known = <T>(value: T) => ({ known: true, value });
const notKnown = { known: false, reason: "no answer in 5 s" };
const answering = ["intake", "calculator"].map((agent) => ({ agent, says: undefined }));
const report = (more: Partial<QueuedReport>): QueuedReport => ({
  id: "CSRD-20261121-AAAAAAAAAA",
  state: "dead-letter",
  stage: "calculator",
  acceptedAt: "2026-11-21T02:00:00.000Z",
  code: "unreachable",
  kills: 0,
  ...more,
});

/** Findings of a queue that is kept up with, but for what is said. */
function seen(look: Partial<QueueLook>, more: object = {}) {
  return {
    look: { ...calmQueue, longWait: 900, ...look },
    switches: known([]),
    worker: known(fakeWorkload("worker", 2, { most: 6 })),
    agents: known(answering),
    letters: known([]),
    open: known([]),
    ...more,
  };
}

const behind = { waiting: 60, active: 10, oldestSeconds: 2_400 };
const paused = (at: string) => ({ by: "operator:ana@desk", reason: "CHG-88", at });
const off = (scope: string) =>
  known([{ scope, off: true, reason: "INC-7", by: "operator:omar@desk", since: "2026-11-21T01:00:00.000Z" }]);
const out = { ...fakeWorkload("worker", 1), units: [fakeUnit("worker-1", { ready: false })] };

function decide(findings: ReturnType<typeof seen>, params: Readonly<Record<string, string>> = {}) {
  return decideWith(
    queueBacklog,
    findings,
    { most: "20", resume: "forgotten", ...params },
    { now: "2026-11-21T03:12:00.000Z", times: productionTimes },
  );
}

describe("queue-backlog decides", () => {
  test.for([
    ["escalate", "switched-off", "an agent is switched off", seen(behind, { switches: off("calculator") })],
    [
      "escalate",
      "paused-on-purpose",
      "somebody paused it ten minutes ago",
      seen({ ...behind, paused: paused("2026-11-21T03:02:00.000Z") }),
    ],
    [
      "plan",
      "forgotten",
      "it was paused yesterday",
      seen({ ...behind, paused: paused("2026-11-20T03:02:00.000Z") }),
    ],
    ["hand-over", "workers-gone", "no worker is connected", seen({ ...behind, workers: [] })],
    ["hand-over", "workers-gone", "no worker takes work", seen(behind, { worker: known(out) })],
    [
      "hand-over",
      "agent-down",
      "an agent does not answer",
      seen(behind, { agents: known([...answering, { agent: "audit", says: "connection refused" }]) }),
    ],
    [
      "plan",
      "poison",
      "a report has ended its process three times",
      seen(behind, { open: known([report({ state: "running", kills: 3 })]) }),
    ],
    ["hand-over", "not-taken", "workers have next to nothing in hand", seen({ ...behind, active: 1 })],
    [
      "plan",
      "more-at-once",
      "the workers take more than is allowed",
      seen({ ...behind, workers: ["a", "b"] }),
    ],
    ["hand-over", "more-workers", "the workers take no more", seen(behind)],
    [
      "escalate",
      "at-its-peak",
      "there may be no more workers",
      seen(behind, { worker: known(fakeWorkload("worker", 1, { most: 1 })) }),
    ],
    [
      "escalate",
      "at-its-peak",
      "nobody knows whether there may be more workers",
      seen(behind, { worker: notKnown }),
    ],
    ["plan", "given-up", "reports were given up in an outage", seen({}, { letters: known([report({})]) })],
    [
      "escalate",
      "given-up-for-cause",
      "reports were given up for what is in them",
      seen({}, { letters: known([report({ code: "memory-limit" })]) }),
    ],
    ["all-clear", "kept-up", "reports are taken", seen({})],
    [
      "all-clear",
      "kept-up",
      "only language models are switched off: reports go on by the rules",
      seen({}, { switches: off("llm") }),
    ],
    [
      "all-clear",
      "kept-up",
      "reports are taken, and nothing else is known",
      seen({}, { switches: notKnown, worker: notKnown, agents: notKnown, letters: notKnown, open: notKnown }),
    ],
  ] as const)("%s (%s) when %s", ([kind, rule, , findings]) => {
    expect(decide(findings)).toMatchObject({ kind, rule });
  });

  test("a pause of a moment ago is ended only when that is asked for", () => {
    const findings = seen({ ...behind, paused: paused("2026-11-21T03:11:00.000Z") });

    expect(decide(findings, { resume: "now" })).toMatchObject({ kind: "plan", rule: "forgotten" });
  });
});

test("defect 24: a long queue is never emptied; no decision names the queue's key, and each step can be taken back or loses nothing", () => {
  const actions = Object.values(queueBacklog.mitigate);

  expect(actions.map(({ risk }) => risk)).toEqual(actions.map(() => "reversible"));
  expect(JSON.stringify(decide(seen({ ...behind, workers: ["a", "b"] })))).not.toMatch(
    /DEL|FLUSH|csrd:report_queue/,
  );
});

test("taking back lets go only what this run has kept, and nothing where all was kept before", () => {
  const { quarantine } = queueBacklog.mitigate;
  const input = { ids: ["a", "b"], why: "ends its process" };

  expect(quarantine.undo?.(input, { kept: ["a"] }, undefined)).toMatchObject([
    { action: "release", input: { ids: ["b"] } },
  ]);
  expect(quarantine.undo?.(input, { kept: ["a", "b"] }, undefined)).toEqual([]);
});

test("puts back no more reports than it may, longest waiting first, and none that was given up for what is in it", () => {
  const letters = Array.from({ length: 30 }, (_, index) =>
    report({
      id: `CSRD-20261121-AAAAAAAA${index + 10}`,
      acceptedAt: `2026-11-21T02:${String(59 - index).padStart(2, "0")}:00.000Z`,
      code: index === 29 ? "poison" : "unreachable",
    }),
  );

  const decision = decide(seen({}, { letters: known(letters) }), { most: "3" });

  expect(decision).toMatchObject({
    items: [
      {
        action: "requeue",
        input: { ids: ["CSRD-20261121-AAAAAAAA38", "CSRD-20261121-AAAAAAAA37", "CSRD-20261121-AAAAAAAA36"] },
      },
    ],
  });
});

describe("how many reports go at once", () => {
  test.for([
    ["half as many again", { concurrency: 10, workers: ["a", "b"] }, 15],
    ["no more than the workers take", { concurrency: 18, workers: ["a", "b"] }, 20],
    [
      "no more than the platform is made for",
      { concurrency: 40, workers: ["a", "b", "c", "d", "e", "f", "g"] },
      50,
    ],
    ["nothing, where all take as many as they can", { concurrency: 20, workers: ["a", "b"] }, undefined],
  ] as const)("%s", ([, look, wanted]) => {
    expect(moreAtOnce({ ...calmQueue, ...look })).toBe(wanted);
  });
});

describe("the queue is", () => {
  test.for([
    ["calm", {}],
    ["calm", { waiting: 400, oldestSeconds: 899 }],
    ["calm", { waiting: 0, paused: paused("2026-11-21T03:11:00.000Z") }],
    ["paused", { paused: paused("2026-11-21T03:11:00.000Z") }],
    ["no-workers", { waiting: 0, workers: [] }],
    ["stuck", { oldestSeconds: 900 }],
    ["behind", { oldestSeconds: 900, active: 10 }],
  ] as const)("%s", ([state, look]) => {
    expect(judgeQueue({ ...calmQueue, ...look }, 900)).toBe(state);
  });
});
