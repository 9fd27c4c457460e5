import { defineCheck, healthy, unhealthy } from "#kit";
import { toMs } from "#kit/duration.ts";
import { ask, numbers, recently } from "#checks/questions/metrics.ts";
import { secondsText } from "#rules/seconds.ts";

/** Whether XBRL is written in time. Source: csrd-production-runbook "Issue: XBRL Generation Slow". */
export const xbrlPace = defineCheck({
  id: "xbrl-pace",
  title: "XBRL is generated in time",
  every: "30s",
  timeout: "10s",
  async look({ metrics, times }) {
    const over = recently(times);
    const { p95 } = await numbers(metrics, { p95: ask.stageTime("reporting", over) });
    return { p95, over, limit: toMs(times.slowStage) / 1_000 };
  },
  judge({ p95, over, limit }) {
    if (p95 === undefined) return healthy(`no report came to this stage in ${over}`);
    const says = `the stage takes up to ${secondsText(p95)} for 19 of 20 reports; ${secondsText(limit)} is allowed`;
    return p95 > limit ? unhealthy(says) : healthy(says);
  },
});
