import { z } from "zod";
import { allClear, defineRunbook, defineWatch, escalate, eventually, handOver, plan } from "#kit";
import { headingWith } from "#kit/manual.ts";
import { type AllUse, usageEverywhere } from "#kit/usage.ts";
import type { Sample } from "#kit/ports.ts";
import { csrdHighMemoryUsage } from "#alerts/resources.ts";
import { memory } from "#checks/memory.ts";
import { platformAnswers } from "#checks/platform-answers.ts";
import { growthPerMinute, judgeShare, resourceLines, shareOf } from "#rules/resources.ts";
import { overLine, readUse, shareText } from "#rules/usage.ts";
import { setConcurrency } from "./actions/concurrency.ts";
import { deployBehind } from "./actions/looks.ts";
import { partByLine, restartEach, shortWithout, stuckText } from "./actions/over-line.ts";
import { takeProfile } from "./actions/profile.ts";
import { restartUnit, scaleUnits } from "./actions/units.ts";
import { answers } from "./probes/answers.ts";
import { apiDeploys } from "./probes/deploys.ts";
import { reportsInHand } from "./probes/queue.ts";
import { rollback } from "./rollback.ts";

/** How many looks at a process's memory say whether it grows. */
const enoughLooks = 4;

/**
 * Whether one process of a unit goes on growing: every look is kept, and the line through them says by how much. It stops nothing; what it saw
 * is for whoever mends the leak. Source: csrd-operations-manual "Runbook: High Memory Usage", step 2, whose `watch` never ends.
 */
const watchGrowth = defineWatch({
  title: "Watch whether its memory grows",
  input: z.strictObject({ service: z.string(), id: z.string(), name: z.string() }),
  label: ({ name }) => `Watch whether the memory of ${name} grows`,
  preview: ({ name }) =>
    `look at the largest process of ${name} again and again; goes on once it is known whether it grows`,
  every: "poll",
  within: "steady",
  async look({ hosts, inventory, input: { service, id } }) {
    const { at, memory: used, processes } = await hosts.look(inventory.service(service), id);
    const [largest] = processes;
    return {
      at,
      usedBytes: used.usedBytes,
      limitBytes: used.limitBytes,
      largest:
        largest === undefined
          ? undefined
          : { pid: largest.pid, command: largest.command, bytes: largest.rssBytes },
    };
  },
  read: ({ usedBytes, limitBytes, largest }) =>
    `${Math.round((usedBytes / limitBytes) * 100)} %${largest === undefined ? "" : `, ${largest.command} (${largest.pid}) ${mib(largest.bytes)}`}`,
  judge(samples) {
    const known = samples.flatMap((sample) => (sample.known ? [sample.value] : []));
    const last = known.at(-1);
    if (samples.length - known.length >= enoughLooks)
      return { verdict: "inconclusive", because: "nobody there answers any more" };
    if (last === undefined || known.length < enoughLooks)
      return { verdict: "continue", because: `${known.length} looks so far` };
    const pid = last.largest?.pid;
    const own = known.filter(({ largest }) => largest?.pid === pid);
    const growth = growthPerMinute(
      own.map(({ at, usedBytes, largest }) => ({ at, bytes: largest?.bytes ?? usedBytes })),
    );
    const what = last.largest === undefined ? "it" : `${last.largest.command} (${last.largest.pid})`;
    const grows = growth !== undefined && growth >= leakPerMinute;
    return {
      verdict: "pass",
      because: grows
        ? `${what} grows by ${mib(growth)} a minute`
        : `${what} holds what it has and does not grow`,
    };
  },
});

/** From this on growth is growth, and no breathing of a heap. */
const leakPerMinute = 1024 ** 2;

/**
 * Finds which process fills which unit, keeps evidence, and gives the memory back: fewer reports at once where they are the cause, one more
 * unit where all are full, else the full unit anew, one at a time. The queue is never emptied.
 * Source: csrd-operations-manual "Runbook: High Memory Usage".
 */
