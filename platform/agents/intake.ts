import type { Agent } from "../agent.ts";
import { loadCatalogue, loadFactors } from "../catalogue/load.ts";
import { files, type IntakeDocument, readSettings, writeDocument } from "./documents.ts";
import { columns } from "./intake-steps/columns.ts";
import { readCompany } from "./intake-steps/company.ts";
import { judged, outdated } from "./intake-steps/quality.ts";
import { survey } from "./intake-steps/read-csv.ts";
import { readRows } from "./intake-steps/read-rows.ts";
import { nothingUsable, refusal, rejectedCsv } from "./intake-steps/refusals.ts";

/** Is this activity data fit to report from? Reads the CSV in a stream, judges every row, and lets nothing doubtful through in silence. */
export const intake: Agent = {
  name: "intake",
  purpose: "Is this activity data fit to report from?",
  reads: [files.input, files.company],
  writes: [files.intake],
  async run(work) {
    const { artifacts, reportId, log } = work;
    const [catalogue, factors, settings] = [
      await loadCatalogue(),
      await loadFactors(),
      await readSettings(artifacts),
    ];
    const company = readCompany(await artifacts.read(files.company), catalogue.countries);
    const found = await survey(artifacts, files.input);
    const read = await readRows(work, found, company, factors, new Set(catalogue.countries));
    const first = read.rejected[0];
    if (first !== undefined && settings.bad_rows === "refuse") throw refusal(first, read.rejected);
    if (read.records.length === 0) throw nothingUsable(read.total, read.rejected);
    const quality = await judged(read, factors, company, settings.quality_threshold);
    const document: IntakeDocument = {
      report_id: reportId,
      company,
      input: {
        sha256: found.sha256,
        bytes: found.bytes,
        encoding: found.encoding,
        delimiter: found.delimiter,
        decimal_mark: found.decimalMark,
        columns: [...read.header],
        unknown_columns: read.header.filter(
          (name) => name !== "why" && !columns.some((column) => column.name === name),
        ),
      },
      counts: { total: read.total, valid: read.records.length, rejected: read.rejected.length },
      quality,
      rejected: [...read.rejected],
      warnings: [...read.warnings],
      records: [...read.records],
    };
    await writeDocument(artifacts, files.intake, document);
    if (read.rejected.length > 0) await artifacts.write(files.rejected, rejectedCsv(read));
    const { total, valid, rejected } = document.counts;
    log(quality.passed ? "INFO" : "WARNING", "Data validation completed", {
      company_name: company.legal_name,
      total_records: total,
      valid_records: valid,
      invalid_records: rejected,
      quality_score: quality.score,
    });
    const warnings = [
      ...(rejected > 0
        ? [
            `${rejected} of ${total} rows were set aside; correct them in ${files.rejected} and run that file again.`,
          ]
        : []),
      ...outdated(quality),
      ...(quality.passed
        ? []
        : [`Data quality is ${quality.score}, below the threshold of ${quality.threshold}.`]),
      ...(found.encoding === "windows-1252"
        ? ["The file is not UTF-8 and was read as windows-1252; check names with accents."]
        : []),
      ...(document.input.unknown_columns.length > 0
        ? [`Columns not used: ${document.input.unknown_columns.slice(0, 10).join(", ")}.`]
        : []),
      ...[...Map.groupBy(read.warnings, ({ sentence }) => sentence)].map(
        ([sentence, group]) =>
          `Row ${group[0]?.row ?? 0}${group.length > 1 ? ` and ${group.length - 1} more` : ""}: ${sentence}`,
      ),
    ];
    return {
      status: warnings.length > 0 ? "warnings" : "ok",
      summary: `${total.toLocaleString("en")} rows read, ${valid.toLocaleString("en")} valid, quality ${quality.score} of 100`,
      figures: {
        total_records: total,
        valid_records: valid,
        invalid_records: rejected,
        quality_score: quality.score,
      },
      warnings,
      wrote: [files.intake, ...(read.rejected.length > 0 ? [files.rejected] : [])],
    };
  },
  async health() {
    const [{ factors }, { datapoints }] = [await loadFactors(), await loadCatalogue()];
    return { emission_factors_loaded: factors.length, datapoints_loaded: datapoints.length };
  },
};
