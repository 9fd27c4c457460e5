import { allClear, defineRunbook, escalate, eventually, handOver, plan } from "#kit";
import { toMs } from "#kit/duration.ts";
import { headingWith } from "#kit/manual.ts";
import { type AllUse, usageEverywhere } from "#kit/usage.ts";
import type { QueueLook } from "#kit/ports/queue.ts";
import { csrdSlowReports } from "#alerts/latency.ts";
import { ask, numbers, recently } from "#checks/questions/metrics.ts";
import { secondsText } from "#rules/seconds.ts";
import { reportPace } from "#checks/report-pace.ts";
import { agentNames } from "#platform/contract.ts";
import { type AgentPace, slowestAgent } from "#rules/pace.ts";
import { overLine, readUse } from "#rules/usage.ts";
import { setConcurrency } from "./actions/concurrency.ts";
import { byLabel, cpuText, readServices, type ServiceSeen, servicesSeen, unitsOut } from "./actions/looks.ts";
import { scaleUnits } from "./actions/units.ts";
import { xbrlSlow } from "./xbrl-slow.ts";

/** Most reports at once, over all workers. Source: csrd-operations-manual "Auto-scaling", 10 to 50 concurrent reports. */
const mostAtOnce = 50;
/** A question to a language model takes this long at most. Source: csrd-operations-manual "Monitoring", LLM API latency > 5 s p95. */
const slowModelSeconds = 5;

/**
 * Says what makes reports slow and gives them what they lack: a unit, more at once, or fewer. No stage is ever left out to be faster.
 * Source: csrd-operations-manual "Scenario 3: Slow Performance".
 */
