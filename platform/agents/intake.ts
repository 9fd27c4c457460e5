import Papa from "papaparse";
import { judgeQuality, type Weights } from "#rules/quality.ts";
import type { Agent, AgentWork } from "../agent.ts";
import { type Factors, loadCatalogue, loadFactors, loadQualityRules } from "../catalogue/load.ts";
import { CsrdError, type CsrdErrorCode } from "../errors.ts";
import {
  type ActivityRecord,
  type Company,
  files,
  type IntakeDocument,
  readSettings,
  type Remark,
  writeDocument,
} from "./documents.ts";
import { checkRow, type RowContext } from "./intake-steps/check-row.ts";
import { columns } from "./intake-steps/columns.ts";
import { readCompany } from "./intake-steps/company.ts";
import { factorMatcher } from "./intake-steps/match-factor.ts";
import { headerName, limits, rowsOf, type Survey, survey } from "./intake-steps/read-csv.ts";

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
    if (read.records.length === 0)
      throw new CsrdError("no-records", {
        summary: `None of the ${read.total} rows of ${files.input} can be used.`,
        hint: first === undefined ? "Add activities below the header row." : `${place(first)} ${first.hint}`,
      });
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

type Read = {
  readonly header: readonly string[];
  readonly total: number;
  readonly records: readonly ActivityRecord[];
  readonly rejected: readonly (Remark & { readonly code: CsrdErrorCode })[];
  readonly rejectedCells: readonly (readonly string[])[];
  readonly warnings: readonly Remark[];
  readonly repeated: number;
  readonly cells: number;
  readonly filled: number;
};

async function readRows(
  work: AgentWork,
  found: Survey,
  company: Company,
  factors: Factors,
  countries: ReadonlySet<string>,
): Promise<Read> {
  const context: RowContext = {
    company,
    countries,
    decimalMark: found.decimalMark,
    match: factorMatcher(factors),
    seen: new Map(),
  };
  const records: ActivityRecord[] = [];
  const rejected: (Remark & { code: CsrdErrorCode })[] = [];
  const rejectedCells: (readonly string[])[] = [];
  const warnings: Remark[] = [];
  const contents = new Map<string, number>();
  let [header, total, repeated, cells, filled]: [readonly string[], number, number, number, number] = [
    [],
    0,
    0,
    0,
    0,
  ];
  for await (const { row, cells: raw, broken } of rowsOf(work.artifacts, files.input, found)) {
    if (header.length === 0) {
      header = checkedHeader(raw);
      continue;
    }
    total += 1;
    if (total % 5000 === 0) {
      work.signal?.throwIfAborted();
      work.progress?.(total, undefined, "rows read");
    }
    const reject = (problem: Remark & { code: CsrdErrorCode }): void => {
      rejected.push(problem);
      rejectedCells.push(raw);
    };
    if (broken !== undefined) {
      reject({
        code: "row-malformed",
        row,
        column: header[0] ?? "record_id",
        sentence: broken,
        hint: "Close the quotation mark, or shorten the cell.",
      });
      continue;
    }
    if (raw.length > header.length && raw.slice(header.length).some((cell) => cell.trim() !== "")) {
      reject({
        code: "row-malformed",
        row,
        column: header.at(-1) ?? "record_id",
        sentence: `the row has ${raw.length} cells, the header ${header.length}.`,
        hint: "Put cells that contain the delimiter into quotation marks.",
      });
      continue;
    }
    const byName = Object.fromEntries(header.map((name, index) => [name, cleaned(raw[index] ?? "")]));
    const mattering = columns.filter(({ matters }) => matters);
    cells += mattering.length;
    filled += mattering.filter(({ name }) => (byName[name] ?? "") !== "").length;
    const verdict = checkRow(row, byName, context);
    if (verdict.kind === "rejected") {
      reject(verdict.problem);
      continue;
    }
    const { record } = verdict;
    const content = JSON.stringify([
      record.site,
      record.scope,
      record.category,
      record.activity,
      record.amount,
      record.unit,
      record.period_start,
      record.period_end,
    ]);
    const before = contents.get(content);
    if (before !== undefined) {
      repeated += 1;
      warnings.push({
        code: "repeated",
        row,
        column: "record_id",
        sentence: `the row says the same as row ${before} under another id.`,
        hint: "Remove one of them if it is the same consumption.",
      });
    } else contents.set(content, row);
    records.push(record);
    warnings.push(...verdict.warnings);
  }
  work.progress?.(total, total, "rows read");
  if (total === 0)
    throw new CsrdError("input-empty", {
      summary: `${files.input} has a header but no rows.`,
      hint: "Add at least one activity below the header.",
    });
  return { header, total, records, rejected, rejectedCells, warnings, repeated, cells, filled };
}

