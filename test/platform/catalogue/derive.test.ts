import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, onTestFinished, test } from "vitest";
import { deriveConcepts, checkUnits } from "#platform/catalogue/derive/concepts.ts";
import { deriveDatapoints } from "#platform/catalogue/derive/datapoints.ts";
import { deriveLists, deriveTables } from "#platform/catalogue/derive/tables.ts";
import { deriveUkFactors } from "#platform/catalogue/derive/uk-factors.ts";
import { deriveUsFactors } from "#platform/catalogue/derive/us-factors.ts";
import { partOf } from "#platform/catalogue/derive/eu-law-parts.ts";
import { refuseDoubles } from "#platform/catalogue/derive/factor-sources.ts";
import { labelOf } from "#platform/catalogue/label.ts";
import { matchedByHand } from "#platform/catalogue/derive/matched-by-hand.ts";
import { membersBelow, readDomainTrees } from "#platform/catalogue/derive/read-linkbases.ts";
import { compositionOf, onAr6 } from "#platform/catalogue/derive/refrigerants.ts";
import type {
  ExtractedConcept,
  ExtractedDatapoint,
  TaxonomyFacts,
} from "#platform/catalogue/derive/taxonomy-facts.ts";

describe("labels", () => {
  test.for([
    ["GrossScope1GreenhouseGasEmissions", "Gross scope 1 greenhouse gas emissions"],
    ["DisclosureOfPollutionrelatedTargetsExplanatory", "Disclosure of pollution-related targets"],
    ["GHGRemovalsAndStorage", "GHG removals and storage"],
    [
      "NumberOfEmployeesHeadCountUnder30YearsOldAtEndOfPeriod",
      "Number of employees head count under 30 years old at end of period",
    ],
    ["FemaleMember", "Female"],
    ["DirectiveEU2019NO1937", "Directive EU 2019/1937"],
    ["OwnWorkforceNOValueChainWorkersNOConsumers", "Own workforce, value chain workers, consumers"],
  ] as const)("%s is called %s", ([name, label]) => {
    expect(labelOf(name)).toBe(label);
  });
});

const role = (number: string): string => `https://xbrl.efrag.org/taxonomy/role-${number}`;
const linkbase = (
  number: string,
  ...arcs: readonly (readonly [from: string, to: string, order: number])[]
): string => {
  const names = [...new Set(arcs.flatMap(([from, to]) => [from, to]))];
  return `<link:linkbase xmlns:link="l" xmlns:xlink="x"><link:definitionLink xlink:role="${role(number)}">${names
    .map((name) => `<link:loc xlink:href="../a.xsd#${name}" xlink:label="l_${name}"/>`)
    .join("")}${arcs
    .map(
      ([from, to, order]) =>
        `<link:definitionArc xlink:arcrole="http://xbrl.org/int/dim/arcrole/domain-member" xlink:from="l_${from}" xlink:to="l_${to}" order="${order}.0"/>`,
    )
    .join("")}</link:definitionLink></link:linkbase>`;
};

describe("members of a domain", () => {
  const trees = readDomainTrees([
    linkbase("1", ["esrs_All", "esrs_B", 2], ["esrs_All", "esrs_A", 1], ["esrs_A", "esrs_A1", 1]),
    linkbase("1", ["esrs_A1", "esrs_A", 1], ["country_DE", "country_DE_BY", 1]),
  ]);

  test("come depth first in the linkbase's order, also from two files of one role, and a circle ends", () => {
    expect(membersBelow(trees, role("1"), "esrs:All")).toEqual(["esrs:A", "esrs:A1", "esrs:B"]);
    expect(membersBelow(trees, role("1"), "country:DE")).toEqual(["country:DE_BY"]);
  });

  test("of another role, or of nothing, are none", () => {
    expect(membersBelow(trees, role("2"), "esrs:All")).toEqual([]);
    expect(membersBelow(trees, role("1"), "esrs:B")).toEqual([]);
  });
});

