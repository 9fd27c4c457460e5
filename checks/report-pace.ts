import { defineCheck, healthy, unhealthy } from "#kit";
import { toMs } from "#kit/duration.ts";
import { ask, numbers, recently } from "#checks/questions/metrics.ts";
import { secondsText } from "#rules/seconds.ts";

/** Whether reports get through in time. Source: csrd-operations-manual "SLO", p95 under 30 minutes; "Scenario 3: Slow Performance". */
export const reportPace = defineCheck({
  id: "report-pace",
  title: "Reports get through in time",
  every: "30s",
  timeout: "10s",
  async look({ metrics, times }) {
    const over = recently(times);
    const seen = await numbers(metrics, { p95: ask.reportTime(over), oldest: ask.oldestWaiting() });
    return { ...seen, over, limit: toMs(times.slowReport) / 1_000 };
  },
  judge({ p95, oldest, over, limit }) {
    const ended =
      p95 === undefined ? `no report ended in ${over}` : `19 of 20 reports took up to ${secondsText(p95)}`;
    const says = `${ended}; the oldest waits for ${secondsText(oldest ?? 0)}`;
    return Math.max(p95 ?? 0, oldest ?? 0) > limit ? unhealthy(says) : healthy(says);
  },
});