function checkedHeader(raw: readonly string[]): readonly string[] {
  const header = raw.map(headerName);
  const twice = header.find((name, index) => name !== "" && header.indexOf(name) !== index);
  if (twice !== undefined)
    throw new CsrdError("column-duplicate", {
      summary: `Row 1: the column ${JSON.stringify(twice.slice(0, 40))} occurs twice.`,
      hint: "Remove or rename one of them.",
    });
  const missing = columns
    .filter(({ name, required }) => required && !header.includes(name))
    .map(({ name }) => name);
  if (missing.length === 0) return header;
  throw new CsrdError("column-missing", {
    summary: `Row 1: the column ${missing.join(", ")} is missing.`,
    hint: `A header needs ${columns
      .filter(({ required }) => required)
      .map(({ name }) => name)
      .join(", ")}.`,
  });
}

// Control and direction characters but tab and line ends.
const unseen = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

/** Trims, drops control characters, and takes off the apostrophe that keeps a spreadsheet from running a cell as a formula. */
function cleaned(cell: string): string {
  const text = cell.replaceAll(unseen, "").trim();
  return /^'[=+\-@\t\r]/.test(text) ? text.slice(1) : text;
}

function place({ row, column, sentence }: Remark): string {
  return `Row ${row}, column ${column}: ${sentence}`;
}

function refusal(first: Remark & { code: CsrdErrorCode }, all: readonly Remark[]): CsrdError {
  const more = all.length - 1;
  return new CsrdError(first.code, {
    summary: place(first),
    hint: `${first.hint}${more > 0 ? ` ${more} more ${more === 1 ? "row has" : "rows have"} a problem; \`csrd validate\` lists them.` : ""}`,
    details: all
      .slice(0, 100)
      .map((problem) => `${place(problem)} ${problem.hint}`)
      .join("\n"),
  });
}

async function judged(
  read: Read,
  { factors, sources }: Factors,
  company: Company,
  threshold: number,
): Promise<IntakeDocument["quality"]> {
  const { dimensions: rules } = await loadQualityRules();
  const weights: Weights = {
    completeness: rules.completeness.weight,
    accuracy: rules.accuracy.weight,
    consistency: rules.consistency.weight,
    timeliness: rules.timeliness.weight,
    validity: rules.validity.weight,
  };
  const sourceOf = new Map(factors.map(({ id, source }) => [id, source]));
  const yearOf = new Map(sources.map(({ id, year }) => [id, year]));
  const year = Number(company.period.end.slice(0, 4));
  const timely = read.records.filter(({ factor }) => {
    const published =
      factor.kind === "own"
        ? Number(/\b(20\d{2})\b/.exec(factor.source)?.[1] ?? 0)
        : (yearOf.get(sourceOf.get(factor.id) ?? "") ?? 0);
    return Math.abs(published - year) <= 1;
  }).length;
  const of = (quality: string): number =>
    read.records.filter(({ data_quality }) => data_quality === quality).length;
  const { score, dimensions } = judgeQuality(
    {
      rows: read.total,
      valid: read.records.length,
      cells: read.cells,
      filled: read.filled,
      high: of("high"),
      medium: of("medium"),
      repeated: read.repeated,
      timely,
    },
    weights,
  );
  return { score, threshold, passed: score >= threshold, dimensions: [...dimensions] };
}

/** The rows to fix, with the reason beside each; cells that a spreadsheet would run are made plain text. */
function rejectedCsv({ header, rejected, rejectedCells }: Read): string {
  const rows = rejectedCells.map((cells, index) => [
    ...header.map((_, at) => inert(cells[at] ?? "")),
    inert(rejected[index] === undefined ? "" : place(rejected[index])),
  ]);
  return `${Papa.unparse([[...header.map(inert), "why"], ...rows], { newline: "\n" })}\n`;
}

function inert(cell: string): string {
  return /^[=+\-@\t\r]/.test(cell) && !/^[+-]?[\d.,]+$/.test(cell)
    ? `'${cell.slice(0, limits.cell)}`
    : cell.slice(0, limits.cell);
}
