import type { JournalEntry } from "../timeline.ts";

/** A vital sign over the run, every recorded sample. */
export type VitalSeries = {
  readonly label: string;
  readonly unit?: string;
  readonly of?: number;
  readonly floor?: number;
  readonly samples: readonly { readonly at: string; readonly value: number }[];
};

/** The samples of each vital sign; a label without a sample keeps its place, because not measured is a fact too. */
export function seriesOf(
  entries: readonly JournalEntry[],
  labels: readonly string[],
): readonly VitalSeries[] {
  return labels.map((label) => {
    let series: VitalSeries = { label, samples: [] };
    for (const { event, at } of entries) {
      if (event.type !== "vital.sampled" || event.label !== label) continue;
      const { value, of, floor, unit } = event;
      series = {
        ...series,
        ...(of === undefined ? {} : { of }),
        ...(floor === undefined ? {} : { floor }),
        ...(unit === undefined ? {} : { unit }),
        samples: [...series.samples, { at, value }],
      };
    }
    return series;
  });
}
