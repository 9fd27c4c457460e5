import type { Fact } from "#rules/fact.ts";

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** A bare inline XBRL document that states the facts and nothing else, written without the platform's own writer. Years stand for contexts. */
export function inlineDocument(facts: readonly Fact[], lei = "99990000NORTHLIGHT67"): string {
  const contexts = new Map<string, string>();
  const units = new Map<string, string>();
  const contextOf = ({ period, dimensions, typed }: Fact): string => {
    const when =
      "instant" in period
        ? `<xbrli:instant>${period.instant}</xbrli:instant>`
        : `<xbrli:startDate>${period.start}</xbrli:startDate><xbrli:endDate>${period.end}</xbrli:endDate>`;
    const members = [
      ...Object.entries(dimensions).map(
        ([axis, member]) =>
          `<xbrldi:explicitMember dimension="esrs:${axis}">${member}</xbrldi:explicitMember>`,
      ),
      ...Object.entries(typed).map(
        ([axis, text]) =>
          `<xbrldi:typedMember dimension="esrs:${axis}"><esrs:${axis.startsWith("Identifier") ? "LIT" : "TYP"}>${escaped(text)}</esrs:${axis.startsWith("Identifier") ? "LIT" : "TYP"}></xbrldi:typedMember>`,
      ),
    ].join("");
    const body = `<xbrli:entity><xbrli:identifier scheme="http://standards.iso.org/iso/17442">${lei}</xbrli:identifier></xbrli:entity><xbrli:period>${when}</xbrli:period>${members === "" ? "" : `<xbrli:scenario>${members}</xbrli:scenario>`}`;
    const id = contexts.get(body) ?? `c${contexts.size + 1}`;
    contexts.set(body, id);
    return id;
  };
  const unitOf = (unit: string): string => {
    const [over = "", under] = unit.split("/");
    const measure = (one: string): string => `<xbrli:measure>${one}</xbrli:measure>`;
    const body =
      under === undefined
        ? measure(over)
        : `<xbrli:divide><xbrli:unitNumerator>${measure(over)}</xbrli:unitNumerator><xbrli:unitDenominator>${measure(under)}</xbrli:unitDenominator></xbrli:divide>`;
    const id = units.get(body) ?? `u${units.size + 1}`;
    units.set(body, id);
    return id;
  };
  const tags = facts.map((fact, at) => {
    const { concept, value, unit, decimals } = fact;
    const common = `name="esrs:${concept}" contextRef="${contextOf(fact)}" id="f${at + 1}"`;
    const nil = value === undefined ? ' xsi:nil="true"' : "";
    if (unit === "")
      return value?.startsWith("<p>") === true
        ? `<ix:nonNumeric ${common} escape="true">${value}</ix:nonNumeric>`
        : `<p><ix:nonNumeric ${common}${nil}>${escaped(uris(value ?? ""))}</ix:nonNumeric></p>`;
    const sign = value?.startsWith("-") === true ? ' sign="-"' : "";
    return `<p><ix:nonFraction ${common} unitRef="${unitOf(unit)}"${value === undefined ? nil : ` decimals="${decimals ?? "INF"}"${sign}`}>${(value ?? "").replace("-", "")}</ix:nonFraction></p>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:ix="http://www.xbrl.org/2013/inlineXBRL" xmlns:link="http://www.xbrl.org/2003/linkbase" xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:xbrli="http://www.xbrl.org/2003/instance" xmlns:xbrldi="http://xbrl.org/2006/xbrldi" xmlns:iso4217="http://www.xbrl.org/2003/iso4217" xmlns:utr="http://www.xbrl.org/2009/utr" xmlns:esrs="https://xbrl.efrag.org/taxonomy/esrs/2023-12-22" xmlns:country="https://xbrl.org/2024/iso3166" xml:lang="en">
<head><meta http-equiv="Content-Type" content="text/html; charset=UTF-8"/><title>cases</title></head>
<body><div style="display:none"><ix:header><ix:references><link:schemaRef xlink:type="simple" xlink:href="https://xbrl.efrag.org/taxonomy/esrs/2023-12-22/esrs_all.xsd"/></ix:references><ix:resources>
${[...contexts].map(([body, id]) => `<xbrli:context id="${id}">${body}</xbrli:context>`).join("\n")}
${[...units].map(([body, id]) => `<xbrli:unit id="${id}">${body}</xbrli:unit>`).join("\n")}
</ix:resources></ix:header></div>
${tags.join("\n")}
</body></html>
`;
}

/** Members as the URIs that enumerations hold. */
function uris(value: string): string {
  if (!/^(esrs|country):\w+( (esrs|country):\w+)*$/.test(value)) return value;
  return value
    .split(" ")
    .map((member) =>
      member
        .replace("esrs:", "https://xbrl.efrag.org/taxonomy/esrs/2023-12-22#")
        .replace("country:", "https://xbrl.org/2024/iso3166#"),
    )
    .join(" ");
}
