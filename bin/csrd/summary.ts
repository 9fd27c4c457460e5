import { join } from "node:path";
import { z } from "zod";
import { files, MetricsDocument, readDocument } from "#platform/agents/documents.ts";
import type { Artifacts } from "#platform/agent.ts";
import { grouped } from "#platform/xbrl/inline.ts";
import { inert } from "./ending.ts";
import type { Finished } from "./run.ts";

const Needs = z.object({ needs_a_person: z.array(z.string()) });

const headline: readonly (readonly [id: string, name: string])[] = [
  ["scope-1", "Scope 1"],
  ["scope-2-location", "Scope 2, location-based"],
  ["scope-2-market", "Scope 2, market-based"],
  ["scope-3", "Scope 3"],
  ["total-location", "Total, location-based"],
  ["total-market", "Total, market-based"],
];

/** What a run found, what it wrote and what needs a person; plain text, readable at 60 columns. */
export async function renderSummary(
  { stages, status }: Finished,
  artifacts: Artifacts,
  output: string,
  quiet: boolean,
): Promise<string> {
  const verdict = { ok: "Done.", warnings: "Done, with warnings.", failed: "Done, but not compliant." }[
    status
  ];
  const audit = stages.find(({ agent }) => agent === "audit")?.result;
  const warnings = stages.flatMap(({ agent, result }) =>
    result.warnings.map((warning) => `  ${agent}: ${inert(warning)}`),
  );
  const last = `${verdict} ${audit === undefined ? "" : `Audit ${inert(audit.summary)}.`}`.trim();
  if (quiet) return [...warnings, last, ""].join("\n");
  const { metrics } = await readDocument(artifacts, files.metrics, MetricsDocument);
  const value = (id: string): string => {
    const found = metrics.find((metric) => metric.id === id);
    return found?.value === undefined ? "not reported" : grouped(found.value);
  };
  const { needs_a_person: needs } = await readDocument(artifacts, files.audit, Needs);
  const intensity = metrics.find(({ id }) => id === "intensity-market");
  return [
    "",
    "tCO2e (AR6 wherever a factor states its gases)",
    ...headline.map(([id, name]) => `  ${name.padEnd(26)}${value(id).padStart(14)}`),
    ...(intensity?.value === undefined
      ? []
      : [
          `  ${"Per million of net revenue".padEnd(26)}${(Number(intensity.value) * 1e6).toFixed(1).padStart(14)}  (${intensity.unit.slice(-3)}, market-based)`,
        ]),
    ...(warnings.length > 0 ? ["", "To look at", ...warnings] : []),
    "",
    "Needs a person",
    ...needs.map((need) => `  ${inert(need)}`),
    "  Read the statement; tagging is preparatory, no law asks for it yet.",
    "",
    `Read     ${join(output, files.xhtml)}`,
    `Audit    ${join(output, files.auditText)}`,
    `Explain  csrd explain total-market -o ${output}`,
    "",
    last,
    "",
  ].join("\n");
}
