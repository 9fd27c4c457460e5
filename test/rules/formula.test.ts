import { assert, constantFrom, integer, oneof, property, string, tuple } from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { loadFormulaBook, worldOf } from "#platform/agents/calculator-steps/load-formulas.ts";
import { loadCatalogue } from "#platform/catalogue/load.ts";
import { compileFormulas, type FormulaWorld } from "#rules/formula-book.ts";
import { evaluate, Exact, type Lookup, type Operand } from "#rules/formula-evaluate.ts";
import { ExpressionFault, parseExpression } from "#rules/formula-grammar.ts";
import { filledIn } from "#rules/formula-text.ts";

const units = new Map(
  Object.entries({
    Mass: "utr:t",
    OtherMass: "utr:t",
    Energy: "utr:MWh",
    Money: "iso4217",
    Share: "xbrli:pure",
    Intensity: "utr:MWh/iso4217",
  }),
);
const world: FormulaWorld = {
  unitOf: (concept) => units.get(concept),
  membersOf: (axis) =>
    axis === "KindAxis"
      ? new Set(["esrs:OneMember", "esrs:TwoMember"])
      : axis === "NameTypedAxis"
        ? "typed"
        : undefined,
};

/** A formula file with these formulas; whatever is left out of one is filled in. */
function file(...formulas: readonly Readonly<Record<string, unknown>>[]) {
  return {
    gathering: { sum: [], level: [], unique: [] },
    auxiliary: [{ id: "aux:hours", label: "Hours", unit: "xbrli:pure", source: "ESRS S1 AR 89" }],
    activity: [{ id: "activity", version: 1, result: "tonnes", expression: "sum", source: "ESRS E1 AR 39" }],
    formulas: formulas.map((formula, index) => ({
      id: `formula-${index}`,
      version: 1,
      decimals: 2,
      source: "ESRS E5 paragraph 37",
      ...formula,
    })),
  };
}

function faults(...formulas: readonly Readonly<Record<string, unknown>>[]): readonly string[] {
  const read = compileFormulas(file(...formulas), world);
  return "faults" in read ? read.faults : [];
}

