import { defineAlert } from "#kit";
import { importsMove } from "../checks/imports-move.ts";

export const importsStuck = defineAlert({
  name: "ImportsStuck",
  title: "Imports do not move",
  expr: 'min(probe_success{job="imports"}) == 0',
  severity: "P2",
  team: "imports",
  summary: "Files that customers send are not imported",
  description: "The importer does not answer, or files have waited for too long.",
  watches: importsMove,
});
