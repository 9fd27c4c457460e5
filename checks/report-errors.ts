import { defineCheck, degraded, healthy, unhealthy } from "#kit";
import { ask, numbers, recently } from "#checks/questions/metrics.ts";
import { judgeFailures } from "#rules/failures.ts";

/** Whether reports reach their end. Source: csrd-operations-manual "Scenario 2: High Error Rate". */
export const reportErrors = defineCheck({
  id: "report-errors",
  title: "Reports do not fail",
  every: "30s",
  timeout: "10s",
  async look({ metrics, times }) {
    const over = recently(times);
    const { failed, completed } = await numbers(metrics, {
      failed: ask.reportsFailed(over),
      completed: ask.reportsCompleted(over),
    });
    return { failed: failed ?? 0, completed: completed ?? 0, over };
  },
  judge({ failed, completed, over }) {
    const all = failed + completed;
    const says =
      all < 0.5
        ? `no report ended in ${over}`
        : `${Math.round(failed)} of ${Math.round(all)} reports failed in ${over}`;
    const verdict = judgeFailures({ failed, all }, "reports");
    if (verdict === "too-many") return unhealthy(says);
    return verdict === "some" ? degraded(says) : healthy(says);
  },
});
