import type { Measure } from "#rules/intake-measures.ts";
import type { Catalogue } from "../../catalogue/model.ts";
import type { Conversion } from "./decimal-text.ts";
import type { PeriodPlan } from "./period.ts";
import { quote, Rejection } from "./rejection.ts";
import { flat, type Resolved, type Target } from "./target.ts";
import { Group } from "./watch.ts";

/** A row's breakdown, understood: members and typed values as JSON, and the group of figures that it belongs to. */
export type DimensionPlan = {
  readonly key: string;
  readonly members: string;
  readonly typed: string;
  readonly group: Group;
  /** What the lines of its rows begin with, by period and unit. */
  readonly heads: Map<PeriodPlan, Map<string, Head>>;
  /** Keys of a legacy breakdown that hold figures and are not used. */
  readonly unused: readonly string[];
};

/** What the lines of rows of one code, breakdown, period and unit have in common. */
export type Head = {
  readonly measure: Measure;
  /** How far the decimal point moves to the canonical unit. */
  readonly places: number;
  /** What to do instead where the factor is no power of ten. */
  readonly conversion: Conversion | undefined;
  /** A number that stands for the canonical unit. */
  readonly unit: number;
  readonly start: string;
};

type AxisRule = { readonly typed: boolean; readonly default: string; readonly members: Set<string> };

/** Breakdowns against the standard's tables; each is understood once per target. */
export class Dimensions {
  readonly #catalogue: Catalogue;
  /** Figures of one concept and breakdown belong together, however the breakdown was written. */
  #made = 0;
  readonly #groups = new Map<string, Group>();
  readonly #rules = new Map<string, ReadonlyMap<string, AxisRule>>();

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue;
  }

  /** Every group of figures that was met, with the name of its concept and breakdown. */
  groups(): ReadonlyMap<string, Group> {
    return this.#groups;
  }

  /** The plan of the cells `dimensions` and `breakdown`; throws a `Rejection` that names the axis. */
  plan({ target, plans }: Resolved, dimensions: string, breakdown: string): DimensionPlan {
    const written = breakdown === "" ? dimensions : `${dimensions}\n${breakdown}`;
    const found = plans.get(written);
    if (found instanceof Rejection) throw found;
    if (found !== undefined) return found;
    if (plans.size > 20_000) plans.clear();
    try {
      const made = this.#make(target, dimensions, breakdown);
      plans.set(flat(written), made);
      return made;
    } catch (error) {
      if (error instanceof Rejection) plans.set(flat(written), error);
      throw error;
    }
  }

  #make(target: Target, dimensions: string, breakdown: string): DimensionPlan {
    const members: Record<string, string> = { ...target.members };
    const typed: Record<string, string> = {};
    const unused: string[] = [];
    const given: (readonly [axis: string, value: string, column: string])[] = dimensions
      .split(";")
      .filter((part) => part.trim() !== "")
      .map((part) => {
        const at = part.indexOf("=");
        if (at < 1)
          throw new Rejection(
            "dimension-unknown",
            "dimensions",
            `${quote(part.trim())} has no axis and member.`,
            "Write Axis=Member, several divided by a semicolon.",
          );
        return [part.slice(0, at).trim(), part.slice(at + 1).trim(), "dimensions"] as const;
      });
    for (const [axis, value] of Object.entries(breakdownOf(breakdown)))
      if (typeof value === "string") given.push([axis, value, "breakdown"]);
      else unused.push(axis.slice(0, 60));
    for (const [written, value, column] of given) {
      const { axis, rule } = this.#axis(target, written, column);
      if (axis in members || axis in typed)
        throw new Rejection("dimension-unknown", column, `${axis} is given twice.`, "Leave one of them out.");
      if (rule.typed) {
        if (value === "" || value.length > 500)
          throw new Rejection(
            "dimension-unknown",
            column,
            `${axis} needs a text of up to 500 characters.`,
            "",
          );
        typed[axis] = value;
        continue;
      }
      const member = this.#member(axis, rule, value, column);
      if (member !== rule.default) members[axis] = member;
    }
    const [memberText, typedText] = [sorted(members), sorted(typed)];
    const key = memberText === "{}" && typedText === "{}" ? "" : `${memberText}${typedText}`;
    return {
      key,
      members: memberText,
      typed: typedText,
      group: this.#group(target, key),
      heads: new Map(),
      unused,
    };
  }

  #group(target: Target, key: string): Group {
    const name = key === "" ? target.name : `${target.name} ${key}`;
    const before = this.#groups.get(name);
    if (before !== undefined) return before;
    const group = new Group((this.#made += 1));
    if (this.#groups.size < 20_000) this.#groups.set(flat(name), group);
    return group;
  }

  #axis(target: Target, written: string, column: string): { readonly axis: string; readonly rule: AxisRule } {
    const name = written.replace(/^esrs[:_]/i, "");
    const rules = this.#rulesOf(target);
    for (const axis of [name, `${name}Axis`, `${name}TypedAxis`]) {
      const rule = rules.get(axis);
      if (rule !== undefined) return { axis, rule };
    }
    throw new Rejection(
      "dimension-unknown",
      column,
      `${quote(written)} is not an axis by which ${target.name} is broken down.`,
      `Its axes are ${[...rules.keys()].slice(0, 12).join(", ")}.`,
    );
  }

  #member(axis: string, { members, ...rule }: AxisRule, written: string, column: string): string {
    const plain = written.replace(/^(?:esrs|country|nace|sec)[:_]/i, "");
    const wanted = [written, `esrs:${plain}`, `esrs:${plain}Member`];
    for (const name of wanted) if (members.has(name) || name === rule.default) return name;
    const country = `country:${plain.toUpperCase()}`;
    if (members.has("country:*") && this.#catalogue.countries.includes(plain.toUpperCase())) return country;
    const folded = fold(plain);
    const same = [...members, rule.default].filter(
      (member) => fold(member.replace(/^[^:]*:/, "")) === folded,
    );
    if (same.length === 1 && same[0] !== undefined) return same[0];
    throw new Rejection(
      "dimension-unknown",
      column,
      `${quote(written)} is not a member of ${axis}.`,
      `Use one of ${[...members].slice(0, 8).join(", ")}${members.size > 8 ? ", …" : ""}.`,
    );
  }

  #rulesOf(target: Target): ReadonlyMap<string, AxisRule> {
    const before = this.#rules.get(target.name);
    if (before !== undefined) return before;
    const rules = new Map<string, AxisRule>();
    const isAuxiliary = target.name.startsWith("aux:");
    for (const { axes, concepts } of this.#catalogue.tables) {
      if (!isAuxiliary && !concepts.includes(target.name)) continue;
      for (const { axis, typed, default: normal, members } of axes) {
        const rule = rules.get(axis) ?? { typed, default: normal, members: new Set<string>() };
        for (const member of members) rule.members.add(member);
        rules.set(axis, rule);
      }
    }
    this.#rules.set(target.name, rules);
    return rules;
  }
}

/** Letters and digits of a member's name, for names written by hand. */
const fold = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, "")
    .replace(/member$/, "");

function sorted(record: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1))));
}

function breakdownOf(text: string): Readonly<Record<string, unknown>> {
  if (text === "") return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // Told below, in words about the cell.
  }
  throw new Rejection(
    "dimension-unknown",
    "breakdown",
    `${quote(text)} is not a JSON object.`,
    "Use the column dimensions instead: Axis=Member.",
  );
}
