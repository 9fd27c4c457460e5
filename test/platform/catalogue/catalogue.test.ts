import { describe, expect, test } from "vitest";
import { labelOf } from "#platform/catalogue/label.ts";
import { loadCatalogue } from "#platform/catalogue/load.ts";
import { Catalogue, isNumeric } from "#platform/catalogue/model.ts";
import { packed, unpacked } from "#platform/catalogue/pack.ts";

const catalogue = await loadCatalogue();
const { concepts, datapoints, tables, totals, enumerations, countries } = catalogue;
const named = new Map(concepts.map((concept) => [concept.concept, concept]));
const counted = <T>(entries: readonly T[], key: (entry: T) => string): Readonly<Record<string, number>> =>
  Object.fromEntries([...Map.groupBy(entries, key)].map(([name, of]) => [name, of.length]));

test("the file has the shape that the model describes, every value of it", () => {
  expect(() => Catalogue.parse(catalogue)).not.toThrow();
});

describe("the standard is whole", () => {
  test("1,217 concepts of twenty types, 298 of them numbers, 32 of them at an instant", () => {
    expect(concepts).toHaveLength(1217);
    expect(named.size).toBe(1217);
    expect(concepts.filter(({ type }) => isNumeric(type))).toHaveLength(298);
    expect(concepts.filter(({ period }) => period === "instant")).toHaveLength(32);
    expect(counted(concepts, ({ type }) => type)).toEqual({
      textBlock: 527,
      boolean: 265,
      percent: 91,
      enumerationSet: 82,
      monetary: 63,
      integer: 48,
      mass: 26,
      ghgEmissions: 22,
      string: 16,
      decimal: 16,
      enumeration: 15,
      energy: 14,
      volume: 8,
      date: 7,
      area: 6,
      linkIdentifiers: 4,
      gYear: 3,
      ghgEmissionsPerMonetary: 2,
      energyPerMonetary: 1,
      volumePerMonetary: 1,
    });
  });

  test("1,184 datapoints, each with its concepts or said to have none", () => {
    expect(new Set(datapoints.map(({ id }) => id)).size).toBe(1184);
    expect(counted(datapoints, ({ id, standard }) => (id.startsWith("MDR-") ? "MDR" : standard))).toEqual({
      "ESRS 2": 146,
      MDR: 44,
      E1: 217,
      E2: 72,
      E3: 51,
      E4: 125,
      E5: 67,
      S1: 198,
      S2: 71,
      S3: 69,
      S4: 69,
      G1: 55,
    });
    expect(counted(datapoints, ({ matched }) => matched)).toEqual({
      "by id": 1066,
      "by paragraph": 84,
      none: 34,
    });
    expect(datapoints.filter(({ voluntary }) => voluntary)).toHaveLength(276);
    expect(datapoints.filter(({ appendix_b }) => appendix_b !== "")).toHaveLength(132);
    expect(
      datapoints.filter(({ phase_in }) => phase_in !== "" && phase_in !== "ESRS 1 Appendix C"),
    ).toHaveLength(122);
    expect(datapoints.filter(({ phase_in_up_to_750: small }) => small !== "")).toHaveLength(546);
    for (const { id, concepts: of, matched } of datapoints) {
      expect(of.length > 0, id).toBe(matched !== "none");
      expect(
        of.every((name) => named.has(name)),
        id,
      ).toBe(true);
    }
  });

  test("213 tables, five of them open to every concept; 19 totals of 52 items", () => {
    expect(tables).toHaveLength(213);
    expect(tables.filter(({ closed }) => !closed).map(({ role }) => role)).toEqual([
      "role-900000",
      "role-900001",
      "role-900002",
      "role-900003",
      "role-900004",
    ]);
    expect(tables.filter(({ closed }) => !closed).every((table) => table.concepts.length === 1217)).toBe(
      true,
    );
    expect(totals).toHaveLength(19);
    expect(totals.reduce((sum, { items }) => sum + items.length, 0)).toBe(52);
    for (const { axes, role } of tables)
      for (const { axis, typed, members, default: usual } of axes) {
        expect(members.length > 0, `${role} ${axis}`).toBe(!typed);
        expect(members, `${role} ${axis}`).not.toContain(usual);
      }
  });

  test("97 enumerations with their members, also those of the longest lists", () => {
    const of = (list: string): readonly string[] => enumerations[list] ?? [];

    expect(concepts.filter(({ enumeration }) => enumeration !== "")).toHaveLength(97);
    expect(
      concepts.every(
        ({ type, enumeration }) => type.startsWith("enumeration") === of(enumeration).length > 0,
      ),
    ).toBe(true);
    expect(of("NACE_AllEconomicActivitiesNA")).toHaveLength(1047);
    expect(of("NUTS_AllRegionsNA")).toHaveLength(1582);
    expect(of("ListOfMetrics")).toHaveLength(290);
    expect(of("PollutantAxis")).toHaveLength(91);
    expect(of("Country")).toHaveLength(256);
    expect(countries).toHaveLength(256);
    expect(of("Country")).toContain("country:DE");
    expect(of("TargetCoverage")).toEqual([
      "esrs:UndertakingsActivitiesMember",
      "esrs:UpstreamValueChainMember",
      "esrs:DownstreamValueChainMember",
      "esrs:GeographiesMember",
      "esrs:SiteLevelMember",
    ]);
  });

  test("201 references to five other EU laws", () => {
    expect(
      counted(
        concepts.flatMap(({ eu_law }) => eu_law),
        ({ law }) => law,
      ),
    ).toEqual({
      "2022/1288": 108,
      "2020/1818": 36,
      "2020/1816": 34,
      "2022/2453": 19,
      "2021/1119": 4,
    });
  });
});

