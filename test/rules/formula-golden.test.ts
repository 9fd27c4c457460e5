import { beforeAll, describe, expect, test } from "vitest";
import { Figures } from "#platform/agents/calculator-steps/figures.ts";
import { placesOf } from "#platform/agents/calculator-steps/allowed.ts";
import { kindsOf } from "#platform/agents/calculator-steps/concepts.ts";
import { derive } from "#platform/agents/calculator-steps/derive.ts";
import { loadFormulaBook } from "#platform/agents/calculator-steps/load-formulas.ts";
import { figureId, type Place } from "#platform/agents/calculator-steps/place.ts";
import { yearsOf } from "#platform/agents/calculator-steps/years.ts";
import { type Catalogue, loadCatalogue } from "#platform/catalogue/load.ts";
import type { CompiledFormula, FormulaBook } from "#rules/formula-book.ts";
import { Exact } from "#rules/formula-evaluate.ts";
import { golden } from "./formula-golden.ts";

const years = yearsOf({ start: "2024-01-01", end: "2024-12-31" });
let book: FormulaBook;
let catalogue: Catalogue;
beforeAll(async () => {
  [book, catalogue] = await Promise.all([loadFormulaBook(), loadCatalogue()]);
});

type Input = {
  readonly name: string;
  readonly axis: string;
  readonly member: string;
  readonly scope: "here" | "whole" | "before";
  readonly value: string;
};

function inputsOf(text: string): readonly Input[] {
  return text.split("; ").map((part) => {
    const [, scope = "here", name = "", axis = "", member = "", value = ""] =
      /^(?:(whole|before) )?([^[=]+)(?:\[([^=]+)=([^\]]+)\])?=(-?[\d.]+)$/.exec(part) ?? [];
    if (value === "") throw new Error(`cannot read ${part}`);
    return { name, axis, member, scope: scope as Input["scope"], value };
  });
}

const typed = (axis: string): boolean => axis.endsWith("TypedAxis");
const qualified = (member: string): string => (member.includes(":") ? member : `esrs:${member}`);

/** A place at which the formula may be worked out: what it asks for, and the typed axes that a table of its result cannot do without. */
function places({ result, where }: CompiledFormula): readonly Place[] {
  const asked = Object.entries(where).map(([axis, wanted]): [string, string] => [
    axis,
    wanted !== "any"
      ? ([wanted].flat()[1] ?? [wanted].flat()[0] ?? "")
      : typed(axis)
        ? "Something"
        : (catalogue.tables.flatMap(({ axes }) => axes).find((one) => one.axis === axis)?.members[0] ?? ""),
  ]);
  const held = (wantsTyped: boolean): Record<string, string> =>
    Object.fromEntries(asked.filter(([axis]) => typed(axis) === wantsTyped));
  const plain = { year: 0, dimensions: held(false), typed: held(true) };
  const tables = catalogue.tables.filter(({ closed, concepts }) => closed && concepts.includes(result));
  return [
    plain,
    ...tables.map(({ axes }) => ({
      ...plain,
      typed: {
        ...plain.typed,
        ...Object.fromEntries(axes.flatMap((one) => (one.typed ? [[one.axis, "Something"]] : []))),
      },
    })),
  ];
}

function figuresAt(place: Place, inputs: readonly Input[]): Figures {
  const figures = new Figures();
  const kinds = kindsOf(catalogue, book);
  for (const { name, axis, member, scope, value } of inputs) {
    const here =
      scope === "whole"
        ? { year: 0, dimensions: {}, typed: {} }
        : { ...place, year: scope === "before" ? 1 : 0 };
    const at =
      axis === ""
        ? here
        : typed(axis)
          ? { ...here, typed: { ...here.typed, [axis]: member } }
          : { ...here, dimensions: { ...here.dimensions, [axis]: qualified(member) } };
    figures.set({
      id: figureId(name, at, years),
      name,
      place: at,
      value: new Exact(value),
      unit: (kinds.get(name)?.unit ?? "").replace("iso4217", "iso4217:EUR"),
      decimals: value.split(".")[1]?.length ?? 0,
      origin: "rows",
      formula: "as-reported",
      version: 1,
      from: [],
      rows: 1,
    });
  }
  return figures;
}

describe("formulas", () => {
  test("each has exactly one line in the table", () => {
    expect(golden.map(([id]) => id).toSorted()).toEqual([...book.formulas.keys()].toSorted());
    expect(book.formulas.size).toBeGreaterThanOrEqual(156);
  });

  test.for(golden)(
    "%s gives what was worked out by hand, at a place that the standard has",
    ([id, inputs, expected]) => {
      const formula = book.formulas.get(id);
      if (formula === undefined) throw new Error(`no formula ${id}`);
      const allowed = placesOf(catalogue);
      const place = places(formula).find((one) => allowed(formula.result, one));
      if (place === undefined)
        throw new Error(`${formula.result} has no place at which ${id} could be worked out`);

      const figures = figuresAt(place, inputsOf(inputs));
      const { warnings } = derive(figures, { book, kinds: kindsOf(catalogue, book), years, allowed });
      const made = figures.at(formula.result, place);

      expect(warnings.filter((one) => one.includes(` ${id} `))).toEqual([]);
      expect(made?.value?.toFixed(made.decimals)).toBe(expected);
      expect([made?.formula, made?.unit]).toEqual([id, formula.unit.replace("iso4217", "iso4217:EUR")]);
    },
  );
});
