import { defineCheck, degraded, healthy, unhealthy } from "#kit";
import { ask, numbers, recently } from "#checks/questions/metrics.ts";
import { judgeFailures } from "#rules/failures.ts";

/** Whether people's requests are answered, and not with 5xx. Source: csrd-production-runbook "Critical Alerts", "Error Rate". */
export const apiErrors = defineCheck({
  id: "api-errors",
  title: "The API answers without errors",
  every: "30s",
  timeout: "10s",
  async look({ metrics, times }) {
    const over = recently(times);
    const { failed, all } = await numbers(metrics, {
      failed: ask.requestErrors(over),
      all: ask.requests(over),
    });
    return { failed: failed ?? 0, all: all ?? 0, over };
  },
  judge({ failed, all, over }) {
    const says =
      all < 0.5
        ? `nobody asked anything in ${over}`
        : `${Math.round(failed)} of ${Math.round(all)} requests failed in ${over}`;
    const verdict = judgeFailures({ failed, all }, "requests");
    if (verdict === "too-many") return unhealthy(says);
    return verdict === "some" ? degraded(says) : healthy(says);
  },
});
