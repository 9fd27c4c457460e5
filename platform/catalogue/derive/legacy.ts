import type { LegacyCode } from "../legacy.ts";
import type { Concept } from "../model.ts";

/** What has to be said of a code beside the concept it means today; codes without a concept say why. */
const notes: Readonly<Record<string, string>> = {
  "E1-1": "Scope 1 emissions; the standard's own E1-1 is the transition plan.",
  "E1-2": "Location-based Scope 2 emissions; the standard's own E1-2 is about policies.",
  "E1-3": "Market-based Scope 2 emissions; the standard's own E1-3 is about actions.",
  "E1-6": "Energy consumed; the standard's own E1-6 is emissions.",
  "E2-3": "Particulate matter was not divided by size; it is read as PM10.",
  "S1-1": "Head count at the end of the period; for an average or full-time equivalents name the concept.",
  "S1-12":
    "It counted lost-time injuries, the standard counts recordable accidents, both per million hours; the figure is read as the standard's and must be confirmed.",
  "E3-4":
    "Which sites lie in water-stressed areas is told by concept: WaterConsumptionInAreasOfHighwaterStress and others.",
  "E4-1":
    "Sites near sensitive areas are told by concept: NumberOfSitesOwnedLeasedOrManagedInOrNearProtectedAreasOrKeyBiodiversityAreasThatUndertakingIsNegativelyAffecting and others.",
  "E4-2": "Land use is told by concept: SealedArea and others.",
  "E5-3": "The share of waste diverted is computed from E5-1 and E5-2; the standard asks for the amounts.",
  "S2-1": "The standard asks for no number of supplier audits; tell it as entity-specific.",
  "S2-2": "The standard asks for no number of corrected suppliers; tell it as entity-specific.",
  "S2-3": "The standard asks for no number of ended contracts; tell it as entity-specific.",
  "S3-1": "The standard asks for no amount invested in communities; tell it as entity-specific.",
  "S3-2": "The standard asks for no share of local employment; tell it as entity-specific.",
  "S3-3": "The standard asks for no number of community complaints; tell it as entity-specific.",
  "S4-2": "The standard asks for no number of data breaches; tell it as entity-specific.",
  "S4-3": "The standard asks for no satisfaction score; tell it as entity-specific.",
  "G1-1":
    "The standard asks for shares of the board, not its size: the number of executive and of non-executive members are concepts of their own.",
  "G1-2": "A number of women; the standard asks for the ratio of women to men: BoardsGenderDiversityRatio.",
  "G1-3": "A number of members; the standard asks for their share: PercentageOfIndependentBoardMembers.",
  "G1-5": "The standard asks for no number of whistleblower reports; tell it as entity-specific.",
  "G1-7":
    "The standard asks whether suppliers have a code, not how many signed it; tell it as entity-specific.",
};

/** Codes whose figure is of another kind than the concept's, so that reading one as the other would be wrong. */
const ofAnotherKind: ReadonlySet<string> = new Set(["G1-2", "G1-3"]);
const members: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "E2-1": { PollutantAxis: "esrs:PollutantNitrogenOxidesNoxNO2Member" },
  "E2-2": { PollutantAxis: "esrs:PollutantSulphurOxidesSOxSO2Member" },
  "E2-3": { PollutantAxis: "esrs:PollutantParticulateMatterPM10Member" },
  "S1-2": { GenderAxis: "esrs:FemaleMember" },
  "S1-3": { GenderAxis: "esrs:MaleMember" },
  "S1-4": { GenderAxis: "esrs:GenderOtherThanFemaleAndMaleMember" },
};

/** The crosswalk from the earlier implementation's metric codes; every concept it names exists, or it throws. */
export function deriveLegacyCodes(
  rows: readonly Readonly<Record<string, string>>[],
  concepts: readonly Concept[],
): readonly LegacyCode[] {
  const known = new Set(concepts.map(({ concept }) => concept));
  return rows.map((row) => {
    const code = row["legacy_metric_code"] ?? "";
    const concept = ofAnotherKind.has(code) ? "" : (row["xbrl_concept"] ?? "");
    if (concept !== "" && !known.has(concept))
      throw new Error(`${code} names the unknown concept ${concept}.`);
    if (concept === "" && notes[code] === undefined) throw new Error(`${code} has no concept and no note.`);
    return { code, concept, dimensions: members[code] ?? {}, note: notes[code] ?? "" };
  });
}
