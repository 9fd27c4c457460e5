import { Decimal } from "decimal.js";
import { factsOf, headline, isNumber, isWhole, named, saidOf } from "#rules/compliance-facts.ts";
import {
  fail,
  notApplicable,
  notEvaluated,
  pass,
  type Verdict,
  verdict,
  warn,
} from "#rules/compliance-rule.ts";
import {
  type AuditSubject,
  disclosuresOf,
  reasonFor,
  topicOf,
  topicsOfSet1,
} from "#rules/compliance-subject.ts";
import { phaseInOf } from "#rules/compliance-disclosures.ts";
import { type Fact, lastDay, periodText } from "#rules/fact.ts";
import { mustReport } from "#rules/law.ts";
import { isLei } from "#rules/lei.ts";
import { naceSection } from "#rules/materiality.ts";

const leiScheme = "http://standards.iso.org/iso/17442";

/** Who reports, for which period, under which law. */
export const scopeTests = {
  lei({ document: { entities } }: AuditSubject): Verdict {
    return verdict(
      entities,
      entities.filter((entity) => {
        const [scheme, identifier = ""] = entity.split(" ");
        return scheme !== leiScheme || !isLei(identifier);
      }),
      (entity) => `${entity} is no LEI: scheme or check digits do not fit`,
      "identifiers are LEIs whose check digits fit",
    );
  },
  "one-entity"({ document: { entities } }: AuditSubject): Verdict {
    if (entities.length === 0) return notEvaluated("no context names an entity");
    return entities.length === 1
      ? pass(`every context names ${entities[0] ?? ""}`)
      : fail(`${entities.length} different entities: ${entities.slice(0, 3).join(", ")}`);
  },
  "entity-is-company"({ document: { entities }, company }: AuditSubject): Verdict {
    if (company.lei === "") return notEvaluated("company.json names no LEI");
    return entities.every((entity) => entity.endsWith(` ${company.lei}`)) && entities.length > 0
      ? pass(`the report is about ${company.lei}`)
      : fail(`company.json says ${company.lei}, the report ${entities[0] ?? "nothing"}`);
  },
  "period-tagged"({ index }: AuditSubject): Verdict {
    const [start, end] = [
      headline(index, "ReportingPeriodStartDate"),
      headline(index, "ReportingPeriodEndDate"),
    ];
    if (start?.value === undefined || end?.value === undefined)
      return fail("the reporting period is not tagged");
    return start.value < end.value
      ? pass(`${start.value} to ${end.value}`)
      : fail(`${start.value} is not before ${end.value}`);
  },
  "period-is-company's"({ index, company }: AuditSubject): Verdict {
    const [start, end] = [
      headline(index, "ReportingPeriodStartDate"),
      headline(index, "ReportingPeriodEndDate"),
    ];
    if (start === undefined || end === undefined) return notEvaluated("the reporting period is not tagged");
    return start.value === company.periodStart && end.value === company.periodEnd
      ? pass(`${company.periodStart} to ${company.periodEnd}, as in company.json`)
      : fail(
          `tagged ${start.value ?? ""} to ${end.value ?? ""}, company.json says ${company.periodStart} to ${company.periodEnd}`,
        );
  },
  "period-length"({ company }: AuditSubject): Verdict {
    const days = (Date.parse(company.periodEnd) - Date.parse(company.periodStart)) / 86_400_000 + 1;
    if (Number.isNaN(days)) return notEvaluated("the reporting period is not a pair of dates");
    return days >= 350 && days <= 380 ? pass(`${days} days`) : warn(`${days} days are no financial year`);
  },
  "periods-fit"({ index: { facts }, company }: AuditSubject): Verdict {
    const stray = facts.filter(({ period }) => {
      if ("instant" in period) return period.instant > company.periodEnd;
      return period.start > period.end || period.end > company.periodEnd;
    });
    return verdict(
      facts,
      stray,
      (fact) => `${named(fact)} for ${periodText(fact.period)}`,
      "facts are about the reporting period or an earlier one",
    );
  },
  comparatives({ index: { facts }, company }: AuditSubject): Verdict {
    const year = Number(company.periodEnd.slice(0, 4));
    const figures = facts.filter(({ value, unit }) => unit !== "" && isNumber(value));
    if (figures.length === 0) return notApplicable("no figure is stated");
    const earlier = figures.filter(({ period }) => lastDay(period) < company.periodStart);
    if (earlier.length > 0)
      return pass(`${earlier.length} figures for earlier periods beside ${figures.length - earlier.length}`);
    if (company.firstYear === undefined)
      return warn(
        "no figure for the year before, and the first year of reporting is not known (ESRS 1 paragraph 136)",
      );
    return year <= company.firstYear
      ? notApplicable("not asked for in the first year (ESRS 1 paragraph 136)")
      : fail("no figure for the year before");
  },
  scope({ law, company }: AuditSubject): Verdict {
    const answer = mustReport(law, company);
    if ("unknown" in answer) return notEvaluated(`company.json does not say ${answer.unknown}`);
    return answer.must ? pass(answer.because) : notApplicable(answer.because);
  },
  sector({ company: { nace } }: AuditSubject): Verdict {
    if (nace === "") return warn("company.json names no NACE code");
    const section = naceSection(nace);
    return section === "" ? fail(`${nace} is in no section of NACE`) : pass(`${nace}, section ${section}`);
  },
  country({ company: { country }, countries }: AuditSubject): Verdict {
    if (country === "") return warn("company.json names no country");
    return countries.has(country) ? pass(country) : fail(`${country} is no country of ISO 3166-1`);
  },
  "entry-point"({ document: { schemaRefs }, taxonomy }: AuditSubject): Verdict {
    return schemaRefs.length === 1 && schemaRefs[0] === taxonomy.entryPoint
      ? pass(taxonomy.entryPoint)
      : fail(`entry points: ${schemaRefs.join(", ") || "none"}`);
  },
  "not-material-list"(subject: AuditSubject): Verdict {
    const out = topicsOfSet1.filter((topic) => subject.topics.get(topic)?.material === false);
    if (out.length === 0) return notApplicable("every topic is material");
    const stated = [...subject.index.byConcept.keys()].filter((concept) => {
      const known = subject.concepts.get(concept);
      // What several topics share is stated for another one.
      const topics = new Set(known === undefined ? [] : disclosuresOf(known).map(topicOf));
      return topics.size === 1 && out.some((left) => topics.has(left));
    });
    return stated.length === 0
      ? pass(`${out.join(", ")} are not material, and nothing of their disclosures alone is stated`)
      : warn(
          `${out.join(", ")} are not material, and yet ${stated.length} of their datapoints are stated: ${stated.slice(0, 3).join(", ")}`,
        );
  },
  "first-year"({ company }: AuditSubject): Verdict {
    const year = Number(company.periodEnd.slice(0, 4));
    if (company.firstYear === undefined)
      return warn("the first year of reporting is not known; no phase-in can be counted");
    return company.firstYear <= year && company.firstYear >= 2024
      ? pass(`year ${year - company.firstYear + 1} of reporting`)
      : fail(`first_year is ${company.firstYear}, the period ends in ${year}`);
  },
  reasons({ index: { facts } }: AuditSubject): Verdict {
    const concerned = facts.filter((fact) => fact.value === undefined || reasonFor(fact) !== undefined);
    return verdict(
      concerned,
      concerned.filter((fact) => fact.value !== undefined),
      (fact) => `${named(fact)} has a value and says that there is none`,
      "facts that give a reason are nil",
    );
  },
  "phase-in-reasons"(subject: AuditSubject): Verdict {
    const concerned = subject.index.facts.filter(
      ({ dimensions }) => dimensions["ReasonsForNotDisclosingAxis"] === "esrs:NotStatedPhasinginMember",
    );
    return verdict(
      concerned,
      concerned.filter(({ concept }) => {
        const known = subject.concepts.get(concept);
        return known === undefined || phaseInOf(known, subject) === undefined;
      }),
      named,
      "facts are left out under a phase-in that holds",
    );
  },
  "year-on-year"({ index, company }: AuditSubject): Verdict {
    const pairs = [...index.byConcept.values()].flatMap((facts) => {
      const now = facts.find(
        (fact) => isWhole(fact) && isNumber(fact.value) && lastDay(fact.period) === company.periodEnd,
      );
      const before = facts.find(
        (fact) => isWhole(fact) && isNumber(fact.value) && lastDay(fact.period) < company.periodStart,
      );
      return now === undefined || before === undefined ? [] : [{ now, before }];
    });
    if (pairs.length === 0) return notApplicable("no figure is stated for two years");
    const leap = pairs.filter(({ now, before }) => jumps(now, before));
    return leap.length === 0
      ? pass(`${pairs.length} figures of two years lie within a factor of ten of each other`)
      : warn(
          `${leap.length} of ${pairs.length} changed more than tenfold: ${leap
            .slice(0, 3)
            .map(({ now, before }) => `${now.concept} from ${before.value ?? ""} to ${now.value ?? ""}`)
            .join("; ")}`,
        );
  },
  "scope-3-categories"({ index, enumerations }: AuditSubject): Verdict {
    const [included, excluded] = [
      "ListOfScope3GHGEmissionsCategoriesIncludedInInventoryGHGProtocol",
      "ListOfScope3GHGEmissionsCategoriesExcludedFromInventoryGHGProtocol",
    ].map((concept) => saidOf(index, concept).flatMap(({ value }) => (value ?? "").split(/\s+/)));
    if (factsOf(index, "GrossScope3GreenhouseGasEmissions").length === 0)
      return notApplicable("Scope 3 is not stated");
    const fifteen = Object.values(enumerations)
      .find((members) => members.some((member) => member.startsWith("esrs:Category15")))
      ?.filter((member) => /^esrs:Category\d/.test(member) && !member.startsWith("esrs:Category11Cloud"));
    if (fifteen === undefined || included === undefined || excluded === undefined)
      return notEvaluated("the catalogue lists no categories");
    const both = included.filter((member) => excluded.includes(member));
    const neither = fifteen.filter((member) => !included.includes(member) && !excluded.includes(member));
    if (both.length > 0) return fail(`both included and excluded: ${both.join(", ")}`);
    return neither.length === 0
      ? pass(`${included.length} included, ${excluded.length} excluded, of ${fifteen.length}`)
      : fail(`neither included nor excluded: ${neither.join(", ")}`);
  },
} as const;

function jumps(now: Fact, before: Fact): boolean {
  const [a, b] = [new Decimal(now.value ?? 0).abs(), new Decimal(before.value ?? 0).abs()];
  if (a.isZero() || b.isZero()) return false;
  return a.greaterThan(b.times(10)) || b.greaterThan(a.times(10));
}
