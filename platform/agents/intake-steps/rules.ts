import { z } from "zod";
import { type QualityRules, QualityRules as Rules } from "#rules/quality.ts";
import { ruleFile } from "../../catalogue/rule-file.ts";
import { CsrdError } from "../../errors.ts";
import type { Auxiliary } from "./target.ts";

/** Reason to its short code: `unit-wrong` is `E005`. */
export type IntakeCodes = ReadonlyMap<string, string>;

const Codes = z.object({
  codes: z.array(
    z.object({
      code: z.string().regex(/^[EW]\d{3}$/),
      reasons: z.array(z.string()).min(1),
      special: z.boolean().default(false),
      means: z.string(),
    }),
  ),
});

async function load<T>(path: string, read: (content: unknown) => T): Promise<T> {
  try {
    return read(await ruleFile(path));
  } catch (cause) {
    throw new CsrdError("catalogue-broken", {
      summary: `The reference data in ${path} cannot be used.`,
      hint: "Restore the file from the release; it is not meant to be edited by hand.",
      details: String(cause).slice(0, 500),
      cause,
    });
  }
}

/** Reads at the first call, once per process; a failure is not kept. */
function once<T>(read: () => Promise<T>): () => Promise<T> {
  let kept: Promise<T> | undefined;
  return () => {
    kept ??= read().catch((error: unknown) => {
      kept = undefined;
      throw error;
    });
    return kept;
  };
}

/** The table of intake codes, from rules/intake_codes.yaml; where several share a reason, that which is not special. */
export const loadIntakeCodes = once(async (): Promise<IntakeCodes> => {
  const { codes } = await load("rules/intake_codes.yaml", (content) => Codes.parse(content));
  const found = new Map<string, string>();
  for (const { code, reasons, special } of codes)
    if (!special) for (const reason of reasons) found.set(reason, code);
  return found;
});

/** The rules of data quality, from rules/data_quality_rules.yaml. */
export const loadQualityRules = once(
  (): Promise<QualityRules> => load("rules/data_quality_rules.yaml", (content) => Rules.parse(content)),
);

const Inputs = z.object({
  auxiliary: z
    .array(
      z.object({
        id: z.string(),
        unit: z.string().default("xbrli:pure"),
        period: z.enum(["duration", "instant"]).default("duration"),
      }),
    )
    .default([]),
});

/** The auxiliary inputs that formulas ask for, from the list `auxiliary` of rules/esrs_formulas.yaml. */
export const loadAuxiliaries = once(async (): Promise<ReadonlyMap<string, Auxiliary>> => {
  const { auxiliary } = await load("rules/esrs_formulas.yaml", (content) => Inputs.parse(content));
  return new Map(
    auxiliary.map(({ id, unit, period }) => {
      const name = id.startsWith("aux:") ? id : `aux:${id}`;
      return [name, { id: name, unit, instant: period === "instant" }] as const;
    }),
  );
});
