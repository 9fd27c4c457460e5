const social =
  "DisclosureOfTypesOfEmployeesAndOrNonemployeesWhoAreNotCoveredBySocialProtectionThroughPublicProgramsOrThroughBenefitsOfferedAgainstLossOfIncomeDueTo";
const rights = "DisclosureOfMattersThatAreMaterialInRelationToAsWellAsGeneralApproachTo";
const scopes = [
  "GrossScope1GreenhouseGasEmissions",
  "GrossLocationBasedScope2GreenhouseGasEmissions",
  "GrossMarketBasedScope2GreenhouseGasEmissions",
];
const total = ["LocationBasedGreenhouseGasEmissions", "MarketBasedGreenhouseGasEmissions"];
const scope3 = "GrossScope3GreenhouseGasEmissions";
const contracts = [
  "NumberOfEmployeesHeadCountOrFulltimeEquivalentAtEndOfPeriod",
  "NumberOfEmployeesHeadCountOrFulltimeEquivalentDuringPeriod",
];
const heads = ["NumberOfEmployeesHeadcountAtEndOfPeriod", "NumberOfEmployeesHeadCountDuringPeriod"];

/**
 * Datapoints whose id stands on no concept and whose paragraph does not lead to the right one, matched by reading the
 * standard: the figures of a table, or the concept that says the same. An empty list: the taxonomy has no element for it.
 */
