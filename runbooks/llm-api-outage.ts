import { z } from "zod";
import { allClear, defineRunbook, escalate, eventually, plan } from "#kit";
import { headingWith } from "#kit/manual.ts";
import type { Audience } from "#kit/ports/announcer.ts";
import type { HttpAnswer } from "#kit/ports.ts";
import { clean } from "#kit/render/width.ts";
import { csrdLanguageModelFails } from "#alerts/language-models.ts";
import { languageModels, lookAtModels, whoMustKnow } from "#checks/language-models.ts";
import { llmVendors, metrics as names, routes } from "#platform/contract.ts";
import { failureText, hangs, judgeModels, type ModelSamples, needsPerson } from "#rules/language-models.ts";
import { askVendorAgain, leaveOutVendor, modelsAgain, rulesAlone } from "./actions/models.ts";
import { modelWords } from "./actions/model-words.ts";
import { telling, tellPeople } from "./actions/telling.ts";

/** A Statuspage's `/api/v2/status.json`, as far as it is read; everything in it is foreign. */
const StatusPage = z.object({
  status: z.object({
    indicator: z.enum(["none", "minor", "major", "critical", "maintenance"]),
    description: z.string().default(""),
  }),
});

/** What one vendor's status page says; `unreadable` where it says nothing that can be understood. */
type PageSaid = {
  readonly vendor: string;
  readonly indicator: z.infer<typeof StatusPage>["status"]["indicator"] | "unreadable";
  readonly says: string;
};

const onTheirWay = `sum(${names.queueJobs}{state=~"active|waiting|delayed|prioritized"})`;

/** What the materiality agent says of its models. */
const AgentPage = z.object({
  llm_api_reachable: z.boolean().optional(),
  llm_latency_ms: z.number().optional(),
  provider: z.string().optional(),
});

/**
 * Keeps reports coming while a vendor of language models fails: lets the chain fall back, leaves out a vendor that stands in the way, tells people,
 * and lets the rules alone assess only where compliance agrees. Source: csrd-operations-manual "Runbook: LLM API Outage".
 */
