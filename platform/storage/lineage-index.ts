import { createHash } from "node:crypto";
import { linesOf, wentInto } from "../agents/calculator-steps/trace.ts";
import { EmissionLineage, files, type Metric, MetricsDocument, readDocument } from "../agents/documents.ts";
import type { Artifacts } from "../agent.ts";
import { CsrdError } from "../errors.ts";
import { type Database, inTransaction } from "./database.ts";

/** What a figure was made from, added up over the rows of one input file. */
type Use = {
  readonly figure: string;
  readonly concept: string;
  readonly kind: "factor" | "rows" | "formula" | "figure";
  readonly source: string;
  readonly version: number | undefined;
  readonly input: string | undefined;
  rows: number;
  first: number;
  last: number;
};

/** What was indexed of a report. */
export type Indexed = { readonly entries: number; readonly uses: number; readonly whole: boolean };

/** A report with more different uses than this is indexed in part, and says so. */
const mostUses = 50_000;
const batch = 1_000;

/**
 * Puts a report's lineage into the database in place of what was there: which figures used which factor, which rows of which file, which formula in
 * which version, which other figures. What it holds in memory is bounded by the different uses, not by the rows. Does nothing for a report that is not
 * in the database; throws `artifact-missing` and `artifact-broken` for files that are not there or are not what the calculator writes.
 */
export async function indexLineage(
  database: Database,
  artifacts: Artifacts,
  reportId: string,
): Promise<Indexed> {
  const document = await readDocument(artifacts, files.metrics, MetricsDocument);
  const sum = createHash("sha256");
  const uses = new Map<string, Use>();
  let [entries, whole] = [0, true];
  const add = (use: Omit<Use, "rows" | "first" | "last">, row: number | undefined): void => {
    const key = JSON.stringify([use.figure, use.kind, use.source, use.version, use.input]);
    const before = uses.get(key);
    if (before === undefined && uses.size >= mostUses) whole = false;
    else if (before === undefined)
      uses.set(key, { ...use, rows: row === undefined ? 0 : 1, first: row ?? 0, last: row ?? 0 });
    else if (row !== undefined) {
      before.rows += 1;
      before.first = Math.min(before.first, row);
      before.last = Math.max(before.last, row);
    }
  };
  for (const { id, concept, formula, formula_version: version, from } of document.metrics) {
    add({ figure: id, concept, kind: "formula", source: formula, version, input: undefined }, undefined);
    for (const part of from)
      add(
        { figure: id, concept, kind: "figure", source: part.id, version: undefined, input: undefined },
        undefined,
      );
  }
  const concepts = new Map(document.metrics.map(({ id, concept }) => [id, concept]));
  const figuresOf = emissionFigures(document.metrics);
  for await (const line of linesOf(artifacts, sum)) {
    entries += 1;
    const entry = parsed(line);
    if (isRow(entry)) {
      const concept = concepts.get(entry.metric) ?? entry.metric;
      add(
        {
          figure: entry.metric,
          concept,
          kind: "rows",
          source: entry.code,
          version: undefined,
          input: entry.input,
        },
        entry.row,
      );
      continue;
    }
    const emission = EmissionLineage.safeParse(entry);
    if (!emission.success) throw broken(emission.error);
    const { factor, formula_version: version, input, row } = emission.data;
    for (const { id, concept } of figuresOf(emission.data))
      add({ figure: id, concept, kind: "factor", source: factor.id, version, input }, row);
  }
  const sha256 = sum.digest("hex");
  await inTransaction(database, async (client) => {
    const { rows } = await client.query<{ owner: string }>("select owner from reports where id = $1", [
      reportId,
    ]);
    const owner = rows[0]?.owner;
    if (owner === undefined) return;
    await client.query(
      `insert into lineage_reports (report_id, owner, lineage_sha256, entries, whole) values ($1, $2, $3, $4, $5)
         on conflict (report_id) do update set lineage_sha256 = $3, entries = $4, whole = $5, indexed_at = now()`,
      [reportId, owner, sha256, entries, whole],
    );
    await client.query("delete from lineage_uses where report_id = $1", [reportId]);
    const all = [...uses.values()];
    for (let from = 0; from < all.length; from += batch) {
      const part = all.slice(from, from + batch);
      await client.query(
        `insert into lineage_uses (report_id, owner, figure, concept, kind, source, version, input, rows, first_row, last_row)
         select $1, $2, * from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::int[], $8::text[], $9::bigint[], $10::bigint[], $11::bigint[])`,
        [
          reportId,
          owner,
          part.map(({ figure }) => figure),
          part.map(({ concept }) => concept),
          part.map(({ kind }) => kind),
          part.map(({ source }) => source),
          part.map(({ version }) => version ?? null),
          part.map(({ input }) => input ?? null),
          part.map(({ rows: count }) => (count === 0 ? null : count)),
          part.map(({ rows: count, first }) => (count === 0 ? null : first)),
          part.map(({ rows: count, last }) => (count === 0 ? null : last)),
        ],
      );
    }
  });
  return { entries, uses: uses.size, whole };
}

/** The figures that an emission went into; worked out once for all emissions that are alike. */
function emissionFigures(
  metrics: readonly Metric[],
): (entry: EmissionLineage) => readonly { id: string; concept: string }[] {
  const auxiliary = [...new Set(metrics.flatMap(({ from }) => from.map(({ id }) => id)))].filter((id) =>
    id.startsWith("aux:"),
  );
  const known = new Map<string, readonly { id: string; concept: string }[]>();
  return (entry) => {
    const { scope, category, country, method, also, biogenic_tonnes: biogenic } = entry;
    const key = JSON.stringify([scope, category, country, method, also, biogenic !== undefined]);
    const before = known.get(key);
    if (before !== undefined) return before;
    const found = [
      ...metrics.flatMap((metric) =>
        wentInto({ id: metric.id, metric }, entry) ? [{ id: metric.id, concept: metric.concept }] : [],
      ),
      ...auxiliary.flatMap((id) => (wentInto({ id, metric: undefined }, entry) ? [{ id, concept: id }] : [])),
    ];
    known.set(key, found);
    return found;
  };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw broken(cause);
  }
}

function broken(cause: unknown): CsrdError {
  return new CsrdError("artifact-broken", {
    summary: `${files.lineage} has a line that is not of the shape that the calculator writes.`,
    hint: "Nothing was indexed of it; what was indexed before stays.",
    cause,
  });
}

type Row = {
  readonly kind: "row";
  readonly metric: string;
  readonly code: string;
  readonly input: string;
  readonly row: number;
};

/** Told by hand: there may be millions, and only four of their members are needed. */
function isRow(entry: unknown): entry is Row {
  return (
    typeof entry === "object" &&
    entry !== null &&
    "kind" in entry &&
    entry.kind === "row" &&
    "metric" in entry &&
    typeof entry.metric === "string" &&
    "code" in entry &&
    typeof entry.code === "string" &&
    "input" in entry &&
    typeof entry.input === "string" &&
    "row" in entry &&
    typeof entry.row === "number"
  );
}