export const highMemory = defineRunbook({
  id: "high-memory",
  title: "High memory usage",
  summary:
    "A unit has used nearly all of its memory. Says which process holds it and whether it grows, keeps a profile, then works on fewer reports at once, adds a unit, or restarts the full one, one at a time.",
  severity: "P2",
  owner: "platform-oncall",
  implements: headingWith("OM/runbooks/runbook-high-memory-usage", [1, 2, 3, 4, 6]),
  symptoms: [
    "memory usage above 95 %",
    "out of memory",
    "OOMKilled",
    "heap out of memory",
    "memory leak",
    "swapping",
  ],
  trigger: [csrdHighMemoryUsage],
  params: {},
  lock: "deploy",
  within: "1h",

  diagnose: {
    use: {
      ask: "Which unit is full, and which process fills it?",
      within: "25s",
      look: ({ workloads, hosts, inventory }) => usageEverywhere({ workloads, hosts, inventory }),
      read: (all: AllUse) => {
        const { state, says } = readUse(all, "memory");
        const [first] = overLine(all, "memory");
        const [process] = first?.processes ?? [];
        return {
          state,
          says:
            process === undefined
              ? says
              : `${says}; ${process.command} (${process.pid}) has ${mib(process.rssBytes)}`,
        };
      },
    },
  },
  optional: {
    queue: reportsInHand,
    growth: {
      ask: "Which process will be full within the hour, as it has grown so far?",
      look: ({ metrics }) => metrics.query("predict_linear(process_resident_memory_bytes[30m], 3600)"),
      read: (series: readonly Sample[]) => {
        const [largest] = series.toSorted((a, b) => b.value - a.value);
        return {
          state: "note",
          says:
            largest === undefined
              ? "no series"
              : `in an hour at most ${mib(largest.value)}, ${largest.labels["instance"] ?? "one process"}`,
        };
      },
    },
    deploys: apiDeploys,
  },

  handsOverTo: [rollback.id],
  rules: {
    "nothing-seen": "nobody could look into any unit: a person looks at the machines",
    filling: "a unit is filling and will be full within the hour: a person plans a restart before it is",
    "not-all-seen": "no unit that answers is full, but not all answer: a person looks at those that do not",
    calm: "every unit has memory left: all clear",
    "fresh-deploy":
      "every unit of the API is full and runs a version deployed minutes ago: hand over to rollback",
    reports: "as many reports are worked on as are allowed, and that fills the units: work on fewer at once",
    crowded: "every unit of a service is full: add one, so that the others have less to do",
    "no-room": "a restart would leave too few in service, and none can be added first: a person is called",
    full: "a unit is full: profile, watch, restart it, one at a time",
  },
  decide({ use, queue, growth, deploys }, _params, calls, { now, times, tried = [] }) {
    const { over, services, allOf, isWhole, below } = partByLine(use, "memory");
    const done = (action: string) => tried.some((call) => call.action === action);
    const named = `memory is nearly used up: ${over.map((unit) => shareText(unit, "memory")).join(", ")}`;

    if (use.units.length === 0)
      return escalate({
        rule: "nothing-seen",
        because: `nobody could look into ${use.silent.join(", ") || "any unit"}; look at the machines and at the agent that looks for us`,
      });
    if (over.length === 0) {
      const filling = use.units.find(
        (unit) =>
          judgeShare(shareOf(unit, "memory"), "memory") === "high" &&
          growth.known &&
          growth.value.some(
            ({ labels, value }) =>
              labels["instance"] === unit.name &&
              value >= unit.memory.limitBytes * resourceLines.memory.critical,
          ),
      );
      if (filling !== undefined)
        return escalate({
          rule: "filling",
          because: `${shareText(filling, "memory")} and growing: full within the hour; ops run restart-service --param service=${filling.service} --param unit=${filling.id} before it is`,
        });
      if (use.silent.length > 0)
        return escalate({
          rule: "not-all-seen",
          because: `the ${use.units.length} units that answer have memory left, and nobody could look into ${use.silent.join(", ")}; look at those machines, and at the agent that looks for us`,
        });
      return allClear({ rule: "calm", because: `all ${use.units.length} units have memory left` });
    }

    const api = allOf("api").map(({ id }) => id);
    const deploy = deployBehind(deploys, api, now, times.freshDeploy);
    if (deploy !== undefined && isWhole("api"))
      return handOver(
        rollback,
        { service: "api" },
        {
          rule: "fresh-deploy",
          because: `every unit of the API is full and runs ${deploy.version}, deployed at ${deploy.at.slice(11, 16)} UTC`,
        },
      );

    const [first] = over;
    const evidence =
      first === undefined || done("profile")
        ? []
        : [calls.profile({ service: first.service, id: first.id, name: first.name, kind: "memory" })];
    const leavesAlone = ["every report that waits", ...below];
    const busy = queue.known && queue.value.concurrency > 1 && queue.value.active >= queue.value.concurrency;
    if (busy && over.every(({ service }) => service !== "api") && !done("setConcurrency")) {
      const { concurrency } = queue.value;
      return plan(
        {
          rule: "reports",
          because: `${named}; and as many reports are in hand as are allowed (${concurrency})`,
          leavesAlone: [...leavesAlone, "every report in hand"],
        },
        [...evidence, calls.setConcurrency({ from: concurrency, to: Math.floor(concurrency / 2) })],
      );
    }

    const crowded = services.filter(
      ({ name, full }) => full === undefined && isWhole(name) && allOf(name).length > 1,
    );
    if (crowded.length > 0 && !done("scale"))
      return plan(
        {
          rule: "crowded",
          because: `${named}; every unit of ${crowded.map(({ name }) => name).join(", ")} is full, and there is room for one more`,
          leavesAlone,
        },
        [
          ...evidence,
          ...crowded.map(({ name, desired }) =>
            calls.scale({ service: name, from: desired, to: desired + 1 }),
          ),
        ],
      );

    const stuck = stuckText(shortWithout(over, services));
    if (stuck !== "")
      return escalate({
        rule: "no-room",
        because: `${named}; restarting would leave too few of ${stuck}; bring back what is out, or move the bounds, then run this again`,
      });
    return plan({ rule: "full", because: named, leavesAlone }, [
      ...evidence,
      ...(first === undefined
        ? []
        : [calls.growth({ service: first.service, id: first.id, name: first.name })]),
      ...restartEach(over, services, "memory", calls),
    ]);
  },

  mitigate: { profile: takeProfile, setConcurrency, scale: scaleUnits, restart: restartUnit },
  watches: { growth: watchGrowth },
  vitals: [answers],
  verify: [
    eventually(memory, { within: "verify", steadyFor: "steady" }),
    eventually(platformAnswers, { within: "verify", steadyFor: "steady" }),
  ],
  notVerified: "again",
  afterwards: [
    "Give whoever mends the leak the profile and how fast it grew: ops timeline RUN",
    "Put the number of reports at once back when the cause is mended: csrd queue concurrency N",
    "A limit per report ends the one that needs too much, alone: CSRD_REPORT_MEMORY_MB",
  ],
});

function mib(bytes: number): string {
  return `${Math.round(bytes / 1024 ** 2)} MiB`;
}
