import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { formatMs } from "#kit/duration.ts";
import { OpsError } from "#kit/errors.ts";
import type { Stage } from "./stage.ts";

const Alerts = z.object({
  data: z.object({
    alerts: z.array(
      z.object({
        labels: z.record(z.string(), z.string()),
        annotations: z.record(z.string(), z.string()),
        state: z.enum(["pending", "firing", "inactive"]),
      }),
    ),
  }),
});

/** Waits until the real Prometheus fires the alert, and says when it was pending and when it fired. */
export async function seeAlert(
  prometheus: string,
  name: string,
  since: number,
  stage: Stage,
  signal: AbortSignal,
): Promise<void> {
  const deadline = Date.now() + 30_000;
  let last: string | undefined;
  while (Date.now() < deadline) {
    const answer = await fetch(`${prometheus}/api/v1/alerts`, { signal });
    const { alerts } = Alerts.parse(await answer.json()).data;
    const alert = alerts.find(({ labels }) => labels["alertname"] === name);
    if (alert !== undefined && alert.state !== last) {
      last = alert.state;
      const says = `Prometheus: ${name} is ${alert.state}`;
      const runbook = alert.annotations["runbook"];
      stage.line(
        alert.state === "firing" ? "failed" : "waiting",
        alert.state === "firing" && runbook !== undefined ? `${says}; its runbook is ${runbook}` : says,
        `after ${formatMs(Date.now() - since)}`,
      );
    }
    if (last === "firing") return;
    await sleep(200, undefined, { signal });
  }
  throw new OpsError("sandbox-failed", {
    summary: `Prometheus did not fire ${name} within 30 s.`,
    hint: "Read prometheus.log in the sandbox's folder.",
  });
}
