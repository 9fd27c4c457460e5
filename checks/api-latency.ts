import { defineCheck, healthy, unhealthy } from "#kit";
import { toMs } from "#kit/duration.ts";
import { ask, numbers, recently } from "#checks/questions/metrics.ts";
import { secondsText } from "#rules/seconds.ts";

/** Whether the API answers soon enough. Source: csrd-production-runbook "Critical Alerts", "High Latency". */
export const apiLatency = defineCheck({
  id: "api-latency",
  title: "The API answers quickly",
  every: "30s",
  timeout: "10s",
  async look({ metrics, times }) {
    const over = recently(times);
    const { p95 } = await numbers(metrics, { p95: ask.answerTime(over) });
    return { p95, over, limit: toMs(times.slowAnswer) / 1_000 };
  },
  judge({ p95, over, limit }) {
    if (p95 === undefined) return healthy(`nobody asked anything in ${over}`);
    const says = `19 of 20 answers within ${secondsText(p95)}; ${secondsText(limit)} is allowed`;
    return p95 > limit ? unhealthy(says) : healthy(says);
  },
});
