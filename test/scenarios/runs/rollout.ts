import type { RunEvent } from "#kit/timeline.ts";
import { planDigest, type Plan, type PlannedStep, type StepGroup } from "#kit/plan.ts";
import { lena, omar, type Told } from "./platform-down.ts";

const environment = { name: "production", account: "acme-csrd", region: "eu-central-1" };
const params = { version: "1.5.0" };
const content = "facade";

/** A rollout was asked for, by a person and without an alert. */
export const asked: Told = [
  [
    "10:00:00",
    {
      type: "run.asked",
      runbook: "canary-rollout",
      title: "Roll out a version",
      summary:
        "Brings a version to every machine, a few at a time, and takes it back when its canary is worse.",
      severity: "P2",
      content,
      environment,
      tier: "production",
      params,
      by: lena,
      lock: "production/deploy",
      withinMs: 7_200_000,
      afterwards: ["Tell the desk that 1.5.0 is live"],
      vitals: ["in service"],
      planOnly: false,
    },
  ],
];

/** One question, one answer. */
export const looked: Told = [
  [
    "10:00:00",
    {
      type: "look.started",
      probes: [{ name: "versions", ask: "What runs where?", optional: false }],
      again: false,
    },
  ],
  [
    "10:00:01",
    {
      type: "probe.answered",
      probe: "versions",
      ask: "What runs where?",
      optional: false,
      again: false,
      finding: { known: true, reading: { state: "note", says: "1.4.2 on 6 of 6 machines" }, value: {} },
      tookMs: 420,
    },
  ],
];

type Made = Partial<PlannedStep> & Pick<PlannedStep, "key" | "title">;

function item(made: Made): PlannedStep {
  return {
    kind: "step",
    action: "deploy",
    input: { target: made.title },
    risk: "disruptive",
    preview: `${made.title}, then wait until it is seen`,
    targets: [],
    undoable: true,
    withinMs: 120_000,
    ...made,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- kind, action and input come together from the callers below
  } as PlannedStep;
}

const warm = (key: string, target: string): PlannedStep =>
  item({
    key,
    title: `Warm the cache of ${target}`,
    action: "warm",
    input: { target },
    risk: "safe",
    preview: `load 1,200 pages into the cache of ${target}`,
    targets: [target],
    undoable: false,
    group: { key: "2", kind: "together", batch: 1, of: 1, floor: 0, mayFail: 0 },
  });

const deploy = (key: string, target: string, batch: number): PlannedStep => {
  const group: StepGroup = { key: "3", kind: "batches", batch, of: 4, floor: 3, mayFail: 0 };
  return item({
    key,
    title: `Deploy 1.5.0 to ${target}`,
    input: { target, version: "1.5.0" },
    preview: `take ${target} out, deploy 1.5.0, wait until it is healthy`,
    targets: [target],
    group,
  });
};

export const snapshot = item({
  key: "1",
  title: "Take a snapshot of the database",
  action: "snapshot",
  input: { database: "csrd" },
  risk: "safe",
  preview: "a snapshot of csrd, named after this run",
  undoable: false,
  targets: ["csrd"],
});

const canaryWatch = item({
  kind: "watch",
  key: "4",
  title: "Watch the errors of 1.5.0 for 10 min",
  action: "errors",
  input: { version: "1.5.0" },
  risk: "safe",
  preview: "the share of failed requests, every 30 s; passes below 1 % for 10 min",
  withinMs: 600_000,
});

export const dnsWait = item({
  kind: "wait",
  key: "5",
  title: "Point DNS api.acme.example at the new load balancer",
  action: "dns-switched",
  input: {
    ask: "Point DNS api.acme.example at the new load balancer",
    within: "30m",
    ifSilent: "stop",
    lock: "hold",
  },
  risk: "safe",
  preview:
    'wait for "dns-switched" for at most 30m, then the run stops with everything as it is; the lock is held meanwhile',
  withinMs: 1_800_000,
});

export const dropSnapshot = item({
  key: "6",
  title: "Delete snapshot ‹snapshotId of step 1›",
  action: "drop",
  input: { snapshot: { $ref: { step: "1", field: "snapshotId" } } },
  risk: "destructive",
  preview: "delete snapshot ‹snapshotId of step 1› of csrd",
  targets: ["‹snapshotId of step 1›"],
  undoable: false,
});

/** Three at the same time, four batches, a watch, a wait, and a step that needs what the first one gave. */
export const steps: readonly PlannedStep[] = [
  snapshot,
  warm("2.1", "api-1"),
  warm("2.2", "api-2"),
  warm("2.3", "api-3"),
  deploy("3.1", "api-1", 1),
  deploy("3.2", "api-2", 2),
  deploy("3.3", "api-3", 2),
  deploy("3.4", "api-4", 3),
  deploy("3.5", "api-5", 3),
  deploy("3.6", "api-6", 4),
  canaryWatch,
  dnsWait,
  dropSnapshot,
];

/** The plan of these steps, or of others in a later round. */
export function planOf(planned: readonly PlannedStep[], more: Partial<Plan> = {}): Plan {
  return {
    digest: planDigest({ runbook: "canary-rollout", content, environment, params, steps: planned }),
    steps: planned,
    leavesAlone: ["redis", "queue"],
    madeAt: "2026-11-21T10:00:01.000Z",
    expiresAt: "2026-11-21T10:15:01.000Z",
    strictest: planned.some(({ risk }) => risk === "destructive") ? "destructive" : "disruptive",
    ...more,
  };
}

