import type { RunEvent } from "#kit/timeline.ts";
import { journalOf } from "./journal.ts";
import * as told from "./platform-down.ts";
import { vocabulary } from "./vocabulary.ts";

const upToPlan = [...told.asked, ...told.looked, ...told.planned];
const upToApproval = [...upToPlan, ...told.waiting];
const upToActing = [...upToApproval, ...told.approved];
const solvedVerdict =
  "Solved in 9 min 17 s: the API answers from outside, steady for 5 min; 2 of 2 steps done.";

const run = (events: readonly (readonly [string, RunEvent])[]) => journalOf("r-7f2a", events);

/** Planned and nothing more, as `ops plan` leaves it. */
const plannedOnly = run([
  ...upToPlan,
  ...told.ended("03:12:07", {
    outcome: "planned",
    exit: 10,
    verdict: "Planned 2 steps because every target fails its health check. Nothing was changed.",
  }),
]);

/** Only two of six probes have answered so far. */
const stillLooking = run([...told.asked, ...told.looked.slice(0, 3)]);

const waitsForApproval = run(upToApproval);

const acting = run([...upToActing, ...told.firstDone, ...told.secondStarted]);

const proving = run([...upToActing, ...told.firstDone, ...told.secondDone, ...told.proving]);

const approvedAndSolved = run([
  ...upToActing,
  ...told.firstDone,
  ...told.secondDone,
  ...told.proven,
  ["03:24:00", { type: "note.added", by: told.lena, text: "Customer mail answered" }],
  ...told.ended("03:24:05", { outcome: "solved", exit: 0, verdict: solvedVerdict }),
]);

const didNotComeTrue = {
  code: "step-failed",
  summary: '"Restart api-2" did not come true in 120 s; last seen: /readyz 503.',
  hint: "Look at it, then try again: ops resume r-7f2a",
  details: "remaining connection slots are reserved for roles with the SUPERUSER attribute",
};

const stepFailed = run([
  ...upToActing,
  ...told.firstDone,
  ...told.secondStarted,
  [
    "03:17:38",
    {
      type: "step.failed",
      key: "2",
      fault: didNotComeTrue,
      lastSaw: "api-2: process up, /readyz 503",
      tookMs: 120_000,
    },
  ],
  ...told.ended("03:17:38", {
    outcome: "step-failed",
    exit: 4,
    verdict: `Stopped at step 2 of 2, Restart api-2: ${didNotComeTrue.summary} 1 of 2 steps done.`,
    fault: didNotComeTrue,
  }),
]);

const notVerified = run([
  ...upToActing,
  ...told.firstDone,
  ...told.secondDone,
  ...told.proving,
  [
    "03:26:21",
    {
      type: "verify.failed",
      check: "api-answers",
      health: { state: "unhealthy", says: "503 for 40 s, 12 of 40 looks" },
    },
  ],
  ["03:26:21", { type: "lock.released", lock: "production/deploy" }],
  ...told.ended("03:26:21", {
    outcome: "not-verified",
    exit: 4,
    verdict:
      "Acted but not verified: the API answers from outside is not so: 503 for 40 s, 12 of 40 looks; 2 of 2 steps done.",
  }),
]);

const unknownWhether = run([
  ...upToActing,
  ...told.firstStarted,
  [
    "03:15:44",
    { type: "step.interrupted", key: "1", why: "EC2 in eu-central-1 did not answer within 30 s." },
  ],
  [
    "03:15:47",
    {
      type: "step.settled",
      key: "1",
      outcome: "unknown",
      because: "EC2 in eu-central-1 still does not answer",
    },
  ],
  ...told.ended("03:15:47", {
    outcome: "unknown",
    exit: 7,
    verdict: 'Unknown whether "Restart api-1" happened; look before retrying. 0 of 2 steps done.',
  }),
]);

const refused = run([
  ...upToApproval,
  [
    "03:13:10",
    {
      type: "approval.refused",
      digest: told.thePlan.digest,
      by: told.omar,
      reason: "the database is being restored, wait for ana",
    },
  ],
  ...told.ended("03:13:10", {
    outcome: "approval-refused",
    exit: 5,
    verdict: "Refused by omar: the database is being restored, wait for ana. Nothing was changed.",
  }),
]);

const expired = run([
  ...upToApproval,
  ["03:27:07", { type: "approval.expired", digest: told.thePlan.digest }],
  ...told.ended("03:27:07", {
    outcome: "approval-expired",
    exit: 5,
    verdict: "Nobody approved in time. Nothing was changed.",
  }),
]);

