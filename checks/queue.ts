import { defineCheck, degraded, healthy, unhealthy } from "#kit";
import { formatMs, toMs } from "#kit/duration.ts";
import { judgeQueue } from "#rules/queue.ts";

/** Whether reports that wait are taken. Source: csrd-operations-manual "Throughput", `LLEN csrd:report_queue`; how long they wait says more than how many. */
export const queue = defineCheck({
  id: "queue",
  title: "Reports do not wait for long",
  every: "30s",
  timeout: "10s",
  async look({ queue, times }) {
    return { look: await queue.look(), longWait: toMs(times.longWait) / 1_000 };
  },
  judge({ look, longWait }) {
    const says = `${look.waiting} wait, the oldest for ${formatMs(look.oldestSeconds * 1_000)}; ${look.active} of ${look.concurrency} worked on`;
    switch (judgeQueue(look, longWait)) {
      case "calm":
        return look.paused === undefined ? healthy(says) : degraded(`paused by ${look.paused.by}; ${says}`);
      case "paused":
        return unhealthy(`paused by ${look.paused?.by ?? "somebody"}; ${says}`);
      case "no-workers":
        return unhealthy(`no worker is there; ${says}`);
      case "stuck":
        return unhealthy(`reports are not taken; ${says}`);
      case "behind":
        return unhealthy(`the workers do not keep up; ${says}`);
    }
  },
});