export const need = {
  count: 1,
  requesterMay: false,
  strength: "environment",
  rule: "rules/approval.yaml: production, disruptive",
} as const;

export const thePlan = planOf(steps);

export const decided: Told = [
  [
    "10:00:01",
    {
      type: "run.decided",
      decision: "plan",
      rule: "not-there-yet",
      because: "1.5.0 runs on 0 of 6 machines",
      tookMs: 900,
    },
  ],
];

/** The plan, the question and the answer to it. */
export const agreed = (plan: Plan = thePlan): Told => [
  ["10:00:01", { type: "plan.made", plan, need }],
  [
    "10:00:01",
    {
      type: "approval.asked",
      digest: plan.digest,
      need,
      expiresAt: plan.expiresAt,
      ifSilent: "nothing is done and the on-call lead is paged",
    },
  ],
  ["10:02:00", { type: "approval.given", digest: plan.digest, by: omar, lookedAgain: "same" }],
];

/** Locked, and looked at again. */
export const begun: Told = [
  [
    "10:02:01",
    { type: "lock.taken", lock: "production/deploy", fence: 3, until: "2026-11-21T10:12:01.000Z" },
  ],
  ["10:02:02", { type: "plan.checked", same: true, differences: [] }],
  ["10:02:02", { type: "vital.sampled", label: "in service", value: 6, of: 6, floor: 3 }],
];

export const started = ({ key, title, withinMs }: PlannedStep, more: object = {}): RunEvent => ({
  type: "step.started",
  key,
  title,
  attempt: 1,
  before: undefined,
  withinMs,
  ...more,
});

/** A step from beginning to end. */
export const did = (
  [from, to]: readonly [string, string],
  step: PlannedStep,
  effect: string,
  more: { readonly result?: unknown; readonly input?: unknown } = {},
): Told => {
  const { result, input } = more;
  return [
    [from, started(step, input === undefined ? {} : { input })],
    [
      to,
      {
        type: "step.done",
        key: step.key,
        effect,
        tookMs: seconds(to) - seconds(from),
        ...(result === undefined ? {} : { result }),
      },
    ],
  ];
};

function seconds(time: string): number {
  const [hours = 0, minutes = 0, rest = 0] = time.split(":").map(Number);
  return (hours * 3_600 + minutes * 60 + rest) * 1_000;
}

export const stepAt = (key: string): PlannedStep => steps.find((step) => step.key === key) ?? snapshot;

/** Snapshot taken: it gave the id that the last step needs. */
export const snapshotTaken = did(["10:02:02", "10:02:40"], snapshot, "snapshot snap-0a1 complete", {
  result: { snapshotId: "snap-0a1" },
});

/** Three caches at the same time; they end in an order of their own. */
export const warmed: Told = [
  ["10:02:40", started(stepAt("2.1"))],
  ["10:02:40", started(stepAt("2.2"))],
  ["10:02:40", started(stepAt("2.3"))],
  ["10:02:50", { type: "step.saw", key: "2.1", saw: "400 of 1,200 pages" }],
  ["10:02:58", { type: "step.done", key: "2.3", effect: "1,200 pages", tookMs: 18_000 }],
  ["10:03:00", { type: "step.done", key: "2.1", effect: "1,200 pages", tookMs: 20_000 }],
  ["10:03:04", { type: "step.done", key: "2.2", effect: "1,200 pages", tookMs: 24_000 }],
];

/** The four batches. */
export const deployed: Told = [
  ...did(["10:03:04", "10:04:00"], stepAt("3.1"), "1.5.0, healthy"),
  ["10:04:00", started(stepAt("3.2"))],
  ["10:04:00", started(stepAt("3.3"))],
  ["10:04:50", { type: "step.done", key: "3.2", effect: "1.5.0, healthy", tookMs: 50_000 }],
  ["10:04:55", { type: "step.done", key: "3.3", effect: "1.5.0, healthy", tookMs: 55_000 }],
  ["10:04:55", started(stepAt("3.4"))],
  ["10:04:55", started(stepAt("3.5"))],
  ["10:05:50", { type: "step.done", key: "3.4", effect: "1.5.0, healthy", tookMs: 55_000 }],
  ["10:05:51", { type: "step.done", key: "3.5", effect: "1.5.0, healthy", tookMs: 56_000 }],
  ...did(["10:05:51", "10:06:40"], stepAt("3.6"), "1.5.0, healthy"),
];

/** So many shares of failed requests, in per mille, half a minute apart. */
export const sampled = (perMille: readonly (number | undefined)[]): Told => [
  ["10:06:40", started(canaryWatch)],
  ...perMille.map((value, index): Told[number] => {
    const at = new Date(Date.parse("2026-11-21T10:06:40.000Z") + index * 30_000).toISOString();
    return [
      at.slice(11, 19),
      value === undefined
        ? {
            type: "watch.sampled",
            key: "4",
            sample: { known: false, reason: "the metrics did not answer in 5 s", at },
            says: "not known: the metrics did not answer in 5 s",
          }
        : {
            type: "watch.sampled",
            key: "4",
            sample: { known: true, value: { failedPerMille: value }, at },
            says: `${value / 10} % of 4,000 requests failed`,
          },
    ];
  }),
];

export const watchPassed: Told = [
  ["10:16:40", { type: "watch.judged", key: "4", verdict: "pass", because: "below 1 % for 10 min" }],
  ["10:16:40", { type: "step.done", key: "4", effect: "below 1 % for 10 min", tookMs: 600_000 }],
];

export const waits: Told = [["10:16:40", started(dnsWait)]];
