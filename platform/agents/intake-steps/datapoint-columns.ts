import type { Column } from "./columns.ts";

/** The columns of a file of datapoint rows, in the order in which we write them. */
export const datapointColumns: readonly Column[] = [
  {
    name: "metric_code",
    required: true,
    matters: true,
    holds: "datapoint id (E1-5_01), concept name, or aux: and an input of the formulas",
  },
  {
    name: "metric_name",
    required: false,
    matters: false,
    holds: "what the code means; settles an id that several concepts share",
  },
  {
    name: "value",
    required: true,
    matters: true,
    holds: "a number, yes or no, a date, a member, or a text; nil for none",
  },
  { name: "unit", required: false, matters: true, holds: "for numbers: MWh, kg, m3, %, EUR million, …" },
  { name: "period_start", required: true, matters: true, holds: "first day, YYYY-MM-DD" },
  { name: "period_end", required: true, matters: true, holds: "last day, YYYY-MM-DD" },
  {
    name: "data_quality",
    required: false,
    matters: true,
    holds: "high (metered, invoiced), medium or low (estimated)",
  },
  { name: "source_document", required: false, matters: true, holds: "where the figure can be checked" },
  {
    name: "verification_status",
    required: false,
    matters: true,
    holds: "verified, unverified, estimated or third_party_assured",
  },
  {
    name: "dimensions",
    required: false,
    matters: false,
    holds: "breakdown: GenderAxis=FemaleMember;CountryAxis=DE",
  },
  { name: "breakdown", required: false, matters: false, holds: "the same as a JSON object" },
  { name: "status", required: false, matters: false, holds: "for texts: draft or approved" },
  { name: "location", required: false, matters: false, holds: "site" },
  { name: "subsidiary_id", required: false, matters: false, holds: "legal entity" },
  { name: "calculation_method", required: false, matters: false, holds: "how the figure was made" },
  { name: "notes", required: false, matters: false, holds: "anything else" },
  { name: "tags", required: false, matters: false, holds: "your own words; not used" },
];
