import { toMs } from "#kit/duration.ts";
import type { Reading } from "#kit/finding.ts";
import type { MetricsReader, Readers } from "#kit/ports.ts";
import type { CacheLook } from "#kit/ports/cache.ts";
import { lookAtAudits } from "#checks/compliance.ts";
import { lookAtQuality } from "#checks/data-quality.ts";
import { ask, numbers, recently } from "#checks/questions/metrics.ts";
import { judgeCache, memoryText } from "#rules/cache.ts";
import { type Chain, failureText } from "#rules/language-models.ts";
import { isOurAlarm } from "#rules/leads.ts";
import { type Measures, outOfLine } from "#rules/measures.ts";

/** Whether Redis answers, and is as the platform needs it. */
export function readCache(look: CacheLook): Reading {
  if (look.kind === "silent") return { state: "bad", says: `no answer: ${look.reason}` };
  const state = judgeCache(look);
  return {
    state: state === "well" ? "fine" : "bad",
    says: `${state === "well" ? "answers" : state.replaceAll("-", " ")} in ${look.tookMs} ms, ${memoryText(look)} in use`,
  };
}

/** How requests and reports went of late, by the same questions as the alarms ask, all at once. */
export async function lookAtMeasures({
  metrics,
  times,
}: Pick<Readers, "metrics" | "times">): Promise<Measures> {
  const over = recently(times);
  const [counted, audits, quality] = await Promise.all([
    numbers(metrics, {
      requestsFailed: ask.requestErrors(over),
      requests: ask.requests(over),
      reportsFailed: ask.reportsFailed(over),
      reportsCompleted: ask.reportsCompleted(over),
      poolWaiting: ask.poolWaiting(),
      answer: ask.answerTime(over),
      report: ask.reportTime(over),
      xbrl: ask.stageTime("reporting", over),
      oldest: ask.oldestWaiting(),
    }),
    lookAtAudits({ metrics }),
    lookAtQuality({ metrics }),
  ]);
  const reportsFailed = counted.reportsFailed ?? 0;
  return {
    requests: { failed: counted.requestsFailed ?? 0, all: counted.requests ?? 0 },
    reports: { failed: reportsFailed, all: reportsFailed + (counted.reportsCompleted ?? 0) },
    poolWaiting: counted.poolWaiting ?? 0,
    answer: counted.answer,
    report: counted.report,
    xbrl: counted.xbrl,
    oldest: counted.oldest,
    limits: {
      answer: toMs(times.slowAnswer) / 1_000,
      report: toMs(times.slowReport) / 1_000,
      xbrl: toMs(times.slowStage) / 1_000,
    },
    audits,
    quality,
  };
}

export function readMeasures(measures: Measures): Reading {
  const wrong = Object.values(outOfLine(measures));
  const { requests, reports } = measures;
  return wrong.length > 0
    ? { state: "bad", says: wrong.join("; ") }
    : {
        state: "fine",
        says: `${Math.round(requests.all)} requests and ${Math.round(reports.all)} reports of late, within their lines`,
      };
}

/** Whether language models answer those who ask them. */
export function readModels({ kind, failing, by }: Chain): Reading {
  const what = failing.map((vendor) => failureText(vendor)).join("; ");
  if (failing.length > 0)
    return { state: "bad", says: by === undefined ? what : `${what}; ${by.vendor} is asked instead` };
  if (kind === "none") return { state: "fine", says: "none is set up; the rules assess" };
  if (kind === "off") return { state: "note", says: "switched off; the rules assess" };
  return { state: "fine", says: by?.state === "answers" ? `${by.vendor} answers` : "nobody asked of late" };
}

/** An alarm that sounds. */
type Sounding = { readonly name: string; readonly about: string };

/** The alarms that sound by Prometheus's own account, one for each thing that each is about. */
export async function lookAtAlarms(metrics: MetricsReader): Promise<readonly Sounding[]> {
  const samples = await metrics.query('ALERTS{alertstate="firing"}');
  return samples
    .map(({ labels }) => ({
      name: (labels["alertname"] ?? "").slice(0, 80),
      about: (labels["instance"] ?? labels["service"] ?? labels["provider"] ?? "").slice(0, 80),
    }))
    .toSorted((a, b) => a.name.localeCompare(b.name) || a.about.localeCompare(b.about));
}

export function readAlarms(alarms: readonly Sounding[]): Reading {
  const ours = [...new Set(alarms.map(({ name }) => name).filter(isOurAlarm))];
  const others = new Set(alarms.map(({ name }) => name).filter((name) => !isOurAlarm(name))).size;
  const beside = others === 0 ? "" : `${ours.length === 0 ? "" : "; "}${others} that are not ours`;
  return {
    state: ours.length > 0 ? "bad" : others > 0 ? "note" : "fine",
    says: ours.length + others === 0 ? "none sounds" : `${ours.join(", ")}${beside}`,
  };
}
