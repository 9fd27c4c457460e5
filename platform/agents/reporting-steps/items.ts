import { type Fact, periodText, placeOf } from "#rules/fact.ts";
import type { Catalogue, Concept } from "../../catalogue/model.ts";
import { isNumeric } from "../../catalogue/model.ts";
import { CsrdError } from "../../errors.ts";
import { Places } from "../../xbrl/dimensions.ts";
import { carried } from "../../xbrl/markup.ts";
import { sanitised } from "../../xbrl/sanitise.ts";
import type { Metric, Statement } from "../documents.ts";
import { standardOf, standards } from "./titles.ts";

/** Something that the statement says: the fact, what the standard calls it, and the disclosure requirement under which it stands. */
export type Item = {
  readonly fact: Fact;
  readonly place: string;
  readonly concept: Concept;
  readonly section: string;
  readonly kind: "number" | "block" | "field";
  /** Not yet approved by a person. */
  readonly draft: boolean;
  /** The formula behind a number that was computed here, or empty. */
  readonly formula: string;
  /** Short name of a computed figure, or empty. */
  readonly id: string;
};

/** Brings figures and statements to one list of facts, each at a place that the standard allows; throws `place-not-allowed` otherwise. */
export function gather(
  catalogue: Catalogue,
  metrics: readonly Metric[],
  statements: readonly Statement[],
): readonly Item[] {
  const places = new Places(catalogue);
  const concepts = new Map(catalogue.concepts.map((concept) => [concept.concept, concept]));
  const datapoints = new Map(catalogue.datapoints.map(({ id, disclosure }) => [id, disclosure]));
  const items = new Map<string, Item>();
  for (const { id, concept, value, unit, decimals, period, dimensions, typed, formula, from } of metrics)
    add({ concept, value, unit, decimals, period, dimensions, typed }, id, "", {
      id,
      draft: false,
      formula: from.length > 0 ? formula : "",
    });
  for (const { concept, value, period, dimensions, typed, status, code } of statements)
    add({ concept, value, unit: "", decimals: undefined, period, dimensions, typed }, code, code, {
      id: "",
      draft: status === "draft",
      formula: "",
    });
  return together(withTotals([...items.values()]));

  function add(given: Fact, named: string, code: string, more: Pick<Item, "draft" | "formula" | "id">): void {
    const concept = concepts.get(given.concept);
    const refusal = places.refusal(given);
    if (concept === undefined || refusal !== undefined)
      throw new CsrdError("place-not-allowed", {
        summary: `${named}: ${refusal?.sentence ?? `${given.concept} is no concept of the taxonomy.`}`,
        hint: "Correct the row's dimensions; csrd catalog search <concept> lists the axes and members that are allowed.",
        details: `${periodText(given.period)} ${JSON.stringify({ ...given.dimensions, ...given.typed })}`,
      });
    const kind = isNumeric(concept.type) ? "number" : concept.type === "textBlock" ? "block" : "field";
    const fact = asWritten(given, kind);
    const place = placeOf(fact);
    const before = items.get(place);
    if (before !== undefined && before.fact.value !== fact.value)
      throw new CsrdError("artifact-broken", {
        summary: `${named} is stated twice for ${periodText(fact.period)}, with different values.`,
        hint: "Keep one of the two rows; two statements of one thing contradict each other.",
      });
    if (before === undefined)
      items.set(place, {
        fact,
        place,
        concept,
        section: sectionOf(fact, concept, datapoints.get(code)),
        kind,
        ...more,
      });
  }

  /** Everything that is said of one target, policy, action, or impact, risk or opportunity stands in one place: where a topic says most of it. */
  function together(all: readonly Item[]): readonly Item[] {
    const named = Map.groupBy(all, ({ fact }) => {
      const axis = Object.keys(fact.typed).find((one) => one.startsWith("IdentifierOf"));
      return axis === undefined ? "" : `${axis} ${fact.typed[axis] ?? ""}`;
    });
    const homes = new Map<string, string>();
    for (const [key, of] of named) {
      if (key === "") continue;
      const counted = [...Map.groupBy(of, ({ section }) => section)].map(([section, has]) => ({
        section,
        size: has.length + (standardOf(section) === "ESRS 2" ? 0 : of.length),
      }));
      const home = counted.toSorted((a, b) => b.size - a.size)[0]?.section;
      if (home === undefined || counted.length === 1) continue;
      for (const item of of)
        if (
          item.section !== home &&
          (item.section === "" || places.allowing(item.fact).some(({ disclosure }) => disclosure === home))
        )
          homes.set(item.place, home);
    }
    return all.map((item) => ({ ...item, section: homes.get(item.place) ?? item.section }));
  }

  /** A total goes where its breakdown stands, when it may stand there: head count belongs to S1-6 once it is broken down. */
  function withTotals(all: readonly Item[]): readonly Item[] {
    const broken = Map.groupBy(
      all.filter(({ kind, fact }) => kind === "number" && isBroken(fact)),
      ({ fact }) => fact.concept,
    );
    return all.map((item) => {
      const parts = broken.get(item.fact.concept);
      if (parts === undefined || isBroken(item.fact)) return item;
      const allowed = new Set(places.allowing(item.fact).map(({ disclosure }) => disclosure));
      const counted = Map.groupBy(parts, ({ section }) => section);
      const homes = [...counted.keys()].filter((section) => allowed.has(section));
      if (homes.length === 0 || homes.includes(item.section)) return item;
      const size = (section: string): number => counted.get(section)?.length ?? 0;
      return { ...item, section: homes.toSorted((a, b) => size(b) - size(a))[0] ?? item.section };
    });
  }

  /** The topic that a member names comes first, then the datapoint's own section, then where the concept has its home. */
  function sectionOf(fact: Fact, concept: Concept, byCode: string | undefined): string {
    const topic = standards.find(({ member }) => `esrs:${member}` === fact.dimensions["TopicalESRSAxis"]);
    const candidates = places
      .allowing(fact)
      .map(({ disclosure }) => disclosure)
      .filter((disclosure) => disclosure !== "");
    if (topic !== undefined) {
      const found = candidates.find((disclosure) => standardOf(disclosure) === topic.code);
      if (found !== undefined) return found;
    }
    if (byCode !== undefined && byCode !== "") return byCode;
    const home = concept.disclosure;
    if (home !== "" && (candidates.length === 0 || candidates.includes(home))) return home;
    return home === "" ? "" : (candidates[0] ?? home);
  }
}

const isBroken = ({ dimensions, typed }: Fact): boolean =>
  Object.keys(dimensions).length + Object.keys(typed).length > 0;

/** A fact as a document can carry it: text blocks made safe, texts and identifiers without characters that XML does not know. */
function asWritten(fact: Fact, kind: Item["kind"]): Fact {
  const typed = Object.fromEntries(
    Object.entries(fact.typed).map(([axis, name]) => [axis, carried(name).trim()]),
  );
  if (fact.value === undefined || kind === "number") return { ...fact, typed };
  return { ...fact, typed, value: kind === "block" ? sanitised(fact.value) : carried(fact.value).trim() };
}
