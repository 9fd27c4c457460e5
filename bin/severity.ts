import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { parseSeverityRules, type SeverityRules } from "#rules/severity.ts";

/** How bad is how bad, and how soon somebody has to be at it: `rules/severity.yaml`. */
export function loadSeverity(): SeverityRules {
  const file = join(import.meta.dirname, "../rules/severity.yaml");
  return parseSeverityRules(parse(readFileSync(file, "utf8")));
}
