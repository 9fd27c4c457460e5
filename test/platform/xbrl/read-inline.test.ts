import { describe, expect, test } from "vitest";
import { readInline } from "#platform/xbrl/read-inline.ts";

const vocabulary = { namespace: "urn:esrs", country_namespace: "urn:country" };
const declared = `xmlns="http://www.w3.org/1999/xhtml" xmlns:i="http://www.xbrl.org/2013/inlineXBRL" xmlns:t="http://www.xbrl.org/inlineXBRL/transformation/2020-02-12" xmlns:l="http://www.xbrl.org/2003/linkbase" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:x="http://www.xbrl.org/2003/instance" xmlns:d="http://xbrl.org/2006/xbrldi" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:u="http://www.xbrl.org/2009/utr" xmlns:e="urn:esrs" xmlns:c="urn:country"`;
const who = `<x:entity><x:identifier scheme="urn:lei">549300ABC123DEF45606</x:identifier></x:entity>`;
const header = (hidden = "", more = ""): string => `<i:header><i:hidden>${hidden}</i:hidden>
<i:references><l:schemaRef xlink:type="simple" xlink:href="urn:entry.xsd"/></i:references>
<i:resources>
<x:context id="y">${who}<x:period><x:startDate>2024-01-01</x:startDate><x:endDate>2024-12-31</x:endDate></x:period></x:context>
<x:context id="p">${who}<x:period><x:instant>2024-12-31</x:instant></x:period><x:scenario><d:explicitMember dimension="e:GenderAxis">e:FemaleMember</d:explicitMember><d:explicitMember dimension="e:CountryAxis">c:DE</d:explicitMember><d:typedMember dimension="e:SiteTypedAxis"><e:TYP>Site &lt;A&gt;</e:TYP></d:typedMember></x:scenario></x:context>
<x:unit id="t"><x:measure>u:tCO2e</x:measure></x:unit>
<x:unit id="r"><x:divide><x:unitNumerator><x:measure>u:MWh</x:measure></x:unitNumerator><x:unitDenominator><x:measure xmlns:m="http://www.xbrl.org/2003/iso4217">m:EUR</x:measure></x:unitDenominator></x:divide></x:unit>
${more}</i:resources></i:header>`;
const page = (body: string, hidden = "", more = ""): string =>
  `<html ${declared} xml:lang="en"><body><div style="display:none">${header(hidden, more)}</div>${body}</body></html>`;
const read = (body: string, hidden = "", more = "") => readInline(page(body, hidden, more), vocabulary);
const number = (shown: string, attributes = ""): string =>
  `<i:nonFraction id="f" name="e:A" contextRef="y" unitRef="t" decimals="0" ${attributes}>${shown}</i:nonFraction>`;

describe("a fact is read back whatever prefixes and transformations a document uses", () => {
  test.for([
    ["1,234.50", 'format="t:num-dot-decimal"', "1234.5"],
    ["1.234,50", 'format="t:num-comma-decimal"', "1234.5"],
    ["12.5", 'format="t:num-dot-decimal" scale="-2"', "0.125"],
    ["3", 'format="t:num-dot-decimal" scale="6" sign="-"', "-3000000"],
    ["0.000000000000000000000000123", "", "0.000000000000000000000000123"],
    ["123456789012345678901234567890", 'scale="3"', "123456789012345678901234567890000"],
    ["nothing", 'format="t:fixed-zero"', "0"],
  ])("%s with %s is %s", ([shown, attributes, value]) => {
    const { facts, faults } = read(number(shown ?? "", attributes));

    expect(faults).toEqual([]);
    expect(facts[0]).toMatchObject({ concept: "A", value, unit: "utr:tCO2e", decimals: 0, numeric: true });
  });

  test.for([
    ["Yes", "t:fixed-true", "true"],
    ["31 December 2024", "t:date-day-monthname-year-en", "2024-12-31"],
    ["31.12.2024", "t:date-day-month-year", "2024-12-31"],
    ["December 31, 2024", "t:date-monthname-day-year-en", "2024-12-31"],
    ["2024-2-29", "t:date-year-month-day", "2024-02-29"],
  ])("%s through %s is %s", ([shown, format, value]) => {
    const { facts, faults } = read(
      `<p><i:nonNumeric id="f" name="e:B" contextRef="y" format="${format}">${shown}</i:nonNumeric></p>`,
    );

    expect(faults).toEqual([]);
    expect(facts[0]?.value).toBe(value);
  });

  test("breakdowns, typed axes, instants and ratios come in the platform's own names", () => {
    const { facts, units, entity, schemaRefs } = read(
      `<p>${number("5", "").replace('contextRef="y"', 'contextRef="p"').replace('unitRef="t"', 'unitRef="r"')}</p>`,
    );

    expect(facts[0]).toMatchObject({
      unit: "utr:MWh/iso4217:EUR",
      period: { instant: "2024-12-31" },
      dimensions: { GenderAxis: "esrs:FemaleMember", CountryAxis: "country:DE" },
      typed: { SiteTypedAxis: "Site <A>" },
    });
    expect([...units.keys()]).toEqual(["t", "r"]);
    expect(entity?.identifier).toBe("549300ABC123DEF45606");
    expect(schemaRefs).toEqual(["urn:entry.xsd"]);
  });

  test("a hidden set of members is read by name, and the style that leads to it is seen", () => {
    const { facts, hiddenShown } = read(
      `<span style="-esef-ix-hidden:h1">Female; Germany</span>`,
      `<i:nonNumeric id="h1" name="e:C" contextRef="y">urn:country#DE urn:esrs#FemaleMember</i:nonNumeric>`,
    );

    expect(facts[0]).toMatchObject({ value: "country:DE esrs:FemaleMember", hidden: true });
    expect([...hiddenShown]).toEqual(["h1"]);
  });

  test("a text block keeps its markup, loses inner tags, leaves out what is excluded, and goes on where it is continued", () => {
    const { facts, faults } = read(
      `<div><i:nonNumeric id="b" name="e:Text" contextRef="y" escape="true" continuedAt="c1"><p class="z" align="a">One ${number("7")}<br/>&amp; <i:exclude><b>page 3</b></i:exclude>two</p></i:nonNumeric></div>
       <p>between</p><i:continuation id="c1" continuedAt="c2"><p>three</p></i:continuation><i:continuation id="c2"><p>four</p></i:continuation>`,
    );

    expect(faults).toEqual([]);
    expect(facts.find(({ id }) => id === "b")).toMatchObject({
      value: '<p align="a" class="z">One 7<br/>&amp; two</p><p>three</p><p>four</p>',
      pieces: 3,
    });
    expect(facts.find(({ id }) => id === "f")?.value).toBe("7");
  });

  test("nil, footnotes and the language in force", () => {
    const { facts, footnotes } = read(
      `<p xml:lang="de">${number("", 'xsi:nil="true"')}</p><p><i:footnote id="n1" xml:lang="en">Not <b>yet</b> known</i:footnote></p>`,
      "",
      '<i:relationship fromRefs="f" toRefs="n1"/>',
    );

    expect(facts[0]).toMatchObject({ value: undefined, language: "de", footnotes: ["n1"] });
    expect(footnotes).toEqual([{ id: "n1", language: "en", text: "Not yet known", facts: ["f"] }]);
  });
});

