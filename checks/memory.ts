import { defineCheck } from "#kit";
import { usageEverywhere } from "#kit/usage.ts";
import { judgeUse } from "#rules/usage.ts";

/** Whether any unit is at its limit, as seen from where it runs. Source: csrd-operations-manual "Runbook: High Memory Usage". */
export const memory = defineCheck({
  id: "memory",
  title: "Every unit has memory left",
  every: "1m",
  timeout: "30s",
  look: ({ workloads, hosts, inventory }) => usageEverywhere({ workloads, hosts, inventory }),
  judge: (all) => judgeUse(all, "memory"),
});
