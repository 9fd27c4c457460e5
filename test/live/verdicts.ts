import { readFile } from "node:fs/promises";
import { AssertionFile } from "#rules/compliance-assertion.ts";

/** What an assertion of the taxonomy says of a report. */
export type AssertionVerdict = "satisfied" | "not satisfied" | "not evaluated";

/** The taxonomy's raw verdicts that our audit kept, by the assertion's id; from 06_compliance_audit.json. */
export function ourVerdicts(audit: {
  readonly rule_results: readonly {
    readonly rule_id: string;
    readonly taxonomy_verdict?: { readonly verdict: AssertionVerdict };
  }[];
}): ReadonlyMap<string, AssertionVerdict> {
  return new Map(
    audit.rule_results.flatMap(({ rule_id, taxonomy_verdict }) =>
      taxonomy_verdict === undefined ? [] : [[rule_id, taxonomy_verdict.verdict] as const],
    ),
  );
}

/**
 * The verdicts that an independent processor printed: lines like `Value Assertion va_energy_units evaluations : 4 satisfied, 0 not satisfied`.
 * Arelle prints them with `--formulaAsserResultCounts`. Throws when there are none, which is never agreement.
 */
export function theirVerdicts(printed: string): ReadonlyMap<string, AssertionVerdict> {
  const found = new Map<string, AssertionVerdict>();
  for (const [, id = "", held, broken] of printed.matchAll(
    /Assertion (\S+) evaluations : (\d+) satisfied, (\d+) not satisfied/g,
  ))
    found.set(id, Number(broken) > 0 ? "not satisfied" : Number(held) > 0 ? "satisfied" : "not evaluated");
  if (found.size === 0)
    throw new Error(
      "The validator printed no count per assertion; give its command --formulaAsserResultCounts.",
    );
  return found;
}

/** Where two processors differ, and why where that is known. */
export type VerdictDifference = {
  readonly id: string;
  readonly ours: AssertionVerdict | "missing";
  readonly theirs: AssertionVerdict | "missing";
  /** Undefined is a defect of one of the two. */
  readonly because: string | undefined;
};

/**
 * Assertions about concepts that may also stand on a typed axis (headcounts by geographical area). Arelle does not bind such a variable to facts
 * without the axis: with one fact on `GeographicalAreaTypedAxis` beside four plain ones it counts no evaluation, without it one.
 */
const onTypedAxes: ReadonlySet<string> = new Set([
  "valueAssertion_401090_age_duringPeriod_total",
  "valueAssertion_401090_age_atEndOfPeriod_total",
]);

/**
 * Compares verdicts one to one. One difference is known: phased-in assertions look for the period's end at `/xbrli:xbrl/esrs:ReportingPeriodEndDate`,
 * a path that an inline document does not have, so that a processor of inline documents finds no date and calls them satisfied whatever is reported.
 * Given the same facts as a plain XBRL instance it finds the date and agrees with us.
 */
export async function differences(
  ours: ReadonlyMap<string, AssertionVerdict>,
  theirs: ReadonlyMap<string, AssertionVerdict>,
): Promise<readonly VerdictDifference[]> {
  const file = AssertionFile.parse(
    JSON.parse(await readFile(new URL("../../rules/compliance_assertions.json", import.meta.url), "utf8")),
  );
  const phased = new Set(file.existence.filter(({ from }) => from !== undefined).map(({ id }) => id));
  return [...new Set([...ours.keys(), ...theirs.keys()])].flatMap((id): readonly VerdictDifference[] => {
    const a = ours.get(id) ?? "missing";
    const b = theirs.get(id) ?? "missing";
    if (a === b) return [];
    const known = phased.has(id) && a === "not satisfied" && b === "satisfied";
    const unbound = onTypedAxes.has(id) && b === "not evaluated" && a !== "missing";
    return [
      {
        id,
        ours: a,
        theirs: b,
        because: known
          ? "phased in; an inline document has no /xbrli:xbrl to read the date from"
          : unbound
            ? "a concept that also stands on a typed axis is not bound to facts without that axis"
            : undefined,
      },
    ];
  });
}
