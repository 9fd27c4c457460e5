import { defineCheck, healthy, unhealthy } from "#kit";
import { judgeCache, memoryText } from "#rules/cache.ts";

/** Whether the platform's Redis answers, takes writes and keeps them. Source: csrd-production-runbook "Severity Levels", P2 "cache down", and "Cache Operations". */
export const cache = defineCheck({
  id: "cache",
  title: "Redis answers and keeps what it is given",
  every: "30s",
  timeout: "10s",
  look: ({ cache }) => cache.look(),
  judge(look) {
    if (look.kind === "silent") return unhealthy(`no answer: ${look.reason}`);
    const state = judgeCache(look);
    const says = `Redis ${look.version}, ${memoryText(look)}, ${look.eviction}`;
    return state === "well" ? healthy(says) : unhealthy(`${state.replaceAll("-", " ")}: ${says}`);
  },
});
