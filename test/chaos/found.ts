import type { CaseSpec, FaultSpec, RunSpec, StepSpec } from "./spec.ts";

const run: RunSpec = {
  items: [],
  second: [],
  cure: "works",
  notVerified: "escalate",
  decides: "plan",
  need: { count: 0, requesterMay: true },
  requester: "away",
  approvers: [],
  moves: "not",
  movesAfterS: 0,
  lockKind: "automatic",
  lockWhileApproving: "release",
  duringAfter: 0,
};

const step = (changes: Partial<StepSpec>): StepSpec => ({
  kind: "full",
  target: 0,
  delta: 1,
  behaves: [],
  ...changes,
});

function found(
  changes: Partial<RunSpec>,
  faults: readonly FaultSpec[] = [],
  more: Partial<CaseSpec> = {},
): CaseSpec {
  return {
    run: { ...run, ...changes },
    lives: [faults],
    beside: "nobody",
    undoAfter: true,
    disk: false,
    secret: false,
    ...more,
  };
}

/** Two steps at once, whose process falls asleep in the look before the first call: given up on, looked at, done again, and then they wake. */
export const asleepInACall = found({ items: [{ item: "together", steps: [step({ delta: 7 }), step({})] }] }, [
  { at: 11, kind: "stall", lasts: 1 },
]);

/** A slow step whose process falls asleep before its call, and wakes when another one has the run. */
export const asleepBeforeACall = found({ items: [{ item: "step", ...step({ delta: 8 }) }] }, [
  { at: 10, kind: "stall", lasts: 2 },
]);

/** What the corpus found in the engine, smallest form of each; mended, and held to it here. */
export const foundCases: readonly (readonly [what: string, spec: CaseSpec])[] = [
  ["an attempt that was given up on acts when its process wakes", asleepInACall],
  [
    "an action that throws after its effect is done again by resume",
    found({ items: [{ item: "step", ...step({ kind: "sure", behaves: ["throws-after"] }) }] }),
  ],
  [
    "a result that its schema refuses is asked for again by each resume",
    found({ items: [{ item: "step", ...step({ kind: "gives", delta: 9 }) }] }),
  ],
  [
    "an action is begun although the run was stopped at once",
    found({ items: [{ item: "step", ...step({}) }] }, [{ at: 10, kind: "interrupt-now", lasts: 1 }]),
  ],
  [
    "a full disk ends a run for good although a step is under way",
    found({ items: [{ item: "step", ...step({}) }] }, [{ at: 14, kind: "disk-full", lasts: 1 }]),
  ],
  [
    "a run whose effect was accepted and did not come true says that nothing was changed",
    found({
      items: [
        {
          item: "batches",
          targets: 2,
          size: 1,
          ramp: false,
          floor: 0,
          mayFail: 1,
          stuck: [0],
          behaves: [],
        },
      ],
      duringAfter: 1,
    }),
  ],
  [
    "steps are taken back in the order of a clock that was set meanwhile",
    found(
      {
        items: [
          { item: "step", ...step({}) },
          { item: "step", ...step({}) },
        ],
      },
      [{ at: 14, kind: "jump-back", lasts: 1 }],
    ),
  ],
  [
    "a result that the record masks is handed to the next action",
    found(
      {
        items: [
          { item: "step", ...step({ kind: "gives" }) },
          { item: "ref", target: 1, behaves: [] },
        ],
      },
      [],
      { secret: true },
    ),
  ],
];
