import { createHash } from "node:crypto";
import type { Agent, Artifacts } from "../agent.ts";
import { loadCatalogue } from "../catalogue/load.ts";
import { CsrdError } from "../errors.ts";
import { readFinished } from "../xbrl/read-finished.ts";
import { reportPackage } from "../xbrl/report-package.ts";
import { xbrlJson } from "../xbrl/xbrl-json.ts";
import {
  AggregatedDocument,
  files,
  IntakeDocument,
  MaterialityDocument,
  MetricsDocument,
  readDocument,
  readLines,
  Statement,
  writeDocument,
} from "./documents.ts";
import { agree } from "./reporting-steps/agree.ts";
import { gather } from "./reporting-steps/items.ts";
import { reportJson, type WrittenFile } from "./reporting-steps/report-json.ts";
import { writeStatement } from "./reporting-steps/statement.ts";

/** How does the statement read, for people and for machines? Writes the inline XBRL document, its JSON twin, the report package and the manifest. */
export const reporting: Agent = {
  name: "reporting",
  purpose: "How does the statement read, for people and for machines?",
  reads: [files.intake, files.statements, files.materiality, files.metrics, files.aggregated],
  writes: [files.xhtml, files.facts, files.package, files.report, files.manifest],
  async run({ artifacts, reportId, now, log }) {
    const catalogue = await loadCatalogue();
    const intake = await readDocument(artifacts, files.intake, IntakeDocument);
    const materiality = await readDocument(artifacts, files.materiality, MaterialityDocument);
    const metrics = await readDocument(artifacts, files.metrics, MetricsDocument);
    const aggregated = await readDocument(artifacts, files.aggregated, AggregatedDocument);
    const items = gather(catalogue, metrics.metrics, await statements(artifacts));
    if (items.length === 0)
      throw new CsrdError("no-facts", {
        summary: "The statement would hold no tagged fact.",
        hint: "Run the calculator stage again and look at its warnings.",
      });
    const sources = { intake, materiality, metrics, aggregated, catalogue, items };
    const { xhtml, facts, wanting, disclosures } = writeStatement(sources);
    const read = readFinished(xhtml, catalogue.taxonomy);
    agree(items, read);
    const types = new Map(catalogue.concepts.map(({ concept, type }) => [concept, type]));
    const json = `${JSON.stringify(xbrlJson(read, catalogue.taxonomy, types), undefined, 1)}\n`;
    const name = `${intake.company.lei}-${intake.company.period.end}`;
    const zipped = reportPackage({ folder: name, report: `${name}-en.xhtml`, content: xhtml });
    const outputs = {
      ixbrl_report: written(files.xhtml, xhtml),
      xbrl_json: written(files.facts, json),
      esef_package: written(files.package, zipped),
    };
    await artifacts.write(files.xhtml, xhtml);
    await artifacts.write(files.facts, json);
    await artifacts.write(files.package, zipped);
    await writeDocument(
      artifacts,
      files.report,
      reportJson(sources, {
        reportId,
        generatedAt: now().toISOString(),
        read,
        outputs,
        wanting,
        disclosures,
      }),
    );
    const bytes = outputs.ixbrl_report.file_size_bytes;
    await writeDocument(artifacts, files.manifest, {
      report_id: reportId,
      facts,
      sha256: outputs.ixbrl_report.checksum,
      bytes,
      files: Object.values(outputs),
      disclosures,
      needs_a_person: wanting,
    });
    log("INFO", "Report generated", { facts, bytes, wanting: wanting.length });
    return {
      status: wanting.length > 0 ? "warnings" : "ok",
      summary: `${facts} tagged facts in ${files.xhtml} (${Math.round(bytes / 1024)} kB), ${disclosures.length} disclosure requirements`,
      figures: { facts, bytes, disclosures: disclosures.length },
      warnings: wanting,
      wrote: [files.xhtml, files.facts, files.package, files.report, files.manifest],
    };
  },
  async health() {
    const { concepts, taxonomy } = await loadCatalogue();
    return { concepts_loaded: concepts.length, taxonomy_version: taxonomy.version };
  },
};

/** What was stated that is no number; none when intake wrote no such file. */
async function statements(artifacts: Artifacts): Promise<readonly Statement[]> {
  if (!(await artifacts.exists(files.statements))) return [];
  const found: Statement[] = [];
  for await (const statement of readLines(artifacts, files.statements, Statement)) found.push(statement);
  return found;
}

function written(name: string, content: string | Uint8Array): WrittenFile {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  return {
    file_path: name,
    file_size_bytes: bytes.byteLength,
    checksum: createHash("sha256").update(bytes).digest("hex"),
  };
}
