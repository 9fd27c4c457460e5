import { Decimal } from "decimal.js";
import { z } from "zod";
import { isLei } from "#rules/lei.ts";
import { CsrdError } from "../../errors.ts";
import type { Company } from "../documents.ts";
import { scope3Categories } from "./columns.ts";

const text = z.string().trim().max(20_000);
const day = z.iso.date();
const E16 = z
  .object({
    net_revenue: z
      .object({
        amount: z.union([z.string(), z.number()]),
        currency: z.string().regex(/^[A-Z]{3}$/),
        reference: text.default(""),
      })
      .optional(),
    scope_3_exclusions: z.record(z.string(), text.min(1)).default({}),
    significant_changes: text.default(""),
    value_chain_events: text.default(""),
    boundaries: text.default(""),
  })
  .prefault({});

const country = z.string().regex(/^[A-Z]{2}$/);
const money = z.number().nonnegative().max(1e15);
const topic = z.enum(["E1", "E2", "E3", "E4", "E5", "S1", "S2", "S3", "S4", "G1"]);
/** What decides who must report and what is material; beside either shape. */
const standing = {
  listed: z.boolean().optional(),
  first_reporting_year: z.int().min(2024).max(2100).optional(),
  material_topics: z
    .partialRecord(topic, z.object({ material: z.boolean(), because: text.min(1) }))
    .optional(),
};
const size = {
  employee_count: z.number().nonnegative().optional(),
  revenue_eur: money.optional(),
  total_assets_eur: money.optional(),
};

/** The flat shape: one level, as most people write it. */
const Flat = z.object({
  legal_name: text.min(1),
  lei_code: z.string(),
  country,
  sector: z
    .object({ nace_code: z.string().optional(), industry_code: z.string().optional() })
    .partial()
    .optional(),
  company_size: z.object(size).optional(),
  reporting_period: z.object({ start_date: day, end_date: day }),
  ...standing,
  e1_6: E16,
});
/** The sectioned shape of the published company profile schema. */
const Sectioned = z.object({
  company_info: z.object({ legal_name: text.min(1), lei_code: z.string(), country }),
  business_profile: z.object({ industry_code: z.string() }).partial().optional(),
  company_size: z
    .object({
      ...size,
      employees: z.object({ total_headcount: z.number().nonnegative() }).partial().optional(),
      revenue: z.object({ total_revenue: money, currency: z.string() }).partial().optional(),
      total_assets: money.optional(),
    })
    .optional(),
  reporting_scope: z.object({ fiscal_year: z.object({ start_date: day, end_date: day }) }),
  csrd_applicability: z
    .object({
      csrd_category: z.string(),
      first_reporting_year: z.int().min(2024).max(2100),
    })
    .partial()
    .optional(),
  ...standing,
  e1_6: E16,
});

/** Reads company.json in either accepted shape; throws `company-invalid` naming the field. */
export function readCompany(content: Uint8Array, countries: readonly string[]): Company {
  const json = parse(content);
  const sectioned = typeof json === "object" && json !== null && "company_info" in json;
  const company = sectioned ? fromSectioned(check(Sectioned, json)) : fromFlat(check(Flat, json));
  if (!isLei(company.lei))
    throw invalid(
      "lei_code",
      `${quote(company.lei)} is not a legal entity identifier: its check digits do not fit`,
    );
  if (!countries.includes(company.country))
    throw invalid("country", `${quote(company.country)} is not an ISO 3166 country code`);
  if (company.period.start >= company.period.end)
    throw invalid("reporting_period", "the period ends before it starts");
  for (const number of Object.keys(company.scope_3_exclusions))
    if (!scope3Categories.some((category) => category.number === number))
      throw invalid("e1_6.scope_3_exclusions", `${quote(number)} is not a Scope 3 category from 1 to 15`);
  if (company.net_revenue !== undefined && !/^\d{1,18}(\.\d{1,6})?$/.test(company.net_revenue.amount))
    throw invalid("e1_6.net_revenue.amount", "the amount is not a positive number in plain digits");
  if (company.net_revenue !== undefined && Number(company.net_revenue.amount) === 0)
    throw invalid("e1_6.net_revenue.amount", "intensity cannot be computed on a net revenue of zero");
  return company;
}

