import type { QualityCounts, QualityRules } from "#rules/quality.ts";
import type { Company } from "../documents.ts";
import { type ActivityRows, emptyActivityCounts } from "./activity-rows.ts";
import { type DatapointRows, emptyDatapointCounts } from "./datapoint-rows.ts";
import { bits, monthName } from "./period.ts";
import type { Remarks } from "./remarks.ts";
import type { Origins } from "./row.ts";
import { outliersOf } from "./watch.ts";

/** Points out what only the whole of the rows can show (outliers, gaps, jumps, missing sites), and counts everything for the quality score. */
export function tellOfAll(
  rules: QualityRules,
  company: Company,
  datapoints: DatapointRows | undefined,
  activities: ActivityRows | undefined,
  remarks: Remarks,
  origins: Origins,
): QualityCounts {
  const d = datapoints?.counts ?? emptyDatapointCounts();
  const a = activities?.counts ?? emptyActivityCounts();
  const found =
    datapoints === undefined
      ? { outliers: 0, comparable: 0, jumps: 0, series: 0, gapped: 0, site_metrics: 0, sites_missing: 0 }
      : {
          ...outliersAndJumps(rules, datapoints, remarks, origins),
          ...gaps(rules, company, datapoints, remarks, origins),
          ...missingSites(rules, datapoints, remarks),
        };
  const unsourced = d.valid + a.valid - d.sourced - a.sourced;
  if (unsourced > 0)
    remarks.warn(
      "metadata-missing",
      "",
      0,
      "source_document",
      `${unsourced.toLocaleString("en")} rows do not name the document in which the figure can be checked.`,
      "Fill in source_document.",
    );
  const count = (...codes: readonly string[]): number =>
    codes.reduce((total, code) => total + (remarks.counts[code] ?? 0), 0);
  return {
    rows: d.rows + a.rows + remarks.malformed,
    valid: d.valid + a.valid,
    cells: d.cells + a.cells,
    filled: d.filled + a.filled,
    high: d.high + a.high,
    medium: d.medium + a.medium,
    sourced: d.sourced + a.sourced,
    figures: d.valid - d.statements,
    out_of_range: count("W008"),
    repeated: d.repeated + a.repeated,
    doubtful_units: count("W007"),
    translated: d.translated,
    timed: d.valid + a.valid,
    timely: d.timely + a.timely,
    duplicates: count("E015"),
    mixed: count("E021"),
    bad_codes: count("E002", "E003", "E011", "E019"),
    bad_values: count("E004", "E012", "E013", "E020"),
    bad_units: count("E005"),
    bad_periods: count("E006", "E007", "E014"),
    ...found,
  };
}

function outliersAndJumps(
  { outlier, jump }: QualityRules,
  { dimensions }: DatapointRows,
  remarks: Remarks,
  origins: Origins,
): Pick<QualityCounts, "outliers" | "comparable" | "jumps"> {
  let [outliers, comparable, jumps] = [0, 0, 0];
  for (const [name, group] of dimensions.groups()) {
    for (const { row, value, median } of outliersOf(group, outlier)) {
      outliers += 1;
      const { input, row: number } = origins.of(row);
      remarks.warn(
        "outlier",
        input,
        number,
        "value",
        `${figure(value)} stands out: half of the figures for ${name} are above ${figure(median)}, half below.`,
        "Check the unit and the number of zeros.",
      );
    }
    const [now, before] = [group.sums[0], group.sums[1]];
    if (now === undefined || before === undefined || now <= 0 || before <= 0) continue;
    comparable += 1;
    const ratio = now / before;
    if (ratio < jump.times && ratio > 1 / jump.times) continue;
    jumps += 1;
    const { input, row: number } = origins.of(group.firstRow);
    remarks.warn(
      "jump",
      input,
      number,
      "value",
      `${name} was ${figure(before)} the year before and is ${figure(now)}.`,
      "Check both years, or explain the change in the report.",
    );
  }
  return { outliers, comparable, jumps };
}

function gaps(
  { gap }: QualityRules,
  { period }: Company,
  { series, periods }: DatapointRows,
  remarks: Remarks,
  origins: Origins,
): Pick<QualityCounts, "series" | "gapped"> {
  let [monthly, gapped] = [0, 0];
  const all = periods.everyMonth;
  for (const { row, months } of series.monthly()) {
    if (bits(months) < gap.least_months) continue;
    monthly += 1;
    const missing = all & ~months;
    if (missing === 0) continue;
    gapped += 1;
    const { input, row: number } = origins.of(row);
    const names = Array.from({ length: 31 }, (_, bit) => bit)
      .filter((bit) => (missing & (1 << bit)) !== 0)
      .map((bit) => monthName(bit, period.start));
    remarks.warn(
      "gap",
      input,
      number,
      "period_start",
      `the series that begins here has no figure for ${names.slice(0, 6).join(", ")}${names.length > 6 ? ` and ${names.length - 6} more` : ""}.`,
      "Add the missing months, or state the whole period in one row.",
    );
  }
  return { series: monthly, gapped };
}

function missingSites(
  { sites: { share } }: QualityRules,
  { sites, targets }: DatapointRows,
  remarks: Remarks,
): Pick<QualityCounts, "site_metrics" | "sites_missing"> {
  let missing = 0;
  for (const { target, sites: without } of sites.missing(share)) {
    missing += 1;
    const name = targets.all[target]?.name ?? "";
    remarks.warn(
      "site-missing",
      "",
      0,
      "location",
      `${name} is stated by most sites, but not by ${without.slice(0, 3).join(", ")}${without.length > 3 ? ` and ${without.length - 3} more` : ""}.`,
      "Add the figures, or a row that says nil.",
    );
  }
  return { site_metrics: sites.metrics(share), sites_missing: missing };
}

const figure = (value: number): string => String(Number(value.toPrecision(6)));
