import { defineCheck } from "#kit";
import { disksEverywhere } from "#kit/disks.ts";
import { judgeDisks } from "#rules/disks.ts";

/** Whether every disk has room, as seen from where the units run. Source: csrd-production-runbook "Critical Alerts", Disk Full. */
export const disk = defineCheck({
  id: "disk",
  title: "Every disk has room",
  every: "5m",
  timeout: "30s",
  look: ({ workloads, hosts, inventory }) => disksEverywhere({ workloads, hosts, inventory }),
  judge: judgeDisks,
});
