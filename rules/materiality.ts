/** What the offline assessor may look at; nothing else enters the judgement. */
export type MaterialityEvidence = {
  /** NACE code such as C25.6 or 25.6; empty when unknown. */
  readonly nace: string;
  readonly employees: number | undefined;
  readonly listed: boolean;
  readonly scope1Records: number;
  readonly scope3Categories: number;
  readonly underEmissionTrading: boolean;
  /** Topic to how many of its concepts the company gave data for. */
  readonly given: Readonly<Record<string, number>>;
  /** Scores from which a topic is material; 5 of 10 where left out. */
  readonly thresholds: { readonly impact?: number | undefined; readonly financial?: number | undefined };
};

/** One side of double materiality: a score of 0 to 10 against the threshold, and why. */
type MaterialityScore = {
  readonly score: number;
  readonly threshold: number;
  readonly reasons: readonly string[];
};

/** The judgement on one topic, with the passages it rests on. */
export type MaterialityJudgement = {
  readonly standard: string;
  readonly topic: string;
  readonly impact: MaterialityScore;
  readonly financial: MaterialityScore;
  readonly material: boolean;
  readonly citations: readonly string[];
};

const usual = 5;
/** NACE sections that Delegated Regulation (EU) 2022/1288, Annex I, calls high climate impact sectors. */
const highImpact = "ABCDEFGHL";
const divisions: readonly (readonly [last: number, section: string])[] = [
  [3, "A"],
  [9, "B"],
  [33, "C"],
  [35, "D"],
  [39, "E"],
  [43, "F"],
  [47, "G"],
  [53, "H"],
  [56, "I"],
  [63, "J"],
  [66, "K"],
  [68, "L"],
  [75, "M"],
  [82, "N"],
  [84, "O"],
  [85, "P"],
  [88, "Q"],
  [93, "R"],
  [96, "S"],
  [98, "T"],
  [99, "U"],
];

/** The section letter of a NACE code, or empty. */
export function naceSection(code: string): string {
  const letter = /^[A-U](?=$|[\d\s.])/.exec(code.trim().toUpperCase())?.[0];
  if (letter !== undefined) return letter;
  const division = Number(/^\d{2}/.exec(code.trim())?.[0] ?? Number.NaN);
  return divisions.find(([last]) => division <= last)?.[1] ?? "";
}

/** The division of a NACE code (`25` of C25.6), or undefined. */
function naceDivision(code: string): number | undefined {
  const digits = /^[A-U]?\s*(\d{2})/i.exec(code.trim())?.[1];
  return digits === undefined ? undefined : Number(digits);
}

type Points = readonly [points: number, holds: boolean, reason: string];
type Seen = MaterialityEvidence & { readonly section: string; readonly division: number | undefined };
type Topic = {
  readonly standard: string;
  readonly topic: string;
  /** The passage of the standard that frames the question, beside those of ESRS 1 and 2. */
  readonly passage: string;
  readonly impact: (seen: Seen) => readonly Points[];
  readonly financial: (seen: Seen) => readonly Points[];
};

const sector =
  (points: number, sections: string, why: string, divided: readonly number[] = []) =>
  ({ section, division }: Seen): Points => [
    points,
    (section !== "" && sections.includes(section)) || (division !== undefined && divided.includes(division)),
    `${section === "" ? "the sector" : `NACE section ${section}`}: ${why}`,
  ];
const large =
  (points: number, over: number) =>
  ({ employees }: Seen): Points => [points, (employees ?? 0) > over, `${employees ?? 0} employees`];
const base = (points: number, why: string) => (): Points => [points, true, why];
const all =
  (...rules: readonly ((seen: Seen) => Points)[]) =>
  (seen: Seen): readonly Points[] =>
    rules.map((rule) => rule(seen));