export const llmApiOutage = defineRunbook({
  id: "llm-api-outage",
  title: "Language models do not answer",
  summary:
    "A vendor of language models is down, overloaded, hangs or refuses us. The chain of models falls back by itself; a vendor in the way is left out, people are told, and the rules alone assess only with compliance's approval.",
  severity: "P2",
  owner: "platform-oncall",
  implements: headingWith("OM/runbooks/runbook-llm-api-outage", [1, 2, 3]),
  symptoms: [
    "materiality agent failing with API errors",
    "529 overloaded",
    "429 rate limit from OpenAI or Anthropic",
    "insufficient_quota",
    "llm_api unreachable",
    "reports stuck at materiality",
  ],
  trigger: [csrdLanguageModelFails],
  params: {
    materiality: z
      .enum(["models", "rules"])
      .default("models")
      .describe("rules: let the rules alone assess while no model answers; needs compliance's approval"),
  },
  lock: "language-models",
  within: "15m",

  diagnose: {
    models: {
      ask: "Which vendors answer, and how do the others fail?",
      look: ({ metrics, times }) => lookAtModels({ metrics, times }),
      read(samples: ModelSamples) {
        const { kind, vendors, failing } = judgeModels(samples);
        const says = vendors
          .map((vendor) =>
            vendor.state === "fails"
              ? failureText(vendor)
              : `${vendor.vendor} ${{ off: "is switched off", answers: `answered ${vendor.answered}`, quiet: "was not asked" }[vendor.state]}`,
          )
          .join("; ");
        return {
          state: failing.length === 0 ? "fine" : kind === "falls-back" ? "note" : "bad",
          says: says === "" ? "no language model is set up" : says,
        };
      },
    },
  },

  optional: {
    pages: {
      ask: "What do the vendors' status pages say?",
      look: async ({ http, inventory, signal }) =>
        Promise.all(
          Object.entries(inventory.statusPages)
            .filter(([vendor]) => llmVendors.some((known) => known === vendor))
            .toSorted(([a], [b]) => a.localeCompare(b))
            .map(async ([vendor, url]) =>
              pageSaid(
                vendor,
                await http.get(`${url.replace(/\/+$/, "")}/api/v2/status.json`, { timeout: "3s", signal }),
              ),
            ),
        ),
      read: (pages: readonly PageSaid[]) => ({
        state: pages.some(({ indicator }) => indicator !== "none") ? "note" : "fine",
        says:
          pages.length === 0
            ? "the environment names none (statusPages)"
            : pages.map(({ vendor, says }) => `${vendor}: ${says}`).join("; "),
      }),
    },
    agent: {
      ask: "What does the materiality agent say?",
      async look({ http, inventory, signal }) {
        const answer = await http.get(`${inventory.service("materiality").url}${routes.health}`, {
          timeout: "3s",
          signal,
        });
        if (answer.kind === "silent") throw new Error(answer.reason);
        return AgentPage.parse(JSON.parse(answer.body));
      },
      read: ({ llm_api_reachable: reachable, llm_latency_ms: ms, provider }: z.infer<typeof AgentPage>) =>
        reachable === undefined
          ? { state: "note", says: "it does not say how its models are" }
          : reachable
            ? { state: "fine", says: `reaches ${clean(provider ?? "a vendor", 20)} in ${ms ?? "?"} ms` }
            : { state: "bad", says: "reaches no vendor" },
    },
    waiting: {
      ask: "How many reports are on their way?",
      look: async ({ metrics }) => (await metrics.query(onTheirWay))[0]?.value,
      read: (count: number | undefined) => ({
        state: "fine",
        says: count === undefined ? "the queue does not say" : `${count} reports`,
      }),
    },
    audiences: {
      ask: "Who can be told?",
      look: ({ announcements }) => announcements.audiences(),
      read: (named: readonly Audience[]) => ({
        state: "fine",
        says: named.length === 0 ? "the environment names nobody" : named.join(", "),
      }),
    },
  },

  rules: {
    "none-set-up": "no language model is set up: the rules assess anyway, all clear",
    "switched-off": "asking language models is switched off already: all clear, with how to turn it on",
    "models-answer": "the rules alone were asked for and a model answers: a person decides",
    answers: "the first vendor that may be asked answers, or nothing fails: all clear",
    quota: "a vendor says that the account has no quota left: a person raises it",
    ours: "a vendor refuses our key, request or model: a person mends it, another vendor would hide it",
    "no-rules": "the rules alone were asked for, and the chain does not name them: a person decides",
    "rules-alone":
      "no vendor answers and the rules alone were asked for: with compliance's approval they assess",
    "nobody-to-tell": "nothing can be done but tell people, and the environment names nobody: a person does",
    out: "no vendor answers: reports go on by the rules, or wait; people are told",
    "in-the-way": "a vendor hangs, or keeps questions from the next one: leave it out, tell people",
    "falls-back-untold":
      "the next vendor answers, and the environment names nobody to be told: a person tells them",
    "falls-back": "the first vendor fails and the next one answers: nothing is switched, people are told",
  },
  decide({ models, audiences }, { materiality }, { leaveOut, acceptRules, tell }) {
    const chain = judgeModels(models);
    const { kind, failing, by, rulesTakeOver } = chain;
    const what = failing.map((vendor) => failureText(vendor)).join("; ");
    const named = audiences.known ? audiences.value : undefined;
    const leavesAlone = ["reports that are done", "the chain and its models", "the queue"];

    if (kind === "none")
      return allClear({
        rule: "none-set-up",
        because: "no language model is set up; the rules assess every report",
      });
    if (kind === "off")
      return allClear({
        rule: "switched-off",
        because:
          "asking language models is switched off and the rules assess; when it is safe again: csrd switch on llm --validation RECORD (csrd switch status says who and why)",
      });
    if (materiality === "rules" && kind !== "out")
      return escalate({
        rule: "models-answer",
        because: `${by?.vendor ?? "a model"} may be asked, so there is no outage that would make the rules alone right; who wants it all the same throws the switch: csrd switch off llm`,
      });
    if (kind === "answers")
      return allClear({
        rule: "answers",
        because: `${by?.state === "quiet" ? "nobody asked a model of late, and nothing fails" : `${by?.vendor} answers`}${failing.length === 0 ? "" : `; behind it ${what}`}`,
      });
    const money = failing.find(({ mostly }) => needsPerson(mostly) === "quota");
    if (money !== undefined)
      return escalate({
        rule: "quota",
        because: `${failureText(money)}; raise its limit or pay at the vendor. Meanwhile ${meanwhile(by?.vendor, rulesTakeOver)}`,
      });
    const ours = failing.find(({ mostly }) => needsPerson(mostly) === "ours");
    if (ours !== undefined)
      return escalate({
        rule: "ours",
        because: `${failureText(ours)}; look at the key and the model that the materiality agent is set up with (csrd doctor). To go on with the other vendors until then: csrd switch off llm-${ours.vendor}`,
      });

    if (kind === "out") {
      const told = telling(tell, named, modelWords(chain, whoMustKnow(chain)));
      if (materiality === "rules" && !rulesTakeOver)
        return escalate({
          rule: "no-rules",
          because: `${what}, and the chain does not name the rules; with compliance's word put offline last in CSRD_LLM_CHAIN and restart the materiality agent`,
        });
      if (materiality === "rules")
        return plan(
          {
            rule: "rules-alone",
            because: `${what}; the rules alone assess what waits and what comes, once somebody who answers for compliance agrees${told.byHand}`,
            leavesAlone,
          },
          [
            acceptRules({ because: "no language model answers; compliance agreed to the rules alone" }),
            ...told.items,
          ],
        );
      if (told.items.length === 0)
        return escalate({
          rule: "nobody-to-tell",
          because: `${what}; ${meanwhile(undefined, rulesTakeOver)}${told.byHand}`,
        });
      return plan(
        {
          rule: "out",
          because: `${what}; ${meanwhile(undefined, rulesTakeOver)}, and people have to know${told.byHand}`,
          leavesAlone,
        },
        told.items,
      );
    }

    const told = telling(
      tell,
      named,
      modelWords({ ...chain, kind: "falls-back" }, ["compliance-manager", "engineering"]),
    );
    const inTheWay = failing.filter(
      ({ mostly, place }) => hangs(mostly) || (kind === "stuck" && place < (by?.place ?? 0)),
    );
    const left = inTheWay.flatMap(({ vendor }) => llmVendors.filter((known) => known === vendor));
    if (left.length > 0)
      return plan(
        {
          rule: "in-the-way",
          because: `${what}; ${by?.vendor} can be asked without waiting for ${left.join(" and ")}${told.byHand}`,
          leavesAlone,
        },
        [
          ...left.map((vendor) =>
            leaveOut({ vendor, because: "it fails and keeps reports from the next vendor" }),
          ),
          ...told.items,
        ],
      );
    if (told.items.length === 0)
      return escalate({
        rule: "falls-back-untold",
        because: `${what}; ${by?.vendor} is asked instead${told.byHand}`,
      });
    return plan(
      {
        rule: "falls-back",
        because: `${what}; ${by?.vendor} is asked instead, so nothing has to be switched, and people have to know${told.byHand}`,
        leavesAlone,
      },
      told.items,
    );
  },

  mitigate: {
    leaveOut: leaveOutVendor,
    askAgain: askVendorAgain,
    acceptRules: rulesAlone,
    modelsAgain,
    tell: tellPeople,
  },

  vitals: [
    {
      label: "reports on their way",
      look: async ({ metrics }) => ({ value: (await metrics.query(onTheirWay))[0]?.value ?? 0 }),
    },
  ],

  verify: [eventually(languageModels, { within: "verify", steadyFor: "steady" })],
  notVerified: "escalate",
  afterwards: [
    "When the vendor is well again: csrd switch on llm-<vendor> --validation RECORD, where one was left out",
    "Tell the same people that it is over",
    "Look which reports were assessed meanwhile by another vendor or by the rules; each says so in its materiality document",
  ],
});

function meanwhile(vendor: string | undefined, rulesTakeOver: boolean): string {
  if (vendor !== undefined) return `${vendor} is asked instead`;
  return rulesTakeOver
    ? "reports go on by the rules alone, each marked so"
    : "reports wait at materiality and go on by themselves";
}

function pageSaid(vendor: string, answer: HttpAnswer): PageSaid {
  if (answer.kind === "silent")
    return { vendor, indicator: "unreadable", says: `no answer: ${answer.reason}` };
  try {
    const { indicator, description } = StatusPage.parse(JSON.parse(answer.body)).status;
    return {
      vendor,
      indicator,
      says: `${indicator}${description === "" ? "" : ` ("${clean(description, 60)}")`}`,
    };
  } catch {
    return { vendor, indicator: "unreadable", says: `HTTP ${answer.status}, not a status` };
  }
}
