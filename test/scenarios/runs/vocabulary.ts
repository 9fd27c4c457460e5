import { foldRun } from "#kit/fold.ts";
import type { PlannedStep } from "#kit/plan.ts";
import { outcomeExits, verdictOf } from "#kit/run/verdict.ts";
import type { Fault, JournalEntry, Outcome, RunEvent } from "#kit/timeline.ts";
import { journalOf } from "./journal.ts";
import { lena, omar, type Told } from "./platform-down.ts";
import * as told from "./rollout.ts";

const upToPlan: Told = [...told.asked, ...told.looked, ...told.decided];
const upToActing: Told = [...upToPlan, ...told.agreed(), ...told.begun];
const upToWatch: Told = [...upToActing, ...told.snapshotTaken, ...told.warmed, ...told.deployed];
const quiet = [2, 3, 2, 4, 3, 2, 2, 1, 2, 3, 2, 2, 1, 1, 2, 2, 1, 2, 1, 1] as const;
const upToWait: Told = [...upToWatch, ...told.sampled(quiet), ...told.watchPassed, ...told.waits];

const released: Told[number][1] = { type: "lock.released", lock: "production/deploy" };
const check = { id: "version-everywhere", title: "Every machine runs the version" };

const runId = "r-1a2b";
const run = (events: Told) => journalOf(runId, events);

/** The events and an end that says what the engine itself would say of them. */
function ended(
  events: Told,
  time: string,
  outcome: Outcome,
  more: { readonly fault?: Fault; readonly exit?: number } = {},
): Told {
  const state = foldRun(run(events));
  if (state === undefined) throw new Error("the shared story is empty");
  const { fault, exit = outcomeExits[outcome] } = more;
  const verdict = verdictOf(state, outcome, fault, new Date(`2026-11-21T${time}.000Z`));
  return [
    ...events,
    [time, { type: "run.ended", outcome, exit, verdict, ...(fault === undefined ? {} : { fault }) }],
  ];
}

const proven = (from: string, to: string): Told => [
  [from, { type: "verify.started", checks: [check], withinMs: 300_000, steadyMs: 60_000 }],
  [from, { type: "verify.sampled", check: check.id, health: { state: "healthy", says: "6 of 6 on 1.5.0" } }],
  [to, { type: "verify.held", checks: [check.id], steadyMs: 60_000, says: "6 of 6 on 1.5.0" }],
  [to, released],
];

const planOnly = told.asked.map(([at, event]): Told[number] => [
  at,
  { ...event, planOnly: true } as RunEvent,
]);

/** Planned and nothing more: a group, batches, a watch, a wait, a reference. */
const richPlan = run(
  ended([...planOnly, ...told.looked, ...told.decided, ...told.agreed().slice(0, 1)], "10:00:01", "planned"),
);

/** One step was left out on request. */
const planWithout = run(
  ended(
    [
      ...planOnly.map(([at, event]): Told[number] => [at, { ...event, without: ["6"] } as RunEvent]),
      ...told.looked,
      ...told.decided,
      [
        "10:00:01",
        {
          type: "plan.made",
          plan: told.planOf(told.steps.slice(0, -1), {
            without: [
              {
                title: told.dropSnapshot.title,
                call: { kind: "step", action: "drop", input: told.dropSnapshot.input },
              },
            ],
          }),
          need: told.need,
        },
      ],
    ],
    "10:00:01",
    "planned",
  ),
);

/** Three steps under way at the same time, one of them done. */
const groupRunning = run([...upToActing, ...told.snapshotTaken, ...told.warmed.slice(0, 5)]);

/** In the second of four batches. */
const batchRunning = run([
  ...upToActing,
  ...told.snapshotTaken,
  ...told.warmed,
  ...told.deployed.slice(0, 5),
]);

/** A batch whose failure stops the rest: two machines have the version, one failed, three were never touched. */
const batchFailed = (() => {
  const fault: Fault = {
    code: "step-failed",
    summary: '"Deploy 1.5.0 to api-3" did not come true in 120 s; last seen: /readyz 503.',
    hint: `Look at it, then try again: ops resume ${runId}`,
  };
  const events: Told = [
    ...upToActing,
    ...told.snapshotTaken,
    ...told.warmed,
    ...told.deployed.slice(0, 5),
    [
      "10:06:00",
      { type: "step.failed", key: "3.3", fault, lastSaw: "/readyz 503", tookMs: 120_000, acted: true },
    ],
    [
      "10:06:00",
      {
        type: "lock.kept",
        lock: "production/deploy",
        fence: 3,
        reason: "half of a rollout is in place",
        until: "2026-11-21T18:00:00.000Z",
      },
    ],
  ];
  return run(ended(events, "10:06:00", "step-failed", { fault }));
})();

