import { compileFormulas, type FormulaBook, type FormulaWorld } from "#rules/formula-book.ts";
import { type Catalogue, loadCatalogue } from "../../catalogue/load.ts";
import { isNumeric } from "../../catalogue/model.ts";
import { ruleFile } from "../../catalogue/rule-file.ts";
import { CsrdError } from "../../errors.ts";

const path = "rules/esrs_formulas.yaml";

let kept: Promise<FormulaBook> | undefined;

/** The formulas, their auxiliary inputs and how rows are put together, from rules/esrs_formulas.yaml; read once. Throws `catalogue-broken`. */
export function loadFormulaBook(): Promise<FormulaBook> {
  kept ??= Promise.all([content(), loadCatalogue()])
    .then(([file, catalogue]) => bookOf(file, catalogue))
    .catch((error: unknown) => {
      kept = undefined;
      throw error;
    });
  return kept;
}

async function content(): Promise<unknown> {
  try {
    return await ruleFile(path);
  } catch (cause) {
    throw broken(String(cause).slice(0, 500), cause);
  }
}

/** The book of a formula file's content; throws `catalogue-broken` with what is wrong with it. */
function bookOf(file: unknown, catalogue: Catalogue): FormulaBook {
  const compiled = compileFormulas(file, worldOf(catalogue));
  if ("book" in compiled) return compiled.book;
  throw broken(compiled.faults.slice(0, 12).join("\n"));
}

/** What formulas may speak of, from the catalogue. */
export function worldOf(catalogue: Catalogue): FormulaWorld {
  const units = new Map(
    catalogue.concepts.flatMap(({ concept, type, unit }) => (isNumeric(type) ? [[concept, unit]] : [])),
  );
  const axes = new Map<string, Set<string> | "typed">();
  for (const { axes: own } of catalogue.tables)
    for (const { axis, typed, members } of own) {
      const held = axes.get(axis);
      if (typed) axes.set(axis, "typed");
      else if (held === undefined || held === "typed") axes.set(axis, new Set(members));
      else for (const member of members) held.add(member);
    }
  return { unitOf: (concept) => units.get(concept), membersOf: (axis) => axes.get(axis) };
}

function broken(details: string, cause?: unknown): CsrdError {
  return new CsrdError("catalogue-broken", {
    summary: `The formulas in ${path} cannot be used.`,
    hint: "Restore the file from the release; a change must name known concepts, axes and units.",
    details,
    ...(cause === undefined ? {} : { cause }),
  });
}
