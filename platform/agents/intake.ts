import { judgeQuality } from "#rules/quality.ts";
import type { Agent, Measure } from "../agent.ts";
import { loadCatalogue, loadFactors } from "../catalogue/load.ts";
import { metrics } from "../contract.ts";
import { files, type IntakeDocument, readSettings, writeDocument } from "./documents.ts";
import { readCompany } from "./intake-steps/company.ts";
import { type Reading, readInputs } from "./intake-steps/read-inputs.ts";
import { nothingUsable, placed, refusal } from "./intake-steps/refusals.ts";
import { loadIntakeCodes, loadQualityRules } from "./intake-steps/rules.ts";
import { tellOfAll } from "./intake-steps/tell.ts";

/** Are these data fit to report from? Reads every input in a stream, judges every row, and lets nothing doubtful through in silence. */
export const intake: Agent = {
  name: "intake",
  purpose: "Are these data fit to report from?",
  reads: [files.inputs, files.company],
  writes: [files.datapoints, files.statements, files.activities, files.rejected, files.intake],
  async run(work) {
    const { artifacts, reportId, log, measure = () => undefined } = work;
    const catalogue = await loadCatalogue();
    const settings = await readSettings(artifacts);
    const rules = await loadQualityRules();
    const company = readCompany(await artifacts.read(files.company), catalogue.countries);
    const read = await readInputs(work, {
      company,
      catalogue,
      factors: loadFactors,
      codes: await loadIntakeCodes(),
    });
    try {
      const { remarks, total, first, inputs } = read;
      const several = inputs.length > 1;
      if (first !== undefined && settings.bad_rows === "refuse")
        throw refusal(first, remarks.rejected, remarks.refused, several);
      const valid = total - remarks.refused;
      if (valid === 0) throw nothingUsable(total, remarks.rejected, several);
      const counts = tellOfAll(rules, company, read.datapoints, read.activities, remarks, read.origins);
      const { score, dimensions, verdicts } = judgeQuality(counts, rules);
      for (const { rule, status, percent } of verdicts)
        if (status === "fail")
          remarks.warn(
            "quality-low",
            "",
            0,
            "",
            `${rule.id}, ${rule.says}: ${percent.toFixed(1)} %, where ${rule.least} % are wanted.`,
            "",
          );
      const passed = score >= settings.quality_threshold;
      for (const outcome of measuresOf(passed, verdicts)) measure(outcome);
      const statements = read.datapoints?.counts.statements ?? 0;
      const document: IntakeDocument = {
        report_id: reportId,
        company,
        inputs: [...inputs],
        counts: {
          total,
          valid,
          rejected: remarks.refused,
          datapoints: (read.datapoints?.counts.valid ?? 0) - statements,
          statements,
          activities: read.activities?.counts.valid ?? 0,
        },
        quality: { score, threshold: settings.quality_threshold, passed, dimensions: [...dimensions] },
        remark_counts: remarks.counts,
        rejected: remarks.rejected,
        warnings: remarks.warnings,
      };
      const warnings = warningsOf(read, document, counts.timed - counts.timely);
      await read.publish();
      await writeDocument(artifacts, files.intake, document);
      log(passed ? "INFO" : "WARNING", "Data validation completed", {
        company_name: company.legal_name,
        total_records: total,
        valid_records: valid,
        invalid_records: remarks.refused,
        quality_score: score,
      });
      return {
        status: warnings.length > 0 ? "warnings" : "ok",
        summary: `${total.toLocaleString("en")} rows read, ${valid.toLocaleString("en")} valid, quality ${score} of 100`,
        figures: {
          total_records: total,
          valid_records: valid,
          invalid_records: remarks.refused,
          quality_score: score,
        },
        warnings,
        wrote: [...read.wrote(), files.intake],
      };
    } catch (error) {
      await read.abort();
      throw error;
    }
  },
  async health() {
    const [{ factors }, { datapoints }] = [await loadFactors(), await loadCatalogue()];
    return { emission_factors_loaded: factors.length, datapoints_loaded: datapoints.length };
  },
};

/** What the platform counts of it: rules, never whose data. */
function measuresOf(
  passed: boolean,
  verdicts: readonly { readonly rule: { readonly id: string }; readonly status: string }[],
): readonly Measure[] {
  // Counted from zero on, so that the first low report and the first rule that it does not meet are one.
  const count = (metric: Measure["metric"], labels: Measure["labels"], happened: boolean): Measure => ({
    kind: "count",
    metric,
    labels,
    value: happened ? 1 : 0,
  });
  return [
    count(metrics.dataQualityReports, { verdict: "good" }, passed),
    count(metrics.dataQualityReports, { verdict: "low" }, !passed),
    ...verdicts.map(({ rule, status }) =>
      count(metrics.dataQualityRulesFailed, { rule: rule.id }, !passed && status === "fail"),
    ),
  ];
}

/** The sentences that a person reads after the run; at most one for each kind of remark. */
function warningsOf(
  { remarks, notes, total, inputs, wrote }: Reading,
  { quality }: IntakeDocument,
  untimely: number,
): readonly string[] {
  const rejected = wrote().filter((name) => name === files.rejected || name === files.rejectedActivities);
  const told = new Set(["quality-low", "encoding-guessed", "columns-unused", "sheet-unused"]);
  const byReason = Map.groupBy(
    remarks.warnings.filter(({ reason }) => !told.has(reason)),
    ({ code }) => code,
  );
  return [
    ...(remarks.refused > 0
      ? [
          `${remarks.refused} of ${total} rows were set aside; correct them in ${rejected.join(" and ")} and run that file again.`,
        ]
      : []),
    ...(untimely > 0
      ? [
          `Only ${total - remarks.refused - untimely} of ${total - remarks.refused} rows use a factor or a figure of the reporting year or beside it; look for newer ones.`,
        ]
      : []),
    ...(quality.passed
      ? []
      : [`Data quality is ${quality.score}, below the threshold of ${quality.threshold}.`]),
    ...notes,
    ...[...byReason].map(([code, group]) => {
      const [first] = group;
      const more = (remarks.counts[code] ?? group.length) - 1;
      if (first === undefined) return code;
      const where = first.row === 0 ? first.sentence : placed(first, inputs.length > 1);
      return `${code}: ${where}${more > 0 ? ` (and ${more.toLocaleString("en")} more)` : ""}`;
    }),
  ];
}
