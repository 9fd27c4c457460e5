/** One thing done wrong in a sound statement, and the code by which a validator must name it. */
export type Mutation = {
  readonly name: string;
  readonly change: (xhtml: string) => string;
  readonly code: RegExp;
  /** What the message must speak of, where its code alone does not tell mistakes apart. */
  readonly about?: RegExp;
};

const fact = (concept: string, context: string): RegExp =>
  new RegExp(`(<ix:nonFraction [^>]*name="esrs:${concept}" contextRef="${context}" [^>]*>)([^<]*)`);

/** Another first digit: another figure of the same length. */
const otherDigit = (text: string): string => text.replace(/\d/, (digit) => String((Number(digit) % 9) + 1));

const figure =
  (concept: string, context: string, to: (text: string) => string = otherDigit) =>
  (xhtml: string): string =>
    xhtml.replace(fact(concept, context), (_, open: string, value: string) => `${open}${to(value)}`);

const unit =
  (concept: string, context: string, from: string, to: string) =>
  (xhtml: string): string =>
    xhtml
      .replace(new RegExp(`(name="esrs:${concept}" contextRef="${context}" unitRef=")${from}"`), `$1${to}"`)
      .replace(
        /(<xbrli:unit id=")/,
        `<xbrli:unit id="${to}"><xbrli:measure>${to.replace("u-utr-", "utr:")}</xbrli:measure></xbrli:unit>$1`,
      );

/** Mistakes in figures, all of which can stand in one statement: no one of them hides another. */
export const wrongFigures: readonly Mutation[] = [
  {
    name: "a total that is not the sum of its parts",
    change: figure("MarketBasedGreenhouseGasEmissions", "year"),
    code: /^calc11e:inconsistentCalculation/,
    about: /MarketBasedGreenhouseGasEmissions/,
  },
  {
    name: "emissions in kilotonnes",
    change: unit(
      "AmountOfCarbonCreditsOutsideValueChainThatAreVerifiedAgainstRecognisedQualityStandardsAndCancelled",
      "year",
      "u-utr-tCO2e",
      "u-utr-ktCO2e",
    ),
    code: /^va_ghgemissions_units$/,
  },
  {
    name: "energy in gigajoules",
    change: unit("RenewableEnergyProduction", "year", "u-utr-MWh", "u-utr-GJ"),
    code: /^va_energy_units$/,
  },
  {
    name: "water in litres",
    change: unit("WaterRecycledAndReused", "year", "u-utr-m3", "u-utr-l"),
    code: /^va_volume_units$/,
  },
  {
    name: "a unit that no registry holds",
    change: unit("MicroplasticsUsed", "year", "u-utr-t", "u-utr-bucket"),
    code: /^utre:/,
  },
  {
    name: "a Scope 3 category that was changed",
    change: figure(
      "GrossScope3GreenhouseGasEmissions",
      "year-esrs-Category6BusinessTravelMember|year-Category6BusinessTravelMember",
    ),
    code: /^valueAssertion_301060_scope3Category_GHGProtocol$/,
  },
  {
    name: "one man more or less",
    change: figure("NumberOfEmployeesHeadcountAtEndOfPeriod", "end-MaleMember"),
    code: /^valueAssertion_401060_gender$/,
  },
  {
    name: "an age group that does not fit",
    change: figure("NumberOfEmployeesHeadCountUnder30YearsOldAtEndOfPeriod", "end"),
    code: /^calc11e:inconsistentCalculation/,
    about: /NumberOfEmployeesHeadcountAtEndOfPeriod/,
  },
  {
    name: "a share of an age group above the whole",
    change: figure("PercentageOfEmployeesUnder30YearsOld", "year", () => "116.00"),
    code: /^valueAssertion_401090_age_total$/,
  },
  {
    name: "boards of more than one whole",
    change: figure("PercentageOfMembersOfAdministrativeManagementAndSupervisoryBodies", "year-FemaleMember"),
    code: /^valueAssertion_200610_gender$/,
  },
  {
    name: "a pollutant that was changed",
    change: figure("EmissionsToWater", "year-PollutantTotalNitrogenMember"),
    code: /^valueAssertion_302040_pollutants$/,
  },
  {
    name: "waste that was changed",
    change: figure("WasteGeneratedDirectedToDisposal", "year-LandfillMember"),
    code: /^valueAssertion_305050_treatment$/,
  },
  {
    name: "less than nothing",
    change: (xhtml) =>
      xhtml.replace(
        fact("UseOfLandArea", "year"),
        (_, open: string, value: string) =>
          `${open.replace("<ix:nonFraction ", '<ix:nonFraction sign="-" ')}${value}`,
      ),
    code: /^valueAssertion_positiveValues$/,
  },
  {
    name: "a smallest value above the estimate",
    change: figure(
      "AssetsAtMaterialPhysicalRiskBeforeConsideringClimateChangeAdaptationActions",
      "end-(?:LongtermMember-MinimumValueMember|MinimumValueMember-LongtermMember)",
      (text) => `9${text}`,
    ),
    code: /^valueAssertion_301092_minimum$/,
  },
  {
    name: "an impact that nobody describes",
    change: (xhtml) =>
      xhtml.replace(/(name="esrs:IdentifiersOfRelatedImpactsRisksAndOpportunities"[^>]*>)/, "$1IRO-99,"),
    code: /^va_IdentifiersOfRelatedImpactsRisksAndOpportunities$/,
  },
  {
    name: "one figure said twice, differently",
    change: (xhtml) =>
      xhtml.replace(
        /<ix:nonFraction [^>]*name="esrs:EnergyConsumptionFromNuclearSources" contextRef="year" [^>]*>[^<]*<\/ix:nonFraction>/,
        (whole) =>
          `${whole} ${whole
            .replace(/ id="[^"]*"/, ' id="twice"')
            .replace(/ decimals="[^"]*"/, ' decimals="1"')
            .replace(/>([^<]*)</, (_, value: string) => `>${otherDigit(value)}<`)}`,
      ),
    code: /^(?:oime|calc11e):disallowedDuplicateFacts/,
  },
];

/** Mistakes in the tagging itself. */
export const wrongTags: readonly Mutation[] = [
  {
    name: "a concept that does not exist",
    change: (xhtml) => xhtml.replace('name="esrs:AverageNumberOfTrainingHours', 'name="esrs:TrainingHours'),
    code: /^ix11\.12\.1\.2:missingReferences$/,
  },
  {
    name: "a member that does not exist",
    change: (xhtml) =>
      xhtml.replace(
        /(>esrs:)Category6BusinessTravelMember(<\/xbrldi:explicitMember>)/,
        "$1Category60BusinessTravelMember$2",
      ),
    code: /^xbrldie:ExplicitMemberUndefinedQNameError$/,
  },
  {
    name: "an axis that says its own default",
    change: (xhtml) =>
      xhtml.replace(/(dimension="esrs:EmployeesAxis">)esrs:ManagersMember/, "$1esrs:EmployeesMember"),
    code: /^xbrldie:DefaultValueUsedInInstanceError$/,
  },
  {
    name: "a typed axis without its text",
    change: (xhtml) =>
      xhtml.replace(
        /(dimension="esrs:IdentifierOfPolicyTypedAxis">)<esrs:LIT>[^<]*<\/esrs:LIT>/,
        "$1<esrs:TYP>P</esrs:TYP>",
      ),
    code: /^xbrldie:IllegalTypedDimensionContentError$/,
  },
  {
    name: "a continuation that is nowhere",
    change: (xhtml) =>
      xhtml.replace(/<ix:nonNumeric ([^>]*escape="true")/, '<ix:nonNumeric continuedAt="nowhere" $1'),
    code: /^ix11\.11\.1\.2:continuationMissing$/,
  },
  {
    name: "a value that is not on the list",
    change: (xhtml) =>
      xhtml.replace("#IndividualMember", "#ManifoldMember").replace("#ConsolidatedMember", "#ManifoldMember"),
    code: /^enum2ie:InvalidEnumerationValue$/,
  },
  {
    name: "a day where a year is wanted",
    change: (xhtml) =>
      xhtml.replace(
        /(name="esrs:NumberOfEmployeesWhoHaveLeftUndertakingDuringPeriod" contextRef=")year"/,
        '$1end"',
      ),
    code: /^xbrl\.4\.7\.2:contextPeriodType$/,
  },
  {
    name: "a context that nobody wrote",
    change: (xhtml) =>
      xhtml.replace(/(name="esrs:NumberOfExecutiveMembers" contextRef=")year"/, '$1yesteryear"'),
    code: /^xbrl\.4\.6\.1:itemContextRef$/,
  },
];
