import type { z } from "zod";
import type { Within } from "./action.ts";
import type { Finding } from "./finding.ts";
import type { Readers } from "./ports.ts";

/** What a judge says of the samples so far. Inconclusive holds everything and asks a person; it is never a pass. */
export type Judgement = {
  readonly verdict: "continue" | "pass" | "fail" | "inconclusive";
  readonly because: string;
};

/** Looks again and again for a while, and judges what was seen: a canary, a drain, a bake. */
export type Watch<Input, Sample> = {
  /** Imperative, for the manual: "Watch the canary's errors". */
  readonly title: string;
  readonly input: z.ZodType<Input>;
  /** Imperative, with its target: "Watch the errors of green for 10 min". */
  label(input: Input): string;
  /** What is looked at, and what passes. */
  preview(input: Input): string;
  /** Pause between two looks. */
  readonly every: Within;
  /** Longest time; a judge that still says continue then is inconclusive. */
  readonly within: Within;
  look(context: Readers & { readonly input: Input; readonly signal: AbortSignal }): Promise<Sample>;
  /** One sample at a glance: "12 of 4,000 failed". Pure. */
  read(sample: Sample): string;
  /** All samples so far, oldest first; a look that failed is one too, with its reason. Pure, so an interrupted watch goes on from its record. */
  judge(samples: readonly Finding<Sample>[], input: Input): Judgement;
};

/** A watch whose types do not matter to the holder. */
// oxlint-disable-next-line typescript/no-explicit-any -- Input and Sample are contravariant; the engine parses input through the watch's own schema and feeds judge only what look gave
export type AnyWatch = Watch<any, any>;

/** Defines a watch; `look` reads, `judge` decides. */
export function defineWatch<Input, Sample>(watch: Watch<Input, Sample>): Watch<Input, Sample> {
  return watch;
}