describe("parts of other laws", () => {
  test.for([
    [
      "2022/1288",
      ["Annex 1", "Table 3", "Indicator 8 of some long official wording"],
      "Annex 1, Table 3, Indicator 8 (pay of the highest paid)",
    ],
    [
      "2022/1288",
      ["Annex 1", "Table 2", "Indicator 6.2 Something, 2. More"],
      "Annex 1, Table 2, Indicator 6.2 (water use and reuse)",
    ],
    ["2022/2453", ["", "Template 3: anything", ""], "Template 3 (alignment)"],
    ["2020/1818", ["Article 8", "", "1"], "Article 8, 1"],
  ] as const)("(EU) %s", ([law, pieces, part]) => {
    expect(partOf(law, pieces)).toBe(part);
  });

  test("a long text without words of ours stops the derivation", () => {
    expect(() =>
      partOf("2020/1818", ["An article in the wording of the law that nobody has put into our words"]),
    ).toThrow();
    expect(() => partOf("2022/1288", ["Annex 1", "Table 1", "Indicator 99 Unheard of"])).toThrow();
  });
});

const reference = (section: string, paragraph: string, id?: string, more: object = {}) => ({
  Name: "ESRS",
  Number: section.slice(0, 2),
  Section: section,
  Paragraph: paragraph,
  ReferenceType: "Main",
  MandatoryDatapoint: "Mandatory subject to MA",
  ...(id === undefined ? {} : { DatapointId: id }),
  ...more,
});
const concept = (name: string, ...references: ExtractedConcept["references"]): ExtractedConcept => ({
  name,
  type: "dtr-types:massItemType",
  period: "duration",
  abstract: false,
  isDimension: false,
  isHypercube: false,
  enumDomain: null,
  enumLinkrole: null,
  enumHeadUsable: null,
  references,
});
const datapoint = (
  id: string,
  name: string,
  paragraph: string,
  more: Partial<ExtractedDatapoint> = {},
): ExtractedDatapoint => ({
  id,
  sheet: `ESRS ${id.slice(0, 2)}`,
  dr: id.slice(0, id.indexOf("_")),
  paragraph,
  relatedAR: null,
  name,
  dataType: "Mass",
  conditionalOrAlternative: null,
  voluntary: false,
  appendixB: null,
  phaseInAll: null,
  ...more,
});
const facts = (more: Partial<TaxonomyFacts>): TaxonomyFacts => ({
  concepts: [],
  hypercubes: [],
  roles: {},
  enumerations: {},
  arcs: [],
  euLaw: [],
  ig3: [],
  units: [],
  domainTrees: new Map(),
  countries: [],
  packageSha256: "",
  ...more,
});

// Matches made by hand name concepts, and the derivation insists that each of them exists.
const matchedByHandNames = (): readonly ExtractedConcept[] =>
  [...new Set(Object.values(matchedByHand).flat())].map((name) => concept(name));

describe("datapoints", () => {
  const concepts = [
    concept("HeatLostToTheAir", reference("E9-1", "12", "E9-1_01")),
    concept("HeatKeptInTheHouse", reference("E9-1", "13", undefined, { Subparagraph: "b" })),
    concept("ColdKeptInTheHouse", reference("E9-1", "13", undefined, { Subparagraph: "c" })),
  ];
  const of = (id: string, name: string, paragraph: string) =>
    deriveDatapoints(
      facts({ concepts: [...concepts, ...matchedByHandNames()], ig3: [datapoint(id, name, paragraph)] }),
    )[0];

  test("lead to the concept that names them, before any other", () => {
    expect(of("E9-1_01", "Cold kept", "13 c")).toMatchObject({
      concepts: ["HeatLostToTheAir"],
      matched: "by id",
    });
  });

  test("lead by their paragraph to the concept of the same words, however the paragraph is written", () => {
    expect(of("E9-1_02", "Heat kept in house", "13b")).toMatchObject({
      concepts: ["HeatKeptInTheHouse"],
      matched: "by paragraph",
      paragraph: "13 (b)",
    });
    expect(of("E9-1_03", "Cold kept in house", "13 b + 13 c")).toMatchObject({
      concepts: ["ColdKeptInTheHouse"],
      paragraph: "13 (b), 13 (c)",
    });
  });

  test("lead nowhere when nothing at the paragraph says the same, or the same is said elsewhere", () => {
    expect(of("E9-1_04", "Wind turned into wishes", "13 b")).toMatchObject({ concepts: [], matched: "none" });
    expect(of("E9-1_05", "Heat kept in house", "99")).toMatchObject({ matched: "none" });
  });

  test("without an id of their own are headings and left out", () => {
    expect(
      deriveDatapoints(
        facts({ concepts: matchedByHandNames(), ig3: [datapoint("A heading over some rows", "", "")] }),
      ),
    ).toEqual([]);
  });
});

