import type { Expression, Over, Reference } from "./formula-grammar.ts";

/** An expression as text in which every reference stands as `told` tells it: names, or the numbers that went in. */
function textOf(
  tree: Expression,
  told: (reference: Reference | Over) => string | undefined,
): string | undefined {
  switch (tree.kind) {
    case "number":
      return tree.value.replaceAll(/\B(?=(\d{3})+$)/g, " ");
    case "reference":
    case "over":
      return told(tree);
    case "present": {
      const parts = tree.parts.flatMap((part) => textOf(part, told) ?? []);
      return parts.length === 0 ? undefined : parts.join(" + ");
    }
    case "operation": {
      const binds = tree.operator === "*" || tree.operator === "/";
      const side = (part: Expression, isRight: boolean): string => {
        const text = textOf(part, told) ?? "?";
        const loose = / [+-] /.test(text) || (isRight && tree.operator === "/" && / [*/] /.test(text));
        return (binds && loose) || (isRight && tree.operator === "-" && loose) ? `(${text})` : text;
      };
      return `${side(tree.left, false)} ${tree.operator} ${side(tree.right, true)}`;
    }
  }
}

/** A formula with the numbers that went into it, in the order in which they were taken; `nameOf` tells an input's name from its id. */
export function filledIn(
  tree: Expression,
  from: readonly { readonly id: string; readonly value: string }[],
  nameOf: (id: string) => string,
): string {
  let at = 0;
  const take = (name: string): string | undefined => {
    const next = from[at];
    if (next === undefined || nameOf(next.id) !== name) return undefined;
    at += 1;
    return next.value.startsWith("-") ? `(${next.value})` : next.value;
  };
  const all = (name: string): string | undefined => {
    const values: string[] = [];
    for (let value = take(name); value !== undefined; value = take(name)) values.push(value);
    return values.length === 0 ? undefined : values.join(" + ");
  };
  return textOf(tree, (one) => (one.kind === "over" ? all(one.name) : take(one.name))) ?? "";
}
