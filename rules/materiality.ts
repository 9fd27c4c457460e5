/** What the offline assessor may look at; nothing else enters the judgement. */
export type MaterialityEvidence = {
  /** NACE code such as C25.6 or 25.6; empty when unknown. */
  readonly nace: string;
  readonly employees: number | undefined;
  readonly scope1Records: number;
  readonly scope3Categories: number;
  readonly underEmissionTrading: boolean;
};

/** One side of double materiality: a score of 0 to 10 against the threshold, and why. */
type MaterialityScore = {
  readonly score: number;
  readonly threshold: number;
  readonly reasons: readonly string[];
};

/** The judgement on climate change, with the passages it rests on. */
export type MaterialityJudgement = {
  readonly impact: MaterialityScore;
  readonly financial: MaterialityScore;
  readonly material: boolean;
  readonly citations: readonly string[];
};

const threshold = 5;
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
];

/** The section letter of a NACE code, or empty. */
export function naceSection(code: string): string {
  const letter = /^[A-U]/.exec(code.trim().toUpperCase())?.[0];
  if (letter !== undefined) return letter;
  const division = Number(/^\d{2}/.exec(code.trim())?.[0] ?? Number.NaN);
  return divisions.find(([last]) => division <= last)?.[1] ?? "";
}

/** Judges whether climate change (ESRS E1) is material, by rules that can be read; a person confirms it in every case. */
export function judgeClimate({
  nace,
  employees,
  scope1Records,
  scope3Categories,
  underEmissionTrading,
}: MaterialityEvidence): MaterialityJudgement {
  const section = naceSection(nace);
  const sector = section !== "" && highImpact.includes(section);
  const impact = scored([
    [2, true, "every undertaking emits greenhouse gases through its energy use"],
    [
      4,
      sector,
      `NACE section ${section} is a high climate impact sector (Delegated Regulation (EU) 2022/1288, Annex I)`,
    ],
    [2, scope1Records > 0, `${scope1Records} records of direct emissions`],
    [1, scope3Categories >= 3, `${scope3Categories} value chain categories with emissions`],
    [1, (employees ?? 0) > 1000, `${employees ?? 0} employees`],
  ]);
  const financial = scored([
    [1, true, "energy and carbon prices reach every undertaking"],
    [3, sector, `transition risk of NACE section ${section}`],
    [3, underEmissionTrading, "direct emissions are priced under an emission trading scheme"],
    [1, scope1Records > 0, "direct fuel use is exposed to fuel and carbon prices"],
  ]);
  const material = impact.score >= threshold || financial.score >= threshold;
  return {
    impact,
    financial,
    material,
    citations: [
      "ESRS 1 paragraphs 43 to 46 (impact materiality)",
      "ESRS 1 paragraphs 47 to 51 (financial materiality)",
      "ESRS 2 paragraph 53 (IRO-1)",
      "ESRS E1 paragraph 20 (climate-related impacts, risks and opportunities)",
      ...(material
        ? []
        : [
            "ESRS 1 paragraph 32 and ESRS 2 paragraph 57 (detailed explanation when climate change is not material)",
          ]),
    ],
  };
}

function scored(
  rules: readonly (readonly [points: number, holds: boolean, reason: string])[],
): MaterialityScore {
  const holding = rules.filter(([, holds]) => holds);
  const score = Math.min(
    10,
    holding.reduce((sum, [points]) => sum + points, 0),
  );
  return { score, threshold, reasons: holding.map(([points, , reason]) => `+${points}: ${reason}`) };
}