describe("what cannot be read is named, not guessed", () => {
  test.for([
    ["number-unreadable", number("about 5")],
    ["number-unreadable", number("-5", 'format="t:num-dot-decimal"')],
    ["number-unreadable", number("5", 'format="t:num-unheard-of"')],
    ["format-unknown", number("5", 'format="e:num-dot-decimal"')],
    ["decimals-unreadable", number("5").replace('decimals="0"', "")],
    ["unit-missing", number("5").replace('unitRef="t"', 'unitRef="none"')],
    ["context-missing", number("5").replace('contextRef="y"', 'contextRef="none"')],
    ["nil-with-content", number("5", 'xsi:nil="true"')],
    ["id-duplicate", number("5") + number("5")],
    ["continuation-broken", `<i:nonNumeric id="b" name="e:T" contextRef="y" continuedAt="c"/>`],
    [
      "continuation-broken",
      `<i:nonNumeric id="b" name="e:T" contextRef="y" continuedAt="c">x</i:nonNumeric><i:continuation id="c" continuedAt="c">y</i:continuation>`,
    ],
    [
      "value-unreadable",
      `<i:nonNumeric id="b" name="e:T" contextRef="y" format="t:date-day-month-year">31.13.2024</i:nonNumeric>`,
    ],
    ["construct-unsupported", "<i:tuple/>"],
  ] as const)("%s", ([code, body]) => {
    expect(read(`<div>${body}</div>`).faults.map((fault) => fault.code)).toContain(code);
  });

  test("everything that would run or be fetched is listed", () => {
    const { active } = read(
      `<p onclick="x()">a</p><img src="https://example.org/p.png"/><img src="data:image/png;base64,AA"/><a href="javascript:x()">b</a><p style="background:url(//e)">c</p>`,
    );

    expect(active.toSorted()).toEqual(["a href", "img src", "p onclick", "p style"]);
  });
});

describe("a hostile document is refused", () => {
  test.for([
    ["entities of its own", `<!DOCTYPE html [<!ENTITY a "b">]><html>&a;</html>`],
    ["an entity nobody declared", "<html>&boom;</html>"],
    ["broken markup", "<html><body></html>"],
    ["bottomless nesting", "<a>".repeat(100_000)],
    ["facts within facts", page("<i:nonNumeric>".repeat(40))],
  ] as const)("%s", ([, text]) => {
    expect(() => readInline(text, vocabulary)).toThrow(expect.objectContaining({ code: "artifact-broken" }));
  });

  test("many facts that share one continuation cost no more than the document is long", () => {
    const facts = Array.from(
      { length: 5_000 },
      (_, at) => `<i:nonNumeric id="b${at}" name="e:T" contextRef="y" continuedAt="c">x</i:nonNumeric>`,
    );

    const { facts: found, faults } = read(
      `<div>${facts.join("")}<i:continuation id="c">${"y".repeat(100_000)}</i:continuation></div>`,
    );

    expect(found).toHaveLength(5_000);
    expect(found.reduce((sum, { value }) => sum + (value ?? "").length, 0)).toBeLessThan(200_000);
    expect(faults).toHaveLength(4_999);
  });

  test("a doctype without entities is only noted", () => {
    expect(readInline("<!DOCTYPE html><html/>", vocabulary).hasDoctype).toBe(true);
  });
});
