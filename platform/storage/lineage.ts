import type { Database } from "./database.ts";

/** One line of an answer: a figure of a report, and something that it was made from. */
export type LineageUse = {
  readonly report: string;
  readonly tenant: string;
  readonly figure: string;
  readonly concept: string;
  readonly kind: "factor" | "rows" | "formula" | "figure";
  /** A factor's id, a metric code, a formula's name, another figure's id. */
  readonly source: string;
  readonly version: number | undefined;
  /** The input file; `rows` of it, from `firstRow` to `lastRow`, the header being row 1. */
  readonly input: string | undefined;
  readonly rows: number | undefined;
  readonly firstRow: number | undefined;
  readonly lastRow: number | undefined;
};

/** What may be asked: who used a factor, or a formula; or what a report's figures were made from. */
export type LineageQuestion =
  | { readonly factor: string }
  | { readonly formula: string }
  | {
      readonly report: string;
      /** Concepts or figure ids; all figures when it is left out. */
      readonly figures?: readonly string[] | undefined;
    };

/**
 * What the index knows, newest report first, within one tenant's reports; `tenant` undefined is for operators only, and asks over all.
 * Another tenant's report gives nothing, as one that is not there.
 */
export async function findLineage(
  database: Database,
  question: LineageQuestion,
  { tenant, limit }: { readonly tenant: string | undefined; readonly limit: number },
): Promise<readonly LineageUse[]> {
  const asked =
    "report" in question
      ? "u.report_id = $1 and ($2::text[] is null or u.concept = any($2) or u.figure = any($2))"
      : `u.kind = '${"factor" in question ? "factor" : "formula"}' and u.source = $1 and $2::text[] is null`;
  const subject =
    "report" in question ? question.report : "factor" in question ? question.factor : question.formula;
  const { rows } = await database.query<Row>(
    `select u.report_id, u.owner, u.figure, u.concept, u.kind, u.source, u.version, u.input, u.rows, u.first_row, u.last_row
       from lineage_uses u join reports r on r.id = u.report_id
      where ${asked} and ($3::text is null or u.owner = $3)
      order by r.accepted_at desc, u.report_id, u.figure, u.kind, u.source, u.input limit $4`,
    [subject, "report" in question ? question.figures : undefined, tenant, limit],
  );
  return rows.map((row) => ({
    report: row.report_id,
    tenant: row.owner,
    figure: row.figure,
    concept: row.concept,
    kind: row.kind,
    source: row.source,
    version: row.version ?? undefined,
    input: row.input ?? undefined,
    rows: numberOf(row.rows),
    firstRow: numberOf(row.first_row),
    lastRow: numberOf(row.last_row),
  }));
}

/** Completed reports whose files are here, oldest first, behind an id; for building the index anew. */
export async function listIndexable(
  database: Database,
  after: string,
  limit: number,
): Promise<readonly string[]> {
  const { rows } = await database.query<{ id: string }>(
    "select id from reports where status = 'completed' and files_state is distinct from 'deleted' and id > $1 order by id limit $2",
    [after, limit],
  );
  return rows.map(({ id }) => id);
}

type Row = {
  report_id: string;
  owner: string;
  figure: string;
  concept: string;
  kind: LineageUse["kind"];
  source: string;
  version: number | null;
  input: string | null;
  rows: string | null;
  first_row: string | null;
  last_row: string | null;
};

function numberOf(text: string | null): number | undefined {
  return text === null ? undefined : Number(text);
}
