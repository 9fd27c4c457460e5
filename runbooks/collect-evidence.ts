import { z } from "zod";
import { allClear, defineRunbook, escalate, eventually } from "#kit";
import { type Duration, isDuration } from "#kit/duration.ts";
import type { Finding, Reading } from "#kit/finding.ts";
import { headingWith } from "#kit/manual.ts";
import { servingTargets } from "#kit/serving.ts";
import { lookAtModels } from "#checks/language-models.ts";
import { platformAnswers } from "#checks/platform-answers.ts";
import { routes } from "#platform/contract.ts";
import { judgeModels } from "#rules/language-models.ts";
import { leadsFrom, leadsText } from "#rules/leads.ts";
import {
  lookAtAlarms,
  lookAtMeasures,
  readAlarms,
  readCache,
  readMeasures,
  readModels,
} from "./evidence/figures.ts";
import {
  lookAtErrors,
  lookAtEvents,
  lookAtSignals,
  lookAtTop,
  lookAtUnits,
  readConnections,
  readDeploys,
  readErrors,
  readEvents,
  readHealth,
  readIf,
  readOutside,
  readQueue,
  readReplication,
  readSignals,
  readSwitches,
  readTargets,
  readTop,
  readUnits,
  summedConnections,
} from "./evidence/parts.ts";
import { seenIn } from "./evidence/seen.ts";
import { ifBound, isPartly, unbound } from "./evidence/settle.ts";

const since = (params: { readonly since: string }): Duration =>
  isDuration(params.since) ? params.since : "30m";

const readings = {
  outside: readOutside,
  health: readHealth,
  units: readIf(readUnits),
  targets: readIf(readTargets),
  events: readIf(readEvents),
  deploys: readIf(readDeploys),
  top: readIf(readTop),
  errors: readIf(readErrors),
  signals: readIf(readSignals),
  queue: readIf(readQueue),
  switches: readIf(readSwitches),
  connections: readIf(readConnections),
  replication: readIf(readReplication),
  cache: readIf(readCache),
  measures: readIf(readMeasures),
  models: readIf(readModels),
  alarms: readIf(readAlarms),
} as const;

type PartName = keyof typeof readings;
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of a constant record
const partNames = Object.keys(readings) as readonly PartName[];

/**
 * The first look of an incident, over everything at once, kept in the run's own record. Changes nothing, so it may run beside anything and before every
 * other runbook. Source: csrd-production-runbook "2. Initial Response" and "3. Investigation"; defects 8 and 11: every unit's log, and nothing that never ends.
 */
