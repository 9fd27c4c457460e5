/** What of a place a reference looks at: the figure's own place with some axes held fast, the whole of the year, or the year before. */
export type Reference = {
  readonly kind: "reference";
  /** A concept's local name, or `aux:` and an auxiliary input's id. */
  readonly name: string;
  /** Axis to the qualified member that is looked at. */
  readonly fixed: Readonly<Record<string, string>>;
  /** `whole(X)`: the same year without any breakdown; `before(X)`: the same place one year earlier. */
  readonly scope: "here" | "whole" | "before";
};

/** A sum over one axis: of the members named (those marked `?` may be absent), or of every member there is. */
export type Over = {
  readonly kind: "over";
  readonly name: string;
  readonly fixed: Readonly<Record<string, string>>;
  readonly axis: string;
  readonly members: readonly { readonly member: string; readonly optional: boolean }[] | "every";
};

/** A formula's expression as a tree. */
export type Expression =
  | { readonly kind: "number"; readonly value: string; readonly unit: string }
  | Reference
  | Over
  /** `present(a, b)`: the sum of those that are there, at least one. */
  | { readonly kind: "present"; readonly parts: readonly Expression[] }
  | {
      readonly kind: "operation";
      readonly operator: "+" | "-" | "*" | "/";
      readonly left: Expression;
      readonly right: Expression;
    };

/** How deep an expression may nest and how long it may be: far above any formula of the standard, far below what hurts. */
const limits = { depth: 40, characters: 4000, digits: 30 } as const;

type Token = { readonly text: string; readonly at: number };

const token =
  /\s*(?:(aux:[a-z0-9]+(?:-[a-z0-9]+)*|[A-Za-z][A-Za-z0-9_]*(?::[A-Za-z0-9_]+)?|\d+(?:\.\d+)?|[-+*/(),:?=[\]{}])|$)/y;
const name = /^(?:aux:[a-z0-9-]+|[A-Za-z][A-Za-z0-9_]*)$/;
const member = /^[A-Za-z][A-Za-z0-9_]*(?::[A-Za-z0-9_]+)?$/;
const unit = /^[A-Za-z0-9]+:[A-Za-z0-9]+(?:\/[A-Za-z0-9]+(?::[A-Za-z0-9]+)?)?$/;

/** Why an expression cannot be read, as a clause naming the character. */
export class ExpressionFault extends Error {}

/**
 * Reads an expression: `+ - * /`, brackets, numbers (`1000000{utr:h}` has a unit), concepts (`WaterConsumption`), auxiliary inputs
 * (`aux:hours-worked`), held axes (`X[GenderAxis=FemaleMember]`), `sum(X over Axis: A, B?)`, `present(…)`, `whole(X)`, `before(X)`.
 * Throws `ExpressionFault`; never runs anything of what it reads.
 */
export function parseExpression(text: string): Expression {
  if (text.length > limits.characters)
    throw new ExpressionFault(`it is longer than ${limits.characters} characters`);
  const tokens = split(text);
  let at = 0;
  let depth = 0;
  const tree = addition();
  if (at < tokens.length) fail("does not belong there");
  return tree;

  function addition(): Expression {
    return chain(multiplication, "+", "-");
  }

  function multiplication(): Expression {
    return chain(primary, "*", "/");
  }

  /** Left to right: each operator nests what came before, so that a long chain counts as deep. */
  function chain(operand: () => Expression, ...operators: readonly ("+" | "-" | "*" | "/")[]): Expression {
    let left = operand();
    for (let links = 1; ; links += 1) {
      const operator = operators.find((one) => peek() === one);
      if (operator === undefined) return left;
      if (links > limits.depth) fail("makes the chain too long");
      at += 1;
      left = { kind: "operation", operator, left, right: operand() };
    }
  }

  function primary(): Expression {
    depth += 1;
    if (depth > limits.depth) fail("is nested too deep");
    const read = inner();
    depth -= 1;
    return read;
  }

  function inner(): Expression {
    const word = next();
    if (word === "(") {
      const inside = addition();
      expect(")");
      return inside;
    }
    if (/^\d/.test(word)) return number(word);
    if (!name.test(word)) back("is neither a number nor a name");
    if (peek() !== "(" || word.startsWith("aux:")) return reference(word, "here");
    expect("(");
    const read = call(word);
    expect(")");
    return read;
  }

  function call(word: string): Expression {
    if (word === "sum") return over();
    if (word === "whole" || word === "before") return reference(named(), word);
    if (word !== "present") back("is no function of ours");
    const parts = [addition()];
    while (take(",")) parts.push(addition());
    return { kind: "present", parts };
  }

  function over(): Over {
    const of = reference(named(), "here");
    expect("over");
    const axis = named();
    if (!take(":")) return { kind: "over", name: of.name, fixed: of.fixed, axis, members: "every" };
    const members: { member: string; optional: boolean }[] = [];
    do members.push({ member: memberName(), optional: take("?") });
    while (take(","));
    return { kind: "over", name: of.name, fixed: of.fixed, axis, members };
  }

  function reference(of: string, scope: Reference["scope"]): Reference {
    const fixed: Record<string, string> = {};
    if (take("[")) {
      do {
        const axis = named();
        expect("=");
        fixed[axis] = memberName();
      } while (take(","));
      expect("]");
    }
    return { kind: "reference", name: of, fixed, scope };
  }

  function number(digits: string): Expression {
    if (digits.length > limits.digits) back("has too many digits");
    if (!take("{")) return { kind: "number", value: digits, unit: "xbrli:pure" };
    let measure = "";
    while (peek() !== "}" && peek() !== "") measure += next();
    expect("}");
    if (!unit.test(measure)) back("does not end a unit measure");
    return { kind: "number", value: digits, unit: measure };
  }

  function memberName(): string {
    const word = next();
    if (!member.test(word)) back("is no member");
    return word.includes(":") ? word : `esrs:${word}`;
  }
  function named(): string {
    const word = next();
    if (!name.test(word)) back("is no name");
    return word;
  }
  function peek(): string {
    return tokens[at]?.text ?? "";
  }
  function next(): string {
    const word = peek();
    if (word === "") fail("ends too early");
    at += 1;
    return word;
  }
  function take(word: string): boolean {
    if (peek() !== word) return false;
    at += 1;
    return true;
  }
  function expect(word: string): void {
    if (!take(word)) fail(`stands where ${word} is expected`);
  }
  function back(why: string): never {
    at -= 1;
    return fail(why);
  }
  function fail(why: string): never {
    const found = tokens[at];
    throw new ExpressionFault(
      found === undefined ? `it ${why}` : `${JSON.stringify(found.text)} at character ${found.at + 1} ${why}`,
    );
  }
}

function split(text: string): readonly Token[] {
  const found: Token[] = [];
  token.lastIndex = 0;
  while (token.lastIndex < text.length) {
    const from = token.lastIndex;
    const match = token.exec(text);
    if (match === null)
      throw new ExpressionFault(
        `${JSON.stringify(text.slice(from, from + 12).trim())} at character ${from + 1} is no part of an expression`,
      );
    if (match[1] === undefined) break;
    found.push({ text: match[1], at: token.lastIndex - match[1].length });
  }
  return found;
}

/** Every reference of an expression, sums over an axis among them, in the order in which they are written. */
export function referencesOf(tree: Expression): readonly (Reference | Over)[] {
  switch (tree.kind) {
    case "number":
      return [];
    case "reference":
    case "over":
      return [tree];
    case "present":
      return tree.parts.flatMap(referencesOf);
    case "operation":
      return [...referencesOf(tree.left), ...referencesOf(tree.right)];
  }
}
