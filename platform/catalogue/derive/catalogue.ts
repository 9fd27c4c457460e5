import { checkUnits, deriveConcepts } from "./concepts.ts";
import { deriveDatapoints } from "./datapoints.ts";
import { deriveLists, deriveTables, deriveTotals } from "./tables.ts";
import type { Catalogue } from "../model.ts";
import type { TaxonomyFacts } from "./taxonomy-facts.ts";

/** Derives the whole catalogue from the extracted facts: identifiers, types, references, structure; never wording. */
export function deriveCatalogue(facts: TaxonomyFacts): Catalogue {
  checkUnits(facts);
  const datapoints = deriveDatapoints(facts);
  const idsOf = Map.groupBy(
    datapoints
      .filter(({ matched }) => matched === "by paragraph")
      .flatMap(({ id, concepts }) => concepts.map((concept) => ({ id, concept }))),
    ({ concept }) => concept,
  );
  const { lists, listOf } = deriveLists(facts);
  return {
    taxonomy: {
      name: "ESRS Set 1",
      version: "2023-12-22",
      namespace: "https://xbrl.efrag.org/taxonomy/esrs/2023-12-22",
      entry_point: "https://xbrl.efrag.org/taxonomy/esrs/2023-12-22/esrs_all.xsd",
      country_namespace: "https://xbrl.org/2024/iso3166",
      package_sha256: facts.packageSha256,
      provenance:
        "Identifiers, references and structure derived from the EFRAG taxonomy package and IG 3; labels are formed from element names.",
    },
    concepts: [
      ...deriveConcepts(
        facts,
        new Map([...idsOf].map(([concept, of]) => [concept, of.map(({ id }) => id)])),
        listOf,
      ),
    ],
    datapoints: [...datapoints],
    tables: [...deriveTables(facts)],
    totals: [...deriveTotals(facts.arcs)],
    enumerations: Object.fromEntries(Object.entries(lists).map(([name, members]) => [name, [...members]])),
    countries: [...facts.countries],
  };
}