const escalated = run([
  ...told.asked,
  ...told.looked,
  [
    "03:12:07",
    {
      type: "run.decided",
      decision: "escalate",
      rule: "nothing-explains",
      because: "neither the instances, the balancer, the firewall nor a deploy explains it",
      tookMs: 3_100,
    },
  ],
  ...told.ended("03:12:07", {
    outcome: "escalated",
    exit: 3,
    verdict:
      "Needs a person: neither the instances, the balancer, the firewall nor a deploy explains it. Nothing was changed.",
  }),
]);

const allClear = run([
  ...told.asked,
  told.looked[0] ?? fail(),
  ...(["outside", "targets", "instances", "firewall", "errors", "deploys"] as const).map(
    (probe): readonly [string, RunEvent] => [
      "03:12:05",
      {
        type: "probe.answered",
        probe,
        ask: probe,
        optional: false,
        again: false,
        finding: { known: true, reading: { state: "fine", says: `${probe} is as it should be` }, value: {} },
        tookMs: 90,
      },
    ],
  ),
  [
    "03:12:06",
    {
      type: "run.decided",
      decision: "all-clear",
      rule: "answers",
      because: "the API answers from outside and 2 of 2 targets are healthy",
      tookMs: 900,
    },
  ],
  ...told.ended("03:12:06", {
    outcome: "all-clear",
    exit: 0,
    verdict: "All clear: the API answers from outside and 2 of 2 targets are healthy. Nothing was changed.",
  }),
]);

const lostLock = run([
  ...upToActing,
  ...told.firstDone,
  ["03:15:41", { type: "lock.lost", lock: "production/deploy", reason: "r-9b10 took it with fence 8" }],
  ...told.ended("03:15:41", {
    outcome: "unknown",
    exit: 7,
    verdict: "The lock production/deploy was lost to r-9b10. 1 of 2 steps done.",
    fault: {
      code: "lock-lost",
      summary: "The lock production/deploy was lost to r-9b10.",
      hint: "See what r-9b10 does before anything else: ops timeline r-9b10",
    },
  }),
]);

const guarded = run([
  ...upToApproval,
  ["03:14:58", { type: "approval.given", digest: told.thePlan.digest, by: told.omar, lookedAgain: "same" }],
  ["03:15:00", { type: "plan.checked", same: false, differences: ['+ restart {"instance":"api-3"}'] }],
  ...told.ended("03:15:00", {
    outcome: "guarded",
    exit: 6,
    verdict: "The findings changed since the plan was made. Nothing was changed.",
    fault: {
      code: "plan-stale",
      summary: "The findings changed since the plan was made.",
      hint: "Make a new plan: ops plan platform-down",
    },
  }),
]);

const handedOver = run([
  ...told.asked,
  ...told.looked,
  [
    "03:12:07",
    {
      type: "run.decided",
      decision: "hand-over",
      rule: "fresh-deploy",
      because: "version 1.5.0 was deployed 4 min before the outage",
      handOver: { runbook: "rollback", params: { service: "api", version: "1.4.2" } },
      tookMs: 3_100,
    },
  ],
  ...told.ended("03:12:07", {
    outcome: "handed-over",
    exit: 3,
    verdict:
      "Another runbook fits: rollback, because version 1.5.0 was deployed 4 min before the outage. Nothing was changed.",
  }),
]);

/** Killed inside the second step, resumed by another process, settled by looking, solved. */
const resumedAndSolved = run([
  ...upToActing,
  ...told.firstDone,
  ...told.secondStarted,
  ["03:19:00", { type: "run.resumed", by: told.omar, fence: 8 }],
  [
    "03:19:01",
    {
      type: "lock.taken",
      lock: "production/deploy",
      fence: 8,
      until: "2026-11-21T03:49:00.000Z",
    },
  ],
  ["03:19:02", { type: "step.saw", key: "2", saw: "it had happened: api-2 booted at 03:15:40" }],
  ["03:19:02", { type: "step.done", key: "2", effect: "healthy 1 → 2", tookMs: 1_200 }],
  [
    "03:19:02",
    {
      type: "verify.started",
      checks: [{ id: "api-answers", title: "The API answers from outside" }],
      withinMs: 600_000,
      steadyMs: 300_000,
    },
  ],
  ["03:24:02", { type: "verify.held", checks: ["api-answers"], steadyMs: 300_000, says: "200 in 80 ms" }],
  ["03:24:02", { type: "lock.released", lock: "production/deploy" }],
  ...told.ended("03:24:02", { outcome: "solved", exit: 0, verdict: solvedVerdict }),
]);

/** Every situation by name. */
export const situations = {
  plannedOnly,
  stillLooking,
  waitsForApproval,
  acting,
  proving,
  approvedAndSolved,
  resumedAndSolved,
  stepFailed,
  notVerified,
  unknownWhether,
  refused,
  expired,
  escalated,
  handedOver,
  allClear,
  lostLock,
  guarded,
  ...vocabulary,
} as const;

function fail(): never {
  throw new Error("the shared story is empty");
}
