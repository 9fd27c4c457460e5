import { defineAlert } from "#kit";
import { disk } from "#checks/disk.ts";
import { metrics } from "#platform/contract.ts";
import { diskLines } from "#rules/disks.ts";

/** A process sees its disk with less than a twentieth free. Source: csrd-production-runbook "Critical Alerts", Disk Full, <5 % free. */
export const csrdDiskFull = defineAlert({
  name: "CSRDDiskFull",
  title: "A disk is nearly full",
  expr: `max by (job, instance) (${metrics.resourceUsage}{resource="disk"}) > ${diskLines.page}`,
  for: "1m",
  severity: "P1",
  team: "platform",
  summary: "A disk of {{ $labels.instance }} is nearly full",
  description: "{{ $labels.instance }} has used {{ $value | humanizePercentage }} of its disk.",
  watches: disk,
});

/** The same, earlier, while there is time to do it by day. Source: clo-operations-manual "Alert Configuration", Disk_Usage over 90 %. */
export const csrdDiskFilling = defineAlert({
  name: "CSRDDiskFilling",
  title: "A disk is filling",
  expr: `max by (job, instance) (${metrics.resourceUsage}{resource="disk"}) > ${diskLines.critical}`,
  for: "5m",
  severity: "P2",
  team: "platform",
  summary: "A disk of {{ $labels.instance }} is filling",
  description: "{{ $labels.instance }} has used {{ $value | humanizePercentage }} of its disk.",
  watches: disk,
});
