/** What the principal adverse impact indicators of Delegated Regulation (EU) 2022/1288, Annex I, ask about, in our words. */
const adverseImpacts: Readonly<Record<string, readonly string[]>> = {
  "Table 1": [
    "greenhouse gas emissions",
    "carbon footprint",
    "emissions per revenue",
    "fossil fuel business",
    "energy that is not renewable",
    "energy per revenue in high-impact sectors",
    "harm to sensitive nature areas",
    "pollutants to water",
    "hazardous and radioactive waste",
    "breaches of UN and OECD principles",
    "watching over UN and OECD principles",
    "gender pay gap",
    "women and men on the board",
    "banned weapons",
  ],
  "Table 2": [
    "inorganic pollutants",
    "air pollutants",
    "ozone-depleting substances",
    "plans to cut carbon",
    "energy by kind of fuel",
    "water use and reuse",
    "water policies",
    "high water stress",
    "making chemicals",
    "degraded and sealed land",
    "land and farming practice",
    "ocean practice",
    "waste that is not recycled",
    "species and protected areas",
    "deforestation",
  ],
  "Table 3": [
    "accident prevention policies",
    "accident rate",
    "days lost",
    "supplier code of conduct",
    "complaints by employees",
    "whistleblower protection",
    "discrimination",
    "pay of the highest paid",
    "human rights policy",
    "human rights due diligence",
    "trafficking in human beings",
    "child labour",
    "forced labour",
    "severe human rights cases",
    "anti-corruption policies",
    "answers to corruption cases",
    "corruption convictions and fines",
  ],
};

const benchmarkFigures: readonly (readonly [RegExp, string])[] = [
  [/board members who are independent/i, "independent board members"],
  [/female to male/i, "women and men on the board"],
  [/due diligence policies/i, "due diligence on labour conventions"],
  [/convictions/i, "corruption convictions and fines"],
  [/accidents/i, "accident ratio"],
  [/social violations/i, "social violations"],
  [/pay gap/i, "gender pay gap"],
];

const pillarThree: readonly (readonly [RegExp, string, string])[] = [
  [/Template 1:/, "Template 1", "transition risk"],
  [/Template 2:/, "Template 2", "energy efficiency of real estate"],
  [/Template 3:/, "Template 3", "alignment"],
  [/Template 5:/, "Template 5", "physical risk"],
  [/Table 1:.*Table 2:/, "Tables 1 and 2", "environmental and social risk in words"],
];

/**
 * Where in another EU law a concept is asked for, as one cites it, with what it is about in our own words:
 * `Annex 1, Table 1, Indicator 3 (emissions per revenue)`. Pieces are those of the reference linkbase.
 */
export function partOf(law: string, pieces: readonly string[]): string {
  const text = pieces.filter((piece) => piece !== "").join(", ");
  const indicator = /^Annex 1, (Table \d), Indicator (\d+)(\.\d)?/.exec(text);
  if (law === "2022/1288" && indicator !== null) {
    const [, table = "", number = "", sub = ""] = indicator;
    const about = adverseImpacts[table]?.[Number(number) - 1];
    if (about === undefined) throw new Error(`No words for ${text}.`);
    return `Annex 1, ${table}, Indicator ${number}${sub} (${about})`;
  }
  const template = pillarThree.find(([pattern]) => pattern.test(text));
  if (law === "2022/2453" && template !== undefined) return `${template[1]} (${template[2]})`;
  const figure = benchmarkFigures.find(([pattern]) => pattern.test(text));
  if (law === "2020/1816" && figure !== undefined)
    return `Annex 2, Section ${/independent/i.test(text) ? "1" : "1 and 2"} (${figure[1]})`;
  if (text.length > 30) throw new Error(`No words for ${law}, ${text}.`);
  return text;
}
