import { z } from "zod";
import { allClear, defineRunbook, eventually, plan } from "#kit";
import { restartInstance } from "#runbooks/actions/instances.ts";
import { importsStuck } from "../alerts/imports.ts";
import { importsMove } from "../checks/imports-move.ts";

/** A team's own runbook: its own question, alert and check, and an action that is shipped. */
export const importsStuckRunbook = defineRunbook({
  id: "imports-stuck",
  title: "Imports do not move",
  summary: "Files that customers send are not imported. Looks whether the importer answers, and restarts it.",
  severity: "P2",
  owner: "imports-team",
  implements: [],
  symptoms: ["imports wait", "files sent are not in the report"],
  trigger: [importsStuck],
  params: {
    service: z.string().default("imports").describe("The importer, as named in the environment file"),
  },
  lock: "imports",
  within: "15m",

  diagnose: {
    importer: {
      ask: "Does the importer answer?",
      async look({ http, inventory, params }) {
        const { url, instances } = inventory.service(params.service);
        const { kind } = await http.get(`${url}/waiting`, { timeout: "3s" });
        return { answers: kind === "answered", instances };
      },
      read: ({ answers }: Importer) =>
        answers ? { state: "fine", says: "it answers" } : { state: "bad", says: "no answer" },
    },
  },

  rules: {
    answers: "the importer answers: all clear",
    silent: "it does not answer: restart each of its instances, one after the other",
  },
  decide({ importer }, { service }, { restartInstance }) {
    if (importer.answers) return allClear({ rule: "answers", because: "the importer answers" });
    return plan(
      { rule: "silent", because: "the importer does not answer" },
      importer.instances.map((id) => restartInstance({ service, id, name: id })),
    );
  },

  mitigate: { restartInstance },
  vitals: [],
  verify: [eventually(importsMove, { within: "verify", steadyFor: "steady" })],
  afterwards: ["Tell the import team which files waited"],
});

type Importer = { readonly answers: boolean; readonly instances: readonly string[] };
