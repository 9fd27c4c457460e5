import { labelOf } from "../../catalogue/label.ts";

const axes: Readonly<Record<string, string>> = {
  IdentifierOfTargetTypedAxis: "Target",
  IdentifierOfActionPlanTypedAxis: "Action plan",
  IdentifierOfPolicyTypedAxis: "Policy",
  IdentifierOfImpactRiskAndOpportunityTypedAxis: "Impact, risk or opportunity",
  NamesOfMetricsTypedAxis: "Metric",
  CurrentlyStatedBaselineMilestonesOrTargetYearsAxis: "Stated for",
  ReportingScopeAxis: "As stated",
  Scope3GHGEmissionsCategoryGHGProtocolAxis: "Scope 3 category",
  TopicalESRSAxis: "Topic",
};
const members: Readonly<Record<string, string>> = {
  CO2: "CO2",
  BaselineYearMember: "Base year",
  MilestonesAndTargetYearsMember: "Milestones and target years",
  PreviouslyStatedMember: "As stated earlier",
  ShorttermMember: "Short term",
  MediumtermMember: "Medium term",
  LongtermMember: "Long term",
  GenderOtherThanFemaleAndMaleMember: "Other gender",
};
const regions = new Intl.DisplayNames(["en"], { type: "region", fallback: "code" });
const kept = new Map<string, string>();

/** A member for people: its country, or words formed from its element name. */
export function memberName(member: string): string {
  const known = kept.get(member);
  if (known !== undefined) return known;
  const at = member.indexOf(":");
  const [prefix, local] = at < 0 ? ["", member] : [member.slice(0, at), member.slice(at + 1)];
  const milestone = /^Milestone(\d{4})YearMember$/.exec(local)?.[1];
  const category = /^Category(\d+)(.+)Member$/.exec(local);
  const trade = /^NACE_([A-Z])(\d{0,2})(\d{0,2})$/.exec(local);
  const topic = /^ESRS([ESG]\d)(.+)Member$/.exec(local);
  const name =
    prefix === "country" && /^[A-Z]{2}$/.test(local)
      ? (regions.of(local) ?? local)
      : milestone !== undefined
        ? `Milestone ${milestone}`
        : trade !== null
          ? `NACE ${trade[1]}${trade[2]}${trade[3] === "" ? "" : `.${trade[3]}`}`
          : category !== null
            ? `${category[1]} ${labelOf(category[2] ?? "")}`
            : topic !== null
              ? `${topic[1]} ${labelOf(topic[2] ?? "")}`
              : (members[local] ?? labelOf(local.replace(/Member$/, "")));
  kept.set(member, name);
  return name;
}

/** An axis for people. */
export const axisName = (axis: string): string => axes[axis] ?? labelOf(axis.replace(/(Typed)?Axis$/, ""));

/** A concept's label as a heading: what it discloses, without saying that it does. */
export function headingOf(label: string): string {
  const bare = label.replace(
    /^(Disclosure|Description|Explanation) (of|on|about) (whether, )?|^Information about /i,
    "",
  );
  return bare.charAt(0).toUpperCase() + bare.slice(1);
}

const units: Readonly<Record<string, string>> = {
  "utr:tCO2e": "t\u00a0CO\u2082e",
  "utr:MWh": "MWh",
  "utr:m3": "m\u00b3",
  "utr:t": "t",
  "utr:ha": "ha",
  "xbrli:pure": "",
};
const scales: Readonly<Record<number, string>> = { 3: "thousand ", 6: "million ", 9: "billion " };

/** A unit for people, in the scale in which its amounts are shown. */
export function unitName(unit: string, scale: number): string {
  const [over = "", under] = unit.split("/");
  const named = (measure: string): string => units[measure] ?? measure.slice(measure.indexOf(":") + 1);
  if (under !== undefined) return `${named(over)} per ${scales[-scale] ?? ""}${named(under)}`;
  return scale === -2 ? "%" : `${scales[scale] ?? ""}${named(over)}`;
}