export const matchedByHand: Readonly<Record<string, readonly string[]>> = {
  "BP-2_16": [
    "DisclosureOfOtherLegislationOrGenerallyAcceptedSustainabilityReportingStandardsAndFrameworksBasedOnWhichInformationHasBeenIncludedInSustainabilityStatementExplanatory",
  ],
  // Whether further steps change relations is not the question whether amendments do.
  "SBM-2_11": [],
  "MDR-T_05": [
    "BaselineValueAgainstWhichProgressIsConsideredAbsoluteValue",
    "BaselineValueAgainstWhichProgressIsConsideredPercentage",
  ],
  "E1.IRO-1_08": [
    "ExplanationOfHowClimaterelatedScenarioAnalysisHasBeenUsedToInformIdentificationAndAssessmentOfPhysicalRisksOverShortMediumAndLongtermExplanatory",
  ],
  "E1-2_01": ["SustainabilityMattersAddressedByPolicy"],
  "E1-4_02": ["GrossGreenhouseGasEmissions", ...scopes, scope3],
  "E1-6_02": scopes,
  "E1-6_03": [...scopes, scope3, ...total],
  "E1-6_04": [scope3],
  "E1-6_05": [scope3],
  "E1-6_06": [...scopes, scope3, ...total],
  "E1-6_07": ["GrossScope1GreenhouseGasEmissions"],
  "E1-6_27": [
    "ListOfScope3GHGEmissionsCategoriesIncludedInInventoryGHGProtocol",
    "ListOfScope3GHGEmissionsCategoriesIncludedInInventoryISO140641",
  ],
  "E1-7_01": ["DisclosureOfGHGRemovalsAndGHGMitigationProjectsFinancedThroughCarbonCreditsExplanatory"],
  "E1-7_22": [
    "PublicClaimsOfGHGNeutralityThatInvolveUseOfCarbonCreditsAreAccompaniedByGHGEmissionReductionTargets",
  ],
  "E1-7_23": [
    "ClaimsOfGHGNeutralityAndOrRelianceOnCarbonCreditsNeitherImpedeNorReduceAchievementOfGHGEmissionReductionTargetsOrNetZeroTarget",
  ],
  "E2-5_07": ["AmountOfSubstancesOfConcernThatLeaveFacilitiesAsServices"],
  "E2-6_02": ["PercentageOfNetRevenueMadeWithProductsAndServicesThatAreOrThatContainSubstancesOfConcern"],
  "E3-4_07": [
    "PercentageOfDataObtainedFromDirectMeasurementWaterConsumption",
    "PercentageOfDataObtainedFromSamplingAndExtrapolationWaterConsumption",
    "PercentageOfDataObtainedFromBestEstimatesWaterConsumption",
  ],
  "E3-4_09": ["WaterConsumption"],
  "E5-5_06": ["DescriptionOfMethodologiesUsedToCalculateDataAndKeyAssumptionsUsedExplanatory"],
  // The heading over its three parts.
  "E4-2_07": [
    "DisclosureOfHowPolicyLimitsProcurementFromSuppliersThatCannotDemonstrateThatTheyAreNotContributingToSignificantDamageToProtectedAreasOrKeyBiodiversityAreasExplanatory",
    "DisclosureOfHowPolicyRefersToRecognisedStandardsOrThirdpartyCertificationsOverseenByRegulatorsExplanatory",
    "DisclosureOfHowPolicyAddressesRawMaterialsOriginatingFromEcosystemsThatHaveBeenManagedToMaintainOrEnhanceConditionsForBiodiversityExplanatory",
  ],
  // Said by a member of what the target covers.
  "E2-3_11": ["TargetCoverage"],
  "E4-4_06": ["TargetCoverage"],
  "E5-3_06": ["DescriptionOfRelationshipOfTargetToPolicyObjectivesExplanatory"],
  "S1-1_03": [`${rights}RespectForHumanRightsIncludingLabourRightsExplanatory`],
  "S1-4_01": ["DisclosureOfKeyActionExplanatory"],
  "S1-6_01": heads,
  "S1-6_07": contracts,
  "S1-6_08": contracts,
  "S1-6_18": contracts,
  "S1-8_08": ["CoverageRateOfEmployeesInRegionNoneeaThatAreCoveredByCollectiveBargainingAgreements"],
  "S1-11_07": [`${social}SicknessExplanatory`],
  "S1-11_08": [`${social}UnemploymentStartingFromWhenOwnWorkerIsWorkingForUndertakingExplanatory`],
  "S1-11_10": [`${social}ParentalLeaveExplanatory`],
  "S1-11_11": [`${social}RetirementExplanatory`],
  "S1-12_02": ["PercentageOfPersonsWithDisabilitiesAmongstEmployees"],
  "S1-13_01": [
    "PercentageOfEmployeesAndOrNonemployeesThatParticipatedInRegularPerformanceAndCareerDevelopmentReviews",
    "AverageNumberOfTrainingHoursPerEmployeeAndOrNonemployee",
  ],
  "S1-13_05": [
    "PercentageOfEmployeesAndOrNonemployeesThatParticipatedInRegularPerformanceAndCareerDevelopmentReviews",
  ],
  "S1-14_08": ["NumberOfCasesOfRecordableWorkrelatedIllHealth"],
  "S1-14_09": [
    "NumberOfDaysLostToWorkrelatedInjuriesAndFatalitiesFromWorkrelatedAccidentsWorkrelatedIllHealthAndFatalitiesFromIllHealth",
  ],
  "S2-1_01": [`${rights}RespectForHumanRightsIncludingLabourRightsExplanatory`],
  "S2-4_01": ["DisclosureOfKeyActionExplanatory"],
  "S3-1_02": [`${rights}RespectForHumanRightsOfCommunitiesAndIndigenousPeoplesExplanatory`],
  "S3-4_01": ["DisclosureOfKeyActionExplanatory"],
  "S4-1_02": [`${rights}RespectForHumanRightsOfConsumersAndEndusersExplanatory`],
  "S4-4_01": ["DisclosureOfKeyActionExplanatory"],
  "G1-1_05": ["InformationAboutEstablishmentOfInternalWhistleblowerReportingChannelsExplanatory"],
  // The register's name says that the company is in it; the element for yes or no does not exist.
  "G1-5_10": ["NameOfTransparencyRegister"],
};