const watchRunning = run([...upToWatch, ...told.sampled([2, 3, undefined, 4, 9, 6])]);

const takenBack = (key: string, undoes: string, title: string): PlannedStep => ({
  kind: "step",
  action: "deploy",
  input: { version: "1.4.2" },
  key,
  undoes,
  title,
  risk: "disruptive",
  preview: title.toLowerCase(),
  targets: [],
  undoable: true,
  withinMs: 120_000,
});

const wayBack = (to: readonly string[]): readonly PlannedStep[] =>
  to.map((target, index) => takenBack(`u${index + 1}`, `3.${target.slice(4)}`, `Deploy 1.4.2 to ${target}`));

const watchFailedFault: Fault = {
  code: "watch-failed",
  summary: '"Watch the errors of 1.5.0 for 10 min" failed: 4.8 % of requests failed, more than 1 %.',
  hint: "What was done before it is taken back.",
};

/** The canary was worse, and the engine took everything back by itself. */
const watchFailedUndone = (() => {
  const back = wayBack(["api-6", "api-5", "api-4", "api-3", "api-2", "api-1"]);
  const at = (index: number) =>
    `10:0${8 + Math.floor(index / 6)}:${String((index % 6) * 10).padStart(2, "0")}`;
  const events: Told = [
    ...upToWatch,
    ...told.sampled([2, 30, 48]),
    [
      "10:07:40",
      { type: "watch.judged", key: "4", verdict: "fail", because: "4.8 % of requests failed, more than 1 %" },
    ],
    [
      "10:07:40",
      {
        type: "step.failed",
        key: "4",
        fault: watchFailedFault,
        lastSaw: "4.8 % of 4,000 requests failed",
        tookMs: 60_000,
      },
    ],
    [
      "10:07:40",
      {
        type: "undo.asked",
        by: lena,
        steps: back,
        stays: [
          "Warm the cache of api-2",
          "Warm the cache of api-1",
          "Warm the cache of api-3",
          "Take a snapshot of the database",
        ],
        because: watchFailedFault.summary,
      },
    ],
    ...back.flatMap((step, index) => told.did([at(index), at(index + 1)], step, "1.4.2, healthy")),
    ["10:09:00", released],
  ];
  return run(ended(events, "10:09:00", "undone", { fault: watchFailedFault }));
})();

const unclear: Told = [
  ...upToWatch,
  ...told.sampled([2, undefined, undefined, 3, undefined]),
  [
    "10:08:40",
    {
      type: "watch.judged",
      key: "4",
      verdict: "inconclusive",
      because: "3 of 5 looks had no answer, so it cannot be told",
    },
  ],
];

/** The canary cannot be told from noise; a person must say go-on or undo. */
const watchInconclusive = run(unclear);

/** A person said go on, although the watch could not tell. */
const watchGoOn = run([
  ...unclear,
  [
    "10:12:00",
    {
      type: "signal.received",
      signal: "4",
      by: omar,
      value: "go-on",
      text: "the metrics are down, the site is fine",
    },
  ],
  [
    "10:12:00",
    {
      type: "step.done",
      key: "4",
      effect: "omar said go on, although 3 of 5 looks had no answer, so it cannot be told",
      tookMs: 320_000,
    },
  ],
  ["10:12:00", told.started(told.dnsWait)],
]);

/** A person is waited for. */
const waitOpen = run(upToWait);

/** Somebody did it and said so; the last step was filled in from the first; solved. */
const waitAnsweredSolved = run(
  ended(
    [
      ...upToWait,
      [
        "10:21:00",
        {
          type: "signal.received",
          signal: "dns-switched",
          by: omar,
          text: "ticket OPS-118",
          value: { ttl: 60 },
        },
      ],
      [
        "10:21:00",
        {
          type: "step.done",
          key: "5",
          effect: "omar said so: ticket OPS-118",
          tookMs: 260_000,
          result: { by: "omar", text: "ticket OPS-118", value: { ttl: 60 } },
        },
      ],
      ...told.did(["10:21:00", "10:21:30"], told.dropSnapshot, "snap-0a1 is gone", {
        input: { snapshot: "snap-0a1" },
      }),
      ...proven("10:21:30", "10:22:30"),
    ],
    "10:22:30",
    "solved",
  ),
);

