import {
  type ActivityFormula,
  type AuxiliaryInput,
  type Formula,
  FormulaFile,
  type Gathering,
} from "./formula.ts";
import {
  type Expression,
  ExpressionFault,
  type Over,
  parseExpression,
  type Reference,
  referencesOf,
} from "./formula-grammar.ts";
import { powersOf, powersText, samePowers, unitOf } from "./formula-units.ts";

/** What formulas may speak of: the taxonomy's concepts and axes, as far as formulas need them. */
export type FormulaWorld = {
  /** A numeric concept's canonical unit; undefined when there is no such concept. */
  readonly unitOf: (concept: string) => string | undefined;
  /** An axis's members, `typed` for free text; undefined when there is no such axis. */
  readonly membersOf: (axis: string) => ReadonlySet<string> | "typed" | undefined;
};

/** A formula that can be worked out: read, its names known, its units checked. */
export type CompiledFormula = Formula & {
  readonly tree: Expression;
  readonly references: readonly (Reference | Over)[];
};

/** All formulas, grouped by what they give, a group after every group that it needs. */
export type FormulaBook = {
  readonly groups: readonly { readonly result: string; readonly formulas: readonly CompiledFormula[] }[];
  readonly formulas: ReadonlyMap<string, CompiledFormula>;
  readonly auxiliary: ReadonlyMap<string, AuxiliaryInput>;
  readonly activity: ReadonlyMap<string, ActivityFormula>;
  /** Concepts whose rows are put together otherwise than their type suggests. */
  readonly gathering: ReadonlyMap<string, Gathering>;
};

/**
 * Turns the content of a formula file into a book, or says everything that is wrong with it: shape, unknown names, axes and members,
 * unequal units, ids used twice, formulas that need each other in a circle.
 */
export function compileFormulas(
  content: unknown,
  world: FormulaWorld,
): { readonly book: FormulaBook } | { readonly faults: readonly string[] } {
  const read = FormulaFile.safeParse(content);
  if (!read.success)
    return {
      faults: read.error.issues
        .slice(0, 50)
        .map(
          ({ path, message }) =>
            `${path.slice(0, 6).map(String).join(".") || "file"}: ${message.slice(0, 200)}`,
        ),
    };
  const { formulas, auxiliary, activity, gathering } = read.data;
  const faults: string[] = [];
  const known = new Map(auxiliary.map((one) => [one.id, one]));
  if (known.size !== auxiliary.length) faults.push("auxiliary: an id is used twice");
  const unitOfName = (name: string): string | undefined =>
    name.startsWith("aux:") ? known.get(name)?.unit : world.unitOf(name);
  const ids = new Set<string>(activity.map(({ id }) => id));
  const compiled: CompiledFormula[] = [];
  for (const formula of formulas) {
    if (ids.has(formula.id)) faults.push(`${formula.id}: the id is used twice`);
    ids.add(formula.id);
    const found = compile(formula, unitOfName, world);
    if ("fault" in found) faults.push(`${formula.id}: ${found.fault}`);
    else compiled.push(found.formula);
  }
  const gathers = new Map<string, Gathering>();
  for (const way of ["sum", "level", "unique"] as const)
    for (const concept of gathering[way]) {
      if (world.unitOf(concept) === undefined)
        faults.push(`gathering.${way}: ${concept} is no numeric concept`);
      if (gathers.has(concept)) faults.push(`gathering.${way}: ${concept} is named twice`);
      gathers.set(concept, way);
    }
  if (faults.length > 0) return { faults };
  const ordered = order(compiled);
  if ("circle" in ordered)
    return { faults: [`these need each other in a circle: ${ordered.circle.slice(0, 20).join(" -> ")}`] };
  return {
    book: {
      groups: ordered.groups,
      formulas: new Map(compiled.map((one) => [one.id, one])),
      auxiliary: known,
      activity: new Map(activity.map((one) => [one.id, one])),
      gathering: gathers,
    },
  };
}