describe("concepts", () => {
  test("have their home where a datapoint names them, before other paragraphs", () => {
    const [only] = deriveConcepts(
      facts({ concepts: [concept("Heat", reference("E9-4", "34"), reference("E9-6", "44", "E9-6_01"))] }),
      new Map(),
      new Map(),
    );

    expect(only).toMatchObject({ disclosure: "E9-6", unit: "utr:t", datapoint_ids: ["E9-6_01"] });
  });

  test("stop the derivation when their type is unknown or their unit is not in the registry", () => {
    const odd = { ...concept("Heat", reference("E9-6", "44")), type: "dtr-types:moodItemType" };

    expect(() => deriveConcepts(facts({ concepts: [odd] }), new Map(), new Map())).toThrow(/mood/);
    expect(() =>
      checkUnits(facts({ units: [{ unitId: "t", itemType: "massItemType", status: "REC" }] })),
    ).toThrow(/no unit/);
  });
});

describe("tables and lists", () => {
  const trees = readDomainTrees([linkbase("7", ["esrs_All", "esrs_A", 1], ["esrs_All", "esrs_B", 2])]);
  const axis = {
    axis: "esrs:KindAxis",
    typed: false,
    default: null,
    domain: ["esrs:All"],
    members: [],
    memberCount: 2,
  };
  const cube = {
    role: "role-7",
    hypercube: "KindTable",
    closed: true,
    axes: [axis],
    primaryItems: ["Heat", "HeatLineItems"],
  };

  test("a list that the extract leaves out is read from the linkbase; a domain without a default may be named itself", () => {
    const [table] = deriveTables(
      facts({ concepts: [concept("Heat")], hypercubes: [cube], domainTrees: trees }),
    );

    expect(table).toMatchObject({
      concepts: ["Heat"],
      axes: [{ axis: "KindAxis", default: "", members: ["esrs:All", "esrs:A", "esrs:B"] }],
    });
  });

  test("a list of another length than announced stops the derivation", () => {
    const short = { ...cube, axes: [{ ...axis, memberCount: 3 }] };

    expect(() =>
      deriveTables(facts({ concepts: [concept("Heat")], hypercubes: [short], domainTrees: trees })),
    ).toThrow(/3 members/);
  });

  test("enumerations of one domain in two roles have two lists", () => {
    const kind = (name: string, number: string): ExtractedConcept => ({
      ...concept(name),
      enumDomain: "esrs:KindMember",
      enumLinkrole: role(number),
      enumHeadUsable: false,
    });
    const members = (...names: readonly string[]) => ({
      domain: "esrs:KindMember",
      linkrole: "",
      memberCount: names.length,
      members: names.map((m) => ({ m, usable: true })),
    });

    const { lists, listOf } = deriveLists(
      facts({
        concepts: [kind("One", "1"), kind("Two", "2")],
        enumerations: { One: members("esrs:A"), Two: members("esrs:B") },
      }),
    );

    expect(listOf.get("One")).toBe("Kind.1");
    expect(lists).toEqual({ "Kind.1": ["esrs:A"], "Kind.2": ["esrs:B"] });
  });
});

