import { z } from "zod";
import { allClear, defineRunbook, escalate, eventually, plan } from "#kit";
import { toMs } from "#kit/duration.ts";
import { headingWith } from "#kit/manual.ts";
import type { LogAnswer } from "#kit/log-query.ts";
import { type AllUse, usageEverywhere } from "#kit/usage.ts";
import type { Deploy } from "#kit/ports.ts";
import { csrdXbrlSlow } from "#alerts/latency.ts";
import { ask, numbers, recently } from "#checks/questions/metrics.ts";
import { secondsText } from "#rules/seconds.ts";
import { xbrlPace } from "#checks/xbrl-pace.ts";
import { isLargeData, slowUnit, type UnitPace } from "#rules/pace.ts";
import { readUse } from "#rules/usage.ts";
import { reportSizes, sizesOf } from "./actions/log-questions.ts";
import {
  byLabel,
  freshDeploy,
  readDeploys,
  readServices,
  type ServiceSeen,
  serviceSeen,
  unitOf,
  unitsOut,
} from "./actions/looks.ts";
import { takeProfile } from "./actions/profile.ts";
import { restartUnit, scaleUnits } from "./actions/units.ts";

const agent = "reporting";

/**
 * Says why writing XBRL takes long, keeps a profile, and adds a unit or restarts the slow one.
 * Source: csrd-production-runbook "Issue: XBRL Generation Slow", whose profile runs the agent once more beside the one that is slow.
 */
