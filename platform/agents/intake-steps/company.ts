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

/** The flat shape: one level, as most people write it. */
const Flat = z.object({
  legal_name: text.min(1),
  lei_code: z.string(),
  country: z.string().regex(/^[A-Z]{2}$/),
  sector: z
    .object({ nace_code: z.string().optional(), industry_code: z.string().optional() })
    .partial()
    .optional(),
  company_size: z
    .object({ employee_count: z.number().nonnegative(), revenue_eur: z.number().positive() })
    .partial()
    .optional(),
  reporting_period: z.object({ start_date: day, end_date: day }),
  e1_6: E16,
});
/** The sectioned shape of the published company profile schema. */
const Sectioned = z.object({
  company_info: z.object({
    legal_name: text.min(1),
    lei_code: z.string(),
    country: z.string().regex(/^[A-Z]{2}$/),
  }),
  business_profile: z.object({ industry_code: z.string() }).partial().optional(),
  company_size: z
    .object({ employee_count: z.number().nonnegative(), revenue_eur: z.number().positive() })
    .partial()
    .optional(),
  reporting_scope: z.object({ fiscal_year: z.object({ start_date: day, end_date: day }) }),
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

type Extra = z.infer<typeof E16>;
type Size =
  | { readonly employee_count?: number | undefined; readonly revenue_eur?: number | undefined }
  | undefined;

function rest(
  extra: Extra,
  size: Size,
): Pick<
  Company,
  | "employees"
  | "net_revenue"
  | "scope_3_exclusions"
  | "significant_changes"
  | "value_chain_events"
  | "boundaries"
> {
  const given = extra.net_revenue;
  const revenue =
    given !== undefined
      ? { amount: String(given.amount), currency: given.currency, reference: given.reference }
      : size?.revenue_eur === undefined
        ? undefined
        : { amount: String(size.revenue_eur), currency: "EUR", reference: "" };
  return {
    ...(size?.employee_count === undefined ? {} : { employees: size.employee_count }),
    ...(revenue === undefined ? {} : { net_revenue: revenue }),
    scope_3_exclusions: extra.scope_3_exclusions,
    significant_changes: extra.significant_changes,
    value_chain_events: extra.value_chain_events,
    boundaries: extra.boundaries,
  };
}

function fromFlat(flat: z.infer<typeof Flat>): Company {
  return {
    legal_name: flat.legal_name,
    lei: flat.lei_code,
    country: flat.country,
    nace: flat.sector?.nace_code ?? flat.sector?.industry_code ?? "",
    period: { start: flat.reporting_period.start_date, end: flat.reporting_period.end_date },
    ...rest(flat.e1_6, flat.company_size),
  };
}

function fromSectioned(sectioned: z.infer<typeof Sectioned>): Company {
  const { company_info: info, reporting_scope: scope } = sectioned;
  return {
    legal_name: info.legal_name,
    lei: info.lei_code,
    country: info.country,
    nace: sectioned.business_profile?.industry_code ?? "",
    period: { start: scope.fiscal_year.start_date, end: scope.fiscal_year.end_date },
    ...rest(sectioned.e1_6, sectioned.company_size),
  };
}