describe("what is known of a concept", () => {
  test("a figure: type, unit, home, ids by reference and by reading, other laws", () => {
    expect(named.get("GrossScope1GreenhouseGasEmissions")).toMatchObject({
      label: "Gross scope 1 greenhouse gas emissions",
      type: "ghgEmissions",
      unit: "utr:tCO2e",
      period: "duration",
      standard: "E1",
      disclosure: "E1-6",
      voluntary: false,
      enumeration: "",
    });
    expect(named.get("GrossScope1GreenhouseGasEmissions")?.datapoint_ids).toEqual(["E1-6_07", "E1-6_01"]);
    expect(named.get("GrossScope1GreenhouseGasEmissions")?.references[0]).toEqual({
      standard: "E1",
      disclosure: "E1-6",
      paragraph: "44 (a)",
      related_ar: "AR 39",
      obligation: "if material",
      conditional: false,
      datapoint_id: "E1-6_01",
    });
    expect(named.get("GrossScope1GreenhouseGasEmissions")?.eu_law).toContainEqual({
      law: "2022/1288",
      part: "Annex 1, Table 1, Indicator 2 (carbon footprint)",
      uri: "https://eur-lex.europa.eu/eli/reg_del/2022/1288/oj",
    });
  });

  test.for([
    ["EnergyConsumptionRelatedToOwnOperations", "utr:MWh", "E1-5"],
    ["WasteGenerated", "utr:t", "E5-5"],
    ["WaterConsumption", "utr:m3", "E3-4"],
    ["SealedArea", "utr:ha", "E4-5"],
    ["GenderPayGap", "xbrli:pure", "S1-16"],
    ["NumberOfEmployeesHeadcountAtEndOfPeriod", "xbrli:pure", "SBM-1"],
    ["RevenueFromActivitiesInHighClimateImpactSectors", "iso4217", "E1-5"],
    ["GHGEmissionsIntensityLocationbasedTotalGHGEmissionsPerNetRevenue", "utr:tCO2e/iso4217", "E1-6"],
    ["ReportingPeriodEndDate", "", ""],
  ] as const)("%s is stated in %s and belongs to %s", ([name, unit, disclosure]) => {
    expect(named.get(name)).toMatchObject({ unit, disclosure });
  });

  test("what is always to be disclosed, what only if material, what may be", () => {
    const obligations = counted(
      concepts.flatMap(({ references }) => references),
      ({ obligation }) => obligation,
    );

    expect(obligations).toMatchObject({ "if material": 1002, always: 321, may: 279 });
    expect(named.get("BasisForPreparationOfSustainabilityStatement")?.references[0]?.obligation).toBe(
      "always",
    );
    expect(named.get("NumberOfConfirmedIncidentsOfCorruptionOrBribery")).toMatchObject({ voluntary: true });
  });

  test("a phase-in for everybody and one for small undertakings", () => {
    expect(datapoints.find(({ id }) => id === "S1-11_01")).toMatchObject({ phase_in: "1 year" });
    expect(datapoints.find(({ id }) => id === "E1-6_07")).toMatchObject({
      disclosure: "E1-6",
      paragraph: "48 (a)",
      phase_in_up_to_750: "",
      matched: "by paragraph",
      concepts: ["GrossScope1GreenhouseGasEmissions"],
    });
  });

  test.for([
    [
      "GrossScope1GreenhouseGasEmissions",
      [],
      "Scope 1 has no phase-in, though its table shares a heading with one",
    ],
    ["GrossScope3GreenhouseGasEmissions", ["up to 750 employees: 1 year"], "Scope 3 has one"],
    ["NumberOfEmployeesHeadcountAtEndOfPeriod", [], "SBM-1 wants it at once, whatever S1-6 allows"],
    ["Revenue", [], "only its breakdown waits for sector standards"],
    [
      "DisclosureOfTimeframeForChannelForRaisingConcernsToBeInPlaceExplanatory",
      ["up to 750 employees: 1 year"],
      "the shorter of S1 and S2 to S4",
    ],
  ] as const)("%s may be left out at first: %s", ([concept, expected]) => {
    expect(named.get(concept)?.phase_in).toEqual(expected);
  });

  test("a range of minimum disclosure requirements leads to the concepts of each", () => {
    const of = (id: string) => datapoints.find((datapoint) => datapoint.id === id)?.concepts ?? [];

    expect(of("E1.MDR-P_01-06").length).toBeGreaterThan(5);
    expect(of("E1.MDR-P_01-06")).toEqual(of("S4.MDR-P_01-06"));
    expect(of("E1.MDR-P_01-06")).toEqual(expect.arrayContaining([...of("MDR-P_01"), ...of("MDR-P_06")]));
  });
});

