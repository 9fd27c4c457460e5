import { z } from "zod";
import { allClear, defineRunbook, escalate, eventually, handOver, plan } from "#kit";
import { formatMs, toMs } from "#kit/duration.ts";
import type { Inventory } from "#kit/ports.ts";
import type { QueuedReport, QueueLook } from "#kit/ports/queue.ts";
import type { KillSwitch } from "#kit/ports/switches.ts";
import type { Workload } from "#kit/ports/workloads.ts";
import { csrdQueueBacklog, csrdWorkersGone } from "#alerts/queue.ts";
import { queue } from "#checks/queue.ts";
import { agentNames, routes } from "#platform/contract.ts";
import {
  curableLetters,
  judgeQueue,
  lettersByReason,
  moreAtOnce,
  mostKept,
  mostPutBack,
  poisonous,
} from "#rules/queue.ts";
import {
  pauseQueue,
  quarantineReports,
  releaseReports,
  requeueReports,
  resumeQueue,
  setConcurrency,
} from "./actions/queue.ts";
import { readyIn } from "./actions/units.ts";
import { restartService } from "./restart-service.ts";
import { scaleService } from "./scale-service.ts";

/** A pause that is older than this has been forgotten, unless somebody says otherwise. */
const forgottenMs = 3_600_000;

/**
 * Finds out why reports wait, and lets them go on; nothing here deletes one.
 * Source: csrd-operations-manual "Scenario 3: Slow Performance", `LLEN csrd:report_queue`, and "Runbook: High Memory Usage", steps 3 and 4.
 */
