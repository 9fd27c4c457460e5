/**
 * Every formula once: what goes in and what must come out, worked out by hand from the paragraph that the formula names.
 * `Name[Axis=Member]=value; …`; `whole X` stands outside any breakdown, `before X` a year earlier. Trailing zeros count.
 */
export const golden: readonly (readonly [formula: string, inputs: string, result: string])[] = [
  ["board-gender-diversity", "aux:board-members-female=4; aux:board-members-male=6", "0.6667"],
  ["independent-board-share", "aux:board-members-independent=5; aux:board-members=8", "0.6250"],
  [
    "governing-members-total",
    "aux:governing-members[GenderAxis=FemaleMember]=5; aux:governing-members[GenderAxis=MaleMember]=7",
    "12",
  ],
  ["governing-members-by-gender", "aux:governing-members=5; whole aux:governing-members=12", "0.4167"],
  ["governing-members-by-aspect", "aux:governing-members=3; whole aux:governing-members=12", "0.2500"],
  [
    "sustainability-linked-variable-pay",
    "aux:variable-pay-on-sustainability=150000; aux:variable-pay-of-governing-bodies=600000",
    "0.2500",
  ],
  [
    "revenue-fossil-fuel",
    "RevenueFromCoal=1000000; RevenueFromOil=2500000; RevenueFromGas=500000.50",
    "4000000.50",
  ],
  [
    "revenue-by-sector",
    "Revenue[ESRSSEC1SectorsAxis=SEC1_AAF]=1200000; Revenue[ESRSSEC1SectorsAxis=SEC1_AFO]=800000",
    "2000000",
  ],
  [
    "revenue-by-segment",
    "Revenue[OperatingSegmentTypedAxis=North]=1500000; Revenue[OperatingSegmentTypedAxis=South]=700000",
    "2200000",
  ],
  [
    "headcount-end-by-area",
    "NumberOfEmployeesHeadcountAtEndOfPeriod[GeographicalAreaTypedAxis=Europe]=310; NumberOfEmployeesHeadcountAtEndOfPeriod[GeographicalAreaTypedAxis=Asia]=95",
    "405",
  ],
  [
    "headcount-average-by-area",
    "NumberOfEmployeesHeadCountDuringPeriod[GeographicalAreaTypedAxis=Europe]=301; NumberOfEmployeesHeadCountDuringPeriod[GeographicalAreaTypedAxis=Asia]=92",
    "393",
  ],
  ["climate-linked-pay", "aux:pay-on-climate=90000; aux:pay-of-governing-bodies=2000000", "0.0450"],
  [
    "target-reduction-total",
    "GrossGreenhouseGasEmissions[CurrentlyStatedBaselineMilestonesOrTargetYearsAxis=BaselineYearMember]=52000; GrossGreenhouseGasEmissions=30160",
    "21840",
  ],
  [
    "target-reduction-share-total",
    "AbsoluteValueOfTotalGreenhouseGasEmissionsReduction=21840; GrossGreenhouseGasEmissions[CurrentlyStatedBaselineMilestonesOrTargetYearsAxis=BaselineYearMember]=52000",
    "0.4200",
  ],
  [
    "target-reduction-scope-1",
    "GrossScope1GreenhouseGasEmissions[CurrentlyStatedBaselineMilestonesOrTargetYearsAxis=BaselineYearMember]=12000; GrossScope1GreenhouseGasEmissions=6960",
    "5040",
  ],
  [
    "target-reduction-share-scope-1",
    "AbsoluteValueOfScope1GreenhouseGasEmissionsReduction=5040; GrossScope1GreenhouseGasEmissions[CurrentlyStatedBaselineMilestonesOrTargetYearsAxis=BaselineYearMember]=12000",
    "0.4200",
  ],
  [
    "target-reduction-scope-2-location",
    "GrossLocationBasedScope2GreenhouseGasEmissions[CurrentlyStatedBaselineMilestonesOrTargetYearsAxis=BaselineYearMember]=8000; GrossLocationBasedScope2GreenhouseGasEmissions=2400",
    "5600",
  ],
  [
    "target-reduction-share-scope-2-location",
    "AbsoluteValueOfLocationBasedScope2GreenhouseGasEmissionsReduction=5600; GrossLocationBasedScope2GreenhouseGasEmissions[CurrentlyStatedBaselineMilestonesOrTargetYearsAxis=BaselineYearMember]=8000",
    "0.7000",
  ],
  [
    "target-reduction-scope-2-market",
    "GrossMarketBasedScope2GreenhouseGasEmissions[CurrentlyStatedBaselineMilestonesOrTargetYearsAxis=BaselineYearMember]=7500; GrossMarketBasedScope2GreenhouseGasEmissions=750",
    "6750",
  ],
  [
    "target-reduction-share-scope-2-market",
    "AbsoluteValueOfMarketBasedScope2GreenhouseGasEmissionsReduction=6750; GrossMarketBasedScope2GreenhouseGasEmissions[CurrentlyStatedBaselineMilestonesOrTargetYearsAxis=BaselineYearMember]=7500",
    "0.9000",
  ],
  [
    "target-reduction-scope-3",
    "GrossScope3GreenhouseGasEmissions[CurrentlyStatedBaselineMilestonesOrTargetYearsAxis=BaselineYearMember]=32000; GrossScope3GreenhouseGasEmissions=24000",
    "8000",
  ],
  [
    "target-reduction-share-scope-3",
    "AbsoluteValueOfScope3GreenhouseGasEmissionsReduction=8000; GrossScope3GreenhouseGasEmissions[CurrentlyStatedBaselineMilestonesOrTargetYearsAxis=BaselineYearMember]=32000",
    "0.2500",
  ],
  [
    "target-intensity-reduction-total",
    "aux:ghg-intensity-total[CurrentlyStatedBaselineMilestonesOrTargetYearsAxis=BaselineYearMember]=0.52; aux:ghg-intensity-total=0.26",
    "0.26",
  ],
  [
    "target-intensity-reduction-scope-1",
    "aux:ghg-intensity-scope-1[CurrentlyStatedBaselineMilestonesOrTargetYearsAxis=BaselineYearMember]=0.3; aux:ghg-intensity-scope-1=0.24",
    "0.06",
  ],
  [
    "target-intensity-reduction-scope-2-location",
    "aux:ghg-intensity-scope-2-location[CurrentlyStatedBaselineMilestonesOrTargetYearsAxis=BaselineYearMember]=0.125; aux:ghg-intensity-scope-2-location=0.05",
    "0.075",
  ],
  [
    "target-intensity-reduction-scope-2-market",
    "aux:ghg-intensity-scope-2-market[CurrentlyStatedBaselineMilestonesOrTargetYearsAxis=BaselineYearMember]=0.11; aux:ghg-intensity-scope-2-market=0.01",
    "0.10",
  ],
  [
    "target-intensity-reduction-scope-3",
    "aux:ghg-intensity-scope-3[CurrentlyStatedBaselineMilestonesOrTargetYearsAxis=BaselineYearMember]=1.75; aux:ghg-intensity-scope-3=1.4",
    "0.35",
  ],
  [
    "target-part-of-total-scope-1",
    "AbsoluteValueOfScope1GreenhouseGasEmissionsReduction=5040; AbsoluteValueOfTotalGreenhouseGasEmissionsReduction=21840",
    "0.2308",
  ],
  [
    "target-part-of-total-scope-2-location",
    "AbsoluteValueOfLocationBasedScope2GreenhouseGasEmissionsReduction=5600; AbsoluteValueOfTotalGreenhouseGasEmissionsReduction=21840",
    "0.2564",
  ],
  [
    "target-part-of-total-scope-2-market",
    "AbsoluteValueOfMarketBasedScope2GreenhouseGasEmissionsReduction=6750; AbsoluteValueOfTotalGreenhouseGasEmissionsReduction=21840",
    "0.3091",
  ],
  [
    "target-part-of-total-scope-3",
    "AbsoluteValueOfScope3GreenhouseGasEmissionsReduction=8000; AbsoluteValueOfTotalGreenhouseGasEmissionsReduction=21840",
    "0.3663",
  ],
  ["target-coverage-total", "aux:target-boundary-total=39000; GrossGreenhouseGasEmissions=52000", "0.7500"],
  [
    "target-coverage-base-year-total",
    "aux:target-boundary-total[CurrentlyStatedBaselineMilestonesOrTargetYearsAxis=BaselineYearMember]=39000; GrossGreenhouseGasEmissions[CurrentlyStatedBaselineMilestonesOrTargetYearsAxis=BaselineYearMember]=52000",
    "0.7500",
  ],
  [
    "target-coverage-scope-1",
    "aux:target-boundary-scope-1=11400; GrossScope1GreenhouseGasEmissions=12000",
    "0.9500",
  ],
  [
    "target-coverage-base-year-scope-1",
    "aux:target-boundary-scope-1[CurrentlyStatedBaselineMilestonesOrTargetYearsAxis=BaselineYearMember]=11400; GrossScope1GreenhouseGasEmissions[CurrentlyStatedBaselineMilestonesOrTargetYearsAxis=BaselineYearMember]=12000",
    "0.9500",
  ],
  [
    "target-coverage-scope-2-location",
    "aux:target-boundary-scope-2-location=8000; GrossLocationBasedScope2GreenhouseGasEmissions=8000",
    "1.0000",
  ],
  [
    "target-coverage-base-year-scope-2-location",
    "aux:target-boundary-scope-2-location[CurrentlyStatedBaselineMilestonesOrTargetYearsAxis=BaselineYearMember]=8000; GrossLocationBasedScope2GreenhouseGasEmissions[CurrentlyStatedBaselineMilestonesOrTargetYearsAxis=BaselineYearMember]=8000",
    "1.0000",
  ],
  [
    "target-coverage-scope-2-market",
    "aux:target-boundary-scope-2-market=6000; GrossMarketBasedScope2GreenhouseGasEmissions=7500",
    "0.8000",
  ],
  [
    "target-coverage-base-year-scope-2-market",
    "aux:target-boundary-scope-2-market[CurrentlyStatedBaselineMilestonesOrTargetYearsAxis=BaselineYearMember]=6000; GrossMarketBasedScope2GreenhouseGasEmissions[CurrentlyStatedBaselineMilestonesOrTargetYearsAxis=BaselineYearMember]=7500",
    "0.8000",
  ],
  [
    "target-coverage-scope-3",
    "aux:target-boundary-scope-3=21440; GrossScope3GreenhouseGasEmissions=32000",
    "0.6700",
  ],
  [
    "target-coverage-base-year-scope-3",
    "aux:target-boundary-scope-3[CurrentlyStatedBaselineMilestonesOrTargetYearsAxis=BaselineYearMember]=21440; GrossScope3GreenhouseGasEmissions[CurrentlyStatedBaselineMilestonesOrTargetYearsAxis=BaselineYearMember]=32000",
    "0.6700",
  ],
  [
    "target-reduction-by-lever-total",
    "AbsoluteValueOfTotalGreenhouseGasEmissionsReduction[DecarbonisationLeverAxis=FuelSwitchingMember]=1500.5; AbsoluteValueOfTotalGreenhouseGasEmissionsReduction[DecarbonisationLeverAxis=ElectrificationMember]=900.25",
    "2400.75",
  ],
  [
    "target-reduction-by-gas-total",
    "AbsoluteValueOfTotalGreenhouseGasEmissionsReduction[GHGCategoryAxis=PollutantCarbonDioxideCO2Member]=4000; AbsoluteValueOfTotalGreenhouseGasEmissionsReduction[GHGCategoryAxis=PollutantMethaneCH4Member]=250",
    "4250",
  ],
  [
    "target-reduction-by-lever-scope-1",
    "AbsoluteValueOfScope1GreenhouseGasEmissionsReduction[DecarbonisationLeverAxis=FuelSwitchingMember]=1500.5; AbsoluteValueOfScope1GreenhouseGasEmissionsReduction[DecarbonisationLeverAxis=ElectrificationMember]=900.25",
    "2400.75",
  ],
  [
    "target-reduction-by-gas-scope-1",
    "AbsoluteValueOfScope1GreenhouseGasEmissionsReduction[GHGCategoryAxis=PollutantCarbonDioxideCO2Member]=4000; AbsoluteValueOfScope1GreenhouseGasEmissionsReduction[GHGCategoryAxis=PollutantMethaneCH4Member]=250",
    "4250",
  ],
  [
    "target-reduction-by-lever-scope-2-location",
    "AbsoluteValueOfLocationBasedScope2GreenhouseGasEmissionsReduction[DecarbonisationLeverAxis=FuelSwitchingMember]=1500.5; AbsoluteValueOfLocationBasedScope2GreenhouseGasEmissionsReduction[DecarbonisationLeverAxis=ElectrificationMember]=900.25",
    "2400.75",
  ],
  [
    "target-reduction-by-gas-scope-2-location",
    "AbsoluteValueOfLocationBasedScope2GreenhouseGasEmissionsReduction[GHGCategoryAxis=PollutantCarbonDioxideCO2Member]=4000; AbsoluteValueOfLocationBasedScope2GreenhouseGasEmissionsReduction[GHGCategoryAxis=PollutantMethaneCH4Member]=250",
    "4250",
  ],
  [
    "target-reduction-by-lever-scope-2-market",
    "AbsoluteValueOfMarketBasedScope2GreenhouseGasEmissionsReduction[DecarbonisationLeverAxis=FuelSwitchingMember]=1500.5; AbsoluteValueOfMarketBasedScope2GreenhouseGasEmissionsReduction[DecarbonisationLeverAxis=ElectrificationMember]=900.25",
    "2400.75",
  ],
  [
    "target-reduction-by-gas-scope-2-market",
    "AbsoluteValueOfMarketBasedScope2GreenhouseGasEmissionsReduction[GHGCategoryAxis=PollutantCarbonDioxideCO2Member]=4000; AbsoluteValueOfMarketBasedScope2GreenhouseGasEmissionsReduction[GHGCategoryAxis=PollutantMethaneCH4Member]=250",
    "4250",
  ],
  [
    "target-reduction-by-lever-scope-3",
    "AbsoluteValueOfScope3GreenhouseGasEmissionsReduction[DecarbonisationLeverAxis=FuelSwitchingMember]=1500.5; AbsoluteValueOfScope3GreenhouseGasEmissionsReduction[DecarbonisationLeverAxis=ElectrificationMember]=900.25",
    "2400.75",
  ],
  [
    "target-reduction-by-gas-scope-3",
    "AbsoluteValueOfScope3GreenhouseGasEmissionsReduction[GHGCategoryAxis=PollutantCarbonDioxideCO2Member]=4000; AbsoluteValueOfScope3GreenhouseGasEmissionsReduction[GHGCategoryAxis=PollutantMethaneCH4Member]=250",
    "4250",
  ],
  [
    "energy-fossil",
    "FuelConsumptionFromCoalAndCoalProducts=0; FuelConsumptionFromCrudeOilAndPetroleumProducts=1200.5; FuelConsumptionFromNaturalGas=5400.25; FuelConsumptionFromOtherFossilSources=60; ConsumptionOfPurchasedOrAcquiredElectricityHeatSteamOrCoolingFromFossilSources=830.75",
    "7491.50",
  ],
  [
    "energy-renewable",
    "FuelConsumptionFromRenewableSources=210.5; ConsumptionOfPurchasedOrAcquiredElectricityHeatSteamAndCoolingFromRenewableSources=3100; ConsumptionOfSelfgeneratedNonfuelRenewableEnergy=144.25",
    "3454.75",
  ],
  [
    "energy-total",
    "EnergyConsumptionFromFossilSources=7491.5; EnergyConsumptionFromNuclearSources=500; EnergyConsumptionFromRenewableSources=3454.75",
    "11446.25",
  ],
  [
    "energy-fossil-share",
    "EnergyConsumptionFromFossilSources=7491.5; EnergyConsumptionRelatedToOwnOperations=11446.25",
    "0.6545",
  ],
  [
    "energy-nuclear-share",
    "EnergyConsumptionFromNuclearSources=500; EnergyConsumptionRelatedToOwnOperations=11446.25",
    "0.0437",
  ],
  [
    "energy-renewable-share",
    "EnergyConsumptionFromRenewableSources=3454.75; EnergyConsumptionRelatedToOwnOperations=11446.25",
    "0.3018",
  ],
  [
    "energy-intensity",
    "aux:energy-in-high-climate-impact-sectors=9000; RevenueFromActivitiesInHighClimateImpactSectors=120000000",
    "0.000075000000",
  ],
  [
    "revenue-high-impact-reconciled",
    "RevenueFromActivitiesInHighClimateImpactSectors=120000000; RevenueFromActivitiesOtherThanInHighClimateImpactSectors=66400000",
    "186400000",
  ],
  [
    "gross-scope-3",
    "GrossScope3GreenhouseGasEmissions[Scope3GHGEmissionsCategoryGHGProtocolAxis=Category1PurchasedGoodsAndServicesMember]=100.125; GrossScope3GreenhouseGasEmissions[Scope3GHGEmissionsCategoryGHGProtocolAxis=Category6BusinessTravelMember]=20.5; GrossScope3GreenhouseGasEmissions[Scope3GHGEmissionsCategoryGHGProtocolAxis=Category15InvestmentsMember]=0.375",
    "121.000",
  ],
  [
    "gross-scope-3-iso",
    "GrossScope3GreenhouseGasEmissions[Scope3GHGEmissionsCategoryISO140641Axis=Category3IndirectGHGEmissionsFromTransportationMember]=55; GrossScope3GreenhouseGasEmissions[Scope3GHGEmissionsCategoryISO140641Axis=Category4IndirectGHGEmissionsFromProductsUsedByOrganizationMember]=45.5",
    "100.5",
  ],
  [
    "total-location",
    "GrossScope1GreenhouseGasEmissions=1000.001; GrossLocationBasedScope2GreenhouseGasEmissions=200.02; GrossScope3GreenhouseGasEmissions=3000.3",
    "4200.321",
  ],
  [
    "total-market",
    "GrossScope1GreenhouseGasEmissions=1000.001; GrossMarketBasedScope2GreenhouseGasEmissions=150; GrossScope3GreenhouseGasEmissions=3000.3",
    "4150.301",
  ],
  ["ets-share", "aux:scope-1-in-trading-schemes=512.5; GrossScope1GreenhouseGasEmissions=2050", "0.2500"],
  [
    "instrument-share",
    "aux:scope-2-under-instruments=300; GrossLocationBasedScope2GreenhouseGasEmissions=900",
    "0.3333",
  ],
  [
    "bundled-share",
    "aux:scope-2-under-bundled-instruments=200; GrossLocationBasedScope2GreenhouseGasEmissions=900",
    "0.2222",
  ],
  [
    "unbundled-share",
    "aux:scope-2-under-unbundled-claims=100; GrossLocationBasedScope2GreenhouseGasEmissions=900",
    "0.1111",
  ],
  [
    "bundled-market-share",
    "aux:scope-2-market-bundled-electricity=42; GrossMarketBasedScope2GreenhouseGasEmissions=700",
    "0.0600",
  ],
  [
    "primary-data-share",
    "aux:scope-3-from-primary-data=1234.5; GrossScope3GreenhouseGasEmissions=9876",
    "0.1250",
  ],
  [
    "intensity-location",
    "LocationBasedGreenhouseGasEmissions=4200.321; NetRevenueUsedToCalculateGHGIntensity=150000000",
    "0.000028002140",
  ],
  [
    "intensity-market",
    "MarketBasedGreenhouseGasEmissions=4150.301; NetRevenueUsedToCalculateGHGIntensity=150000000",
    "0.000027668673",
  ],
  [
    "revenue-intensity-reconciled",
    "NetRevenueUsedToCalculateGHGIntensity=150000000; NetRevenueOtherThanUsedToCalculateGHGIntensity=36400000",
    "186400000",
  ],
  [
    "scope-1-by-control",
    "GrossScope1GreenhouseGasEmissions[FinancialAndOperationalControlAxis=ConsolidatedAccountingGroupFinancialControlMember]=900.5; GrossScope1GreenhouseGasEmissions[FinancialAndOperationalControlAxis=OtherInvesteesExcludedFromConsolidatedAccountingGroupIncludingContractualArrangementsOperationalControlMember]=99.25",
    "999.75",
  ],
  [
    "scope-2-location-by-control",
    "GrossLocationBasedScope2GreenhouseGasEmissions[FinancialAndOperationalControlAxis=ConsolidatedAccountingGroupFinancialControlMember]=900.5; GrossLocationBasedScope2GreenhouseGasEmissions[FinancialAndOperationalControlAxis=OtherInvesteesExcludedFromConsolidatedAccountingGroupIncludingContractualArrangementsOperationalControlMember]=99.25",
    "999.75",
  ],
  [
    "scope-2-market-by-control",
    "GrossMarketBasedScope2GreenhouseGasEmissions[FinancialAndOperationalControlAxis=ConsolidatedAccountingGroupFinancialControlMember]=900.5; GrossMarketBasedScope2GreenhouseGasEmissions[FinancialAndOperationalControlAxis=OtherInvesteesExcludedFromConsolidatedAccountingGroupIncludingContractualArrangementsOperationalControlMember]=99.25",
    "999.75",
  ],
  [
    "scope-1-by-gas",
    "GrossScope1GreenhouseGasEmissions[GHGCategoryAxis=PollutantCarbonDioxideCO2Member]=980.25; GrossScope1GreenhouseGasEmissions[GHGCategoryAxis=PollutantMethaneCH4Member]=15.5; GrossScope1GreenhouseGasEmissions[GHGCategoryAxis=HydrofluorocarbonsHFCsMember]=4",
    "999.75",
  ],
  [
    "scope-1-by-country",
    "GrossScope1GreenhouseGasEmissions[CountryAxis=country:DE]=640.125; GrossScope1GreenhouseGasEmissions[CountryAxis=country:FR]=59.875",
    "700.000",
  ],
  [
    "scope-2-location-by-gas",
    "GrossLocationBasedScope2GreenhouseGasEmissions[GHGCategoryAxis=PollutantCarbonDioxideCO2Member]=980.25; GrossLocationBasedScope2GreenhouseGasEmissions[GHGCategoryAxis=PollutantMethaneCH4Member]=15.5; GrossLocationBasedScope2GreenhouseGasEmissions[GHGCategoryAxis=HydrofluorocarbonsHFCsMember]=4",
    "999.75",
  ],
  [
    "scope-2-location-by-country",
    "GrossLocationBasedScope2GreenhouseGasEmissions[CountryAxis=country:DE]=640.125; GrossLocationBasedScope2GreenhouseGasEmissions[CountryAxis=country:FR]=59.875",
    "700.000",
  ],
  [
    "scope-2-market-by-gas",
    "GrossMarketBasedScope2GreenhouseGasEmissions[GHGCategoryAxis=PollutantCarbonDioxideCO2Member]=980.25; GrossMarketBasedScope2GreenhouseGasEmissions[GHGCategoryAxis=PollutantMethaneCH4Member]=15.5; GrossMarketBasedScope2GreenhouseGasEmissions[GHGCategoryAxis=HydrofluorocarbonsHFCsMember]=4",
    "999.75",
  ],
  [
    "scope-2-market-by-country",
    "GrossMarketBasedScope2GreenhouseGasEmissions[CountryAxis=country:DE]=640.125; GrossMarketBasedScope2GreenhouseGasEmissions[CountryAxis=country:FR]=59.875",
    "700.000",
  ],
  [
    "scope-3-by-gas",
    "GrossScope3GreenhouseGasEmissions[GHGCategoryAxis=PollutantCarbonDioxideCO2Member]=980.25; GrossScope3GreenhouseGasEmissions[GHGCategoryAxis=PollutantMethaneCH4Member]=15.5; GrossScope3GreenhouseGasEmissions[GHGCategoryAxis=HydrofluorocarbonsHFCsMember]=4",
    "999.75",
  ],
  [
    "scope-3-by-country",
    "GrossScope3GreenhouseGasEmissions[CountryAxis=country:DE]=640.125; GrossScope3GreenhouseGasEmissions[CountryAxis=country:FR]=59.875",
    "700.000",
  ],
  [
    "total-location-by-country",
    "LocationBasedGreenhouseGasEmissions[CountryAxis=country:DE]=640.125; LocationBasedGreenhouseGasEmissions[CountryAxis=country:GB]=60.125",
    "700.250",
  ],
  [
    "total-market-by-country",
    "MarketBasedGreenhouseGasEmissions[CountryAxis=country:DE]=640; MarketBasedGreenhouseGasEmissions[CountryAxis=country:GB]=60.5",
    "700.5",
  ],
  [
    "scope-1-by-source",
    "GrossScope1GreenhouseGasEmissions[SourceTypeAxis=StationaryCombustionMember]=500; GrossScope1GreenhouseGasEmissions[SourceTypeAxis=MobileCombustionMember]=120.5; GrossScope1GreenhouseGasEmissions[SourceTypeAxis=FugitiveEmissionsMember]=9.25",
    "629.75",
  ],
  [
    "total-location-by-value-chain",
    "LocationBasedGreenhouseGasEmissions[ValueChainAxis=UpstreamValueChainMember]=2500; LocationBasedGreenhouseGasEmissions[ValueChainAxis=OwnOperationsMember]=1200.5; LocationBasedGreenhouseGasEmissions[ValueChainAxis=DownstreamValueChainMember]=800",
    "4500.5",
  ],
  [
    "total-market-by-value-chain",
    "MarketBasedGreenhouseGasEmissions[ValueChainAxis=UpstreamValueChainMember]=2500; MarketBasedGreenhouseGasEmissions[ValueChainAxis=OwnOperationsMember]=1200.5; MarketBasedGreenhouseGasEmissions[ValueChainAxis=DownstreamValueChainMember]=800",
    "4500.5",
  ],
  [
    "removals-by-activity",
    "GHGRemovalsAndStorage[NameOfRemovalAndStorageActivityTypedAxis=Forest]=120.5; GHGRemovalsAndStorage[NameOfRemovalAndStorageActivityTypedAxis=Peatland]=79.5",
    "200.0",
  ],
  [
    "removals-by-scope",
    "GHGRemovalsAndStorage[UndertakingScopeAxis=OwnOperationsMember]=300; GHGRemovalsAndStorage[UndertakingScopeAxis=ValueChainMember]=45.5",
    "345.5",
  ],
  [
    "removals-by-stream",
    "GHGRemovalsAndStorage[UndertakingScopeAxis=OwnOperationsMember]=300; GHGRemovalsAndStorage[UndertakingScopeAxis=UpstreamValueChainMember]=40; GHGRemovalsAndStorage[UndertakingScopeAxis=DownstreamValueChainMember]=5.5",
    "345.5",
  ],
  [
    "removal-emissions-by-activity",
    "GHGEmissionsAssociatedWithRemovalActivity[NameOfRemovalAndStorageActivityTypedAxis=Forest]=120.5; GHGEmissionsAssociatedWithRemovalActivity[NameOfRemovalAndStorageActivityTypedAxis=Peatland]=79.5",
    "200.0",
  ],
  [
    "removal-emissions-by-scope",
    "GHGEmissionsAssociatedWithRemovalActivity[UndertakingScopeAxis=OwnOperationsMember]=300; GHGEmissionsAssociatedWithRemovalActivity[UndertakingScopeAxis=ValueChainMember]=45.5",
    "345.5",
  ],
  [
    "removal-emissions-by-stream",
    "GHGEmissionsAssociatedWithRemovalActivity[UndertakingScopeAxis=OwnOperationsMember]=300; GHGEmissionsAssociatedWithRemovalActivity[UndertakingScopeAxis=UpstreamValueChainMember]=40; GHGEmissionsAssociatedWithRemovalActivity[UndertakingScopeAxis=DownstreamValueChainMember]=5.5",
    "345.5",
  ],
  [
    "reversals-by-activity",
    "Reversals[NameOfRemovalAndStorageActivityTypedAxis=Forest]=120.5; Reversals[NameOfRemovalAndStorageActivityTypedAxis=Peatland]=79.5",
    "200.0",
  ],
  [
    "reversals-by-scope",
    "Reversals[UndertakingScopeAxis=OwnOperationsMember]=300; Reversals[UndertakingScopeAxis=ValueChainMember]=45.5",
    "345.5",
  ],
  [
    "reversals-by-stream",
    "Reversals[UndertakingScopeAxis=OwnOperationsMember]=300; Reversals[UndertakingScopeAxis=UpstreamValueChainMember]=40; Reversals[UndertakingScopeAxis=DownstreamValueChainMember]=5.5",
    "345.5",
  ],
  [
    "credits-reduction-share",
    "aux:credits-cancelled-reduction=600; AmountOfCarbonCreditsOutsideValueChainThatAreVerifiedAgainstRecognisedQualityStandardsAndCancelled=800",
    "0.7500",
  ],
  [
    "credits-removal-share",
    "aux:credits-cancelled-removal=200; AmountOfCarbonCreditsOutsideValueChainThatAreVerifiedAgainstRecognisedQualityStandardsAndCancelled=800",
    "0.2500",
  ],
  [
    "credits-standard-share",
    "aux:credits-cancelled-standard=500; whole AmountOfCarbonCreditsOutsideValueChainThatAreVerifiedAgainstRecognisedQualityStandardsAndCancelled=800",
    "0.6250",
  ],
  [
    "credits-eu-share",
    "aux:credits-cancelled-eu=80; AmountOfCarbonCreditsOutsideValueChainThatAreVerifiedAgainstRecognisedQualityStandardsAndCancelled=800",
    "0.1000",
  ],
  [
    "credits-adjusted-share",
    "aux:credits-cancelled-adjusted=30; AmountOfCarbonCreditsOutsideValueChainThatAreVerifiedAgainstRecognisedQualityStandardsAndCancelled=800",
    "0.0375",
  ],
  [
    "priced-scope-1-by-scheme",
    "GrossScope1GreenhouseGasEmissions[TypeOfInternalCarbonPricingSchemeAxis=CapExShadowPriceMember]=700; GrossScope1GreenhouseGasEmissions[TypeOfInternalCarbonPricingSchemeAxis=InternalCarbonFeeOrFundMember]=150.5",
    "850.5",
  ],
  [
    "priced-scope-2-location-by-scheme",
    "GrossLocationBasedScope2GreenhouseGasEmissions[TypeOfInternalCarbonPricingSchemeAxis=CapExShadowPriceMember]=700; GrossLocationBasedScope2GreenhouseGasEmissions[TypeOfInternalCarbonPricingSchemeAxis=InternalCarbonFeeOrFundMember]=150.5",
    "850.5",
  ],
  [
    "priced-scope-2-market-by-scheme",
    "GrossMarketBasedScope2GreenhouseGasEmissions[TypeOfInternalCarbonPricingSchemeAxis=CapExShadowPriceMember]=700; GrossMarketBasedScope2GreenhouseGasEmissions[TypeOfInternalCarbonPricingSchemeAxis=InternalCarbonFeeOrFundMember]=150.5",
    "850.5",
  ],
  [
    "priced-scope-3-by-scheme",
    "GrossScope3GreenhouseGasEmissions[TypeOfInternalCarbonPricingSchemeAxis=CapExShadowPriceMember]=700; GrossScope3GreenhouseGasEmissions[TypeOfInternalCarbonPricingSchemeAxis=InternalCarbonFeeOrFundMember]=150.5",
    "850.5",
  ],
  [
    "priced-share-scope-1",
    "GrossScope1GreenhouseGasEmissions[GHGEmissionsCoveredByInternalCarbonPricingSchemeAxis=ApproximateValueOfGHGEmissionsCoveredByInternalCarbonPricingSchemeMember]=850; whole GrossScope1GreenhouseGasEmissions=1000",
    "0.8500",
  ],
  [
    "priced-share-scope-2",
    "GrossLocationBasedScope2GreenhouseGasEmissions[GHGEmissionsCoveredByInternalCarbonPricingSchemeAxis=ApproximateValueOfGHGEmissionsCoveredByInternalCarbonPricingSchemeMember]=90; whole GrossLocationBasedScope2GreenhouseGasEmissions=200",
    "0.4500",
  ],
  [
    "priced-share-scope-3",
    "GrossScope3GreenhouseGasEmissions[GHGEmissionsCoveredByInternalCarbonPricingSchemeAxis=ApproximateValueOfGHGEmissionsCoveredByInternalCarbonPricingSchemeMember]=1500; whole GrossScope3GreenhouseGasEmissions=3000",
    "0.5000",
  ],
  [
    "assets-physical-risk",
    "AssetsAtAcuteMaterialPhysicalRiskBeforeConsideringClimateChangeAdaptationActions=3000000; AssetsAtChronicMaterialPhysicalRiskBeforeConsideringClimateChangeAdaptationActions=1500000",
    "4500000",
  ],
  [
    "assets-physical-risk-share",
    "AssetsAtMaterialPhysicalRiskBeforeConsideringClimateChangeAdaptationActions=4500000; whole Assets=90000000",
    "0.0500",
  ],
  [
    "assets-physical-risk-addressed-share",
    "aux:assets-physical-risk-addressed=900000; AssetsAtMaterialPhysicalRiskBeforeConsideringClimateChangeAdaptationActions=4500000",
    "0.2000",
  ],
  [
    "revenue-physical-risk-share",
    "RevenueFromBusinessActivitiesAtMaterialPhysicalRisk=9320000; whole Revenue=186400000",
    "0.0500",
  ],
  [
    "assets-transition-risk-share",
    "AssetsAtMaterialTransitionRiskBeforeConsideringClimateMitigationActions=18000000; whole Assets=90000000",
    "0.2000",
  ],
  [
    "assets-transition-risk-addressed-share",
    "aux:assets-transition-risk-addressed=6000000; AssetsAtMaterialTransitionRiskBeforeConsideringClimateMitigationActions=18000000",
    "0.3333",
  ],
  [
    "stranded-assets-share",
    "EstimatedAmountOfPotentiallyStrandedAssets=2250000; AssetsAtMaterialTransitionRiskBeforeConsideringClimateMitigationActions=18000000",
    "0.1250",
  ],
  [
    "revenue-transition-risk-share",
    "RevenueFromBusinessActivitiesAtMaterialTransitionRisk=27960000; whole Revenue=186400000",
    "0.1500",
  ],
  [
    "revenue-from-coal-customers-share",
    "RevenueFromCustomersOperatingInCoalRelatedActivities=1864000; whole Revenue=186400000",
    "0.0100",
  ],
  [
    "revenue-from-oil-customers-share",
    "RevenueFromCustomersOperatingInOilRelatedActivities=3728000; whole Revenue=186400000",
    "0.0200",
  ],
  [
    "revenue-from-gas-customers-share",
    "RevenueFromCustomersOperatingInGasRelatedActivities=932000; whole Revenue=186400000",
    "0.0050",
  ],
  [
    "real-estate-by-energy-class",
    "CarryingAmountOfRealEstateAssets[EnergyEfficiencyClassTypedAxis=A]=4000000; CarryingAmountOfRealEstateAssets[EnergyEfficiencyClassTypedAxis=D]=2500000",
    "6500000",
  ],
  [
    "monetised-scope-1-and-2",
    "aux:monetary-value-per-tonne=95.5; GrossScope1GreenhouseGasEmissions=1000; GrossLocationBasedScope2GreenhouseGasEmissions=200",
    "114600.00",
  ],
  [
    "monetised-total",
    "aux:monetary-value-per-tonne=95.5; LocationBasedGreenhouseGasEmissions=4200.321",
    "401130.66",
  ],
  [
    "assets-physical-reconciled",
    "CarryingAmountOfAssetsAtMaterialPhysicalRisk=4500000; AdjustingItemsToAssetsAtMaterialPhysicalRiskInReconciliationWithFinancialStatement=85500000",
    "90000000",
  ],
  [
    "assets-transition-reconciled",
    "CarryingAmountOfAssetsAtMaterialTransitionRisk=18000000; AdjustingItemsToAssetsAtMaterialTransitionRiskInReconciliationWithFinancialStatement=72000000",
    "90000000",
  ],
  [
    "liabilities-transition-reconciled",
    "CarryingAmountOfLiabilitiesAtMaterialTransitionRisk=1000000; AdjustingItemsToLiabilitiesAtMaterialTransitionRiskInReconciliationWithFinancialStatement=29000000",
    "30000000",
  ],
  [
    "revenue-physical-reconciled",
    "NetRevenueAtMaterialPhysicalRisk=9320000; AdjustingItemsToNetRevenueAtMaterialPhysicalRiskInReconciliationWithFinancialStatement=177080000",
    "186400000",
  ],
  [
    "revenue-transition-reconciled",
    "NetRevenueAtMaterialTransitionRisk=27960000; AdjustingItemsToNetRevenueAtMaterialTransitionRiskInReconciliationWithFinancialStatement=158440000",
    "186400000",
  ],
  [
    "emissions-to-air-by-sector",
    "EmissionsToAir[ESRSSEC1SectorsAxis=SEC1_AAF]=1.25; EmissionsToAir[ESRSSEC1SectorsAxis=SEC1_AFO]=0.5",
    "1.75",
  ],
  [
    "emissions-to-air-by-pollutant",
    "EmissionsToAir[PollutantAxis=PollutantAmmoniaNH3Member]=12.5; EmissionsToAir[PollutantAxis=PollutantZincAndCompoundsAsZnMember]=0.125",
    "12.625",
  ],
  [
    "emissions-to-water-by-sector",
    "EmissionsToWater[ESRSSEC1SectorsAxis=SEC1_AAF]=1.25; EmissionsToWater[ESRSSEC1SectorsAxis=SEC1_AFO]=0.5",
    "1.75",
  ],
  [
    "emissions-to-water-by-pollutant",
    "EmissionsToWater[PollutantAxis=PollutantAmmoniaNH3Member]=12.5; EmissionsToWater[PollutantAxis=PollutantZincAndCompoundsAsZnMember]=0.125",
    "12.625",
  ],
  [
    "emissions-to-soil-by-sector",
    "EmissionsToSoil[ESRSSEC1SectorsAxis=SEC1_AAF]=1.25; EmissionsToSoil[ESRSSEC1SectorsAxis=SEC1_AFO]=0.5",
    "1.75",
  ],
  [
    "emissions-to-soil-by-pollutant",
    "EmissionsToSoil[PollutantAxis=PollutantAmmoniaNH3Member]=12.5; EmissionsToSoil[PollutantAxis=PollutantZincAndCompoundsAsZnMember]=0.125",
    "12.625",
  ],
  ["microplastics", "MicroplasticsGenerated=0.75; MicroplasticsUsed=1.125", "1.875"],
  [
    "microplastics-total-by-sector",
    "MicroplasticsGeneratedOrUsed[ESRSSEC1SectorsAxis=SEC1_AAF]=0.5; MicroplasticsGeneratedOrUsed[ESRSSEC1SectorsAxis=SEC1_AFO]=0.375",
    "0.875",
  ],
  [
    "microplastics-generated-by-sector",
    "MicroplasticsGenerated[ESRSSEC1SectorsAxis=SEC1_AAF]=0.5; MicroplasticsGenerated[ESRSSEC1SectorsAxis=SEC1_AFO]=0.375",
    "0.875",
  ],
  [
    "microplastics-used-by-sector",
    "MicroplasticsUsed[ESRSSEC1SectorsAxis=SEC1_AAF]=0.5; MicroplasticsUsed[ESRSSEC1SectorsAxis=SEC1_AFO]=0.375",
    "0.875",
  ],
  [
    "emissions-to-water-water-risk-share",
    "aux:emissions-to-water-water-risk=2.5; EmissionsToWater=10",
    "0.2500",
  ],
  [
    "emissions-to-water-high-stress-share",
    "aux:emissions-to-water-high-stress=0.4; EmissionsToWater=10",
    "0.0400",
  ],
  [
    "emissions-to-soil-water-risk-share",
    "aux:emissions-to-soil-water-risk=2.5; EmissionsToSoil=10",
    "0.2500",
  ],
  [
    "emissions-to-soil-high-stress-share",
    "aux:emissions-to-soil-high-stress=0.4; EmissionsToSoil=10",
    "0.0400",
  ],
  [
    "substances-of-concern-leaving",
    "AmountOfSubstancesOfConcernThatLeaveFacilitiesAsEmissions=0.5; AmountOfSubstancesOfConcernThatLeaveFacilitiesAsProducts=12; AmountOfSubstancesOfConcernThatLeaveFacilitiesAsPartOfProducts=3.25; AmountOfSubstancesOfConcernThatLeaveFacilitiesAsServices=0.25",
    "16.00",
  ],
  [
    "substances-of-very-high-concern-leaving",
    "AmountOfSubstancesOfVeryHighConcernThatLeaveFacilitiesAsEmissions=0.5; AmountOfSubstancesOfVeryHighConcernThatLeaveFacilitiesAsProducts=12; AmountOfSubstancesOfVeryHighConcernThatLeaveFacilitiesAsPartOfProducts=3.25; AmountOfSubstancesOfVeryHighConcernThatLeaveFacilitiesAsServices=0.25",
    "16.00",
  ],
  [
    "revenue-with-substances-of-concern-share",
    "aux:revenue-with-substances-of-concern=9320000; whole Revenue=186400000",
    "0.0500",
  ],
  [
    "revenue-with-substances-of-very-high-concern-share",
    "aux:revenue-with-substances-of-very-high-concern=466000; whole Revenue=186400000",
    "0.0025",
  ],
  ["water-consumption", "WaterWithdrawals=52000.5; WaterDischarges=47500.25", "4500.25"],
  ["water-storage-change", "WaterStored=820.5; before WaterStored=900", "-79.5"],
  ["water-intensity", "WaterConsumption=4500.25; whole Revenue=186400000", "0.000024142972"],
  ["water-measured-share", "aux:water-consumption-measured=3600.2; WaterConsumption=4500.25", "0.8000"],
  ["water-sampled-share", "aux:water-consumption-sampled=675.0375; WaterConsumption=4500.25", "0.1500"],
  ["water-estimated-share", "aux:water-consumption-estimated=225.0125; WaterConsumption=4500.25", "0.0500"],
  [
    "water-consumption-by-sector",
    "WaterConsumption[ESRSSEC1SectorsAxis=SEC1_AAF]=1000; WaterConsumption[ESRSSEC1SectorsAxis=SEC1_AFO]=250.75",
    "1250.75",
  ],
  [
    "water-consumption-at-risk-by-sector",
    "WaterConsumptionInAreasAtWaterRisk[ESRSSEC1SectorsAxis=SEC1_AAF]=1000; WaterConsumptionInAreasAtWaterRisk[ESRSSEC1SectorsAxis=SEC1_AFO]=250.75",
    "1250.75",
  ],
  [
    "water-consumption-high-stress-by-sector",
    "WaterConsumptionInAreasOfHighwaterStress[ESRSSEC1SectorsAxis=SEC1_AAF]=1000; WaterConsumptionInAreasOfHighwaterStress[ESRSSEC1SectorsAxis=SEC1_AFO]=250.75",
    "1250.75",
  ],
  [
    "water-recycled-by-sector",
    "WaterRecycledAndReused[ESRSSEC1SectorsAxis=SEC1_AAF]=1000; WaterRecycledAndReused[ESRSSEC1SectorsAxis=SEC1_AFO]=250.75",
    "1250.75",
  ],
  [
    "water-stored-by-sector",
    "WaterStored[ESRSSEC1SectorsAxis=SEC1_AAF]=1000; WaterStored[ESRSSEC1SectorsAxis=SEC1_AFO]=250.75",
    "1250.75",
  ],
  [
    "water-withdrawals-by-sector",
    "WaterWithdrawals[ESRSSEC1SectorsAxis=SEC1_AAF]=1000; WaterWithdrawals[ESRSSEC1SectorsAxis=SEC1_AFO]=250.75",
    "1250.75",
  ],
  [
    "water-discharges-by-sector",
    "WaterDischarges[ESRSSEC1SectorsAxis=SEC1_AAF]=1000; WaterDischarges[ESRSSEC1SectorsAxis=SEC1_AFO]=250.75",
    "1250.75",
  ],
  [
    "biological-materials-share",
    "aux:biological-materials-sustainable=84; aux:biological-materials=120",
    "0.7000",
  ],
  [
    "secondary-materials-share",
    "SecondaryReusedOrRecycledComponentsSecondaryIntermediaryProductsAndSecondaryMaterialsUsedToManufactureProductsAndServices=275; ProductsAndTechnicalAndBiologicalMaterialsUsed=2200",
    "0.1250",
  ],
  [
    "waste-diverted-by-type",
    "WasteGeneratedDivertedFromDisposal[TypeOfWasteAxis=HazardousWasteMember]=12.5; WasteGeneratedDivertedFromDisposal[TypeOfWasteAxis=NonhazardousWasteMember]=340",
    "352.5",
  ],
  [
    "waste-diverted-by-recovery",
    "WasteGeneratedDivertedFromDisposal[TypeOfRecoveryOperationsAxis=PreparationForReuseMember]=20; WasteGeneratedDivertedFromDisposal[TypeOfRecoveryOperationsAxis=RecyclingMember]=310.25; WasteGeneratedDivertedFromDisposal[TypeOfRecoveryOperationsAxis=OtherRecoveryOperationsMember]=22.25",
    "352.50",
  ],
  [
    "waste-disposed-by-type",
    "WasteGeneratedDirectedToDisposal[TypeOfWasteAxis=HazardousWasteMember]=7.5; WasteGeneratedDirectedToDisposal[TypeOfWasteAxis=NonhazardousWasteMember]=90",
    "97.5",
  ],
  [
    "waste-disposed-by-treatment",
    "WasteGeneratedDirectedToDisposal[TypeOfWasteTreatmentAxis=IncinerationMember]=40; WasteGeneratedDirectedToDisposal[TypeOfWasteTreatmentAxis=LandfillMember]=57.5",
    "97.5",
  ],
  [
    "waste-generated",
    "WasteGeneratedDivertedFromDisposal=352.5; WasteGeneratedDirectedToDisposal=97.5",
    "450.0",
  ],
  [
    "waste-not-recycled",
    "WasteGenerated=450; WasteGeneratedDivertedFromDisposal[TypeOfRecoveryOperationsAxis=RecyclingMember]=310.25",
    "139.75",
  ],
  ["waste-not-recycled-share", "NonrecycledWaste=139.75; WasteGenerated=450", "0.3106"],
  [
    "waste-hazardous",
    "WasteGeneratedDivertedFromDisposal[TypeOfWasteAxis=HazardousWasteMember]=12.5; WasteGeneratedDirectedToDisposal[TypeOfWasteAxis=HazardousWasteMember]=7.5",
    "20.0",
  ],
  [
    "headcount-end-by-gender",
    "NumberOfEmployeesHeadcountAtEndOfPeriod[GenderAxis=FemaleMember]=188; NumberOfEmployeesHeadcountAtEndOfPeriod[GenderAxis=MaleMember]=212; NumberOfEmployeesHeadcountAtEndOfPeriod[GenderAxis=GenderNotReportedMember]=5",
    "405",
  ],
  [
    "headcount-average-by-gender",
    "NumberOfEmployeesHeadCountDuringPeriod[GenderAxis=FemaleMember]=188; NumberOfEmployeesHeadCountDuringPeriod[GenderAxis=MaleMember]=212; NumberOfEmployeesHeadCountDuringPeriod[GenderAxis=GenderNotReportedMember]=5",
    "405",
  ],
  [
    "employees-end-by-gender",
    "NumberOfEmployeesHeadCountOrFulltimeEquivalentAtEndOfPeriod[GenderAxis=FemaleMember]=180.5; NumberOfEmployeesHeadCountOrFulltimeEquivalentAtEndOfPeriod[GenderAxis=MaleMember]=210.25",
    "390.75",
  ],
  [
    "employees-end-by-contract",
    "NumberOfEmployeesHeadCountOrFulltimeEquivalentAtEndOfPeriod[TypeOfEmployeeContractAxis=PermanentEmployeesMember]=350; NumberOfEmployeesHeadCountOrFulltimeEquivalentAtEndOfPeriod[TypeOfEmployeeContractAxis=TemporaryEmployeesMember]=40.75",
    "390.75",
  ],
  [
    "employees-end-by-hours",
    "NumberOfEmployeesHeadCountOrFulltimeEquivalentAtEndOfPeriod[TypeOfEmployeeContractAxis=FulltimeEmployeesMember]=330; NumberOfEmployeesHeadCountOrFulltimeEquivalentAtEndOfPeriod[TypeOfEmployeeContractAxis=ParttimeEmployeesMember]=60.75",
    "390.75",
  ],
  [
    "employees-end-by-region",
    "NumberOfEmployeesHeadCountOrFulltimeEquivalentAtEndOfPeriod[RegionTypedAxis=North]=200.5; NumberOfEmployeesHeadCountOrFulltimeEquivalentAtEndOfPeriod[RegionTypedAxis=South]=190.25",
    "390.75",
  ],
  [
    "employees-average-by-gender",
    "NumberOfEmployeesHeadCountOrFulltimeEquivalentDuringPeriod[GenderAxis=FemaleMember]=180.5; NumberOfEmployeesHeadCountOrFulltimeEquivalentDuringPeriod[GenderAxis=MaleMember]=210.25",
    "390.75",
  ],
  [
    "employees-average-by-contract",
    "NumberOfEmployeesHeadCountOrFulltimeEquivalentDuringPeriod[TypeOfEmployeeContractAxis=PermanentEmployeesMember]=350; NumberOfEmployeesHeadCountOrFulltimeEquivalentDuringPeriod[TypeOfEmployeeContractAxis=TemporaryEmployeesMember]=40.75",
    "390.75",
  ],
  [
    "employees-average-by-hours",
    "NumberOfEmployeesHeadCountOrFulltimeEquivalentDuringPeriod[TypeOfEmployeeContractAxis=FulltimeEmployeesMember]=330; NumberOfEmployeesHeadCountOrFulltimeEquivalentDuringPeriod[TypeOfEmployeeContractAxis=ParttimeEmployeesMember]=60.75",
    "390.75",
  ],
  [
    "employees-average-by-region",
    "NumberOfEmployeesHeadCountOrFulltimeEquivalentDuringPeriod[RegionTypedAxis=North]=200.5; NumberOfEmployeesHeadCountOrFulltimeEquivalentDuringPeriod[RegionTypedAxis=South]=190.25",
    "390.75",
  ],
  [
    "employees-large-countries-end",
    "NumberOfEmployeesInCountriesWith50OrMoreEmployeesRepresentingAtLeast10PercentOfTotalNumberOfEmployeesAtEndOfPeriod[CountryAxis=country:DE]=210; NumberOfEmployeesInCountriesWith50OrMoreEmployeesRepresentingAtLeast10PercentOfTotalNumberOfEmployeesAtEndOfPeriod[CountryAxis=country:PL]=95",
    "305",
  ],
  [
    "employees-large-countries-average",
    "NumberOfEmployeesInCountriesWith50OrMoreEmployeesRepresentingAtLeast10PercentOfTotalNumberOfEmployeesDuringPeriod[CountryAxis=country:DE]=210; NumberOfEmployeesInCountriesWith50OrMoreEmployeesRepresentingAtLeast10PercentOfTotalNumberOfEmployeesDuringPeriod[CountryAxis=country:PL]=95",
    "305",
  ],
  [
    "turnover",
    "NumberOfEmployeesWhoHaveLeftUndertakingDuringPeriod=38; NumberOfEmployeesHeadCountDuringPeriod=400",
    "0.0950",
  ],
  [
    "turnover-of-year-end",
    "NumberOfEmployeesWhoHaveLeftUndertakingDuringPeriod=38; NumberOfEmployeesHeadcountAtEndOfPeriod=405",
    "0.0938",
  ],
  [
    "non-employees-end",
    "NumberOfNonemployeesInOwnWorkforceSelfemployedPeopleAtEndOfPeriod=14; NumberOfNonemployeesInOwnWorkforcePeopleProvidedByUndertakingsPrimarilyEngagedInEmploymentActivitiesAtEndOfPeriod=31",
    "45",
  ],
  [
    "non-employees-average",
    "NumberOfNonemployeesInOwnWorkforceSelfemployedPeopleDuringPeriod=14; NumberOfNonemployeesInOwnWorkforcePeopleProvidedByUndertakingsPrimarilyEngagedInEmploymentActivitiesDuringPeriod=31",
    "45",
  ],
  [
    "collective-bargaining-share",
    "aux:employees-under-collective-agreements=270; NumberOfEmployeesHeadcountAtEndOfPeriod=405",
    "0.6667",
  ],
  [
    "collective-bargaining-non-employees",
    "aux:non-employees-under-collective-agreements=9; NumberOfNonemployeesInOwnWorkforceAtEndOfPeriod=45",
    "0.2000",
  ],
  [
    "top-management-end-by-gender",
    "NumberOfEmployeesHeadCountAtTopManagementLevelAtEndOfPeriod[GenderAxis=FemaleMember]=7; NumberOfEmployeesHeadCountAtTopManagementLevelAtEndOfPeriod[GenderAxis=MaleMember]=11",
    "18",
  ],
  [
    "top-management-share",
    "NumberOfEmployeesHeadCountAtTopManagementLevelAtEndOfPeriod=7; whole NumberOfEmployeesHeadCountAtTopManagementLevelAtEndOfPeriod=18",
    "0.3889",
  ],
  [
    "top-management-average-by-gender",
    "NumberOfEmployeesHeadCountAtTopManagementLevelDuringPeriod[GenderAxis=FemaleMember]=7; NumberOfEmployeesHeadCountAtTopManagementLevelDuringPeriod[GenderAxis=MaleMember]=11",
    "18",
  ],
  [
    "top-management-share-of-average",
    "NumberOfEmployeesHeadCountAtTopManagementLevelDuringPeriod=7; whole NumberOfEmployeesHeadCountAtTopManagementLevelDuringPeriod=18",
    "0.3889",
  ],
  [
    "headcount-end-by-age",
    "NumberOfEmployeesHeadCountUnder30YearsOldAtEndOfPeriod=81; NumberOfEmployeesHeadCountBetween30And50YearsOldAtEndOfPeriod=229; NumberOfEmployeesHeadCountOver50YearsOldAtEndOfPeriod=95",
    "405",
  ],
  [
    "headcount-average-by-age",
    "NumberOfEmployeesHeadCountUnder30YearsOldDuringPeriod=81; NumberOfEmployeesHeadCountBetween30And50YearsOldDuringPeriod=229; NumberOfEmployeesHeadCountOver50YearsOldDuringPeriod=95",
    "405",
  ],
  [
    "age-under-30-share",
    "NumberOfEmployeesHeadCountUnder30YearsOldAtEndOfPeriod=81; NumberOfEmployeesHeadcountAtEndOfPeriod=405",
    "0.2000",
  ],
  [
    "age-under-30-share-of-average",
    "NumberOfEmployeesHeadCountUnder30YearsOldDuringPeriod=81; NumberOfEmployeesHeadCountDuringPeriod=405",
    "0.2000",
  ],
  [
    "age-30-to-50-share",
    "NumberOfEmployeesHeadCountBetween30And50YearsOldAtEndOfPeriod=229; NumberOfEmployeesHeadcountAtEndOfPeriod=405",
    "0.5654",
  ],
  [
    "age-30-to-50-share-of-average",
    "NumberOfEmployeesHeadCountBetween30And50YearsOldDuringPeriod=229; NumberOfEmployeesHeadCountDuringPeriod=405",
    "0.5654",
  ],
  [
    "age-over-50-share",
    "NumberOfEmployeesHeadCountOver50YearsOldAtEndOfPeriod=95; NumberOfEmployeesHeadcountAtEndOfPeriod=405",
    "0.2346",
  ],
  [
    "age-over-50-share-of-average",
    "NumberOfEmployeesHeadCountOver50YearsOldDuringPeriod=95; NumberOfEmployeesHeadCountDuringPeriod=405",
    "0.2346",
  ],
  [
    "below-adequate-wage-share",
    "aux:workers-below-adequate-wage=6; aux:workers-of-wage-comparison=240",
    "0.0250",
  ],
  [
    "disability-share",
    "aux:employees-with-disabilities=17; NumberOfEmployeesHeadcountAtEndOfPeriod=405",
    "0.0420",
  ],
  ["review-share", "aux:workers-reviewed=324; aux:workers=405", "0.8000"],
  ["training-hours-per-head", "aux:training-hours=7290; aux:workers=405", "18.00"],
  ["safety-management-share", "aux:workers-under-safety-management=396; aux:workers=450", "0.8800"],
  [
    "safety-management-audited-share",
    "aux:workers-under-audited-safety-management=225; aux:workers=450",
    "0.5000",
  ],
  ["accident-rate", "NumberOfRecordableWorkrelatedAccidents=5; aux:hours-worked=720000", "6.94"],
  [
    "fatalities-own-workforce",
    "NumberOfFatalitiesInOwnWorkforceAsResultOfWorkrelatedInjuries=1; NumberOfFatalitiesInOwnWorkforceAsResultOfWorkrelatedIllHealth=2",
    "3",
  ],
  [
    "fatalities-other-workers",
    "NumberOfFatalitiesAsResultOfWorkrelatedInjuriesOfOtherWorkersWorkingOnUndertakingsSites=1; NumberOfFatalitiesAsResultOfWorkrelatedIllHealthOfOtherWorkersWorkingOnUndertakingsSites=0",
    "1",
  ],
  [
    "fatalities-by-employment",
    "NumberOfFatalitiesInOwnWorkforceAsResultOfWorkrelatedInjuriesAndWorkrelatedIllHealth[EmployeesAndNonemployeesAxis=EmployeesMember]=7; NumberOfFatalitiesInOwnWorkforceAsResultOfWorkrelatedInjuriesAndWorkrelatedIllHealth[EmployeesAndNonemployeesAxis=NonemployeesMember]=2",
    "9",
  ],
  [
    "fatal-injuries-by-employment",
    "NumberOfFatalitiesInOwnWorkforceAsResultOfWorkrelatedInjuries[EmployeesAndNonemployeesAxis=EmployeesMember]=7; NumberOfFatalitiesInOwnWorkforceAsResultOfWorkrelatedInjuries[EmployeesAndNonemployeesAxis=NonemployeesMember]=2",
    "9",
  ],
  [
    "fatal-illness-by-employment",
    "NumberOfFatalitiesInOwnWorkforceAsResultOfWorkrelatedIllHealth[EmployeesAndNonemployeesAxis=EmployeesMember]=7; NumberOfFatalitiesInOwnWorkforceAsResultOfWorkrelatedIllHealth[EmployeesAndNonemployeesAxis=NonemployeesMember]=2",
    "9",
  ],
  [
    "accidents-by-employment",
    "NumberOfRecordableWorkrelatedAccidents[EmployeesAndNonemployeesAxis=EmployeesMember]=7; NumberOfRecordableWorkrelatedAccidents[EmployeesAndNonemployeesAxis=NonemployeesMember]=2",
    "9",
  ],
  [
    "illness-by-employment",
    "NumberOfCasesOfRecordableWorkrelatedIllHealth[EmployeesAndNonemployeesAxis=EmployeesMember]=7; NumberOfCasesOfRecordableWorkrelatedIllHealth[EmployeesAndNonemployeesAxis=NonemployeesMember]=2",
    "9",
  ],
  [
    "days-lost-by-employment",
    "NumberOfDaysLostToWorkrelatedInjuriesAndFatalitiesFromWorkrelatedAccidentsWorkrelatedIllHealthAndFatalitiesFromIllHealth[EmployeesAndNonemployeesAxis=EmployeesMember]=7; NumberOfDaysLostToWorkrelatedInjuriesAndFatalitiesFromWorkrelatedAccidentsWorkrelatedIllHealthAndFatalitiesFromIllHealth[EmployeesAndNonemployeesAxis=NonemployeesMember]=2",
    "9",
  ],
  [
    "hours-worked-total",
    "aux:hours-worked[EmployeesAndNonemployeesAxis=EmployeesMember]=650000; aux:hours-worked[EmployeesAndNonemployeesAxis=NonemployeesMember]=70000",
    "720000",
  ],
  [
    "workers-total",
    "aux:workers[EmployeesAndNonemployeesAxis=EmployeesMember]=405; aux:workers[EmployeesAndNonemployeesAxis=NonemployeesMember]=45",
    "450",
  ],
  [
    "family-leave-entitled-share",
    "aux:employees-entitled-to-family-leave=400; NumberOfEmployeesHeadcountAtEndOfPeriod=405",
    "0.9877",
  ],
  [
    "family-leave-taken-share",
    "aux:employees-who-took-family-leave=34; aux:employees-entitled-to-family-leave=400",
    "0.0850",
  ],
  ["gender-pay-gap", "aux:average-hourly-pay-men=32.5; aux:average-hourly-pay-women=29.9", "0.0800"],
  ["remuneration-ratio", "aux:highest-pay=1250000; aux:median-pay=48000", "26.04"],
  ["remuneration-ratio-adjusted", "aux:highest-pay-adjusted=1250000; aux:median-pay-adjusted=52000", "24.04"],
  ["anti-corruption-training-share", "aux:functions-at-risk-trained=19; aux:functions-at-risk=20", "0.9500"],
  [
    "anti-corruption-training-by-function",
    "NumberOfEmployeesReceivingAnticorruptionAndAntibriberyTrainingDuringPeriod[EmployeesAxis=AtriskFunctionsMember]=60; NumberOfEmployeesReceivingAnticorruptionAndAntibriberyTrainingDuringPeriod[EmployeesAxis=ManagersMember]=25; NumberOfEmployeesReceivingAnticorruptionAndAntibriberyTrainingDuringPeriod[EmployeesAxis=OtherOwnWorkersMember]=110",
    "195",
  ],
  [
    "anti-corruption-training-by-region",
    "NumberOfEmployeesReceivingAnticorruptionAndAntibriberyTrainingDuringPeriod[RegionTypedAxis=North]=40; NumberOfEmployeesReceivingAnticorruptionAndAntibriberyTrainingDuringPeriod[RegionTypedAxis=South]=20",
    "60",
  ],
  [
    "political-contributions",
    "FinancialPoliticalContributionsMade=12000; InkindPoliticalContributionsMade=3500.5",
    "15500.5",
  ],
  [
    "political-contributions-all-by-country",
    "FinancialAndInKindPoliticalContributionsMade[CountryAxis=country:DE]=9000; FinancialAndInKindPoliticalContributionsMade[CountryAxis=country:IT]=1500",
    "10500",
  ],
  [
    "political-contributions-all-by-recipient",
    "FinancialAndInKindPoliticalContributionsMade[TypeOfRecipientOrBeneficiaryTypedAxis=Party]=8000; FinancialAndInKindPoliticalContributionsMade[TypeOfRecipientOrBeneficiaryTypedAxis=Foundation]=2500",
    "10500",
  ],
  [
    "political-contributions-financial-by-country",
    "FinancialPoliticalContributionsMade[CountryAxis=country:DE]=9000; FinancialPoliticalContributionsMade[CountryAxis=country:IT]=1500",
    "10500",
  ],
  [
    "political-contributions-financial-by-recipient",
    "FinancialPoliticalContributionsMade[TypeOfRecipientOrBeneficiaryTypedAxis=Party]=8000; FinancialPoliticalContributionsMade[TypeOfRecipientOrBeneficiaryTypedAxis=Foundation]=2500",
    "10500",
  ],
  [
    "political-contributions-in-kind-by-country",
    "InkindPoliticalContributionsMade[CountryAxis=country:DE]=9000; InkindPoliticalContributionsMade[CountryAxis=country:IT]=1500",
    "10500",
  ],
  [
    "political-contributions-in-kind-by-recipient",
    "InkindPoliticalContributionsMade[TypeOfRecipientOrBeneficiaryTypedAxis=Party]=8000; InkindPoliticalContributionsMade[TypeOfRecipientOrBeneficiaryTypedAxis=Foundation]=2500",
    "10500",
  ],
  ["standard-terms-share", "aux:payments-on-standard-terms=1850; aux:payments=2000", "0.9250"],
  ["days-to-pay", "aux:invoice-days=62000; aux:invoices-paid=2000", "31.00"],
];
