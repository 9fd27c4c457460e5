import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Decimal } from "decimal.js";
import Papa from "papaparse";

const root = join(import.meta.dirname, "../../../data/samples");

/** The sample companies with data for a whole statement, by folder. */
export const companies = ["vesterlund-instrumenter", "lavre-texteis", "morgenau-coatings"] as const;
export type SampleCompany = (typeof companies)[number];

/** Path of a sample's file. */
export const sampleFile = (company: string, name: string): string => join(root, company, name);

/** A row of esg_data.csv, its value in the unit that the catalogue wants, its dimensions as a record. */
export type Figure = {
  readonly row: number;
  readonly code: string;
  readonly name: string;
  readonly value: Decimal;
  readonly unit: string;
  readonly start: string;
  readonly end: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly location: string;
  readonly source: string;
};
type Row = Readonly<Record<string, string>>;

// Written apart from the platform's registry, so that a wrong conversion there is seen here.
const sizes: Readonly<Record<string, string>> = {
  kWh: "0.001",
  MWh: "1",
  kg: "0.001",
  t: "1",
  m3: "1",
  "million litres": "1000",
  m2: "0.0001",
  ha: "1",
  tCO2e: "1",
  "%": "0.01",
  EUR: "1",
  "k EUR": "1000",
  "EUR million": "1000000",
};

/** The figures of a sample, every value brought to MWh, t, m3, ha, EUR or a fraction. */
export async function figuresOf(company: SampleCompany): Promise<readonly Figure[]> {
  return (await rowsOf(company, "esg_data.csv")).map((row, at) => {
    const unit = row["unit"] ?? "";
    const value = new Decimal(row["value"] ?? "");
    return {
      row: at + 2,
      code: row["metric_code"] ?? "",
      name: row["metric_name"] ?? "",
      value: unit === "GJ" ? value.dividedBy("3.6") : value.times(sizes[unit] ?? "1"),
      unit,
      start: row["period_start"] ?? "",
      end: row["period_end"] ?? "",
      dimensions: dimensionsOf(row["dimensions"] ?? ""),
      location: row["location"] ?? "",
      source: row["source_document"] ?? "",
    };
  });
}

/** A disclosure of a sample that is no number. */
export type Disclosure = {
  readonly metric_code: string;
  readonly value: string | boolean;
  readonly dimensions?: string;
  readonly period_start: string;
  readonly period_end: string;
};

/** The texts, answers, dates and members of a sample. */
export async function disclosuresOf(company: SampleCompany): Promise<readonly Disclosure[]> {
  const text = await readFile(sampleFile(company, "disclosures.json"), "utf8");
  return (JSON.parse(text) as { readonly data_points: readonly Disclosure[] }).data_points;
}

/** The rows of one of a sample's CSV files. */
export async function rowsOf(company: SampleCompany, name: string): Promise<readonly Row[]> {
  const { data, errors } = Papa.parse<Row>(await readFile(sampleFile(company, name), "utf8"), {
    header: true,
    skipEmptyLines: true,
  });
  if (errors[0] !== undefined) throw new Error(`${company}/${name}: ${errors[0].message}`);
  return data;
}

/** company.json of a sample. */
export async function profileOf(company: SampleCompany): Promise<{
  readonly legal_name: string;
  readonly lei_code: string;
  readonly country: string;
  readonly company_size: { readonly employee_count: number; readonly revenue_eur: number };
  readonly material_topics: Readonly<
    Record<string, { readonly material: boolean; readonly because: string }>
  >;
}> {
  return JSON.parse(await readFile(sampleFile(company, "company.json"), "utf8")) as Awaited<
    ReturnType<typeof profileOf>
  >;
}

/** `Axis=Member;Other=Member` as a record. */
function dimensionsOf(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    text
      .split(";")
      .filter((part) => part !== "")
      .map((part) => {
        const at = part.indexOf("=");
        return [part.slice(0, at), part.slice(at + 1)] as const;
      }),
  );
}