export const queueBacklog = defineRunbook({
  id: "queue-backlog",
  title: "Reports wait in the queue",
  summary:
    "Reports are accepted and not worked on, or not fast enough. Finds out what keeps them, and lets them go on. Never deletes a report or a key of the queue.",
  severity: "P2",
  owner: "platform-oncall",
  implements: [
    "OM/incident-response/common-incident-scenarios/scenario-3-slow-performance#5",
    "OM/runbooks/runbook-high-memory-usage#4",
    "OM/runbooks/runbook-high-memory-usage#5",
  ],
  symptoms: [
    "reports wait",
    "queue is long",
    "nothing is processed",
    "queue depth grows",
    "dead letters",
    "report given up",
  ],
  trigger: [csrdQueueBacklog, csrdWorkersGone],
  params: {
    most: z
      .string()
      .regex(/^([1-9]|[1-4]\d|50)$/, "must be a number from 1 to 50")
      .default(String(mostPutBack))
      .describe("Most reports that are put back in one go, 1 to 50"),
    resume: z
      .enum(["forgotten", "now"])
      .default("forgotten")
      .describe(
        "forgotten: end only a pause older than an hour; now: end any, when you know why it is there",
      ),
  },
  lock: "queue",
  within: "30m",
  handsOverTo: [restartService.id, scaleService.id],

  diagnose: {
    look: {
      ask: "How many reports wait, and how long?",
      async look({ queue, times }) {
        return { ...(await queue.look()), longWait: toMs(times.longWait) / 1_000 };
      },
      read({ longWait, ...look }: QueueLook & { readonly longWait: number }) {
        const says = `${look.waiting} wait, the oldest for ${formatMs(look.oldestSeconds * 1_000)}; ${look.active} of ${look.concurrency} worked on, ${look.workers.length} ${look.workers.length === 1 ? "worker" : "workers"}${look.paused === undefined ? "" : "; PAUSED"}`;
        return { state: judgeQueue(look, longWait) === "calm" ? "fine" : "bad", says };
      },
    },
  },

  optional: {
    switches: {
      ask: "Is anything switched off?",
      look: async ({ switches }) => (await switches.all()).filter(({ off }) => off),
      read: (off: readonly KillSwitch[]) =>
        off.length === 0
          ? { state: "fine", says: "nothing" }
          : { state: "bad", says: off.map(({ scope, by }) => `${scope}, by ${by}`).join("; ") },
    },
    worker: {
      ask: "Do the workers run?",
      look: ({ workloads, inventory }) => workloads.describe(inventory.service("worker")),
      read: (workload: Workload) => ({
        state: readyIn(workload) === 0 ? "bad" : "fine",
        says: `${readyIn(workload)} of ${workload.desired} take work`,
      }),
    },
    agents: {
      ask: "Do the agents answer?",
      look: ({ http, inventory, signal }) =>
        Promise.all(
          agentsIn(inventory).map(async ({ name, url }) => {
            const answer = await http.get(`${url}${routes.ready}`, { timeout: "3s", signal });
            return {
              agent: name,
              says:
                answer.kind === "silent"
                  ? answer.reason
                  : answer.status === 200
                    ? undefined
                    : `${routes.ready} says ${answer.status}`,
            };
          }),
        ),
      read(agents: readonly AgentSeen[]) {
        const silent = agents.filter(({ says }) => says !== undefined);
        return silent.length === 0
          ? { state: "fine", says: `all ${agents.length} answer` }
          : { state: "bad", says: silent.map(({ agent, says }) => `${agent}: ${says}`).join("; ") };
      },
    },
    letters: {
      ask: "Which reports were given up?",
      look: ({ queue }) => queue.reports("dead-letter", 200),
      read: (letters: readonly QueuedReport[]) =>
        letters.length === 0
          ? { state: "fine", says: "none" }
          : { state: "note", says: `${letters.length}: ${lettersByReason(letters)}` },
    },
    open: {
      ask: "Does one report end its workers again and again?",
      look: async ({ queue }) =>
        (
          await Promise.all([
            queue.reports("running", 100),
            queue.reports("waiting", 100),
            queue.reports("queued", 100),
          ])
        ).flat(),
      read(reports: readonly QueuedReport[]) {
        const poison = poisonous(reports);
        return poison.length === 0
          ? { state: "fine", says: "no" }
          : { state: "bad", says: poison.map(({ id, kills }) => `${id} ${kills} times`).join(", ") };
      },
    },
  },

  rules: {
    "switched-off": "agents are switched off, so reports wait on purpose: a person decides",
    "paused-on-purpose": "somebody paused the queue lately: that person is asked",
    forgotten: "the queue was paused long ago, or it is to be resumed now: resume it",
    "workers-gone": "no worker takes reports: hand over to restart-service",
    "agent-down": "an agent does not answer, so reports stop at its stage: hand over to restart-service",
    poison: "a report ends its process again and again: keep it out, so that the others get their turn",
    "not-taken": "workers are there and take nothing: hand over to restart-service",
    "more-at-once": "the workers do more than they are allowed to: raise how many reports go at once",
    "more-workers": "all workers have as many as they can take: hand over to scale-service",
    "at-its-peak": "as many reports go at once as the platform is made for: a person decides",
    "given-up": "what reports were given up for may be over: put them back, a few at a time",
    "given-up-for-cause": "reports were given up for what is in them: a person looks at them",
    "kept-up": "reports do not wait for long: all clear",
  },
  decide(
    { look, switches, worker, agents, letters, open },
    { most, resume },
    { resume: resumed, atOnce, requeue, quarantine },
    { now },
  ) {
    const state = judgeQueue(look, look.longWait);
    const waits = `${look.waiting} reports wait, the oldest for ${formatMs(look.oldestSeconds * 1_000)}`;
    const leavesAlone = ["reports in hand", "every other report", "the queue's keys in Redis", "the agents"];

    const off = switches.known ? switches.value.filter(({ scope }) => !scope.startsWith("llm")) : [];
    if (off.length > 0)
      return escalate({
        rule: "switched-off",
        because: `${off.map(({ scope, by, reason }) => `${scope} is switched off by ${by} (${reason})`).join("; ")}; reports wait there and nothing is lost. When it is safe again: ops run agent-kill-switch --param scope=${off[0]?.scope ?? "all"} --param to=on --param validation=CHG-123`,
      });

    if (look.paused !== undefined) {
      const age = Date.parse(now) - Date.parse(look.paused.at);
      const who = `${look.paused.by} paused the queue ${formatMs(Math.max(0, age))} ago (${look.paused.reason})`;
      if (resume === "forgotten" && age < forgottenMs)
        return escalate({
          rule: "paused-on-purpose",
          because: `${who}; ask whether it may go on, then: ops run queue-backlog --param resume=now`,
        });
      return plan({ rule: "forgotten", because: `${who}, and ${waits}`, leavesAlone }, [
        // Nothing that moves on: what is approved is what is looked at again.
        resumed({ why: `forgotten since it was paused by ${look.paused.by}`.slice(0, 250) }),
      ]);
    }

    const gone = look.workers.length === 0;
    if (gone || (worker.known && readyIn(worker.value) === 0))
      return handOver(
        restartService,
        { service: "worker" },
        {
          rule: "workers-gone",
          because: `${gone ? "no worker is connected" : "no worker takes work"}; reports are accepted, wait, and go on where they were`,
        },
      );

    const [silent] = agents.known ? agents.value.filter(({ says }) => says !== undefined) : [];
    if (silent !== undefined)
      return handOver(
        restartService,
        { service: silent.agent },
        {
          rule: "agent-down",
          because: `the ${silent.agent} agent does not answer (${silent.says ?? ""}), so reports stop there; ${waits}`,
        },
      );

    const poison = open.known ? poisonous(open.value).slice(0, mostKept) : [];
    if (poison.length > 0)
      return plan(
        {
          rule: "poison",
          because: `${poison.map(({ id, kills, stage }) => `${id} has ended its process ${kills} times in ${stage ?? "its stage"}`).join(", ")}; ${waits}`,
          leavesAlone,
        },
        [
          quarantine({
            ids: poison.map(({ id }) => id),
            why: "ends the process of its stage again and again",
          }),
        ],
      );

    if (state === "stuck")
      return handOver(
        restartService,
        { service: "worker" },
        {
          rule: "not-taken",
          because: `${waits}, and ${look.workers.join(", ")} ${look.workers.length === 1 ? "has" : "have"} only ${look.active} of ${look.concurrency} in hand`,
        },
      );

    const more = moreAtOnce(look);
    if (state === "behind" && more !== undefined)
      return plan(
        {
          rule: "more-at-once",
          because: `${waits}, ${look.active} of ${look.concurrency} allowed are worked on, and ${look.workers.length} ${look.workers.length === 1 ? "worker takes" : "workers take"} more`,
          leavesAlone,
        },
        [atOnce({ from: look.concurrency, to: more })],
      );
    if (state === "behind" && worker.known && worker.value.desired < worker.value.most)
      return handOver(
        scaleService,
        { service: "worker", units: "+1" },
        {
          rule: "more-workers",
          because: `${waits}, and ${look.workers.length} ${look.workers.length === 1 ? "worker has" : "workers have"} ${look.active} in hand, as many as they take`,
        },
      );
    if (state === "behind")
      return escalate({
        rule: "at-its-peak",
        because: `${waits}, and ${look.active} of ${look.concurrency} are worked on by ${look.workers.length}, with no more to be had here; raise the bounds of the worker's group, or tell those who send reports how long it takes`,
      });

    const given = letters.known ? letters.value : [];
    const curable = curableLetters(given).slice(0, Number(most));
    if (curable.length > 0)
      return plan(
        {
          rule: "given-up",
          because: `${given.length} reports were given up (${lettersByReason(given)}), ${curable.length} of them for something that is over: workers and agents answer`,
          leavesAlone: [...leavesAlone, "reports given up for what is in them"],
        },
        [requeue({ ids: curable.map(({ id }) => id), why: "what they were given up for is over" })],
      );
    if (given.length > 0)
      return escalate({
        rule: "given-up-for-cause",
        because: `${given.length} reports were given up for what is in them (${lettersByReason(given)}), first ${given[0]?.id ?? ""}; look at each (csrd queue show ID), then put it back or tell its sender`,
      });
    return allClear({
      rule: "kept-up",
      because: look.waiting === 0 ? "no report waits" : `${waits}, and they are taken`,
    });
  },

  mitigate: {
    resume: resumeQueue,
    pause: pauseQueue,
    atOnce: setConcurrency,
    requeue: requeueReports,
    quarantine: quarantineReports,
    release: releaseReports,
  },

  vitals: [
    {
      label: "waiting",
      look: async ({ queue }) => ({ value: (await queue.look()).waiting }),
    },
    {
      label: "worked on",
      async look({ queue }) {
        const { active, concurrency } = await queue.look();
        return { value: active, of: concurrency };
      },
    },
  ],

  verify: [eventually(queue, { within: "verify", steadyFor: "steady" })],
  afterwards: [
    "Look at reports that were given up or kept: csrd queue list --state dead-letter, --state quarantined",
    "Tell senders whose reports took longer than promised",
    "A queue that is behind every month end needs more workers before it, not during it",
  ],
});

/** One agent, and what kept it from answering well. */
type AgentSeen = { readonly agent: string; readonly says: string | undefined };

/** The agents that the environment's file names. */
function agentsIn({ services }: Inventory) {
  return services.filter(({ name }) => agentNames.some((agent) => agent === name));
}