describe("no wording of others is in the file", () => {
  test("each label is what our rule makes of the element's name", () => {
    expect(concepts.filter(({ concept, label }) => label !== labelOf(concept))).toEqual([]);
  });

  test("no other text of four words or more is there than our own provenance and our words for other laws", () => {
    const labels = new Set(concepts.map(({ label }) => label));
    const parts = new Set(concepts.flatMap(({ eu_law }) => eu_law.map(({ part }) => part)));
    const paragraph =
      /^(\d|AR\b)[\dARacond ,.;:+()\-–/]*|^(all|up to 750 employees): |^1 year for non-EEA countries$|Appendix/;

    const found = texts(catalogue).filter(
      (text) =>
        text.split(/\s+/).length >= 4 &&
        !labels.has(text) &&
        !parts.has(text) &&
        !paragraph.test(text) &&
        text !== catalogue.taxonomy.provenance &&
        !/^((SFDR|Pillar 3|Benchmark|Climate Law)(, )?)+$/.test(text),
    );

    expect([...new Set(found)]).toEqual([]);
    expect([...parts].filter((part) => part.length > 85)).toEqual([]);
  });
});

describe("the file as written", () => {
  const text = packed(catalogue);

  test("reads back as what was written, empty values filled in and long lists shared", () => {
    const again = unpacked(text);

    expect(again.concepts).toEqual(concepts);
    expect(again.datapoints).toEqual(datapoints);
    expect(again.totals).toEqual(totals);
    expect(again.enumerations).toEqual(enumerations);
    expect(again.tables).toEqual(tables);
  });

  test.for([
    ["half of it", (whole: string) => whole.slice(0, whole.length / 2)],
    ["a concept of no known type", (whole: string) => whole.replace('"type":"textBlock"', '"type":"novel"')],
    [
      "a datapoint that names no concept",
      (whole: string) => whole.replace('"concepts":["', '"concepts":["Un'),
    ],
    [
      "a list that is not there",
      (whole: string) => whole.replace('"NUTS_AllRegionsNA": [', '"Elsewhere": ['),
    ],
  ] as const)("is refused when it holds %s", ([, broken]) => {
    expect(() => unpacked(broken(text))).toThrow();
  });
});

function texts(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(texts) : [];
}