/** The ten topics and what speaks for each. Sectors are a coarse proposal of ours; only that of climate change is a list of the law. */
const topics: readonly Topic[] = [
  {
    standard: "E1",
    topic: "Climate change",
    passage: "ESRS E1 paragraph 20 (climate-related impacts, risks and opportunities)",
    impact: (seen) => [
      [2, true, "every undertaking emits greenhouse gases through its energy use"],
      [
        4,
        seen.section !== "" && highImpact.includes(seen.section),
        `NACE section ${seen.section} is a high climate impact sector (Delegated Regulation (EU) 2022/1288, Annex I)`,
      ],
      [2, seen.scope1Records > 0, `${seen.scope1Records} records of direct emissions`],
      [1, seen.scope3Categories >= 3, `${seen.scope3Categories} value chain categories with emissions`],
      large(1, 1000)(seen),
    ],
    financial: (seen) => [
      [1, true, "energy and carbon prices reach every undertaking"],
      [
        3,
        seen.section !== "" && highImpact.includes(seen.section),
        `transition risk of NACE section ${seen.section}`,
      ],
      [3, seen.underEmissionTrading, "direct emissions are priced under an emission trading scheme"],
      [1, seen.scope1Records > 0, "direct fuel use is exposed to fuel and carbon prices"],
    ],
  },
  {
    standard: "E2",
    topic: "Pollution",
    passage: "ESRS E2 paragraph 11 (pollution-related impacts, risks and opportunities)",
    impact: all(
      sector(5, "ABDE", "emissions to air, water and soil are part of the business"),
      sector(5, "", "process industries emit pollutants", [17, 19, 20, 21, 22, 23, 24, 25]),
      sector(2, "CFH", "production, building and transport emit pollutants"),
    ),
    financial: all(
      sector(3, "BDE", "permits and clean-up decide on operations"),
      sector(3, "", "chemicals and metals are regulated closely", [19, 20, 21, 24]),
      large(1, 1000),
    ),
  },
  {
    standard: "E3",
    topic: "Water and marine resources",
    passage: "ESRS E3 paragraph 8 (water and marine resources-related impacts, risks and opportunities)",
    impact: all(
      sector(5, "ABDE", "water is withdrawn or discharged in large amounts"),
      sector(5, "", "the process needs much water", [10, 11, 13, 14, 15, 17, 20, 21]),
      sector(2, "CI", "water is used in operations"),
    ),
    financial: all(
      sector(4, "ADE", "the business depends on water"),
      sector(3, "", "the process stops without water", [10, 11, 17, 20]),
    ),
  },
  {
    standard: "E4",
    topic: "Biodiversity and ecosystems",
    passage:
      "ESRS E4 paragraph 17 (biodiversity and ecosystem-related impacts, risks, dependencies and opportunities)",
    impact: all(
      sector(5, "ABF", "land is used and changed"),
      sector(5, "", "raw materials come from nature", [10, 11, 16, 17]),
      sector(2, "DEL", "sites take up land"),
    ),
    financial: all(
      sector(4, "A", "the business depends on ecosystems"),
      sector(3, "", "raw materials depend on ecosystems", [10, 11, 16]),
    ),
  },
  {
    standard: "E5",
    topic: "Resource use and circular economy",
    passage:
      "ESRS E5 paragraph 11 (resource use and circular economy-related impacts, risks and opportunities)",
    impact: all(
      sector(5, "CEFG", "materials flow in and waste flows out"),
      sector(3, "ABDI", "materials are used up"),
    ),
    financial: all(
      sector(3, "CF", "material prices and product rules reach the business"),
      sector(3, "E", "waste is the business"),
    ),
  },
  {
    standard: "S1",
    topic: "Own workforce",
    passage: "ESRS S1 paragraph 13 (material impacts, risks and opportunities)",
    impact: all(
      base(3, "every undertaking with employees affects their working conditions"),
      large(2, 250),
      large(1, 1000),
      sector(2, "ABCFHINQ", "accidents and shift work are common"),
    ),
    financial: all(
      base(2, "the business depends on people who can and will work for it"),
      large(2, 250),
      large(1, 1000),
    ),
  },
  {
    standard: "S2",
    topic: "Workers in the value chain",
    passage: "ESRS S2 paragraph 10 (material impacts, risks and opportunities)",
    impact: all(
      sector(5, "G", "goods are made by the workers of others"),
      sector(4, "ACFI", "suppliers and subcontractors work for the business"),
      sector(2, "", "supply chains are known for poor conditions", [13, 14, 15, 26, 27, 29]),
      large(1, 1000),
    ),
    financial: all(sector(2, "CFG", "supply stops when suppliers fail"), large(1, 1000)),
  },
  {
    standard: "S3",
    topic: "Affected communities",
    passage: "ESRS S3 paragraph 8 (material impacts, risks and opportunities)",
    impact: all(
      sector(5, "AB", "land and water of communities are affected"),
      sector(4, "DEF", "sites and networks affect neighbours"),
      sector(2, "", "plants affect neighbours", [19, 20, 24]),
    ),
    financial: all(sector(3, "BDF", "permits depend on consent")),
  },
  {
    standard: "S4",
    topic: "Consumers and end-users",
    passage: "ESRS S4 paragraph 9 (material impacts, risks and opportunities)",
    impact: all(
      sector(5, "IJKPQ", "people use the service directly"),
      sector(5, "", "products reach people's bodies and homes", [10, 11, 14, 15, 21, 26, 29, 31, 32, 47]),
      sector(3, "DGH", "households are customers"),
    ),
    financial: all(
      sector(3, "JKQ", "trust and data protection decide on custom"),
      sector(3, "", "product safety decides on custom", [10, 11, 21]),
    ),
  },
  {
    standard: "G1",
    topic: "Business conduct",
    passage: "ESRS G1 paragraph 6 (business conduct impacts, risks and opportunities)",
    impact: all(
      base(3, "every undertaking deals with suppliers, officials and those who report wrongs"),
      large(1, 250),
      large(1, 1000),
      sector(2, "BDFKOQ", "public contracts, licences and public money are common"),
      ({ listed }) => [1, listed, "its securities are traded in public"],
    ),
    financial: all(
      base(2, "fines and lost trust reach every undertaking"),
      sector(2, "BFKO", "corruption is a known risk of the sector"),
      ({ listed }) => [1, listed, "its securities are traded in public"],
    ),
  },
];

