import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { loadRunbooks } from "#kit/registry.ts";
import { renderCoverage, type Manuals } from "#kit/render/coverage.ts";
import { renderManual } from "#kit/render/manual.ts";
import { logQueriesPage } from "#kit/render/log-queries-page.ts";
import { metricsPage } from "#platform/telemetry/metric-facts.ts";
import { csrdImplements } from "./csrd/implements.ts";
import { savedLogQueries } from "./log-queries.ts";
import { loadPolicy } from "./policy.ts";

const root = join(import.meta.dirname, "..");

/** Every generated page by its path below the repository; the house test compares them with what is committed. */
export async function generatedPages(): Promise<ReadonlyMap<string, string>> {
  const runbooks = await loadRunbooks(join(root, "runbooks"));
  const manuals: Manuals = parse(readFileSync(join(root, "data/manuals.yaml"), "utf8"));
  const policy = loadPolicy();
  const pages = new Map<string, string>([
    ["docs/coverage.md", renderCoverage(manuals, runbooks, csrdImplements)],
    ["docs/metrics.md", metricsPage()],
    ["docs/log-queries.md", logQueriesPage(savedLogQueries())],
  ]);
  for (const runbook of runbooks)
    pages.set(
      `docs/manual/${runbook.id}.md`,
      renderManual(runbook, (risk, at) =>
        policy({ risk, tier: "production", severity: runbook.severity, at, zone: "UTC", onCall: [] }),
      ),
    );
  return pages;
}

if (import.meta.main) {
  const pages = await generatedPages();
  const manual = join(root, "docs/manual");
  mkdirSync(manual, { recursive: true });
  for (const file of readdirSync(manual)) if (!pages.has(`docs/manual/${file}`)) rmSync(join(manual, file));
  for (const [path, text] of pages) writeFileSync(join(root, path), text);
  process.stdout.write(`${pages.size} pages written.\n`);
}