const silentFault: Fault = {
  code: "wait-silent",
  summary: '"Point DNS api.acme.example at the new load balancer" waits for an answer that did not come.',
  hint: `Answer, then go on: ops resume ${runId}`,
};

/** Nobody said so in time; everything stays as it is. */
const waitSilent = run(
  ended(
    [
      ...upToWait,
      [
        "10:46:40",
        {
          type: "lock.kept",
          lock: "production/deploy",
          fence: 3,
          reason: "a rollout waits for its DNS",
          until: "2026-11-21T18:46:40.000Z",
        },
      ],
    ],
    "10:46:40",
    "escalated",
    { fault: silentFault },
  ),
);

/** The first cure did not hold; the second round looked again, planned anew and was approved anew. */
const twoRounds = (() => {
  const first: PlannedStep = { ...told.stepAt("3.1"), key: "1", title: "Restart api-1", targets: ["api-1"] };
  const { group: _, ...single } = first;
  const second: PlannedStep = { ...single, key: "R2-1", title: "Deploy 1.4.2 to api-1" };
  const two = told.planOf([second], {
    madeAt: "2026-11-21T10:09:01.000Z",
    expiresAt: "2026-11-21T10:24:01.000Z",
  });
  const later = ([time, event]: Told[number]): Told[number] => [time.replace("10:0", "10:1"), event];
  return run(
    ended(
      [
        ...upToPlan,
        ...told.agreed(told.planOf([single])),
        ...told.begun,
        ...told.did(["10:02:10", "10:02:50"], single, "api-1 healthy"),
        ["10:02:50", { type: "verify.started", checks: [check], withinMs: 300_000, steadyMs: 60_000 }],
        [
          "10:07:50",
          { type: "verify.failed", check: check.id, health: { state: "unhealthy", says: "0 of 6 on 1.5.0" } },
        ],
        [
          "10:07:51",
          { type: "round.started", round: 2, because: "every machine runs the version: 0 of 6 on 1.5.0" },
        ],
        ...told.looked.map(later),
        ...told.decided.map(later),
        ...told.agreed(two).map(later),
        ["10:12:01", { type: "plan.checked", same: true, differences: [] }],
        ...told.did(["10:12:02", "10:12:40"], second, "1.4.2, healthy"),
        ...proven("10:12:40", "10:13:40"),
      ],
      "10:13:40",
      "solved",
    ),
  );
})();

/** The second round's plan, which knows what was tried. */
const secondRoundPlan = run(
  twoRounds
    .slice(
      0,
      twoRounds.findLastIndex(({ event }) => event.type === "approval.given"),
    )
    .map(({ at, event }): Told[number] => [at.slice(11, 19), event]),
);

/** Another runbook took over and solved it; the parent proved its own cure. */
const handedOverWithChild = run(
  ended(
    [
      ...told.asked,
      ...told.looked,
      [
        "10:00:01",
        {
          type: "run.decided",
          decision: "hand-over",
          rule: "half-rolled-out",
          because: "1.4.9 is half rolled out",
          handOver: { runbook: "rollback", params: { service: "api", version: "1.4.2" } },
          tookMs: 900,
        },
      ],
      [
        "10:00:02",
        {
          type: "handed.over",
          child: "r-77aa00ff",
          runbook: "rollback",
          params: { service: "api", version: "1.4.2" },
        },
      ],
      [
        "10:09:00",
        {
          type: "child.ended",
          child: "r-77aa00ff",
          outcome: "solved",
          exit: 0,
          verdict: "Solved in 8 min 58 s: the version before serves; 1 of 1 step done.",
        },
      ],
      ["10:09:00", { type: "verify.started", checks: [check], withinMs: 300_000, steadyMs: 60_000 }],
      ["10:10:00", { type: "verify.held", checks: [check.id], steadyMs: 60_000, says: "6 of 6 on 1.4.2" }],
    ],
    "10:10:00",
    "handed-over",
    { exit: 0 },
  ),
);

const withoutAGroup = (step: PlannedStep): PlannedStep => {
  const { group: _, ...rest } = step;
  return { ...rest, key: "1" };
};
const onePlan = told.planOf([withoutAGroup(told.stepAt("3.1"))]);