/** Judges whether each of the ten topics is material, by rules that can be read; a person confirms it in every case. */
export function judgeTopics(evidence: MaterialityEvidence): readonly MaterialityJudgement[] {
  const seen: Seen = {
    ...evidence,
    section: naceSection(evidence.nace),
    division: naceDivision(evidence.nace),
  };
  return topics.map(({ standard, topic, passage, impact, financial }) => {
    const given = evidence.given[standard] ?? 0;
    const measured: Points = [2, given > 0, `the company itself gave data on ${given} of its datapoints`];
    const scores = {
      impact: scored([...impact(seen), measured], evidence.thresholds.impact ?? usual),
      financial: scored(financial(seen), evidence.thresholds.financial ?? usual),
    };
    const material =
      scores.impact.score >= scores.impact.threshold || scores.financial.score >= scores.financial.threshold;
    return {
      standard,
      topic,
      ...scores,
      material,
      citations: [
        "ESRS 1 paragraphs 43 to 46 (impact materiality)",
        "ESRS 1 paragraphs 47 to 51 (financial materiality)",
        "ESRS 2 paragraph 53 (IRO-1)",
        passage,
        ...(material || standard !== "E1"
          ? []
          : [
              "ESRS 1 paragraph 32 and ESRS 2 paragraph 57 (detailed explanation when climate change is not material)",
            ]),
      ],
    };
  });
}

function scored(rules: readonly Points[], threshold: number): MaterialityScore {
  const holding = rules.filter(([, holds]) => holds);
  const score = Math.min(
    10,
    holding.reduce((sum, [points]) => sum + points, 0),
  );
  return { score, threshold, reasons: holding.map(([points, , reason]) => `+${points}: ${reason}`) };
}