export const collectEvidence = defineRunbook({
  id: "collect-evidence",
  title: "Collect evidence",
  summary:
    "The first look of an incident, before anything is restarted: answers, units, events, deploys, top, errors by kind, signals, queue, switches, database, Redis, language models and alarms, all at once in seconds. Names the runbook that fits. Changes nothing; ops evidence keeps it as a folder or tar with its hashes. What does not answer is named.",
  severity: "P1",
  owner: "platform-oncall",
  implements: [
    ...headingWith(
      "PR/incident-response/incident-response-workflow/2-initial-response-5-15-minutes",
      [1, 2, 4, 5, 6],
    ),
    ...headingWith("PR/incident-response/incident-response-workflow/3-investigation-15-45-minutes", [1, 2]),
  ],
  symptoms: [
    "an incident begins",
    "first look",
    "what is going on",
    "before anything is restarted",
    "keep the evidence",
  ],
  trigger: [],
  params: {
    since: z
      .string()
      .regex(/^([1-9]\d?m|[1-9]h|1\dh|2[0-4]h)$/, "must be like 30m or 4h, at most 24h")
      .default("30m")
      .describe("How far back events and errors are read, like 30m or 4h"),
  },
  lock: "evidence",
  within: "5m",

  diagnose: {
    outside: {
      ask: "Does the platform answer from outside?",
      look: ({ http, inventory, signal }) =>
        http.get(`${inventory.service("api").url}${routes.ready}`, { timeout: "3s", signal }),
      read: readings.outside,
    },
  },
  optional: {
    health: {
      ask: "What does the platform say of itself?",
      look: ({ http, inventory, signal }) =>
        http.get(`${inventory.service("api").url}${routes.health}`, { timeout: "4s", signal }),
      read: readings.health,
    },
    units: {
      ask: "Which units run, and why do the others not?",
      within: "9s",
      look: ({ workloads, inventory }) => ifBound(() => lookAtUnits(workloads, inventory)),
      read: readings.units,
    },
    targets: {
      ask: "What does the load balancer say?",
      within: "9s",
      look: ({ balancer, inventory }) =>
        ifBound(async () => {
          const api = inventory.service("api");
          // Where none stands before the API, there is nothing that could have no target.
          const isBalanced = api.group !== undefined || api.rule !== undefined;
          return isBalanced ? servingTargets(balancer, api) : unbound;
        }),
      read: readings.targets,
    },
    events: {
      ask: "What has happened to the units?",
      within: "9s",
      look: ({ workloads, inventory, params }) =>
        ifBound(() => lookAtEvents(workloads, inventory, since(params))),
      read: readings.events,
    },
    deploys: {
      ask: "What was deployed last?",
      within: "9s",
      look: ({ deploys, inventory }) =>
        ifBound(() => {
          const { instances, workload } = inventory.service("api");
          return deploys.recent(instances, workload);
        }),
      read: readings.deploys,
    },
    top: {
      ask: "What uses the most memory, processor and disk?",
      within: "9s",
      look: ({ workloads, hosts, inventory }) => ifBound(() => lookAtTop(workloads, hosts, inventory)),
      read: readings.top,
    },
    errors: {
      ask: "Which errors do the logs of all units hold?",
      within: "9s",
      look: ({ logs, inventory, params, now }) =>
        ifBound(() => lookAtErrors(logs, inventory, since(params), now())),
      read: readings.errors,
    },
    signals: {
      ask: "How are traffic, errors, answer times and fullness?",
      within: "9s",
      look: ({ metrics }) => ifBound(() => lookAtSignals(metrics)),
      read: readings.signals,
    },
    queue: {
      ask: "Do reports wait?",
      within: "9s",
      look: ({ queue }) => ifBound(() => queue.look()),
      read: readings.queue,
    },
    switches: {
      ask: "Is something switched off?",
      within: "9s",
      look: ({ switches }) => ifBound(() => switches.all()),
      read: readings.switches,
    },
    connections: {
      ask: "Who has the database's connections?",
      within: "9s",
      look: ({ database }) => ifBound(async () => summedConnections(await database.connections())),
      read: readings.connections,
    },
    replication: {
      ask: "Which database server is which?",
      within: "9s",
      look: ({ replication }) => ifBound(() => replication.look()),
      read: readings.replication,
    },
    cache: {
      ask: "Does Redis answer?",
      within: "9s",
      look: ({ cache }) => ifBound(() => cache.look()),
      read: readings.cache,
    },
    measures: {
      ask: "Do requests and reports end well, and in time?",
      within: "9s",
      look: ({ metrics, times }) => ifBound(() => lookAtMeasures({ metrics, times })),
      read: readings.measures,
    },
    models: {
      ask: "Do language models answer?",
      within: "9s",
      look: ({ metrics, times }) => ifBound(async () => judgeModels(await lookAtModels({ metrics, times }))),
      read: readings.models,
    },
    alarms: {
      ask: "Which alarms sound?",
      within: "9s",
      look: ({ metrics }) => ifBound(() => lookAtAlarms(metrics)),
      read: readings.alarms,
    },
  },

  rules: {
    "mostly-silent":
      "users' address is silent and so is most of the rest: a person looks at the way from here, and at the credentials, first",
    "something-bad":
      "parts look bad: a person reads them and runs the runbook that is named, the most urgent first",
    "parts-unknown": "nothing looks bad and some parts did not answer, or not whole: a person looks at those",
    calm: "every part answered and nothing looks bad: all clear",
  },
  decide(findings, _params, _actions, { now, times }) {
    const outside: Finding<unknown> = { known: true, value: findings.outside, at: now };
    const parts = partNames
      .map((name): readonly [PartName, Finding<unknown>] => [
        name,
        name === "outside" ? outside : findings[name],
      ])
      .filter(([, finding]) => !finding.known || finding.value !== unbound);
    const silent = parts.filter(([, finding]) => !finding.known || isSilence(finding.value));
    const partly = parts.filter(([, finding]) => finding.known && isPartly(finding.value));
    const bad = parts.flatMap(([name, finding]) =>
      finding.known && stateOf(name, finding.value) === "bad" ? [name] : [],
    );
    // That somebody is silent who should answer is something that is known.
    const gaps = [
      ...silent.flatMap(([name]) => (bad.includes(name) ? [] : [name])),
      ...partly.map(([name]) => `${name} in part`),
    ].join(", ");
    const missing = gaps === "" ? "" : `; not known: ${gaps}`;
    const known = `${parts.length - silent.length} of ${parts.length} parts answered`;
    if (isSilence(findings.outside) && silent.length * 2 > parts.length)
      return escalate({
        rule: "mostly-silent",
        because: `only ${known}, so it may be the way from here that is broken rather than production: ops doctor, and ask from another place; silent: ${silent.map(([name]) => name).join(", ")}`,
      });
    const leads = leadsFrom(seenIn(findings, now, times));
    if (bad.length > 0 || leads.length > 0)
      return escalate({
        rule: "something-bad",
        because: [
          bad.length === 0 ? known : `${known}, and these look bad: ${bad.join(", ")}${missing}`,
          ...(leads.length === 0 ? [] : [leadsText(leads)]),
        ].join("; "),
        leads: leads.map(({ runbook, params }) => ({ runbook, params })),
      });
    if (gaps !== "")
      return escalate({ rule: "parts-unknown", because: `${known}, nothing of it looks bad${missing}` });
    return allClear({ rule: "calm", because: `${known} and nothing looks bad` });
  },

  mitigate: {},
  vitals: [],
  verify: [eventually(platformAnswers, { within: "verify", steadyFor: "steady" })],
  afterwards: [
    "Keep what was found, with its hashes: ops evidence <run>; found.md in it is where people begin",
  ],
});

/** A request that nobody answered. */
function isSilence(value: unknown): boolean {
  return typeof value === "object" && value !== null && Reflect.get(value, "kind") === "silent";
}

function stateOf(name: PartName, value: unknown): Reading["state"] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the part's own look gave the value that its own read takes
  return (readings[name] as (value: unknown) => Reading)(value).state;
}
