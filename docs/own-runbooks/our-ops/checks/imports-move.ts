import { defineCheck, healthy, unhealthy } from "#kit";

/** The symptom: the importer does not answer, or says that files have waited for too long. */
export const importsMove = defineCheck({
  id: "imports-move",
  title: "Imports move",
  every: "1m",
  timeout: "5s",
  look: ({ http, inventory, signal }) =>
    http.get(`${inventory.service("imports").url}/waiting`, { timeout: "3s", signal }),
  judge(answer) {
    if (answer.kind === "silent") return unhealthy(`no answer: ${answer.reason}`);
    return answer.status === 200 ? healthy("the importer works") : unhealthy(`it says ${answer.status}`);
  },
});
