import { type Unit, unitNamed } from "#rules/units.ts";
import type { Factor, Factors } from "../../catalogue/load.ts";

/** What a row asks the factor list for. */
export type FactorQuestion = {
  readonly scope: 1 | 2 | 3;
  readonly category: string;
  readonly country: string;
  readonly region: string;
  readonly activity: string;
  readonly unit: Unit;
};

/** The factor, or why there is none: several activities fit, none does, none for this country, or only in other units. */
export type FactorAnswer =
  | { readonly factor: Factor }
  | {
      readonly none: "ambiguous" | "unknown" | "country" | "region" | "unit";
      readonly others: readonly string[];
    };

/** An activity as a row may write it (`Flights > Long-haul`, `natural gas`, a full path) in the form in which paths are stored. */
function activitySegments(text: string): readonly string[] {
  const parts = /\s>\s|\s\/\s/.test(text) ? text.split(/\s[>/]\s/) : text.split("/");
  return parts.map(slug).filter((part) => part !== "");
}

function slug(text: string): string {
  return text
    .toLowerCase()
    .replaceAll("&", " and ")
    .replaceAll(/[^a-z0-9.+%]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
}

/** Answers questions against one factor list, remembering each answer: files repeat the same few activities. */
export function factorMatcher({ factors }: Factors): (question: FactorQuestion) => FactorAnswer {
  const shelves = new Map<string, Factor[]>();
  for (const factor of factors)
    for (const category of factor.categories) {
      const key = `${factor.scope}/${category}`;
      const shelf = shelves.get(key) ?? [];
      shelf.push(factor);
      shelves.set(key, shelf);
    }
  const known = new Map<string, FactorAnswer>();
  return (question) => {
    const { scope, category, country, region, activity, unit } = question;
    const key = `${scope}\n${category}\n${country}\n${region}\n${unit.name}\n${activity}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const answer = find(shelves.get(`${scope}/${category}`) ?? [], question);
    if (known.size > 20_000) known.clear();
    known.set(key, answer);
    return answer;
  };
}

function find(shelf: readonly Factor[], question: FactorQuestion): FactorAnswer {
  const named = isGrid(question) ? gridFactors(shelf, question) : byName(shelf, question);
  if (named.length === 0 && isGrid(question)) return { none: "region", others: regionsOf(shelf, question) };
  if (named.length === 0) return { none: "unknown", others: nearest(shelf, question) };
  const allowed = named.filter(({ country }) => country === undefined || country === question.country);
  if (allowed.length === 0)
    return { none: "country", others: [...new Set(named.flatMap(({ country }) => country ?? []))] };
  const fitting = allowed.filter(({ unit }) => unitNamed(unit)?.dimension === question.unit.dimension);
  if (fitting.length === 0) return { none: "unit", others: [...new Set(allowed.map(({ unit }) => unit))] };
  const national = fitting.filter(({ country }) => country !== undefined);
  const chosen = national.length > 0 ? national : fitting;
  const paths = [...new Set(chosen.map(({ path }) => path))];
  if (paths.length > 1) return { none: "ambiguous", others: paths };
  const factor = chosen.find(({ unit }) => unit === question.unit.name) ?? chosen[0];
  return factor === undefined ? { none: "unknown", others: [] } : { factor };
}

function isGrid({ category, activity }: FactorQuestion): boolean {
  return category === "purchased-electricity" && /^(grid-)?electricity$/.test(slug(activity));
}

function regionsOf(shelf: readonly Factor[], { country }: FactorQuestion): readonly string[] {
  return shelf.flatMap((factor) =>
    factor.country === country && factor.region !== undefined ? [factor.region] : [],
  );
}

/** Grid electricity is named by place, not by path. */
function gridFactors(shelf: readonly Factor[], { country, region }: FactorQuestion): readonly Factor[] {
  const grids = shelf.filter(({ path }) => /^(uk-electricity|us-electricity)\//.test(path));
  const here = grids.filter((factor) => factor.country === country);
  if (here.length === 0) return grids;
  const wanted = region === "" ? country : region;
  return here.every((factor) => factor.region === undefined)
    ? here
    : here.filter((factor) => factor.region === wanted);
}

function byName(shelf: readonly Factor[], { activity }: FactorQuestion): readonly Factor[] {
  const whole = [slug(activity)];
  for (const wanted of [activitySegments(activity), whole]) {
    const exact = shelf.filter(({ path }) => path === wanted.join("/"));
    if (exact.length > 0) return exact;
    const within = shelf.filter(({ path }) => follows(path.split("/"), wanted));
    if (within.length > 0) return within;
  }
  return [];
}

/** True when every wanted segment occurs in the path, in order. */
function follows(path: readonly string[], wanted: readonly string[]): boolean {
  let from = 0;
  for (const segment of wanted) {
    const at = path.indexOf(segment, from);
    if (at < 0) return false;
    from = at + 1;
  }
  return wanted.length > 0;
}

/** Up to five activities that share the most words with what was asked. */
function nearest(shelf: readonly Factor[], { activity }: FactorQuestion): readonly string[] {
  const words = new Set(slug(activity).split("-"));
  const scored = [...new Set(shelf.map(({ path }) => path))].map((path) => ({
    path,
    shared: path.split(/[/-]/).filter((word) => words.has(word)).length,
  }));
  return scored
    .filter(({ shared }) => shared > 0)
    .toSorted((a, b) => b.shared - a.shared || a.path.length - b.path.length)
    .slice(0, 5)
    .map(({ path }) => path);
}
