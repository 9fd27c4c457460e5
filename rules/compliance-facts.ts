import { type AuditFact, fail, pass, type Verdict } from "#rules/compliance-rule.ts";

/** Passes when nothing is wrong; otherwise says how many of how many, with up to three examples. */
export function verdict<T>(
  all: readonly T[],
  wrong: readonly T[],
  describe: (one: T) => string,
  good: string,
): Verdict {
  if (wrong.length === 0) return pass(`${all.length} ${good}`);
  return fail(
    `${wrong.length} of ${all.length}: ${wrong.slice(0, 3).map(describe).join("; ")}${wrong.length > 3 ? "; …" : ""}`,
  );
}

/** The fact of a concept that is not broken down. */
export function headline(facts: readonly AuditFact[], concept: string): AuditFact | undefined {
  return facts.find((fact) => fact.concept === concept && Object.keys(fact.dimensions).length === 0);
}

/** True for plain decimal text. */
export function isNumber(text: string): boolean {
  return /^-?\d+(\.\d+)?$/.test(text);
}

/** True when two facts stand on the same axes and members. */
export function sameDimensions(
  a: Readonly<Record<string, string>>,
  b: Readonly<Record<string, string>>,
): boolean {
  return (
    Object.keys(a).length === Object.keys(b).length &&
    Object.entries(a).every(([axis, member]) => b[axis] === member)
  );
}

/** A qualified name without its prefix. */
export function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}
