import { Decimal } from "decimal.js";
import type { Catalogue } from "../../catalogue/load.ts";
import { grouped, type InlineWriter } from "../../xbrl/inline.ts";
import { type Child, element as h, type Markup } from "../../xbrl/markup.ts";
import type {
  AggregatedDocument,
  IntakeDocument,
  MaterialityDocument,
  Metric,
  MetricsDocument,
} from "../documents.ts";

/** Everything the statement is written from. */
export type StatementSources = {
  readonly intake: IntakeDocument;
  readonly materiality: MaterialityDocument;
  readonly metrics: MetricsDocument;
  readonly aggregated: AggregatedDocument;
  readonly catalogue: Catalogue;
};

/** What every section is written from: the sources, the writer that tags, figures by id, and what is still wanting. */
export type Page = StatementSources & {
  readonly writer: InlineWriter;
  readonly one: ReadonlyMap<string, Metric>;
  readonly wanting: string[];
};

/** A figure to the whole unit, for people, or that it is not reported. */
export const whole = (value: string | undefined): string =>
  value === undefined ? "not reported" : grouped(new Decimal(value).toFixed(0));

/** A table row: its name, then right-aligned cells. */
export function row(name: Child, cells: readonly Child[], kind?: "total"): Markup {
  return h(
    "tr",
    kind === undefined ? {} : { class: kind },
    h("th", { scope: "row" }, name),
    cells.map((cell) => h("td", { class: "n" }, cell)),
  );
}