function parse(content: Uint8Array): unknown {
  if (content.length > 1_000_000) throw invalid("company.json", "the file is larger than 1 MB");
  try {
    return JSON.parse(
      new TextDecoder("utf-8", { fatal: true }).decode(content).replace(/^\uFEFF/, ""),
    ) as unknown;
  } catch {
    throw invalid("company.json", "it is not JSON in UTF-8");
  }
}

function check<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw invalid(issue?.path.join(".") || "company.json", issue?.message ?? "it has another shape");
}

function invalid(field: string, because: string): CsrdError {
  return new CsrdError("company-invalid", {
    summary: `company.json, field ${field}: ${because}.`,
    hint: "Correct the field; data/samples shows a complete company.json.",
  });
}

const quote = (value: string): string => JSON.stringify(value.slice(0, 40));

type Standing = {
  readonly employees?: number | undefined;
  readonly turnover?: number | undefined;
  readonly assets?: number | undefined;
  readonly listed?: boolean | undefined;
  readonly firstYear?: number | undefined;
  readonly topics?: Company["material_topics"] | undefined;
};

function rest(
  extra: z.infer<typeof E16>,
  of: Standing,
): Omit<Company, "legal_name" | "lei" | "country" | "nace" | "period"> {
  const given = extra.net_revenue;
  const revenue =
    given !== undefined
      ? { amount: digits(given.amount), currency: given.currency, reference: given.reference }
      : of.turnover === undefined || of.turnover === 0
        ? undefined
        : { amount: digits(of.turnover), currency: "EUR", reference: "" };
  return {
    ...(of.employees === undefined ? {} : { employees: of.employees }),
    ...(of.turnover === undefined ? {} : { net_turnover_eur: digits(of.turnover) }),
    ...(of.assets === undefined ? {} : { balance_sheet_eur: digits(of.assets) }),
    ...(of.listed === undefined ? {} : { listed: of.listed }),
    ...(of.firstYear === undefined ? {} : { first_year: of.firstYear }),
    ...(of.topics === undefined ? {} : { material_topics: of.topics }),
    ...(revenue === undefined ? {} : { net_revenue: revenue }),
    scope_3_exclusions: extra.scope_3_exclusions,
    significant_changes: extra.significant_changes,
    value_chain_events: extra.value_chain_events,
    boundaries: extra.boundaries,
  };
}

/** A number as plain digits, also where JavaScript would write an exponent. */
const digits = (amount: string | number): string =>
  typeof amount === "string" ? amount : new Decimal(amount).toFixed();

function topicsOf(given: z.infer<typeof Flat>["material_topics"]): Company["material_topics"] | undefined {
  if (given === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, said]) => (said === undefined ? [] : [[name, said]])),
  );
}

function fromFlat(flat: z.infer<typeof Flat>): Company {
  return {
    legal_name: flat.legal_name,
    lei: flat.lei_code,
    country: flat.country,
    nace: flat.sector?.nace_code ?? flat.sector?.industry_code ?? "",
    period: { start: flat.reporting_period.start_date, end: flat.reporting_period.end_date },
    ...rest(flat.e1_6, {
      employees: flat.company_size?.employee_count,
      turnover: flat.company_size?.revenue_eur,
      assets: flat.company_size?.total_assets_eur,
      listed: flat.listed,
      firstYear: flat.first_reporting_year,
      topics: topicsOf(flat.material_topics),
    }),
  };
}

function fromSectioned(sectioned: z.infer<typeof Sectioned>): Company {
  const { company_info: info, reporting_scope: scope, company_size: of, csrd_applicability: due } = sectioned;
  const inEuro = of?.revenue?.currency === undefined || of.revenue.currency === "EUR";
  const category = due?.csrd_category;
  return {
    legal_name: info.legal_name,
    lei: info.lei_code,
    country: info.country,
    nace: sectioned.business_profile?.industry_code ?? "",
    period: { start: scope.fiscal_year.start_date, end: scope.fiscal_year.end_date },
    ...rest(sectioned.e1_6, {
      employees: of?.employee_count ?? of?.employees?.total_headcount,
      turnover: of?.revenue_eur ?? (inEuro ? of?.revenue?.total_revenue : undefined),
      assets: of?.total_assets_eur ?? (inEuro ? of?.total_assets : undefined),
      listed:
        sectioned.listed ??
        (category === undefined
          ? undefined
          : category === "listed_sme" || category === "large_public_interest"),
      firstYear: sectioned.first_reporting_year ?? due?.first_reporting_year,
      topics: topicsOf(sectioned.material_topics),
    }),
  };
}
