import * as fc from "fast-check";

/** What happens when an effect is asked for, call by call; after the last one, it works. */
const behaviours = [
  "works",
  "refused",
  "lost-before",
  "lost-after",
  "hangs-before",
  "hangs-after",
  "lies",
  "throws-after",
] as const;
export type Behaviour = (typeof behaviours)[number];

/** How much an action offers: everything, no way to settle, no way to look at all, a result, or no way back. */
const kinds = ["full", "sure", "blind", "gives", "oneway"] as const;
export type Kind = (typeof kinds)[number];

/** A step that adds `delta` to its target, so that doing it twice shows. */
export type StepSpec = {
  readonly kind: Kind;
  readonly target: number;
  readonly delta: number;
  readonly behaves: readonly Behaviour[];
};

/** One item of a plan. */
export type ItemSpec =
  | ({ readonly item: "step" } & StepSpec)
  /** Takes what an earlier step gave; the nearest before it that gives something. */
  | { readonly item: "ref"; readonly target: number; readonly behaves: readonly Behaviour[] }
  | { readonly item: "together"; readonly steps: readonly StepSpec[] }
  | {
      readonly item: "batches";
      readonly targets: number;
      readonly size: number;
      readonly ramp: boolean;
      readonly floor: number;
      readonly mayFail: number;
      /** By position: which never come back, and which calls go wrong. */
      readonly stuck: readonly number[];
      readonly behaves: readonly Behaviour[];
    }
  | { readonly item: "watch"; readonly sees: readonly ("ok" | "bad" | "unknown")[]; readonly answer: Answer }
  | {
      readonly item: "wait";
      readonly ifSilent: "stop" | "undo" | "go-on";
      readonly lock: "hold" | "release";
      readonly signal: "early" | "in-time" | "late" | "never";
    };

/** What a person says of an inconclusive watch. */
type Answer = "go-on" | "undo" | "nothing";

/** What one approver does, some time after being asked. */
export type ApproverSpec = {
  readonly who: "omar" | "ana" | "lena" | "stranger";
  readonly afterS: number;
  readonly does: "gives" | "refuses" | "revokes" | "gives-other" | "notes-late";
};

/** What can go wrong with a process. */
export const faultKinds = [
  "kill-before",
  "kill-after",
  "disk-full",
  "disk-full-after",
  "stall",
  "jump-forward",
  "jump-back",
  "interrupt",
  "interrupt-now",
  "blind",
  "locks-silent",
] as const;

/** What goes wrong at the n-th touch of a process on the world outside: its journal, its locks, its operators. */
export type FaultSpec = {
  readonly at: number;
  readonly kind: (typeof faultKinds)[number];
  /** How many touches or looks it lasts, where it lasts; an even stall is noticed, and somebody else takes the run over meanwhile. */
  readonly lasts: number;
};

/** One run in the corpus. */
export type RunSpec = {
  readonly items: readonly ItemSpec[];
  /** Items of a second round, where the first cure does not work. */
  readonly second: readonly ItemSpec[];
  readonly cure: "works" | "never" | "second";
  readonly notVerified: "escalate" | "undo" | "again";
  readonly decides: "plan" | "all-clear" | "escalate" | "hand-over";
  readonly need: { readonly count: number; readonly requesterMay: boolean };
  readonly requester: "given" | "refused" | "away";
  readonly approvers: readonly ApproverSpec[];
  /** How the world moves after the plan was made. */
  readonly moves: "not" | "fewer" | "more" | "gone";
  readonly movesAfterS: number;
  readonly lockKind: "automatic" | "sticky";
  readonly lockWhileApproving: "hold" | "release";
  /** The check that runs beside turns unhealthy after so many looks; 0: never. */
  readonly duringAfter: number;
  /** Who asks breaks the glass. */
  readonly glass?: boolean | undefined;
  /** Key of the item that is left out, by its place from 1; there may be none. */
  readonly without?: number | undefined;
  /** A freeze begins so many seconds after everything. */
  readonly frozenAfterS?: number | undefined;
};

/** One case: a run, what happens to each process that works on it, and who else works beside. */
export type CaseSpec = {
  readonly run: RunSpec;
  readonly lives: readonly (readonly FaultSpec[])[];
  /** Somebody else resumes the same run at once; or another run wants the same lock. */
  readonly beside: "nobody" | "resume" | "lock";
  readonly undoAfter: boolean;
  /** On a real file, synced at each commit, and not in memory. */
  readonly disk: boolean;
  /** Foreign text carries a secret, and the journal redacts. */
  readonly secret: boolean;
};

const behaves = fc.array(fc.constantFrom(...behaviours), { maxLength: 2 });
/** Mostly well-behaved, so that long runs happen too. */
const mostlyWorks = fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 2, arbitrary: behaves });

const stepOf = (target: fc.Arbitrary<number>): fc.Arbitrary<StepSpec> =>
  fc.record({
    kind: fc.constantFrom(...kinds),
    target,
    delta: fc.integer({ min: 1, max: 9 }),
    behaves: mostlyWorks,
  });

