import { Decimal } from "decimal.js";
import { isNumber, named } from "#rules/compliance-facts.ts";
import {
  fail,
  notApplicable,
  notEvaluated,
  pass,
  type Verdict,
  verdict,
  warn,
} from "#rules/compliance-rule.ts";
import type { AuditSubject } from "#rules/compliance-subject.ts";
import { placeOf } from "#rules/fact.ts";

/** Where the figures come from, and how far they can be followed back. */
export const provenanceTests = {
  "as-calculated"({ index: { facts }, made: { figures } }: AuditSubject): Verdict {
    if (figures.length === 0) return notEvaluated("nothing was calculated");
    const values = new Map(facts.map((fact) => [placeOf(fact), fact.value]));
    return verdict(
      figures,
      figures.filter(
        (figure) => !same(values.get(placeOf(figure)), figure.value, values.has(placeOf(figure))),
      ),
      ({ concept, value }) => `${concept} was calculated as ${value ?? "nil"}`,
      "calculated figures stand in the report unchanged",
    );
  },
  "nothing-added"({ index: { facts }, made: { figures } }: AuditSubject): Verdict {
    const places = new Set(figures.map(placeOf));
    const numbers = facts.filter(({ unit, value }) => unit !== "" && isNumber(value));
    return verdict(
      numbers,
      numbers.filter((fact) => !places.has(placeOf(fact))),
      named,
      "figures of the report were calculated",
    );
  },
  "figures-hashed": ({ made: { figures } }: AuditSubject): Verdict =>
    verdict(
      figures,
      figures.filter(({ hash }) => !/^[0-9a-f]{64}$/.test(hash)),
      ({ concept }) => concept,
      "figures carry the hash of what they were made from",
    ),
  "formulas-named": ({ made: { figures } }: AuditSubject): Verdict =>
    verdict(
      figures,
      figures.filter(({ formula }) => formula === ""),
      ({ concept }) => concept,
      "figures name the formula, or that they are as given",
    ),
  lineage({ made: { lineage, rows } }: AuditSubject): Verdict {
    if (lineage.entries === 0) return notEvaluated("there is no lineage");
    return /^[0-9a-f]{64}$/.test(lineage.sha256)
      ? pass(`${lineage.entries} lines trace ${lineage.traced} of ${rows.valid} rows`)
      : fail("the lineage's bytes are not hashed");
  },
  "inputs-hashed": ({ made: { inputs } }: AuditSubject): Verdict =>
    verdict(
      inputs,
      inputs.filter(({ sha256 }) => !/^[0-9a-f]{64}$/.test(sha256)),
      ({ name }) => name,
      "input files are known by the hash of their bytes",
    ),
  "data-quality": ({ made: { quality } }: AuditSubject): Verdict =>
    quality.score >= quality.threshold
      ? pass(`${quality.score} of 100, threshold ${quality.threshold}`)
      : warn(`${quality.score} of 100 is below ${quality.threshold}`),
  "rows-used": ({ made: { rows } }: AuditSubject): Verdict => {
    if (rows.valid + rows.rejected === 0) return notEvaluated("no rows");
    return rows.rejected === 0
      ? pass(`all ${rows.valid} rows are in the figures`)
      : warn(`${rows.rejected} of ${rows.valid + rows.rejected} rows were set aside and are in no figure`);
  },
  drafts({ made: { statements } }: AuditSubject): Verdict {
    const all = statements.draft + statements.approved;
    if (all === 0) return notApplicable("no text was given");
    return statements.draft === 0
      ? pass(`all ${all} texts are approved`)
      : warn(`${statements.draft} of ${all} texts are drafts that a person has to approve`);
  },
  origins({ made: { origins } }: AuditSubject): Verdict {
    const said = Object.entries(origins);
    const all = said.reduce((sum, [, rows]) => sum + rows, 0);
    if (all === 0) return notApplicable("no row says how it was verified");
    const estimated = origins["estimated"] ?? 0;
    const shares = said.map(([what, rows]) => `${rows} ${what}`).join(", ");
    return estimated * 2 > all ? warn(`more than half is estimated: ${shares}`) : pass(shares);
  },
  warnings: ({ made: { warnings } }: AuditSubject): Verdict =>
    warnings.length === 0
      ? pass("no stage before left a warning")
      : warn(`${warnings.length} warnings of the calculation: ${warnings[0] ?? ""}`),
} as const;

function same(read: string | undefined, made: string | undefined, there: boolean): boolean {
  if (!there) return false;
  if (read === undefined || made === undefined) return read === made;
  return isNumber(read) && isNumber(made) ? new Decimal(read).equals(made) : read === made;
}