describe("factors", () => {
  const potentials = new Map([
    ["HFC32", { ar5: "677", ar6: "771" }],
    ["HFC125", { ar5: "3170", ar6: "3740" }],
  ]);

  test("a blend's AR6 value is the sum of its parts, if its published value is that on AR5", () => {
    const blend = compositionOf("50% HFC-32 , 50% HFC-125");

    expect(onAr6("1924", "R-410A", blend, potentials)).toBe("2255.5");
    expect(onAr6("2088", "R-410A", blend, potentials)).toBeUndefined();
    expect(onAr6("1924", "R-410A", compositionOf("50% HFC-32 , 50% HFC-99"), potentials)).toBeUndefined();
    expect(onAr6("677", "HFC-32", undefined, potentials)).toBe("771");
    expect(onAr6("675", "HFC-32", undefined, potentials)).toBeUndefined();
    expect(() => compositionOf("half of it HFC-32")).toThrow();
  });

  test("a UK row of an unknown family or unit stops the derivation", () => {
    const row = {
      id: "1",
      scope: "Scope 1",
      level1: "Fuels",
      level2: "a",
      level3: "b",
      level4: "",
      column_text: "",
      uom: "tonnes",
      kg_co2e: "1",
    };

    expect(deriveUkFactors([row], potentials, new Map())[0]).toMatchObject({
      path: "fuels/a/b",
      unit: "tonne",
      kg_co2e: "1",
    });
    expect(() => deriveUkFactors([{ ...row, level1: "Dreams" }], potentials, new Map())).toThrow(/Dreams/);
    expect(() => deriveUkFactors([{ ...row, uom: "buckets" }], potentials, new Map())).toThrow(/buckets/);
    expect(() => deriveUkFactors([{ ...row, kg_co2e: "n/a" }], potentials, new Map())).toThrow();
  });

  test("a US table's numbers are counted, so that one that no factor keeps is seen", () => {
    const rows = [
      ["", "", "Table 2", "Mobile"],
      ["", "", "", "Motor Gasoline", "8.78", "gallon"],
      ["", "", "", "Moonshine", "4.2", "jug"],
    ];

    const { factors, numbers } = deriveUsFactors(rows, potentials);

    expect(factors.map(({ kg_co2e }) => kg_co2e)).toEqual(["8.78"]);
    expect(numbers).toEqual({ 2: 2 });
  });

  test("two factors that one activity could mean stop the derivation", () => {
    const [one] = deriveUkFactors(
      [{ id: "1", scope: "Scope 1", level1: "Fuels", level2: "a", level3: "b", uom: "tonnes", kg_co2e: "1" }],
      potentials,
      new Map(),
    );
    if (one === undefined) throw new Error("none");

    expect(() => refuseDoubles([one, { ...one, id: "desnz-2024:2" }])).toThrow(/Two factors/);
    expect(() => refuseDoubles([one, { ...one, path: "elsewhere" }])).toThrow(/Two factors/);
  });
});

const sources = process.env["CSRD_CATALOGUE_SOURCES"];
test.skipIf(sources === undefined)(
  "the files are what the generator makes of the sources (CSRD_CATALOGUE_SOURCES names their folder; not set, not tried)",
  async () => {
    const out = await mkdtemp(join(tmpdir(), "catalogue-"));
    onTestFinished(() => rm(out, { recursive: true }));

    await execa(process.execPath, ["platform/catalogue/derive.ts", "--sources", sources ?? "", "--out", out]);

    for (const name of [
      "esrs_data_points.json",
      "legacy_metric_codes.json",
      "emission_factors.json",
      "emission_factors_spend.json",
      "emission_factors_lifecycle.json",
      "global_warming_potentials.json",
    ])
      expect(
        (await readFile(join(out, name), "utf8")) === (await readFile(join("data", name), "utf8")),
        name,
      ).toBe(true);
  },
);
