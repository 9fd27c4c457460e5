import { z } from "zod";
import { allClear, batches, defineRunbook, escalate, eventually, handOver, plan } from "#kit";
import type { Audience } from "#kit/ports/announcer.ts";
import type { KillSwitch, SwitchSeen } from "#kit/ports/switches.ts";
import { switchesObeyed } from "#checks/switches-obeyed.ts";
import { agentNames, llmVendors } from "#platform/contract.ts";
import { obedience, serviceOf } from "#rules/switches.ts";
import { obeyingServices, seeObeyed, switchOff, switchOn } from "./actions/switches.ts";
import { type Told, telling, tellPeople } from "./actions/telling.ts";
import { audiencesNamed } from "./probes/audiences.ts";
import { restartService } from "./restart-service.ts";

const scopes = [
  "all",
  ...agentNames,
  "llm",
  ...llmVendors.map((vendor) => `llm-${vendor}` as const),
] as const;

/** A ticket's number: letters, a dash, digits. */
const record = /^(none|[A-Z][A-Z0-9]{1,9}-\d{1,9})$/;

/**
 * Stops what agents or language models do, proves that every process has stopped, and tells those who answer for them; later, with a record and
 * two people, lets them go on. Stopping asks nobody: it is the safe direction, reports wait, and the person who names the scope has decided it.
 * Source: operations-runbook "Agent Kill-Switch Activation".
 */
export const agentKillSwitch = defineRunbook({
  id: "agent-kill-switch",
  title: "Agent kill switch",
  summary:
    "Switches all agents, one of them, or asking language models off at once, and proves that every process obeys; switches on again with a validation record and a second person.",
  severity: "P0",
  owner: "ai-platform",
  implements: ["OR/standard-operating-procedures/5-agent-kill-switch-activation"],
  symptoms: [
    "an agent does harm",
    "wrong figures are published",
    "prompt injection",
    "data leaks through a language model",
    "guardrail triggered",
    "stop the agents",
    "AGENT_SAFE_MODE",
  ],
  trigger: [],
  params: {
    scope: z.enum(scopes).describe(`What is stopped: ${scopes.join(", ")}`),
    to: z.enum(["off", "on"]).default("off").describe("off: stop it now; on: let it go on"),
    incident: z
      .string()
      .regex(record, "must be like INC-123, or none")
      .default("none")
      .describe("Number of the incident, for the platform's audit log and those who wait: INC-123"),
    validation: z
      .string()
      .regex(record, "must be like CHG-123, or none")
      .default("none")
      .describe("Needed for on: the record that says that the mended guardrails were validated in staging"),
  },
  lock: "switches",
  within: "10m",
  handsOverTo: [restartService.id],

  diagnose: {
    switches: {
      ask: "What is switched off now?",
      look: ({ switches }) => switches.all(),
      read(all: readonly KillSwitch[]) {
        const off = all.filter((one) => one.off);
        return off.length === 0
          ? { state: "fine", says: "nothing" }
          : {
              state: "note",
              says: off
                .map(
                  ({ scope, by, since }) => `${scope} since ${since.slice(0, 16).replace("T", " ")} by ${by}`,
                )
                .join("; "),
            };
      },
    },
  },

  optional: {
    seen: {
      ask: "What does each process say is off for it?",
      async look({ switches, inventory }) {
        return { seen: await switches.seen(), services: obeyingServices(inventory) };
      },
      read: ({ seen, services }: Processes) => ({
        state: seen.length === 0 ? "bad" : "fine",
        says: `${seen.length} processes of ${services.length} services answer${offAmong(seen)}`,
      }),
    },
    audiences: {
      ...audiencesNamed,
      read: (named: readonly Audience[]) => ({
        state: named.length === 0 ? "note" : "fine",
        says: named.length === 0 ? "nobody: tell them yourself" : named.join(", "),
      }),
    },
  },

  rules: {
    off: "it is on and is to be off: switch it off, prove that every process obeys, tell those who answer for it",
    "no-word":
      "it is off and some processes say nothing: a person looks whether they are gone or must be stopped",
    "not-obeyed": "it is off and a process goes on all the same: hand over to restart-service for that one",
    "off-and-obeyed": "it is off, and every process obeys: all clear",
    "no-record": "it is to be on and no validation record is named: a person brings one",
    "on-already": "it is on: all clear",
    on: "it is off and is to be on, with a record: switch it on, prove it, tell those who answer for it",
  },
  decide({ switches, seen, audiences }, { scope, to, incident, validation }, { off, obeyed, on, tell }) {
    const thrown = switches.find((one) => one.scope === scope && one.off);
    const what = subject(scope);
    const by = incident === "none" ? "" : ` for ${incident}`;
    const named = audiences.known ? audiences.value : undefined;
    const prove = (isOff: boolean) =>
      batches([scope], (one) => obeyed({ scope: one, off: isOff }), {
        size: 1,
        ramp: false,
        floor: 0,
        mayFail: 1,
      });

    if (to === "off" && thrown === undefined) {
      const { items, byHand } = telling(tell, named, toldOff(scope, incident));
      return plan(
        {
          rule: "off",
          because: `${what} is to stop${by}: reports wait where they are and nothing is lost${byHand}`,
          leavesAlone: ["reports", "the queue", "the API, which goes on accepting", "database", "Redis"],
        },
        [off({ scope, why: whyOf("switched off by ops", incident) }), prove(true), ...items],
      );
    }
    if (to === "off" && thrown !== undefined) {
      const since = `${scope} is off since ${thrown.since.slice(0, 16).replace("T", " ")} UTC by ${thrown.by}`;
      if (!seen.known)
        return escalate({
          rule: "no-word",
          because: `${since}, and no process could be asked whether it obeys (${seen.reason}); what cannot read its switches stops by itself within 30 s; ask again: ops check switches-obeyed`,
        });
      // Where nobody is asked, nobody obeys.
      if (seen.value.services.length === 0)
        return escalate({
          rule: "no-word",
          because: `${since}, and nobody was asked whether they obey: the environment file names neither the worker nor an agent among its services; look at their logs by hand, and name them there`,
        });
      const { defy, silent, obey } = obedience(scope, true, seen.value);
      const [first] = defy;
      if (first !== undefined)
        return handOver(
          restartService,
          { service: serviceOf(first), how: "forced" },
          {
            rule: "not-obeyed",
            because: `${since}, and ${defy.join(", ")} ${defy.length === 1 ? "goes" : "go"} on all the same`,
          },
        );
      if (silent.length > 0)
        return escalate({
          rule: "no-word",
          because: `${since} and ${obey.length} processes obey; no word from ${silent.join(", ")}: look whether ${silent.length === 1 ? "it is" : "they are"} gone (ops check units), else stop ${silent.length === 1 ? "it" : "them"}: ops run restart-service --param service=${silent[0] ?? ""} --param how=forced`,
        });
      return allClear({ rule: "off-and-obeyed", because: `${since}, and ${obey.length} processes obey` });
    }

    if (validation === "none")
      return escalate({
        rule: "no-record",
        because: `${what} goes on only after the mended guardrails were validated in staging: bring the record, then ops run agent-kill-switch --param scope=${scope} --param to=on --param validation=CHG-123`,
      });
    if (thrown === undefined) return allClear({ rule: "on-already", because: `${scope} is on` });
    const { items, byHand } = telling(tell, named, toldOn(scope, validation));
    return plan(
      {
        rule: "on",
        because: `${scope} is off since ${thrown.since.slice(0, 16).replace("T", " ")} UTC (${thrown.reason}), and ${validation} says that it is safe again${byHand}`,
        leavesAlone: ["every other switch", "reports in hand", "database", "Redis"],
      },
      [on({ scope, why: whyOf("switched on by ops", incident), validation }), prove(false), ...items],
    );
  },

  mitigate: { off: switchOff, obeyed: seeObeyed, on: switchOn, tell: tellPeople },

  vitals: [
    {
      label: "switched off",
      look: async ({ switches }) => ({ value: (await switches.all()).filter(({ off }) => off).length }),
    },
    { label: "processes", look: async ({ switches }) => ({ value: (await switches.seen()).length }) },
  ],

  verify: [eventually(switchesObeyed, { within: "10s", steadyFor: "1s" })],
  notVerified: "again",
  afterwards: [
    "Review AGENT-GUARDRAILS.md, and mend the guardrail that let it through",
    "Investigate prompts, tool invocations and logs: ops run collect-evidence",
    "Switch on again only after the mended guardrails were validated in staging: ops run agent-kill-switch --param scope=SCOPE --param to=on --param validation=CHG-123",
    "Write down what happened: ops postmortem RUN",
  ],
});