export const slowPerformance = defineRunbook({
  id: "slow-performance",
  title: "Reports are slow",
  summary:
    "Reports take longer than promised. Finds the agent, the language models, the queue or the machines behind it, and adds a unit or works on more or fewer reports at once; never leaves out a stage.",
  severity: "P2",
  owner: "platform-oncall",
  implements: headingWith(
    "OM/incident-response/common-incident-scenarios/scenario-3-slow-performance",
    [1, 2, 4, 5, 6],
  ),
  symptoms: [
    "reports take more than 45 minutes",
    "slow performance",
    "the queue gets longer",
    "reports wait for a long time",
  ],
  trigger: [csrdSlowReports],
  params: {},
  lock: "deploy",
  within: "1h",

  diagnose: {
    pace: {
      ask: "How long do reports take, and in which agent?",
      within: "10s",
      async look({ metrics, times }) {
        const over = recently(times);
        const [seen, byAgent, waiting] = await Promise.all([
          numbers(metrics, {
            report: ask.reportTime(over),
            oldest: ask.oldestWaiting(),
            model: ask.modelTime(over),
          }),
          metrics.query(ask.secondsByAgent(over)),
          Promise.all(
            agentNames.map(async (agent) => ({
              agent,
              waiting: (await numbers(metrics, { waiting: ask.stagesWaiting(agent) })).waiting ?? 0,
            })),
          ),
        ]);
        const agents = byLabel(byAgent, "agent").map(({ name, value }) => ({ agent: name, seconds: value }));
        return { ...seen, agents, waiting, limit: toMs(times.slowReport) / 1_000 };
      },
      read: (pace: Pace) => ({
        state: isSlow(pace) ? "bad" : "fine",
        says: `reports ${pace.report === undefined ? "not measured of late" : secondsText(pace.report)}, the oldest waits ${secondsText(pace.oldest ?? 0)}${pace.agents[0] === undefined ? "" : `; ${pace.agents[0].agent} takes ${secondsText(pace.agents[0].seconds)}`}`,
      }),
    },
    services: {
      ask: "Which workers and agents run, and is there room for more?",
      within: "10s",
      look: ({ workloads, inventory }) => servicesSeen({ workloads, inventory }),
      read: (services: readonly ServiceSeen[]) => readServices(services),
    },
  },
  optional: {
    queue: {
      ask: "How many reports wait, and how many are worked on at once?",
      look: ({ queue }) => queue.look(),
      read: ({ waiting, active, concurrency, paused }: QueueLook) => ({
        state: paused !== undefined ? "bad" : waiting > 0 ? "note" : "fine",
        says:
          paused === undefined
            ? `${active} of at most ${concurrency} in hand, ${waiting} wait`
            : `paused by ${paused.by}: ${paused.reason}`,
      }),
    },
    use: {
      ask: "What do the machines use?",
      within: "25s",
      look: ({ workloads, hosts, inventory }) => usageEverywhere({ workloads, hosts, inventory }),
      read: (use: AllUse) => readUse(use, "cpu"),
    },
  },

  handsOverTo: [xbrlSlow.id, "llm-api-outage"],
  rules: {
    calm: "reports get through in time: all clear",
    paused: "somebody has paused the queue: a person asks whether that is still wanted",
    "unit-out": "a worker or an agent does not take work: a person restarts it",
    models:
      "the language models are slow, and their stage takes most of the time: hand over to llm-api-outage",
    xbrl: "the reporting agent takes most of the time: hand over to xbrl-slow",
    "stages-wait": "reports wait for the agent that takes most of the time, and there is room: add a unit",
    "no-room": "reports wait for an agent that can have no more units: a person is called",
    "too-many-at-once": "the machines have no CPU left for so many reports at once: work on fewer",
    "too-few-at-once": "reports wait while the machines have CPU left: work on more at once",
    "too-few-workers": "reports wait, and the workers do not take as many as they may: add a worker",
    unexplained: "nothing here explains it: a person looks at the slowest reports",
  },
  decide({ pace, services, queue, use }, _params, calls, { tried = [] }) {
    const says = `reports take up to ${secondsText(Math.max(pace.report ?? 0, pace.oldest ?? 0))}, ${secondsText(pace.limit)} is promised`;
    const done = (action: string) => tried.some((call) => call.action === action);
    if (!isSlow(pace)) return allClear({ rule: "calm", because: "reports get through in time" });
    if (queue.known && queue.value.paused !== undefined)
      return escalate({
        rule: "paused",
        because: `${says}; ${queue.value.paused.by} has paused the queue (${queue.value.paused.reason}): ask, then csrd queue resume`,
      });
    const [out] = unitsOut(services.filter(({ name }) => name !== "api"));
    if (out !== undefined)
      return escalate({
        rule: "unit-out",
        because: `${says}, and ${out.unit.name} does not take work (${out.unit.reason ?? out.unit.state}): ops run restart-service --param service=${out.service}`,
      });

    const slowest = slowestAgent(pace.agents);
    if (slowest?.agent === "materiality" && (pace.model ?? 0) > slowModelSeconds)
      return handOver(
        { id: "llm-api-outage" },
        {},
        {
          rule: "models",
          because: `${says}; materiality takes ${secondsText(slowest.seconds)}, because a language model takes ${secondsText(pace.model ?? 0)} for an answer`,
        },
      );
    if (slowest?.agent === "reporting")
      return handOver(
        xbrlSlow,
        {},
        { rule: "xbrl", because: `${says}; ${secondsText(slowest.seconds)} of it in the reporting agent` },
      );

    const leavesAlone = ["every report in hand", "every report that waits", "every stage of a report"];
    const waited = pace.waiting
      .filter(({ waiting }) => waiting >= 1)
      .toSorted((a, b) => b.waiting - a.waiting || a.agent.localeCompare(b.agent))[0];
    const crowded = services.find(({ name }) => name === waited?.agent);
    if (waited !== undefined && crowded !== undefined)
      return crowded.full === undefined
        ? plan(
            {
              rule: "stages-wait",
              because: `${says}; ${Math.round(waited.waiting)} reports wait for ${waited.agent}, which has ${crowded.desired} ${crowded.desired === 1 ? "unit" : "units"}`,
              leavesAlone,
            },
            [calls.scale({ service: crowded.name, from: crowded.desired, to: crowded.desired + 1 })],
          )
        : escalate({
            rule: "no-room",
            because: `${says}; ${Math.round(waited.waiting)} reports wait for ${waited.agent}, and no unit can be added: ${crowded.full}; move the bounds`,
          });

    const working = use.known ? use.value.units.filter(({ service }) => service !== "api") : [];
    const full = use.known ? overLine(use.value, "cpu").filter(({ service }) => service !== "api") : [];
    if (queue.known && !done("setConcurrency")) {
      const { waiting, active, concurrency } = queue.value;
      if (
        full.length > 0 &&
        full.length * 2 >= working.length &&
        concurrency > 1 &&
        active >= concurrency / 2
      )
        return plan(
          {
            rule: "too-many-at-once",
            because: `${says}; ${cpuText(full)} with ${active} reports in hand`,
            leavesAlone,
          },
          [calls.setConcurrency({ from: concurrency, to: Math.max(1, Math.floor(concurrency / 2)) })],
        );
      if (
        waiting > 0 &&
        active >= concurrency &&
        full.length === 0 &&
        working.length > 0 &&
        concurrency < mostAtOnce
      )
        return plan(
          {
            rule: "too-few-at-once",
            because: `${says}; ${waiting} wait, all ${concurrency} places are taken, and the machines have CPU left`,
            leavesAlone,
          },
          [
            calls.setConcurrency({
              from: concurrency,
              to: Math.min(mostAtOnce, Math.ceil(concurrency * 1.5)),
            }),
          ],
        );
    }
    const worker = services.find(({ name }) => name === "worker");
    if (
      queue.known &&
      queue.value.waiting > 0 &&
      queue.value.active < queue.value.concurrency &&
      worker !== undefined &&
      worker.full === undefined
    )
      return plan(
        {
          rule: "too-few-workers",
          because: `${says}; ${queue.value.waiting} wait, and ${worker.desired} ${worker.desired === 1 ? "worker has" : "workers have"} only ${queue.value.active} of ${queue.value.concurrency} in hand`,
          leavesAlone,
        },
        [calls.scale({ service: "worker", from: worker.desired, to: worker.desired + 1 })],
      );
    return escalate({
      rule: "unexplained",
      because: `${says}; no agent, model or machine stands out: ops logs query slowest-reports names them, their traces say where they waited; every stage stays in, whatever it takes`,
    });
  },

  mitigate: { scale: scaleUnits, setConcurrency },
  vitals: [
    {
      label: "oldest waits, s",
      look: async ({ metrics }) => ({
        value: Math.round((await numbers(metrics, { oldest: ask.oldestWaiting() })).oldest ?? 0),
      }),
    },
  ],
  verify: [eventually(reportPace, { within: "verify", steadyFor: "steady" })],
  notVerified: "again",
  afterwards: [
    "Reports that were slow already are seen as slow until they have ended; look again when the queue is short",
    "Put the number of reports at once back, and take the added unit away, when the load is gone: ops undo RUN",
    "A language model's answers are kept for the same question: CSRD_CACHE_ENABLED",
  ],
});

/** How long reports take, where, and who waits for which agent. */
type Pace = {
  readonly report: number | undefined;
  readonly oldest: number | undefined;
  readonly model: number | undefined;
  readonly agents: readonly AgentPace[];
  readonly waiting: readonly { readonly agent: string; readonly waiting: number }[];
  readonly limit: number;
};

function isSlow({ report, oldest, limit }: Pace): boolean {
  return Math.max(report ?? 0, oldest ?? 0) > limit;
}
