import { defineAlert } from "#kit";
import { cpu } from "#checks/cpu.ts";
import { memory } from "#checks/memory.ts";
import { metrics } from "#platform/contract.ts";
import { resourceLines } from "#rules/resources.ts";

/**
 * A process sees its machine or container nearly full for five minutes: of what it may use, not of bytes.
 * Source: csrd-operations-manual "Runbook: High Memory Usage", "Memory usage >95% for >5 min".
 */
export const csrdHighMemoryUsage = defineAlert({
  name: "CSRDHighMemoryUsage",
  title: "A unit has used nearly all of its memory",
  expr: `max by (job, instance) (${metrics.resourceUsage}{resource="memory"}) > ${resourceLines.memory.critical}`,
  for: "5m",
  severity: "P2",
  team: "platform",
  summary: "{{ $labels.instance }} has used nearly all of its memory",
  description: "{{ $labels.instance }} uses {{ $value | humanizePercentage }} of the memory it may use.",
  watches: memory,
});

/** A process sees its machine or container at the end of its CPU for five minutes. Source: clo-operations-manual "Alert Configuration", "CPU_Usage". */
export const csrdHighCpuUsage = defineAlert({
  name: "CSRDHighCpuUsage",
  title: "A unit is at the end of its CPU",
  expr: `max by (job, instance) (avg_over_time(${metrics.resourceUsage}{resource="cpu"}[5m])) > ${resourceLines.cpu.critical}`,
  for: "5m",
  severity: "P2",
  team: "platform",
  summary: "{{ $labels.instance }} is at the end of its CPU",
  description:
    "{{ $labels.instance }} has used {{ $value | humanizePercentage }} of its CPU over five minutes.",
  watches: cpu,
});
