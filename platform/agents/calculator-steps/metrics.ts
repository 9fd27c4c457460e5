import { hash } from "node:crypto";
import type { Catalogue } from "../../catalogue/load.ts";
import type { Metric } from "../documents.ts";
import type { Kind } from "./concepts.ts";
import type { Figure, Figures } from "./figures.ts";
import { axesOf, periodOf, placeKey } from "./place.ts";
import type { Year } from "./years.ts";

/** The reported figures in the standard's order: by concept, the reported year first, the whole before its parts. Auxiliary inputs are no figures of the report. */
export function metricsOf(
  figures: Figures,
  { concepts }: Catalogue,
  kinds: ReadonlyMap<string, Kind>,
  years: readonly Year[],
): readonly Metric[] {
  const seen = new Map<string, number>();
  return inOrder(concepts).flatMap(({ concept }) => {
    const kind = kinds.get(concept);
    if (kind === undefined) return [];
    return figures
      .of(concept)
      .toSorted(byPlace)
      .map((figure) => {
        const metric = metricOf(figure, kind, years);
        // Two currencies at one place are two figures; the second says which it is.
        const times = (seen.get(metric.id) ?? 0) + 1;
        seen.set(metric.id, times);
        return times === 1 ? hashed(metric) : hashed({ ...metric, id: `${metric.id}/${figure.unit}` });
      });
  });
}

const standards = ["ESRS 2", "E1", "E2", "E3", "E4", "E5", "S1", "S2", "S3", "S4", "G1"];
const natural = new Intl.Collator("en", { numeric: true });

/** Concepts by standard, disclosure requirement and datapoint; those of one datapoint as the taxonomy lists them. */
function inOrder(concepts: Catalogue["concepts"]): Catalogue["concepts"] {
  return concepts.toSorted(
    (a, b) =>
      standards.indexOf(a.standard) - standards.indexOf(b.standard) ||
      natural.compare(a.disclosure, b.disclosure) ||
      natural.compare(a.datapoint_ids[0] ?? "~", b.datapoint_ids[0] ?? "~"),
  );
}

function byPlace(a: Figure, b: Figure): number {
  if (a.place.year !== b.place.year) return a.place.year - b.place.year;
  if (axesOf(a.place) !== axesOf(b.place)) return axesOf(a.place) - axesOf(b.place);
  const [left, right] = [`${placeKey(a.place)} ${a.unit}`, `${placeKey(b.place)} ${b.unit}`];
  return left < right ? -1 : left > right ? 1 : 0;
}

function metricOf(figure: Figure, { label, period }: Kind, years: readonly Year[]): Omit<Metric, "hash"> {
  const { id, name, place, value, unit, decimals, formula, version, from, rows } = figure;
  return {
    id,
    concept: name,
    label,
    period: periodOf(place, years, period),
    dimensions: sorted(place.dimensions),
    typed: sorted(place.typed),
    ...(value === undefined ? {} : { value: value.toFixed(decimals) }),
    unit,
    decimals,
    formula,
    formula_version: version,
    from: [...from],
    rows,
  };
}

function sorted(words: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(words).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** The hash of a figure's canonical JSON: here, keys are put into their order by hand, since every figure of a report passes. */
function hashed(body: Omit<Metric, "hash">): Metric {
  const {
    concept,
    decimals,
    dimensions,
    formula,
    formula_version,
    from,
    id,
    label,
    period,
    rows,
    typed,
    unit,
    value,
  } = body;
  const canonical = {
    concept,
    decimals,
    dimensions,
    formula,
    formula_version,
    from,
    id,
    label,
    period: "instant" in period ? period : { end: period.end, start: period.start },
    rows,
    typed,
    unit,
    ...(value === undefined ? {} : { value }),
  };
  return { ...body, hash: hash("sha256", JSON.stringify(canonical)) };
}
