import { allClear, defineRunbook, escalate, eventually, plan } from "#kit";
import { csrdLowDataQuality } from "#alerts/report-quality.ts";
import { dataQuality, lookAtQuality, qualityKey } from "#checks/data-quality.ts";
import { hitsMost, lowScore, type QualityLately, rulesText } from "#rules/report-quality.ts";
import { telling, tellPeople } from "./actions/telling.ts";
import { audiencesNamed } from "./probes/audiences.ts";
import { buildsOf, readBuilds, versionsText } from "./probes/builds.ts";
import { apiDeploys, freshIn } from "./probes/deploys.ts";

/**
 * Finds out whether data became worse or our reading of them did, says which rules they miss, and tells those who look after the data. No report
 * is held in silence. Source: csrd-operations-manual "Alert Rules", CSRDLowDataQuality.
 */
export const lowDataQuality = defineRunbook({
  id: "low-data-quality",
  title: "Data quality is low",
  summary:
    "The latest reports are made of data that score below 80 of 100. Says which quality rules they miss, tells a changed platform from worse data, and tells those who look after the data.",
  severity: "P2",
  owner: "platform-oncall",
  implements: ["OM/alerting-configuration/alert-rules"],
  symptoms: [
    "low data quality scores",
    "quality_score below 80",
    "many invalid records",
    "a source went bad",
  ],
  trigger: [csrdLowDataQuality],
  params: {},
  lock: "reports-quality",
  within: "15m",

  diagnose: {
    quality: {
      ask: "How good are the data, and which rules do they miss?",
      look: ({ metrics }) => lookAtQuality({ metrics }),
      read: ({ score, low, good, rules }: QualityLately) =>
        score === undefined
          ? { state: "fine", says: "no report has come since the workers started" }
          : {
              state: score < lowScore ? "bad" : "fine",
              says: `${score} of 100 on average; ${low} of ${low + good} reports low in 30 min${score < lowScore ? `: ${rulesText(rules)}` : ""}`,
            },
    },
  },
  optional: {
    versions: {
      ask: "Which builds read the data?",
      look: ({ metrics }) => buildsOf(metrics, "intake"),
      read: readBuilds,
    },
    deploys: apiDeploys,
    audiences: audiencesNamed,
  },

  rules: {
    good: "data are good enough, or no report has come: all clear",
    "two-builds": "builds that differ read data side by side: a person finishes or takes back the change",
    "fresh-deploy":
      "most reports are low since a deploy: what all have in common has changed, a person takes it back",
    "nobody-to-tell": "the environment names nobody who looks after the data: a person tells them",
    "data-worse":
      "the data themselves are worse: those who look after them are told, reports go on and say so",
  },
  decide({ quality, versions, deploys, audiences }, _params, { tell }, { now, times }) {
    const { score, low, good, rules } = quality;
    if (score === undefined || score >= lowScore)
      return allClear({
        rule: "good",
        because:
          score === undefined
            ? "no report has come since the workers started"
            : `data score ${score} of 100 on average`,
      });
    const what = `data score ${score} of 100 on average, ${low} of ${low + good} reports are low in 30 min (${rulesText(rules)})`;
    if (versions.known && versions.value.length > 1)
      return escalate({
        rule: "two-builds",
        because: `${what}, and they are read by ${versionsText(versions.value)}; finish that change or take it back`,
      });
    const fresh = freshIn(deploys, now, times.freshDeploy);
    if (fresh !== undefined && hitsMost(low, low + good))
      return escalate({
        rule: "fresh-deploy",
        because: `${what} since ${fresh.version} was deployed at ${fresh.at.slice(11, 16)} UTC; compare rules/data_quality_rules.yaml and the intake agent of both versions, and deploy ${fresh.previous ?? "the version before"} again (ops run rollback flips the API alone, never the agents)`,
      });
    const told = telling(tell, audiences.known ? audiences.value : undefined, [
      { audience: "data-quality", key: qualityKey, text: toldText },
    ]);
    if (told.items.length === 0)
      return escalate({ rule: "nobody-to-tell", because: `${what}${told.byHand}` });
    return plan(
      {
        rule: "data-worse",
        because: `${what}, and nothing of ours has changed that would explain it; those who look after the data have to know`,
        leavesAlone: ["the reports: each says what its data lack", "the threshold", "the data"],
      },
      told.items,
    );
  },

  mitigate: { tell: tellPeople },

  vitals: [
    {
      label: "data quality",
      look: async ({ metrics }) => ({ value: (await lookAtQuality({ metrics })).score ?? 0, of: 100 }),
    },
  ],

  verify: [eventually(dataQuality, { within: "verify", steadyFor: "steady" })],
  notVerified: "escalate",
  afterwards: [
    "Which reports they are: ops logs query data-quality-issues",
    "When one source is behind most of it, agree with its company when it is corrected; corrected data are sent as a new report",
    "The threshold is changed by people who answer for it, never to end an alarm",
  ],
});

/** Nothing foreign and no figure in it: the same state is told in the same words. */
const toldText = [
  "The data of the latest reports are below the quality threshold of 80 of 100.",
  "Nothing of ours has changed that would explain it, so the data themselves are worse: look first for one source or company behind most of it.",
  "Reports go on; each names the quality rules that its data miss, and the rows that were set aside.",
  "Which reports: ops logs query data-quality-issues. Corrected data are sent as a new report.",
].join("\n");