const glassBroken: Told = [
  ...upToPlan,
  ["10:00:01", { type: "plan.made", plan: onePlan, need: told.need }],
  [
    "10:00:30",
    {
      type: "glass.broken",
      by: lena,
      reason: "nobody of three answers the pager and customers cannot file",
      skips: ["approval", "freeze"],
      expiresAt: "2026-11-21T11:00:30.000Z",
    },
  ],
  ...told.begun,
  ...told.did(["10:02:10", "10:02:50"], onePlan.steps[0] ?? told.snapshot, "1.5.0, healthy"),
  ...proven("10:02:50", "10:03:50"),
];

/** Approval and freeze were skipped; the review is owed. */
const brokenGlass = run(ended(glassBroken, "10:03:50", "solved"));

/** The same, reviewed afterwards by somebody else. */
const brokenGlassReviewed = run([
  ...ended(glassBroken, "10:03:50", "solved"),
  ["12:00:00", { type: "review.done", by: omar, text: "right call; the pager rota needs a fourth" }],
]);

/** Under the broken glass, before anything was done. */
const brokenGlassActing = run(
  glassBroken.slice(
    0,
    glassBroken.findIndex(([, { type }]) => type === "step.done"),
  ),
);

/** Approved, then the approval was taken back before anything began; the next ones on call were asked. */
const revoked = run([
  ...upToPlan,
  ...told.agreed(),
  [
    "10:02:00",
    {
      type: "approval.revoked",
      digest: told.thePlan.digest,
      by: omar,
      reason: "a restore is under way on csrd",
    },
  ],
  ["10:07:00", { type: "approval.escalated", digest: told.thePlan.digest, to: ["ana", "the on-call lead"] }],
]);

/** The lock store did not answer; only safe steps went on. */
const lockStoreMissing = run(
  ended(
    [
      ...upToPlan,
      [
        "10:00:01",
        {
          type: "plan.made",
          plan: told.planOf([told.snapshot], { strictest: "safe" }),
          need: { ...told.need, count: 0 },
        },
      ],
      [
        "10:00:02",
        {
          type: "lock.missing",
          lock: "production/deploy",
          reason: "Postgres at db-1 did not answer within 5 s; the plan has only safe steps",
        },
      ],
      ...told.snapshotTaken,
      ...proven("10:02:40", "10:03:40").slice(0, -1),
    ],
    "10:03:40",
    "solved",
  ),
);

/** A sticky lock that a person gave back after looking. */
const stickyLockFreed = run([
  ...batchFailed.map(({ at, event }): Told[number] => [at.slice(11, 19), event]),
  [
    "11:00:00",
    { type: "lock.freed", lock: "production/deploy", by: omar, reason: "api-3 was rebuilt by hand" },
  ],
]);

/** A check beside the work went bad and stopped the run. */
const duringFailed = (() => {
  const fault: Fault = {
    code: "during-failed",
    summary: '"Customers can file" stopped being so while this run was under way: 12 of 40 uploads failed.',
    hint: `What was done stays; take it back with: ops undo ${runId}`,
  };
  const title = "Customers can file";
  const events: Told = [
    ...upToActing,
    [
      "10:02:02",
      { type: "during.sampled", check: "uploads", title, health: { state: "healthy", says: "40 of 40" } },
    ],
    ...told.snapshotTaken,
    ...told.warmed,
    [
      "10:03:30",
      {
        type: "during.sampled",
        check: "uploads",
        title,
        health: { state: "unhealthy", says: "12 of 40 uploads failed" },
      },
    ],
    ...told.deployed.slice(0, 2),
    ["10:04:00", released],
  ];
  return run(ended(events, "10:04:00", "not-verified", { fault }));
})();

/** Every situation of the whole vocabulary by name. */
export const vocabulary = {
  richPlan,
  planWithout,
  groupRunning,
  batchRunning,
  batchFailed,
  watchRunning,
  watchFailedUndone,
  watchInconclusive,
  watchGoOn,
  waitOpen,
  waitAnsweredSolved,
  waitSilent,
  twoRounds,
  secondRoundPlan,
  handedOverWithChild,
  brokenGlass,
  brokenGlassReviewed,
  brokenGlassActing,
  revoked,
  lockStoreMissing,
  stickyLockFreed,
  duringFailed,
} as const satisfies Readonly<Record<string, readonly JournalEntry[]>>;
