import { z } from "zod";
import type { Agent, Artifacts } from "../agent.ts";
import { loadCatalogue } from "../catalogue/load.ts";
import type { Catalogue, Concept } from "../catalogue/model.ts";
import {
  type AggregatedDocument,
  files,
  MetricsDocument,
  readDocument,
  readLines,
  Statement,
  writeDocument,
} from "./documents.ts";

/** The other laws by number, in our words. */
const laws: Readonly<Record<string, string>> = {
  "2020/1816": "ESG explanation of benchmarks",
  "2020/1818": "EU climate benchmarks",
  "2021/1119": "European Climate Law",
  "2022/1288": "SFDR regulatory technical standards: principal adverse impact indicators",
  "2022/2453": "Pillar 3 disclosure of ESG risks by banks",
};

type Framework = AggregatedDocument["frameworks"][number];
type Coverage = Framework["coverage"][number];
type Said = Omit<Framework["entries"][number], "part" | "uri" | "datapoint_ids">;
const Topics = z.object({ topics: z.array(z.object({ standard: z.string(), material: z.boolean() })) });

/** Which other EU laws ask for the same? Every figure and statement with the laws that name its concept, and what each law asks for beside. */
export const aggregator: Agent = {
  name: "aggregator",
  purpose: "Which other EU laws ask for the same, and what of it is missing?",
  reads: [files.metrics, files.statements, files.materiality],
  writes: [files.aggregated],
  async run({ artifacts, reportId, log }) {
    const catalogue = await loadCatalogue();
    const said = [...(await figures(artifacts)), ...(await statements(artifacts))];
    const immaterial = await notMaterial(artifacts);
    const frameworks = Object.keys(laws).map((law) => frameworkOf(law, catalogue, said, immaterial));
    const lawful = new Set(
      catalogue.concepts.flatMap(({ concept, eu_law }) => (eu_law.length > 0 ? [concept] : [])),
    );
    const without = [...new Set(said.map(({ concept }) => concept))].filter(
      (concept) => !lawful.has(concept),
    );
    await writeDocument(artifacts, files.aggregated, {
      report_id: reportId,
      frameworks,
      without_other_law: without,
    } satisfies AggregatedDocument);
    const references = frameworks.reduce((sum, { entries }) => sum + entries.length, 0);
    const [asked, answered] = [frameworks.flatMap(({ coverage }) => coverage), "answered"];
    const full = asked.filter(({ state }) => state === answered).length;
    log("INFO", "Aggregation completed", { frameworks: frameworks.length, references });
    return {
      status: "ok",
      summary: `${references} references from ${said.length} figures and statements to ${frameworks.length} other EU laws; ${full} of their ${asked.length} parts answered in full`,
      figures: {
        frameworks: frameworks.length,
        references,
        figures: said.length,
        parts: asked.length,
        parts_answered: full,
      },
      warnings: [],
      wrote: [files.aggregated],
    };
  },
  async health() {
    const { concepts } = await loadCatalogue();
    return { mappings_loaded: concepts.reduce((sum, { eu_law }) => sum + eu_law.length, 0) };
  },
};

async function figures(artifacts: Artifacts): Promise<readonly Said[]> {
  const { metrics } = await readDocument(artifacts, files.metrics, MetricsDocument);
  return metrics.map(({ concept, value = "", unit, period, dimensions, typed }) => ({
    concept,
    value,
    unit,
    period,
    dimensions,
    typed,
    kind: "figure",
  }));
}

async function statements(artifacts: Artifacts): Promise<readonly Said[]> {
  if (!(await artifacts.exists(files.statements))) return [];
  const found: Said[] = [];
  for await (const { concept, value = "", period, dimensions, typed } of readLines(
    artifacts,
    files.statements,
    Statement,
  ))
    found.push({ concept, value: beginning(value), unit: "", period, dimensions, typed, kind: "statement" });
  return found;
}

/** The first words of a text block without its markup. */
function beginning(value: string): string {
  const text = value
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll(/\s+/g, " ")
    .trim();
  return text.length <= 160 ? text : `${text.slice(0, 159).trimEnd()}…`;
}

/** The standards whose every topic was judged not material. */
async function notMaterial(artifacts: Artifacts): Promise<ReadonlySet<string>> {
  if (!(await artifacts.exists(files.materiality))) return new Set();
  const { topics } = await readDocument(artifacts, files.materiality, Topics);
  const material = new Set(topics.flatMap(({ standard, material: yes }) => (yes ? [standard] : [])));
  return new Set(topics.map(({ standard }) => standard).filter((standard) => !material.has(standard)));
}

function frameworkOf(
  law: string,
  { concepts }: Catalogue,
  said: readonly Said[],
  immaterial: ReadonlySet<string>,
): Framework {
  const saidOf = Map.groupBy(said, ({ concept }) => concept);
  const asked = concepts.flatMap((concept) =>
    concept.eu_law.filter((of) => of.law === law).map(({ part, uri }) => ({ concept, part, uri })),
  );
  const parts = [...Map.groupBy(asked, ({ part }) => part)].toSorted(([a], [b]) =>
    a.localeCompare(b, "en", { numeric: true }),
  );
  const coverage = parts.map(([part, of]) =>
    coverageOf(
      part,
      of[0]?.uri ?? "",
      of.map(({ concept }) => concept),
      saidOf,
      immaterial,
    ),
  );
  const names = new Set(asked.map(({ concept }) => concept.concept));
  return {
    law,
    name: laws[law] ?? law,
    entries: parts.flatMap(([, of]) =>
      of.flatMap(({ concept, part, uri }) =>
        (saidOf.get(concept.concept) ?? []).map((one) => ({
          ...one,
          part,
          datapoint_ids: concept.datapoint_ids,
          uri,
        })),
      ),
    ),
    coverage,
    asked: names.size,
    answered: [...names].filter((name) => saidOf.has(name)).length,
  };
}

function coverageOf(
  part: string,
  uri: string,
  concepts: readonly Concept[],
  saidOf: ReadonlyMap<string, readonly Said[]>,
  immaterial: ReadonlySet<string>,
): Coverage {
  const missing = concepts.filter(({ concept }) => !saidOf.has(concept));
  const answered = concepts.filter(({ concept }) => saidOf.has(concept)).map(({ concept }) => concept);
  const silent = missing.every(({ standard }) => immaterial.has(standard));
  const nothing = silent ? "not material" : "missing";
  return {
    part,
    uri,
    state: missing.length === 0 ? "answered" : answered.length > 0 ? "partly" : nothing,
    answered,
    missing: missing.map(({ concept, label, datapoint_ids, standard }) => ({
      concept,
      label,
      datapoint_ids,
      not_material: immaterial.has(standard),
    })),
  };
}
