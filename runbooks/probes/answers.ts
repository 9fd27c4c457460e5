import type { Vital } from "#kit/runbook.ts";
import { routes } from "#platform/contract.ts";

const tries = 4;

/** How many of a few requests to the API at once get the answer 200: the symptom users feel, as a number that can be watched. */
export const answers: Vital = {
  label: "answers",
  async look({ http, inventory }) {
    const url = `${inventory.service("api").url}${routes.ready}`;
    const all = await Promise.all(Array.from({ length: tries }, () => http.get(url, { timeout: "2s" })));
    return {
      value: all.filter((answer) => answer.kind === "answered" && answer.status === 200).length,
      of: tries,
    };
  },
};