/** What the processes say, and which services were asked. */
type Processes = { readonly seen: readonly SwitchSeen[]; readonly services: readonly string[] };

function offAmong(seen: readonly SwitchSeen[]): string {
  const off = [...new Set(seen.flatMap((one) => one.off))];
  return off.length === 0 ? "" : `; off somewhere: ${off.join(", ")}`;
}

function subject(scope: string): string {
  if (scope === "all") return "every agent";
  if (scope === "llm") return "asking language models";
  return scope.startsWith("llm-")
    ? `asking ${scope.slice("llm-".length)}'s language models`
    : `the ${scope} agent`;
}

function whyOf(what: string, incident: string): string {
  return incident === "none" ? what : `${incident} ${what}`;
}

const answerFor = ["ai-platform-owner", "compliance-manager"] as const;

function toldOff(scope: string, incident: string): readonly Told[] {
  const text = [
    `The kill switch "${scope}" is thrown${incident === "none" ? "" : ` (${incident})`}: ${subject(scope)} is stopped on every machine.`,
    "Reports are accepted and wait; none is lost, and none is published meanwhile.",
    "It goes on only with a validation record and a second person. Please take part in the review of the guardrails.",
  ].join("\n");
  return answerFor.map((audience) => ({ audience, key: `agent-kill-switch:${scope}:off`, text }));
}

function toldOn(scope: string, validation: string): readonly Told[] {
  const text = `The kill switch "${scope}" is taken back on the ground of ${validation}: ${subject(scope)} goes on, and what waited is worked on now.`;
  return answerFor.map((audience) => ({ audience, key: `agent-kill-switch:${scope}:on`, text }));
}