export const xbrlSlow = defineRunbook({
  id: "xbrl-slow",
  title: "XBRL generation is slow",
  summary:
    "The reporting agent takes more than five minutes for a report. Tells large data from a slow unit and from too few of them, keeps a profile of the running process, then adds one or restarts one.",
  severity: "P2",
  owner: "platform-oncall",
  implements: headingWith("PR/troubleshooting/issue-xbrl-generation-slow", [1, 2, 3]),
  symptoms: [
    "XBRL generation takes more than 5 minutes",
    "reports time out in the reporting stage",
    "high CPU of the reporting agent",
    "report generation is slow",
  ],
  trigger: [csrdXbrlSlow],
  params: {
    evidence: z
      .enum(["first", "only"])
      .default("first")
      .describe("only: takes a profile of the reporting agent and changes nothing"),
  },
  lock: "deploy",
  within: "30m",

  diagnose: {
    pace: {
      ask: "How long does the stage take, in which unit, and who waits for it?",
      within: "10s",
      async look({ metrics, times }) {
        const over = recently(times);
        const [seen, byUnit] = await Promise.all([
          numbers(metrics, {
            p95: ask.stageTime(agent, over),
            waiting: ask.stagesWaiting(agent),
            running: ask.stagesRunning(agent),
          }),
          metrics.query(ask.secondsByUnit(agent, over)),
        ]);
        const units = byLabel(byUnit, "instance").map(({ name, value }) => ({ unit: name, seconds: value }));
        return { ...seen, units, limit: toMs(times.slowStage) / 1_000 };
      },
      read: ({ p95, waiting, running, limit }: Pace) => ({
        state: (p95 ?? 0) > limit ? "bad" : "fine",
        says: `${p95 === undefined ? "no report came of late" : `up to ${secondsText(p95)} for 19 of 20 reports`}; ${running ?? 0} stages run, ${waiting ?? 0} wait`,
      }),
    },
    reporting: {
      ask: "Which units of the reporting agent run?",
      within: "10s",
      look: ({ workloads, inventory }) => serviceSeen({ workloads, inventory }, agent),
      read: (seen: ServiceSeen) => readServices([seen]),
    },
  },
  optional: {
    sizes: {
      ask: "Are the reports of late larger than usual?",
      look: ({ logs, inventory, now }) =>
        reportSizes({ logs, inventory, now }, inventory.service(agent), "1d"),
      read(answer: LogAnswer) {
        const sizes = sizesOf(answer);
        return {
          state: sizes !== undefined && isLargeData(sizes) ? "note" : "fine",
          says:
            sizes === undefined
              ? "too few reports to compare"
              : `${sizes.recent} facts of late, ${sizes.typical} usually`,
        };
      },
    },
    use: {
      ask: "What do its units use?",
      within: "25s",
      look: ({ workloads, hosts, inventory }) =>
        usageEverywhere({
          workloads,
          hosts,
          inventory: { ...inventory, services: [inventory.service(agent)] },
        }),
      read: (use: AllUse) => readUse(use, "cpu"),
    },
    deploys: {
      ask: "Was it deployed just now?",
      look: ({ deploys, inventory }) => {
        const { instances, workload } = inventory.service(agent);
        return deploys.recent(instances, workload);
      },
      read: (deploys: readonly Deploy[]) => readDeploys(deploys),
    },
  },

  rules: {
    "evidence-only": "a profile is asked for: take it, change nothing",
    "no-reports": "no report came to the stage of late: all clear",
    "in-time": "the stage takes no longer than it may: all clear",
    "unit-out": "a unit of the agent does not take work: a person restarts it, the others are not the cause",
    "fresh-deploy": "every unit runs a version deployed minutes ago: a person deploys the one before",
    "one-slow": "one unit is much slower than the others: profile it, then restart it",
    "no-room": "reports wait for the stage and no unit can be added: a person is called",
    crowded: "reports wait for the stage and there is room: take a profile, add a unit",
    "large-data": "nobody waits, and the reports of late are much larger than usual: nothing is broken",
    unexplained: "nothing here explains it: a person takes a profile and reads it",
  },
  decide({ pace, reporting, sizes, use, deploys }, { evidence }, calls, { now, times, tried = [] }) {
    const { p95, limit } = pace;
    const { units, desired, floor, full } = reporting;
    const slow = slowUnit(pace.units);
    const slowOne = slow === undefined ? undefined : unitOf(units, slow.unit);
    const busiest = use.known
      ? use.value.units.toSorted((a, b) => b.cpu.used - a.cpu.used || a.name.localeCompare(b.name))[0]
      : undefined;
    const watched = slowOne ?? units.find(({ id }) => id === busiest?.id) ?? units.find(({ ready }) => ready);
    const profile =
      watched === undefined || tried.some(({ action }) => action === "profile")
        ? []
        : [calls.profile({ service: agent, id: watched.id, name: watched.name, kind: "cpu" })];
    const leavesAlone = ["every report in hand", "every report that waits", "every other agent"];

    if (evidence === "only" && profile.length === 0)
      return escalate({
        rule: "evidence-only",
        because:
          "the profile is kept, or no unit gave one, and nothing was changed; ops run xbrl-slow does the rest",
      });
    if (evidence === "only")
      return plan(
        {
          rule: "evidence-only",
          because: `a profile of ${watched?.name ?? agent} is asked for`,
          leavesAlone,
        },
        profile,
      );
    if (p95 === undefined)
      return allClear({ rule: "no-reports", because: "no report came to the reporting agent of late" });
    const says = `XBRL takes up to ${secondsText(p95)}, ${secondsText(limit)} is allowed`;
    if (p95 <= limit) return allClear({ rule: "in-time", because: says });

    const [out] = unitsOut([reporting]);
    if (out !== undefined)
      return escalate({
        rule: "unit-out",
        because: `${says}, and ${out.unit.name} does not take work (${out.unit.reason ?? out.unit.state}): ops run restart-service --param service=${agent}`,
      });
    const deploy = freshDeploy(deploys, reporting, now, times.freshDeploy);
    if (deploy !== undefined)
      return escalate({
        rule: "fresh-deploy",
        because: `${says}, since ${deploy.version} was deployed at ${deploy.at.slice(11, 16)} UTC; deploy ${deploy.previous ?? "the version before"} again, and keep a profile first: ops run xbrl-slow --param evidence=only`,
      });
    if (slow !== undefined && slowOne !== undefined && units.length - 1 >= floor)
      return plan(
        {
          rule: "one-slow",
          because: `${slowOne.name} takes ${secondsText(slow.seconds)} for a report, the others a third of that or less`,
          leavesAlone: [...leavesAlone, ...units.filter((unit) => unit !== slowOne).map(({ name }) => name)],
        },
        [
          ...profile,
          calls.restart({
            service: agent,
            id: slowOne.id,
            name: slowOne.name,
            how: "graceful",
            only: "whatever",
          }),
        ],
      );

    const waiting = Math.round(pace.waiting ?? 0);
    if (waiting > 0 && full !== undefined)
      return escalate({
        rule: "no-room",
        because: `${says}, ${waiting} reports wait for it, and no unit can be added: ${full}; move the bounds, or let fewer reports begin: csrd queue concurrency N`,
      });
    if (waiting > 0)
      return plan(
        {
          rule: "crowded",
          because: `${says}, and ${waiting} reports wait for one of ${desired} ${desired === 1 ? "unit" : "units"}`,
          leavesAlone,
        },
        [...profile, calls.scale({ service: agent, from: desired, to: desired + 1 })],
      );

    const compared = sizes.known ? sizesOf(sizes.value) : undefined;
    if (compared !== undefined && isLargeData(compared))
      return escalate({
        rule: "large-data",
        because: `${says}; the reports of late have ${compared.recent} facts, usually it is ${compared.typical}: that takes its time and nothing is broken; tell whoever waits`,
      });
    return escalate({
      rule: "unexplained",
      because: `${says}; no report waits, no unit stands out, the data is of its usual size: take a profile and read it, ops run xbrl-slow --param evidence=only`,
    });
  },

  mitigate: { profile: takeProfile, scale: scaleUnits, restart: restartUnit },
  vitals: [
    {
      label: "stages waiting",
      look: async ({ metrics }) => ({
        value: (await numbers(metrics, { waiting: ask.stagesWaiting(agent) })).waiting ?? 0,
      }),
    },
  ],
  verify: [eventually(xbrlPace, { within: "verify", steadyFor: "steady" })],
  notVerified: "again",
  afterwards: [
    "Open the profile in DevTools (Performance, or Memory for a heapprofile): its file stands in ops timeline RUN",
    "Give it to whoever keeps platform/xbrl, with how many facts the slow reports had",
    "Take the added unit back when the load is gone: ops undo RUN",
  ],
});

/** How long the stage takes, altogether and by unit. */
type Pace = {
  readonly p95: number | undefined;
  readonly waiting: number | undefined;
  readonly running: number | undefined;
  readonly units: readonly UnitPace[];
  readonly limit: number;
};
