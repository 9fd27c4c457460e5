import { writeFile } from "node:fs/promises";
import { compileRules } from "./load-rules.ts";

/**
 * Rebuilds rules/compliance_compiled.json from the YAML rules, so that a run need not parse them.
 * Usage: npm run rules:compile
 */
const compiled = await compileRules();
const lines = compiled.rules.map((rule) => `    ${JSON.stringify(rule)}`).join(",\n");
await writeFile(
  new URL("../../../rules/compliance_compiled.json", import.meta.url),
  `{\n  "sources": ${JSON.stringify(compiled.sources)},\n  "law": ${JSON.stringify(compiled.law)},\n  "rules": [\n${lines}\n  ]\n}\n`,
);
const families = [...Map.groupBy(compiled.rules, ({ family }) => family)].map(
  ([family, rules]) => `${family} ${rules.length}`,
);
process.stdout.write(`${compiled.rules.length} rules compiled: ${families.join(", ")}\n`);
