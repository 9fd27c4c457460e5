import { unzipSync } from "fflate";
import { beforeAll, describe, expect, test } from "vitest";
import { files } from "#platform/agents/documents.ts";
import { loadCatalogue } from "#platform/catalogue/load.ts";
import { type Catalogue, conceptTypes, isNumeric } from "#platform/catalogue/model.ts";
import { readInline } from "#platform/xbrl/read-inline.ts";
import type { ReadReport } from "#platform/xbrl/read-report.ts";
import { type Fact, placeOf } from "#rules/fact.ts";
import { inputsOf, reported, richFacts } from "./rich.ts";

const year = { start: "2024-01-01", end: "2024-12-31" };
const fact = (concept: string, value: string | undefined, more: Partial<Fact> = {}): Fact => ({
  concept,
  value,
  unit: "",
  decimals: undefined,
  period: year,
  dimensions: {},
  typed: {},
  ...more,
});
const tonnes = (concept: string, value: string, more: Partial<Fact> = {}): Fact =>
  fact(concept, value, { unit: "utr:tCO2e", decimals: 3, ...more });

describe("a statement with facts of every kind and every table", () => {
  let catalogue: Catalogue;
  let facts: readonly Fact[];
  let xhtml: string;
  let report: ReadReport;
  let outputs: Awaited<ReturnType<typeof reported>>;

  beforeAll(async () => {
    catalogue = await loadCatalogue();
    facts = richFacts(catalogue, { every: 1, tables: true });
    outputs = await reported(await inputsOf(facts));
    xhtml = await outputs.text(files.xhtml);
    report = readInline(xhtml, catalogue.taxonomy);
  });

  test("says every fact once, and nothing that cannot be read", () => {
    const read = new Map(report.facts.map((one) => [placeOf(one), one]));

    expect(facts.length).toBeGreaterThan(3_000);
    expect(
      new Set(facts.map(({ concept }) => catalogue.concepts.find((one) => one.concept === concept)?.type))
        .size,
    ).toBe(conceptTypes.length);
    expect(report.faults).toEqual([]);
    expect(facts.filter((one) => !read.has(placeOf(one)))).toEqual([]);
    expect(read.size).toBe(report.facts.length);
  });

  test("keeps numbers exact, nil nil, and dates, yes and no, and members in canonical form", () => {
    const read = new Map(report.facts.map((one) => [placeOf(one), one]));
    const kinds = new Map(catalogue.concepts.map(({ concept, type }) => [concept, type]));
    for (const one of facts) {
      const found = read.get(placeOf(one));
      const type = kinds.get(one.concept) ?? "string";
      if (isNumeric(type)) expect(Number(found?.value)).toBe(Number(one.value));
      else if (type === "enumerationSet")
        expect(found?.value?.split(" ").toSorted()).toEqual(one.value?.split(" ").toSorted());
      else expect(found?.value).toBe(one.value);
    }
  });

  test("hides only members, and shows in words what is hidden", () => {
    const hidden = report.facts.filter((one) => one.hidden);

    expect(hidden.length).toBeGreaterThan(80);
    expect(hidden.filter(({ id }) => !report.hiddenShown.has(id))).toEqual([]);
    expect(
      hidden.filter(
        ({ concept }) =>
          !(catalogue.concepts.find((one) => one.concept === concept)?.type ?? "").startsWith("enum"),
      ),
    ).toEqual([]);
  });

  test("runs nothing, fetches nothing, stands alone", () => {
    expect(report.active).toEqual([]);
    expect(xhtml).not.toMatch(/<script|<!DOCTYPE|<link [^:]|@import|url\(/i);
    expect(report.root).toEqual({ name: "html", language: "en" });
    expect(report.schemaRefs).toEqual([catalogue.taxonomy.entry_point]);
  });

  test("is the same, byte for byte, from the same input", async () => {
    const some = await inputsOf(richFacts(catalogue, { every: 7, tables: false }));
    const [one, other] = [await reported(some), await reported(some)];

    for (const name of [files.xhtml, files.facts, files.package, files.report, files.manifest])
      expect(
        Buffer.from(await one.artifacts.read(name)).equals(Buffer.from(await other.artifacts.read(name))),
      ).toBe(true);
  });

  test("can be heard as well as seen: one first heading, no level left out, every column and row headed, every image told", () => {
    const levels = [...xhtml.matchAll(/<h([1-6])[ >]/g)].map(([, level]) => Number(level));

    expect(levels.filter((level) => level === 1)).toHaveLength(1);
    expect(levels.filter((level, at) => level > (levels[at - 1] ?? 0) + 1)).toEqual([]);
    expect([...xhtml.matchAll(/<th(?! scope=)[ >]/g)]).toEqual([]);
    expect([...xhtml.matchAll(/<img (?![^>]*alt="[^"]+")/g)]).toEqual([]);
    expect([...xhtml.matchAll(/<div class="scroll"><table>(?!<caption>)/g)]).toEqual([]);
    const ids = new Set([...xhtml.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
    expect([...xhtml.matchAll(/href="#([^"]+)"/g)].filter(([, id]) => !ids.has(id))).toEqual([]);
  });

  test("has an xBRL-JSON twin with the same facts under the same ids", async () => {
    const twin = JSON.parse(await outputs.text(files.facts));
    const notes = report.footnotes.filter((note) => note.facts.length > 0);

    expect(Object.keys(twin.facts)).toHaveLength(report.facts.length + notes.length);
    expect(notes.length).toBeGreaterThan(0);
    for (const one of report.facts.slice(0, 500)) {
      const other = twin.facts[one.id];
      expect(other.dimensions.concept).toBe(`esrs:${one.concept}`);
      expect(other.value === null).toBe(one.value === undefined);
      expect(other.decimals).toBe(one.decimals);
      for (const [axis, member] of Object.entries({ ...one.dimensions, ...one.typed }))
        expect(other.dimensions[`esrs:${axis}`]).toBe(member);
    }
    expect(twin.documentInfo).toMatchObject({
      documentType: "https://xbrl.org/2021/xbrl-json",
      taxonomy: [catalogue.taxonomy.entry_point],
    });
  });

  test("comes as a report package whose one report is the document", async () => {
    const entries = unzipSync(await outputs.artifacts.read(files.package));
    const folder = "549300ABC123DEF45606-2024-12-31";

    expect(Object.keys(entries)).toEqual([
      `${folder}/META-INF/reportPackage.json`,
      `${folder}/reports/${folder}-en.xhtml`,
    ]);
    expect(
      JSON.parse(Buffer.from(entries[`${folder}/META-INF/reportPackage.json`] ?? []).toString()),
    ).toEqual({
      documentInfo: { documentType: "https://xbrl.org/report-package/2023/xbri" },
    });
    expect(Buffer.from(entries[`${folder}/reports/${folder}-en.xhtml`] ?? []).toString()).toBe(xhtml);
  });
});

describe("what a person has still to do", () => {
  const few = [
    tonnes("GrossScope1GreenhouseGasEmissions", "10.5"),
    fact("DisclosureOfTransitionPlanForClimateChangeMitigationExplanatory", "<p>Our <b>plan</b>.</p>"),
  ];

  test("a text that is missing stands in a box that no tag covers, with its paragraph", async () => {
    const { text } = await reported(await inputsOf(few));
    const xhtml = await text(files.xhtml);
    const { taxonomy } = await loadCatalogue();

    const tagged = readInline(xhtml, taxonomy).facts.map(({ value }) => value ?? "");

    expect(xhtml).toContain('class="box-title"');
    expect(xhtml).toMatch(/<b>Paragraph 34 \(b\): <\/b>/);
    expect(tagged.filter((value) => value.includes("box-title"))).toEqual([]);
  });

  test("a draft is tagged, says so beside its heading, and carries a footnote for machines", async () => {
    const { text } = await reported(
      await inputsOf([
        fact("DisclosureOfTransitionPlanForClimateChangeMitigationExplanatory", "<p>Plan.</p>"),
      ]),
    );
    const { taxonomy } = await loadCatalogue();

    const { facts, footnotes } = readInline(await text(files.xhtml), taxonomy);
    const plan = facts.find(({ concept }) => concept.startsWith("DisclosureOfTransitionPlan"));

    expect(plan?.value).toBe("<p>Plan.</p>");
    expect(footnotes.filter(({ id }) => plan?.footnotes.includes(id)).map((note) => note.text)).toEqual([
      "Draft: not yet approved by a person.",
    ]);
  });

  test("it is listed by standard, and no longer than people read", async () => {
    const { text } = await reported(await inputsOf(few));

    const { needs_a_person: needs } = JSON.parse(await text(files.report));

    expect(needs.length).toBeGreaterThan(5);
    expect(needs.length).toBeLessThan(41);
    expect(needs.join("\n")).toContain("ESRS E1 Climate change: ");
    expect(Math.max(...needs.map((one: string) => one.length))).toBeLessThan(1_200);
  });

  test("what is phased in for this company is said to be, and not asked for", async () => {
    const asked = (company: object) =>
      inputsOf(few, company)
        .then(reported)
        .then(async ({ text }) => await text(files.xhtml));

    const [new_, old] = await Promise.all([asked({ first_year: 2024 }), asked({ first_year: 2020 })]);

    expect(new_).toContain("Phased in: ");
    expect(old).not.toContain("Phased in: ");
  });

  test("a topic that is not material is said to be so, and its list is tagged", async () => {
    const { text } = await reported(await inputsOf(few));
    const xhtml = await text(files.xhtml);
    const { taxonomy } = await loadCatalogue();

    const list = readInline(xhtml, taxonomy).facts.find(
      ({ concept }) => concept === "ListOfNotMaterialTopics",
    );

    expect(list?.value).toBe("esrs:ESRSS4ConsumersAndEndusersMember");
    expect(xhtml).toContain("Consumers and end-users was found not to be material");
  });
});

describe("figures as people read them", () => {
  const shown = async (facts: readonly Fact[]): Promise<string> =>
    (await reported(await inputsOf(facts))).text(files.xhtml);

  test("years stand side by side, the latest first", async () => {
    const xhtml = await shown([
      fact("WaterConsumption", "120", { unit: "utr:m3", decimals: 0 }),
      fact("WaterConsumption", "150", {
        unit: "utr:m3",
        decimals: 0,
        period: { start: "2023-01-01", end: "2023-12-31" },
      }),
    ]);

    expect(xhtml).toMatch(/>2024<\/th><th[^>]*>2023<\/th>/);
    expect(xhtml).toMatch(/contextRef="year"[^>]*>120<.*contextRef="year-2023"[^>]*>150</);
    expect(xhtml).toContain("\u221220.0 % on 2023");
  });

  test("a breakdown is a matrix with its total last", async () => {
    const heads = (value: string, dimensions: Record<string, string>): Fact =>
      fact("NumberOfEmployeesHeadcountAtEndOfPeriod", value, {
        unit: "xbrli:pure",
        decimals: 0,
        period: { instant: "2024-12-31" },
        dimensions,
      });

    const xhtml = await shown([
      heads("100", {}),
      heads("60", { GenderAxis: "esrs:MaleMember" }),
      heads("40", { GenderAxis: "esrs:FemaleMember" }),
    ]);

    expect(xhtml).toMatch(
      /<th scope="row">Male<\/th>.*<th scope="row">Female<\/th>.*<tr class="total"><th scope="row">Total<\/th>/,
    );
  });

  test("nothing that was stated goes missing: two currencies, half a year, an earlier text", async () => {
    const money = (unit: string, value: string, more: Partial<Fact> = {}): Fact =>
      fact("Revenue", value, { unit: `iso4217:${unit}`, decimals: 0, ...more });
    const facts = [
      ...["EUR", "USD"].flatMap((unit) => [
        money(unit, "300"),
        money(unit, "100", { dimensions: { CountryAxis: "country:DE" } }),
        money(unit, "200", { dimensions: { CountryAxis: "country:FR" } }),
      ]),
      fact("WaterConsumption", "5", { unit: "utr:m3", decimals: 0 }),
      fact("WaterConsumption", "3", {
        unit: "utr:m3",
        decimals: 0,
        period: { start: "2024-07-01", end: "2024-12-31" },
      }),
      fact("DisclosureOfTransitionPlanForClimateChangeMitigationExplanatory", "<p>Now.</p>"),
      fact("DisclosureOfTransitionPlanForClimateChangeMitigationExplanatory", "<p>Then.</p>", {
        period: { start: "2023-01-01", end: "2023-12-31" },
      }),
    ];
    const { taxonomy } = await loadCatalogue();

    const xhtml = await shown(facts);

    const read = new Set(readInline(xhtml, taxonomy).facts.map(placeOf));
    expect(facts.filter((one) => !read.has(placeOf(one)))).toEqual([]);
    expect(xhtml).toContain("1 July 2024 to 31 December 2024");
    expect(xhtml).toContain("Transition plan for climate change mitigation, 2023");
  });

  test("shares are shown in per cent, large money in its own scale, negatives with a sign", async () => {
    const { taxonomy } = await loadCatalogue();
    const xhtml = await shown([
      fact("GenderPayGap", "-0.0425", { unit: "xbrli:pure", decimals: 4 }),
      fact("Revenue", "186000000", { unit: "iso4217:EUR", decimals: -6 }),
    ]);

    const values = readInline(xhtml, taxonomy).facts.map(({ concept, value, shown: seen }) => [
      concept,
      value,
      seen,
    ]);

    expect(values).toContainEqual(["GenderPayGap", "-0.0425", "4.25"]);
    expect(values).toContainEqual(["Revenue", "186000000", "186"]);
    expect(xhtml).toContain("\u2212<ix:nonFraction");
  });

  test("the emissions section is one text block that is continued around what is still to be written", async () => {
    const { taxonomy } = await loadCatalogue();
    const axis = "Scope3GHGEmissionsCategoryGHGProtocolAxis";
    const xhtml = await shown([
      tonnes("GrossScope1GreenhouseGasEmissions", "10.5"),
      tonnes("GrossScope3GreenhouseGasEmissions", "7"),
      tonnes("GrossScope3GreenhouseGasEmissions", "7", {
        dimensions: { [axis]: "esrs:Category6BusinessTravelMember" },
      }),
    ]);

    const block = readInline(xhtml, taxonomy).facts.find(
      ({ concept }) => concept === "DisclosureOfGHGEmissionsExplanatory",
    );

    expect(block?.pieces).toBeGreaterThan(1);
    expect(block?.value).toContain("Business travel");
    expect(block?.value).not.toContain("To be written");
  });
});

describe("what is refused", () => {
  test("a place that no table allows, naming concept, axis and member", async () => {
    const inputs = await inputsOf([
      tonnes("GrossScope3GreenhouseGasEmissions", "7", { dimensions: { GenderAxis: "esrs:FemaleMember" } }),
    ]);

    await expect(reported(inputs)).rejects.toMatchObject({
      code: "place-not-allowed",
      summary: expect.stringMatching(/GrossScope3GreenhouseGasEmissions .* GenderAxis \(esrs:FemaleMember\)/),
    });
  });

  test("a statement without a single fact", async () => {
    await expect(reported(await inputsOf([]))).rejects.toMatchObject({ code: "no-facts" });
  });

  test("hostile text stays text, wherever it comes from", async () => {
    const hostile = `</p></div><script>alert(1)</script><ix:nonFraction name="esrs:Revenue">1</ix:nonFraction>]]><!--`;
    const { taxonomy } = await loadCatalogue();
    const { text } = await reported(
      await inputsOf(
        [
          fact("DisclosureOfTransitionPlanForClimateChangeMitigationExplanatory", hostile),
          fact("NameOfTarget", hostile, { typed: { IdentifierOfTargetTypedAxis: "T<1>\u0000" } }),
        ],
        { legal_name: `${hostile}\u0000\ud800` },
      ),
    );
    const xhtml = await text(files.xhtml);

    const report = readInline(xhtml, taxonomy);

    expect(xhtml).not.toMatch(/<script|alert\(1\)<\/script>/);
    expect(report.facts.filter(({ concept }) => concept === "Revenue")).toEqual([]);
    expect(report.facts.find(({ concept }) => concept === "NameOfTarget")?.value).toBe(hostile);
    expect(report.active).toEqual([]);
  });
});
