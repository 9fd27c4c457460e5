import { Decimal } from "decimal.js";
import type { Expression, Over, Reference } from "./formula-grammar.ts";

/** Decimal arithmetic with room for every sum and product of a report, so that nothing is rounded before the end. */
export const Exact = Decimal.clone({
  precision: 60,
  rounding: Decimal.ROUND_HALF_UP,
  toExpNeg: -999,
  toExpPos: 999,
});

/** A figure as a formula meets it. */
export type Operand = {
  /** The figure's id, for the lineage. */
  readonly id: string;
  readonly value: Decimal;
  readonly decimals: number;
  readonly unit: string;
};

/** Where a formula finds its inputs at the place for which it is worked out. */
export type Lookup = {
  readonly at: (reference: Reference) => Operand | undefined;
  readonly over: (reference: Over) => Members;
};

/** The figures along an axis. */
type Members = {
  readonly found: ReadonlyMap<string, Operand>;
  /** Members of which only parts are there: a sum without them would be wrong. */
  readonly partly: ReadonlySet<string>;
};

/** Why a formula gave nothing. */
type NotFormed = "input-missing" | "division-by-zero" | "currencies-mixed" | "out-of-range";

/** What working out a formula gave: a value with what went into it, or why there is none. Never NaN, never infinite. */
export type Outcome =
  | {
      readonly kind: "value";
      readonly value: Decimal;
      /** The most decimal places that an input has. */
      readonly decimals: number;
      /** The currency of its money, if any. */
      readonly currency: string | undefined;
      readonly from: readonly Operand[];
      /** Parts that may be absent and are. */
      readonly without: readonly string[];
    }
  | { readonly kind: "none"; readonly code: NotFormed; readonly because: string; readonly found: number };

/** Numbers beyond these powers of ten are no figures of a company. */
const largest = new Exact("1e40");

class Stop extends Error {
  readonly code: NotFormed;
  constructor(code: NotFormed, because: string) {
    super(because);
    this.code = code;
  }
}

/** Works out an expression at one place; pure, exact but for division (60 digits). */
export function evaluate(tree: Expression, lookup: Lookup): Outcome {
  const from: Operand[] = [];
  const without: string[] = [];
  const lacking: string[] = [];
  let zero: string | undefined;
  try {
    const value = walk(tree);
    if (lacking.length > 0)
      return {
        kind: "none",
        code: "input-missing",
        because: `${[...new Set(lacking)].join(", ")} ${lacking.length === 1 ? "is" : "are"} not given`,
        found: from.length,
      };
    if (zero !== undefined) throw new Stop("division-by-zero", `${zero} is zero`);
    const currencies = new Set(from.flatMap(({ unit }) => /iso4217:[A-Z]{3}/.exec(unit) ?? []));
    if (currencies.size > 1)
      throw new Stop("currencies-mixed", `its inputs are in ${[...currencies].toSorted().join(" and ")}`);
    return {
      kind: "value",
      value,
      decimals: from.reduce((most, { decimals }) => Math.max(most, decimals), 0),
      currency: [...currencies][0],
      from,
      without,
    };
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    return { kind: "none", code: error.code, because: error.message, found: from.length };
  }

  function walk(node: Expression): Decimal {
    switch (node.kind) {
      case "number":
        return new Exact(node.value);
      case "reference": {
        const found = lookup.at(node);
        if (found !== undefined) return take(found);
        lacking.push(nameOf(node));
        return new Exact(1);
      }
      case "over":
        return sumOver(node);
      case "present":
        return sumPresent(node.parts);
      case "operation":
        return bounded(operate(node.operator, walk(node.left), node.right));
    }
  }

  function operate(operator: "+" | "-" | "*" | "/", left: Decimal, rightNode: Expression): Decimal {
    const right = walk(rightNode);
    if (operator === "+") return left.plus(right);
    if (operator === "-") return left.minus(right);
    if (operator === "*") return left.times(right);
    if (!right.isZero()) return left.dividedBy(right);
    // Said at the end only, since an input that is missing is the better reason.
    zero ??= writtenOf(rightNode);
    return left;
  }

  function sumOver(node: Over): Decimal {
    const { found, partly } = lookup.over(node);
    const written = (member: string): string => `${node.name}[${node.axis}=${member.replace(/^esrs:/, "")}]`;
    let total = new Exact(0);
    const members =
      node.members === "every"
        ? [...new Set([...found.keys(), ...partly])].toSorted().map((member) => ({ member, optional: true }))
        : node.members;
    for (const { member, optional } of members) {
      const operand = found.get(member);
      if (operand !== undefined) total = total.plus(take(operand));
      else (optional && !partly.has(member) ? without : lacking).push(written(member));
    }
    if (found.size === 0 && lacking.length === 0) lacking.push(`${node.name} by ${node.axis}`);
    return bounded(total);
  }

  function sumPresent(parts: readonly Expression[]): Decimal {
    let total = new Exact(0);
    let some = false;
    const held = lacking.splice(0);
    const before = without.length;
    for (const part of parts) {
      const taken = from.length;
      const value = walk(part);
      if (lacking.length === 0) {
        total = total.plus(value);
        some = true;
      } else {
        from.splice(taken);
        without.push(...lacking.splice(0));
      }
    }
    lacking.push(...held, ...(some ? [] : without.splice(before)));
    return bounded(total);
  }

  function take(operand: Operand): Decimal {
    from.push(operand);
    return bounded(operand.value);
  }
}

function bounded(value: Decimal): Decimal {
  if (!value.isFinite() || value.abs().greaterThan(largest))
    throw new Stop("out-of-range", "a number in it is beyond 10^40");
  return value;
}

function nameOf({ name, fixed, scope }: Reference): string {
  const held = Object.entries(fixed).map(([axis, member]) => `${axis}=${member.replace(/^esrs:/, "")}`);
  return `${name}${held.length === 0 ? "" : `[${held.join(",")}]`}${scope === "before" ? " a year before" : ""}`;
}

function writtenOf(node: Expression): string {
  if (node.kind === "reference") return nameOf(node);
  return node.kind === "over" ? `${node.name} by ${node.axis}` : "what it is divided by";
}
