import type { Expression } from "./formula-grammar.ts";

/** A unit as powers of its base measures: `utr:tCO2e/iso4217` is `{ "utr:tCO2e": 1, iso4217: -1 }`; a pure number is empty. All currencies are one measure. */
export type Powers = ReadonlyMap<string, number>;

/** The powers of a written unit measure. */
export function powersOf(unit: string): Powers {
  const [over = "", under] = unit.split("/");
  return combine(base(over), under === undefined ? new Map() : base(under), -1);
}

function base(measure: string): Powers {
  const plain = measure.startsWith("iso4217") ? "iso4217" : measure;
  return plain === "" || plain === "xbrli:pure" ? new Map() : new Map([[plain, 1]]);
}

function combine(left: Powers, right: Powers, sign: 1 | -1): Powers {
  const powers = new Map(left);
  for (const [measure, power] of right) {
    const sum = (powers.get(measure) ?? 0) + sign * power;
    if (sum === 0) powers.delete(measure);
    else powers.set(measure, sum);
  }
  return powers;
}

/** Whether two units measure the same thing. */
export function samePowers(left: Powers, right: Powers): boolean {
  return left.size === right.size && [...left].every(([measure, power]) => right.get(measure) === power);
}

/** Powers as a person writes them: `utr:MWh/iso4217`, or `xbrli:pure`. */
export function powersText(powers: Powers): string {
  const side = (sign: 1 | -1): string =>
    [...powers]
      .filter(([, power]) => power * sign > 0)
      .map(([measure, power]) => (Math.abs(power) === 1 ? measure : `${measure}^${Math.abs(power)}`))
      .join("*");
  const under = side(-1);
  return `${side(1) || "xbrli:pure"}${under === "" ? "" : `/${under}`}`;
}

/** The unit an expression comes out in, or a clause that says which of its parts cannot be added. */
export function unitOf(
  tree: Expression,
  unitOfName: (name: string) => string,
): { readonly powers: Powers } | { readonly fault: string } {
  switch (tree.kind) {
    case "number":
      return { powers: powersOf(tree.unit) };
    case "reference":
    case "over":
      return { powers: powersOf(unitOfName(tree.name)) };
    case "present":
      return alike(tree.parts, unitOfName);
    case "operation": {
      if (tree.operator === "+" || tree.operator === "-") return alike([tree.left, tree.right], unitOfName);
      const [left, right] = [unitOf(tree.left, unitOfName), unitOf(tree.right, unitOfName)];
      if ("fault" in left) return left;
      if ("fault" in right) return right;
      return { powers: combine(left.powers, right.powers, tree.operator === "*" ? 1 : -1) };
    }
  }
}

function alike(
  parts: readonly Expression[],
  unitOfName: (name: string) => string,
): ReturnType<typeof unitOf> {
  let first: Powers | undefined;
  for (const part of parts) {
    const found = unitOf(part, unitOfName);
    if ("fault" in found) return found;
    if (first !== undefined && !samePowers(first, found.powers))
      return { fault: `${powersText(first)} and ${powersText(found.powers)} cannot be added` };
    first ??= found.powers;
  }
  return { powers: first ?? new Map() };
}