function compile(
  formula: Formula,
  unitOfName: (name: string) => string | undefined,
  world: FormulaWorld,
): { readonly formula: CompiledFormula } | { readonly fault: string } {
  let tree: Expression;
  try {
    tree = parseExpression(formula.expression);
  } catch (error) {
    if (error instanceof ExpressionFault) return { fault: `the expression cannot be read: ${error.message}` };
    throw error;
  }
  const references = referencesOf(tree);
  if (references.length === 0) return { fault: "the expression refers to nothing" };
  const unit = formula.unit === "" ? unitOfName(formula.result) : formula.unit;
  const lost = [formula.result, ...references.map(({ name }) => name), ...formula.shares_with].find(
    (name) => unitOfName(name) === undefined,
  );
  if (lost !== undefined || unit === undefined)
    return { fault: `${lost ?? formula.result} is neither a numeric concept nor an auxiliary input` };
  const axisFault = faultOfAxes(formula, references, world);
  if (axisFault !== undefined) return { fault: axisFault };
  const own = references.find((one) => one.name === formula.result && !dropsAnAxis(one, formula));
  if (own !== undefined) return { fault: `${formula.result} would be worked out of itself` };
  const measured = unitOf(tree, (name) => unitOfName(name) ?? "");
  if ("fault" in measured) return { fault: measured.fault };
  const declared = powersOf(unitOfName(formula.result) ?? "");
  for (const asked of [declared, powersOf(unit)])
    if (!samePowers(measured.powers, asked))
      return { fault: `it comes out in ${powersText(measured.powers)}, not in ${powersText(asked)}` };
  return { formula: { ...formula, unit, tree, references } };
}

/** Whether a formula's reference to its own result looks at places with an axis more, so that it cannot go round. */
function dropsAnAxis(reference: Reference | Over, { dimensions }: Formula): boolean {
  if (reference.kind === "over") return dimensions[reference.axis] === undefined;
  return (
    reference.scope === "here" && Object.keys(reference.fixed).some((axis) => dimensions[axis] === undefined)
  );
}

function faultOfAxes(
  formula: Formula,
  references: readonly (Reference | Over)[],
  world: FormulaWorld,
): string | undefined {
  const wanted: [axis: string, members: readonly string[]][] = [
    ...Object.entries(formula.dimensions).map(([axis, member]): [string, string[]] => [axis, [member]]),
    ...Object.entries(formula.where).map(([axis, member]): [string, readonly string[]] => [
      axis,
      member === "any" ? [] : [member].flat(),
    ]),
    ...(formula.shares_over === "" ? [] : [[formula.shares_over, []] as [string, readonly string[]]]),
    ...references.flatMap((one): [string, readonly string[]][] => [
      ...Object.entries(one.fixed).map(([axis, member]): [string, string[]] => [axis, [member]]),
      ...(one.kind === "over"
        ? [
            [one.axis, one.members === "every" ? [] : one.members.map(({ member }) => member)] as [
              string,
              readonly string[],
            ],
          ]
        : []),
    ]),
  ];
  for (const [axis, members] of wanted) {
    const usable = world.membersOf(axis);
    if (usable === undefined) return `${axis} is no axis`;
    const stranger = usable === "typed" ? members[0] : members.find((member) => !usable.has(member));
    if (stranger !== undefined) return `${stranger} is no member of ${axis}`;
  }
  return undefined;
}

/** Groups by result, each after those that it needs; or the first circle found. Without recursion: a file may hold a chain of thousands. */
function order(
  compiled: readonly CompiledFormula[],
): { readonly groups: FormulaBook["groups"] } | { readonly circle: readonly string[] } {
  const byResult = Map.groupBy(compiled, ({ result }) => result);
  const needs = (result: string): readonly string[] => [
    ...new Set(byResult.get(result)?.flatMap(({ references }) => references.map(({ name }) => name)) ?? []),
  ];
  const isLast = ({ kind }: CompiledFormula): number => (kind === "fallback" ? 1 : 0);
  const groups: { result: string; formulas: readonly CompiledFormula[] }[] = [];
  const done = new Set<string>();
  for (const start of byResult.keys()) {
    if (done.has(start)) continue;
    const path = [{ result: start, needs: needs(start), at: 0 }];
    const open = new Set([start]);
    for (let step = path.at(-1); step !== undefined; step = path.at(-1)) {
      const need = step.needs[step.at];
      step.at += 1;
      if (need === undefined) {
        path.pop();
        open.delete(step.result);
        done.add(step.result);
        const formulas = byResult.get(step.result) ?? [];
        groups.push({ result: step.result, formulas: formulas.toSorted((a, b) => isLast(a) - isLast(b)) });
      } else if (need !== step.result && byResult.has(need) && !done.has(need)) {
        const names = path.map(({ result }) => result);
        if (open.has(need)) return { circle: [...names.slice(names.indexOf(need)), need] };
        open.add(need);
        path.push({ result: need, needs: needs(need), at: 0 });
      }
    }
  }
  return { groups };
}
