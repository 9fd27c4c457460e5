import type { TimeSplit } from "../postmortem/time.ts";
import type { VitalSeries } from "../postmortem/series.ts";

/**
 * A written report before it is Markdown or HTML: both are made from the same tree, so they cannot say different things.
 * Every text is foreign and raw; the renderers clean and escape it.
 */
export type Report = {
  readonly title: string;
  /** Environment, identity, zone of the times. */
  readonly subtitle: string;
  /** What must be known before anything else is believed; empty when nothing must. */
  readonly alarms: readonly string[];
  readonly verdict: string;
  readonly sections: readonly Section[];
};

/** A heading and what stands under it. */
export type Section = { readonly title: string; readonly blocks: readonly Block[] };

/** What a section consists of. */
export type Block =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "facts"; readonly facts: readonly (readonly [label: string, text: string])[] }
  | { readonly kind: "list"; readonly items: readonly string[] }
  | { readonly kind: "tasks"; readonly items: readonly string[] }
  /** Things that happened: when, a word, a text, and what is said beside it. */
  | { readonly kind: "events"; readonly caption: string; readonly events: readonly ReportEvent[] }
  | {
      readonly kind: "table";
      readonly caption: string;
      readonly head: readonly string[];
      readonly rows: readonly (readonly string[])[];
      /** Columns that are numbers, from 0: at the right edge. */
      readonly numbers?: readonly number[];
    }
  /** Something that is not known: what, why, and who can fill it in. */
  | { readonly kind: "gap"; readonly what: string; readonly why: string; readonly who: string }
  | { readonly kind: "quote"; readonly who: string; readonly text: string }
  | { readonly kind: "command"; readonly command: string; readonly effect: string }
  /** Only where pictures can be drawn; everything in it also stands in a table. */
  | {
      readonly kind: "picture";
      readonly caption: string;
      readonly split: TimeSplit;
      readonly vitals: readonly VitalSeries[];
      readonly steps: readonly PictureStep[];
    };

/** One line of an `events` block. */
export type ReportEvent = {
  readonly at: string;
  readonly word: string;
  readonly text: string;
  readonly aside: string;
};

/** A bar of the picture. */
export type PictureStep = {
  readonly title: string;
  readonly from: string;
  readonly to: string;
  readonly state: "done" | "failed" | "unknown" | "undone" | "waiting";
};