describe("a formula file is refused", () => {
  test.for([
    [
      "an unknown name",
      { result: "Mass", expression: "Mass2 + OtherMass" },
      "Mass2 is neither a numeric concept nor",
    ],
    [
      "an unknown auxiliary input",
      { result: "Share", expression: "aux:days / aux:hours" },
      "aux:days is neither",
    ],
    ["an unknown result", { result: "Weight", expression: "OtherMass" }, "Weight is neither"],
    [
      "a name of every object",
      { result: "Mass", expression: "constructor + OtherMass" },
      "constructor is neither",
    ],
    [
      "an unknown axis",
      { result: "Mass", expression: "OtherMass[ColourAxis=RedMember]" },
      "ColourAxis is no axis",
    ],
    [
      "a strange member",
      { result: "Mass", expression: "OtherMass[KindAxis=ThreeMember]" },
      "ThreeMember is no member of KindAxis",
    ],
    [
      "a member of a typed axis",
      { result: "Mass", expression: "OtherMass[NameTypedAxis=OneMember]" },
      "is no member of NameTypedAxis",
    ],
    [
      "mass and energy added",
      { result: "Mass", expression: "OtherMass + Energy" },
      "utr:t and utr:MWh cannot be added",
    ],
    [
      "mass and energy in one present()",
      { result: "Mass", expression: "present(OtherMass, Energy)" },
      "cannot be added",
    ],
    [
      "a number added to a mass",
      { result: "Mass", expression: "OtherMass + 1" },
      "utr:t and xbrli:pure cannot be added",
    ],
    [
      "a ratio that is not pure",
      { result: "Share", expression: "Energy / Money" },
      "utr:MWh/iso4217, not in xbrli:pure",
    ],
    [
      "a ratio upside down",
      { result: "Intensity", expression: "Money / Energy" },
      "iso4217/utr:MWh, not in utr:MWh/iso4217",
    ],
    [
      "a result worked out of itself",
      { result: "Mass", expression: "Mass + OtherMass" },
      "Mass would be worked out of itself",
    ],
    ["no reference at all", { result: "Share", expression: "1 + 2" }, "refers to nothing"],
    ["a script", { result: "Mass", expression: "process.exit()" }, "is no part of an expression"],
    [
      "a call that is no function of ours",
      { result: "Mass", expression: "eval(OtherMass)" },
      "is no function of ours",
    ],
    ["a huge exponent", { result: "Mass", expression: "OtherMass * 1e999999999" }, "does not belong there"],
    [
      "a number of a thousand digits",
      { result: "Mass", expression: `OtherMass * ${"9".repeat(1000)}` },
      "has too many digits",
    ],
    ["a million decimals", { result: "Mass", expression: "OtherMass", decimals: 1_000_000 }, "decimals"],
    ["an extra key", { result: "Mass", expression: "OtherMass", run: "rm" }, "formulas.0: "],
    [
      "an unknown where",
      { result: "Mass", expression: "OtherMass", where: { ColourAxis: "any" } },
      "ColourAxis is no axis",
    ],
    ["a hundred thousand brackets", { result: "Mass", expression: "(".repeat(3000) }, "is nested too deep"],
    [
      "an endless chain",
      { result: "Mass", expression: Array.from({ length: 300 }, () => "OtherMass").join("+") },
      "too long",
    ],
    ["a text without end", { result: "Mass", expression: "M".repeat(100_000) }, "formulas.0.expression"],
  ] as const)("for %s", ([, formula, said]) => {
    expect(faults(formula).join("\n")).toContain(said);
  });

  test("when formulas need each other in a circle, which is named", () => {
    const found = faults(
      { result: "Mass", expression: "OtherMass" },
      { result: "OtherMass", expression: "present(Mass, Mass[KindAxis=OneMember])" },
    );

    expect(found).toEqual(["these need each other in a circle: Mass -> OtherMass -> Mass"]);
  });

  test("but a sum over an axis may lean on its own parts", () => {
    expect(faults({ result: "Mass", expression: "sum(Mass over KindAxis: OneMember, TwoMember?)" })).toEqual(
      [],
    );
    expect(faults({ result: "Mass", expression: "OtherMass - Mass[KindAxis=OneMember]" })).toEqual([]);
  });

  test("for an id that stands twice, and for a circle through a thousand formulas without running out of stack", () => {
    const twice = faults(
      { id: "one", result: "Mass", expression: "OtherMass" },
      { id: "one", result: "Share", expression: "aux:hours" },
    );
    const long = Array.from({ length: 4000 }, (_, index) => ({
      result: `C${index}`,
      expression: `C${(index + 1) % 4000}`,
    }));
    const circle = compileFormulas(file(...long), { ...world, unitOf: () => "utr:t" });

    expect(twice).toEqual(["one: the id is used twice"]);
    expect(
      "faults" in circle && circle.faults[0]?.startsWith("these need each other in a circle: C0 -> C1"),
    ).toBe(true);
  });

  test.for([
    undefined,
    [],
    "formulas",
    7,
    { formulas: "all" },
    JSON.parse('{"__proto__": {"formulas": []}}'),
  ])("when its content is %j", (content) => {
    expect("faults" in compileFormulas(content, world)).toBe(true);
  });

  test("when aliases would blow it up, before it is anything", () => {
    const levels = Array.from(
      { length: 12 },
      (_, level) =>
        `a${level + 1}: &a${level + 1} [${Array.from({ length: 10 }, () => `*a${level}`).join(", ")}]`,
    );
    const bomb = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]", ...levels, "formulas: *a12"].join("\n");
    let nested: unknown = "Mass";
    for (let level = 0; level < 40; level += 1) nested = Array.from({ length: 10 }, () => nested);

    expect(() => parse(bomb)).toThrow(/alias/i);
    expect(faults({ result: "Mass", expression: nested }).join()).toContain("formulas.0.expression");
  });

  test("and no text at all makes the reader fail in another way than by saying why", () => {
    assert(
      property(string({ maxLength: 300 }), (text) => {
        try {
          parseExpression(text);
        } catch (error) {
          expect(error).toBeInstanceOf(ExpressionFault);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

/** An expression with its value as a fraction of whole numbers, built side by side. */
type Grown = { readonly text: string; readonly over: bigint; readonly under: bigint };

const leaf = tuple(integer({ min: -9999, max: 9999 }), integer({ min: 0, max: 4 })).map(
  ([whole, places]): Grown & { readonly decimal: string } => {
    const under = 10n ** BigInt(places);
    const digits = String(Math.abs(whole)).padStart(places + 1, "0");
    const cut = digits.length - places;
    const decimal = `${whole < 0 ? "-" : ""}${digits.slice(0, cut)}${places === 0 ? "" : `.${digits.slice(cut)}`}`;
    return { text: "", over: BigInt(whole), under, decimal };
  },
);

function grow(
  leaves: readonly (Grown & { readonly decimal: string })[],
  operators: readonly string[],
  shape: readonly number[],
) {
  const values = new Map<string, string>();
  let parts: Grown[] = leaves.map((one, index) => {
    values.set(`X${index}`, one.decimal);
    return { ...one, text: `X${index}` };
  });
  for (const [index, operator] of operators.entries()) {
    if (parts.length < 2) break;
    const at = (shape[index] ?? 0) % (parts.length - 1);
    const [left, right] = [parts[at], parts[at + 1]];
    if (left === undefined || right === undefined) break;
    parts = [...parts.slice(0, at), joined(left, operator, right), ...parts.slice(at + 2)];
  }
  return { whole: parts[0], values };
}

function joined(left: Grown, operator: string, right: Grown): Grown {
  const text = `(${left.text} ${operator} ${right.text})`;
  if (operator === "*") return { text, over: left.over * right.over, under: left.under * right.under };
  if (operator === "/") return { text, over: left.over * right.under, under: left.under * right.over };
  const sign = operator === "+" ? 1n : -1n;
  return {
    text,
    over: left.over * right.under + sign * right.over * left.under,
    under: left.under * right.under,
  };
}

const pure = (values: ReadonlyMap<string, string>): Lookup => ({
  at: ({ name }) => {
    const value = values.get(name);
    return value === undefined
      ? undefined
      : { id: name, value: new Exact(value), decimals: value.split(".")[1]?.length ?? 0, unit: "xbrli:pure" };
  },
  over: () => ({ found: new Map(), partly: new Set() }),
});

describe("an expression", () => {
  test("without division comes out exactly, whatever its shape", () => {
    const operator = constantFrom("+", "-", "*");
    assert(
      property(
        tuple(leaf, leaf, leaf, leaf, leaf, leaf),
        tuple(operator, operator, operator, operator, operator),
        tuple(...Array.from({ length: 5 }, () => integer({ min: 0, max: 4 }))),
        (leaves, operators, shape) => {
          const { whole, values } = grow(leaves, operators, shape);
          const outcome = evaluate(parseExpression(whole?.text ?? ""), pure(values));

          if (outcome.kind !== "value" || whole === undefined) throw new Error(JSON.stringify(outcome));
          expect(outcome.value.times(whole.under.toString()).toFixed()).toBe(
            new Exact(whole.over.toString()).toFixed(),
          );
        },
      ),
    );
  });

  test("with division comes out to forty digits, or says that something is zero", () => {
    const operator = oneof(constantFrom("/", "*"), constantFrom("+", "-"));
    assert(
      property(
        tuple(leaf, leaf, leaf, leaf),
        tuple(operator, operator, operator),
        tuple(...Array.from({ length: 3 }, () => integer({ min: 0, max: 2 }))),
        (leaves, operators, shape) => {
          const { whole, values } = grow(leaves, operators, shape);
          const outcome = evaluate(parseExpression(whole?.text ?? ""), pure(values));

          if (whole === undefined) return;
          if (outcome.kind === "none") {
            expect(outcome.code).toBe("division-by-zero");
            return;
          }
          expect(outcome.value.isFinite()).toBe(true);
          const exact = new Exact(whole.over.toString()).dividedBy(whole.under.toString());
          expect(outcome.value.minus(exact).abs().lessThanOrEqualTo(exact.abs().times("1e-40"))).toBe(true);
        },
      ),
    );
  });

  const at = (values: Readonly<Record<string, readonly [value: string, unit: string]>>): Lookup => {
    const operand = (id: string): Operand | undefined => {
      const [value, unit] = values[id] ?? [];
      return value === undefined || unit === undefined
        ? undefined
        : { id, value: new Exact(value), decimals: value.split(".")[1]?.length ?? 0, unit };
    };
    return {
      at: ({ name }) => operand(name),
      over: ({ name, axis }) => ({
        found: new Map(
          Object.keys(values).flatMap((id) => {
            const member = new RegExp(`^${name}\\[${axis}=(.+)\\]$`).exec(id)?.[1];
            const found = operand(id);
            return member === undefined || found === undefined ? [] : [[`esrs:${member}`, found]];
          }),
        ),
        partly: new Set(),
      }),
    };
  };

  test.for([
    [
      "Mass / OtherMass",
      { Mass: ["4", "utr:t"], OtherMass: ["0.00", "utr:t"] },
      "division-by-zero",
      "OtherMass is zero",
    ],
    [
      "Mass / (OtherMass - Mass)",
      { Mass: ["4", "utr:t"], OtherMass: ["4", "utr:t"] },
      "division-by-zero",
      "what it is divided by is zero",
    ],
    ["Mass / OtherMass", { OtherMass: ["0", "utr:t"] }, "input-missing", "Mass is not given"],
    ["Mass + OtherMass", {}, "input-missing", "Mass, OtherMass are not given"],
    ["present(Mass, OtherMass)", {}, "input-missing", "Mass, OtherMass are not given"],
    [
      "sum(Mass over KindAxis: OneMember, TwoMember?)",
      { "Mass[KindAxis=TwoMember]": ["2", "utr:t"] },
      "input-missing",
      "Mass[KindAxis=OneMember] is not given",
    ],
    ["sum(Mass over KindAxis: OneMember?, TwoMember?)", {}, "input-missing", "Mass by KindAxis"],
    ["sum(Mass over KindAxis)", {}, "input-missing", "Mass by KindAxis"],
    [
      "Money + Cost",
      { Money: ["1", "iso4217:EUR"], Cost: ["1", "iso4217:USD"] },
      "currencies-mixed",
      "iso4217:EUR and iso4217:USD",
    ],
    [
      "Mass * Share",
      { Mass: ["9".repeat(39), "utr:t"], Share: ["1000", "xbrli:pure"] },
      "out-of-range",
      "beyond 10^40",
    ],
  ] as const)("%s of %j gives no number but %s", ([text, values, code, because]) => {
    const outcome = evaluate(parseExpression(text), at(values));

    expect(outcome).toMatchObject({ kind: "none", code, because: expect.stringContaining(because) });
  });

  test("adds what is present, and says what is not", () => {
    const outcome = evaluate(
      parseExpression("present(Mass, OtherMass, Rest) * 2"),
      at({ Mass: ["1.5", "utr:t"], Rest: ["0.25", "utr:t"] }),
    );

    expect(outcome).toMatchObject({ kind: "value", decimals: 2, without: ["OtherMass"] });
    expect(outcome.kind === "value" ? outcome.value.toFixed() : "").toBe("3.5");
    expect(outcome.kind === "value" ? outcome.from.map(({ id }) => id) : []).toEqual(["Mass", "Rest"]);
  });

  test.for([
    ["Mass / OtherMass * 1000000", ["1", "4"], "1 / 4 * 1 000 000"],
    ["(Mass - OtherMass) / Mass", ["5", "-2", "5"], "(5 - (-2)) / 5"],
    ["Mass / (OtherMass * Share)", ["5", "2", "3"], "5 / (2 * 3)"],
    ["Mass - (OtherMass - Share)", ["5", "2", "3"], "5 - (2 - 3)"],
  ] as const)("%s is told with its numbers", ([text, values, told]) => {
    const names = [...text.matchAll(/[A-Z][A-Za-z]+/g)].map(([name]) => name);
    const from = values.map((value, index) => ({ id: names[index] ?? "", value }));

    expect(filledIn(parseExpression(text), from, (id) => id)).toBe(told);
  });
});

describe("the formulas of the standard", () => {
  test("give every total of the taxonomy's calculations as the sum of its items", async () => {
    const [book, { totals }] = [await loadFormulaBook(), await loadCatalogue()];
    const sums = [...book.formulas.values()].map(({ result, references }) =>
      [result, ...references.map(({ name }) => name).toSorted()].join(" "),
    );

    expect(totals).toHaveLength(19);
    for (const { total, items } of totals) {
      expect(items.every(({ weight }) => weight === 1)).toBe(true);
      expect(sums).toContain([total, ...items.map(({ concept }) => concept).toSorted()].join(" "));
    }
  });

  test("name a paragraph that the standard gives for the result or for what goes in", async () => {
    const [book, { concepts }] = [await loadFormulaBook(), await loadCatalogue()];
    const paragraphs = new Map(
      concepts.map(({ concept, references }) => [
        concept,
        references.flatMap(({ standard, paragraph, related_ar }) =>
          [...`${paragraph} ${related_ar}`.matchAll(/(?:AR )?\d+/g)].map(
            ([number]) => `${standard} ${number}`,
          ),
        ),
      ]),
    );
    // Read in the regulation: they ask for breakdowns of concepts that the taxonomy refers to elsewhere.
    const breakdowns = ["E1 50", "E1 AR 41", "E1 AR 52"];
    const lost = [...book.formulas.values()].flatMap(({ id, source, result, references }) => {
      expect(source).toMatch(
        /^ESRS (2|[ES]\d|G1) (paragraph \d+( \([a-z]\))?( [ivx]+|-\([a-z]\))?|AR \d+( \([a-z]\))?( [ivx]+)?)(, (AR )?\d+( \([a-z]\))?( [ivx]+)?)*$/,
      );
      const standard = /^ESRS (?:2|[ES]\d|G1)/.exec(source)?.[0].replace(/^ESRS (?=[ESG])/, "") ?? "";
      const named = [...source.slice(source.indexOf(" ", 5)).matchAll(/(?:AR )?\d+/g)].map(
        ([number]) => `${standard} ${number}`,
      );
      const known = [result, ...references.map(({ name }) => name)].flatMap(
        (name) => paragraphs.get(name) ?? [],
      );
      return known.length === 0 || named.some((one) => known.includes(one) || breakdowns.includes(one))
        ? []
        : [`${id}: ${source}`];
    });

    expect(lost).toEqual([]);
  });

  test("are made from the catalogue that is shipped, and from no other", async () => {
    const catalogue = await loadCatalogue();
    const without = {
      ...catalogue,
      concepts: catalogue.concepts.filter(({ concept }) => concept !== "WaterWithdrawals"),
    };
    const { auxiliary, formulas } = await loadFormulaBook();

    expect(auxiliary.size).toBeGreaterThan(60);
    expect(formulas.get("water-consumption")?.references.map(({ name }) => name)).toEqual([
      "WaterWithdrawals",
      "WaterDischarges",
    ]);
    expect(worldOf(without).unitOf("WaterWithdrawals")).toBeUndefined();
  });
});
