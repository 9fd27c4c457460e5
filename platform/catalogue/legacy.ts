import { z } from "zod";

/** A metric code of an earlier implementation with what it means today: a concept and members, or, with an empty concept, why nothing in the standard is its equal. */
export const LegacyCode = z.object({
  code: z.string().min(1),
  concept: z.string(),
  dimensions: z.record(z.string(), z.string()),
  note: z.string(),
});
export type LegacyCode = z.infer<typeof LegacyCode>;

/** data/legacy_metric_codes.json, whole. */
export const LegacyCodes = z.object({ codes: z.array(LegacyCode).min(1) });