const step = stepOf(fc.nat(3)).map((one) => ({ item: "step" as const, ...one }));
const ref = fc.record({ item: fc.constant("ref" as const), target: fc.nat(3), behaves: mostlyWorks });
const together = fc
  .array(stepOf(fc.nat(0)), { minLength: 1, maxLength: 3 })
  .map((steps) => ({ item: "together" as const, steps }));
const batches = fc.record({
  item: fc.constant("batches" as const),
  targets: fc.integer({ min: 1, max: 7 }),
  size: fc.integer({ min: 1, max: 4 }),
  ramp: fc.boolean(),
  floor: fc.nat(4),
  mayFail: fc.nat(2),
  stuck: fc.uniqueArray(fc.nat(6), { maxLength: 3 }),
  behaves: mostlyWorks,
});
const watch = fc.record({
  item: fc.constant("watch" as const),
  sees: fc.array(
    fc.constantFrom("ok" as const, "ok" as const, "ok" as const, "bad" as const, "unknown" as const),
    {
      maxLength: 6,
    },
  ),
  answer: fc.constantFrom<Answer>("go-on", "undo", "nothing"),
});
const wait = fc.record({
  item: fc.constant("wait" as const),
  ifSilent: fc.constantFrom("stop" as const, "undo" as const, "go-on" as const),
  lock: fc.constantFrom("hold" as const, "release" as const),
  signal: fc.constantFrom("early" as const, "in-time" as const, "late" as const, "never" as const),
});

const item: fc.Arbitrary<ItemSpec> = fc.oneof(
  { weight: 5, arbitrary: step },
  { weight: 1, arbitrary: ref },
  { weight: 2, arbitrary: together },
  { weight: 2, arbitrary: batches },
  { weight: 1, arbitrary: watch },
  { weight: 1, arbitrary: wait },
);

const approver: fc.Arbitrary<ApproverSpec> = fc.record({
  who: fc.constantFrom("omar" as const, "ana" as const, "lena" as const, "stranger" as const),
  afterS: fc.nat(150),
  does: fc.constantFrom(
    "gives" as const,
    "gives" as const,
    "refuses" as const,
    "revokes" as const,
    "gives-other" as const,
    "notes-late" as const,
  ),
});

/** Mostly everybody agrees at once, so that most runs act. */
const agreeing: readonly ApproverSpec[] = [
  { who: "omar", afterS: 2, does: "gives" },
  { who: "ana", afterS: 3, does: "gives" },
];

const fault: fc.Arbitrary<FaultSpec> = fc.record({
  at: fc.integer({ min: 1, max: 60 }),
  // Dying is the most common of them.
  kind: fc.constantFrom(...faultKinds, ...(["kill-before", "kill-after"] as const)),
  lasts: fc.integer({ min: 1, max: 6 }),
});

/** Runs without faults. */
export function runs(): fc.Arbitrary<RunSpec> {
  return fc.record({
    items: fc.array(item, { minLength: 1, maxLength: 4 }),
    second: fc.array(item, { maxLength: 2 }),
    cure: fc.constantFrom<RunSpec["cure"]>("works", "works", "works", "never", "second"),
    notVerified: fc.constantFrom<RunSpec["notVerified"]>("escalate", "again", "undo"),
    decides: fc.constantFrom<RunSpec["decides"]>(
      ...Array.from({ length: 12 }, () => "plan" as const),
      "all-clear",
      "escalate",
      "hand-over",
    ),
    need: fc.record({ count: fc.nat(2), requesterMay: fc.boolean() }),
    requester: fc.constantFrom("given" as const, "refused" as const, "away" as const, "away" as const),
    approvers: fc.oneof(
      { weight: 3, arbitrary: fc.constant(agreeing) },
      { weight: 1, arbitrary: fc.array(approver, { maxLength: 4 }) },
      { weight: 1, arbitrary: fc.array(approver, { maxLength: 2 }).map((more) => [...agreeing, ...more]) },
    ),
    moves: fc.constantFrom<RunSpec["moves"]>("not", "not", "not", "not", "fewer", "more", "gone"),
    movesAfterS: fc.nat(6),
    lockKind: fc.constantFrom("automatic" as const, "automatic" as const, "sticky" as const),
    lockWhileApproving: fc.constantFrom("release" as const, "release" as const, "hold" as const),
    duringAfter: fc.oneof(
      { weight: 5, arbitrary: fc.constant(0) },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: 12 }) },
    ),
    glass: fc.constantFrom(undefined, undefined, undefined, undefined, true),
    without: fc.oneof(
      { weight: 7, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: 4 }) },
    ),
    frozenAfterS: fc.oneof(
      { weight: 6, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: fc.nat(8) },
      { weight: 1, arbitrary: fc.integer({ min: 9, max: 120 }) },
    ),
  });
}

/** Cases with faults strewn over up to three lives. */
export function cases(): fc.Arbitrary<CaseSpec> {
  return fc.record({
    run: runs(),
    lives: fc.array(fc.array(fault, { maxLength: 2 }), { minLength: 1, maxLength: 3 }),
    beside: fc.constantFrom<CaseSpec["beside"]>("nobody", "nobody", "nobody", "resume", "lock"),
    undoAfter: fc.boolean(),
    disk: fc.constant(false),
    secret: fc.integer({ min: 0, max: 9 }).map((one) => one === 0),
  });
}
