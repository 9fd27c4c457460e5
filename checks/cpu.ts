import { defineCheck } from "#kit";
import { usageEverywhere } from "#kit/usage.ts";
import { judgeUse } from "#rules/usage.ts";

/** Whether any unit is at its limit, as seen from where it runs. Source: clo-operations-manual "Alert Configuration", "CPU_Usage". */
export const cpu = defineCheck({
  id: "cpu",
  title: "No unit is at the end of its CPU",
  every: "1m",
  timeout: "30s",
  look: ({ workloads, hosts, inventory }) => usageEverywhere({ workloads, hosts, inventory }),
  judge: (all) => judgeUse(all, "cpu"),
});
