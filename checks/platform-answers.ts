import { defineCheck, healthy, unhealthy } from "#kit";
import { routes } from "#platform/contract.ts";

/**
 * The symptom itself: a user's request reaches an instance that can work.
 * Asks the readiness route, not the full picture: an LLM outage must not read as "platform down".
 */
export const platformAnswers = defineCheck({
  id: "platform-answers",
  title: "The platform answers from outside",
  every: "30s",
  timeout: "5s",
  look: ({ http, inventory, signal }) =>
    http.get(`${inventory.service("api").url}${routes.ready}`, { timeout: "3s", signal }),
  judge(answer) {
    if (answer.kind === "silent") return unhealthy(`no answer: ${answer.reason}`);
    if (answer.status !== 200) return unhealthy(`${routes.ready} says ${answer.status}, expected 200`);
    return healthy(`${routes.ready} says 200 in ${answer.tookMs} ms`);
  },
});
