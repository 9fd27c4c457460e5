/** A column of the activity CSV: whether it must exist, whether an empty cell lowers the quality score, and what it holds. */
export type Column = {
  readonly name: string;
  readonly required: boolean;
  /** Counted in the completeness score. */
  readonly matters: boolean;
  readonly holds: string;
};

/** The columns of the E1-6 activity CSV, in the order in which we write them. */
export const columns: readonly Column[] = [
  { name: "record_id", required: true, matters: true, holds: "your own id of the row, unique in the file" },
  { name: "site", required: true, matters: true, holds: "site or legal entity" },
  { name: "country", required: true, matters: true, holds: "ISO 3166 alpha-2, for instance GB" },
  {
    name: "region",
    required: false,
    matters: false,
    holds: "US electricity only: eGRID subregion, for instance CAMX",
  },
  { name: "scope", required: true, matters: true, holds: "1, 2 or 3" },
  {
    name: "category",
    required: true,
    matters: true,
    holds: "scope 1: source type; scope 2: energy kind; scope 3: 1 to 15",
  },
  {
    name: "activity",
    required: true,
    matters: true,
    holds: "what was used, as `csrd factors` lists it; free text with an own factor",
  },
  { name: "amount", required: true, matters: true, holds: "a number, not negative" },
  {
    name: "unit",
    required: true,
    matters: true,
    holds: "for instance kWh, kWh (gross CV), litre, tonne, km",
  },
  { name: "period_start", required: true, matters: true, holds: "first day, YYYY-MM-DD" },
  { name: "period_end", required: true, matters: true, holds: "last day, YYYY-MM-DD" },
  {
    name: "data_quality",
    required: false,
    matters: true,
    holds: "high (metered, invoiced), medium or low (estimated)",
  },
  { name: "source_document", required: false, matters: true, holds: "where the amount can be checked" },
  { name: "supplier", required: false, matters: false, holds: "who supplied it" },
  {
    name: "primary_data",
    required: false,
    matters: false,
    holds: "yes when the emissions data come from the value chain partner",
  },
  { name: "ets", required: false, matters: false, holds: "yes for scope 1 under an emission trading scheme" },
  {
    name: "instrument",
    required: false,
    matters: false,
    holds: "scope 2 contract: none, ppa, green-tariff, supplier-rate, guarantee-of-origin, rego or rec",
  },
  {
    name: "market_factor",
    required: false,
    matters: false,
    holds: "contracted kg CO2e per unit, for the market-based method",
  },
  {
    name: "market_factor_source",
    required: false,
    matters: false,
    holds: "where the contracted factor is stated",
  },
  {
    name: "own_factor",
    required: false,
    matters: false,
    holds: "your own kg CO2e per unit, instead of a catalogue factor",
  },
  {
    name: "own_factor_source",
    required: false,
    matters: false,
    holds: "publication and year of your own factor",
  },
  {
    name: "own_factor_gwp",
    required: false,
    matters: false,
    holds: "GWP set of your own factor: AR4, AR5 or AR6",
  },
  {
    name: "biogenic_co2_tonnes",
    required: false,
    matters: false,
    holds: "CO2 of biological origin, reported beside the scopes",
  },
];

/** Scope 1 source types (ESRS E1 AR 43 a). */
export const sourceTypes = [
  "stationary-combustion",
  "mobile-combustion",
  "process-emissions",
  "fugitive-emissions",
] as const;
/** Scope 2 energy kinds (ESRS E1 AR 45 b). */
export const energyKinds = [
  "purchased-electricity",
  "purchased-heat",
  "purchased-steam",
  "purchased-cooling",
] as const;

/** The fifteen Scope 3 categories of the GHG Protocol with their taxonomy members. */
export const scope3Categories: readonly {
  readonly number: string;
  readonly name: string;
  readonly member: string;
}[] = [
  { number: "1", name: "Purchased goods and services", member: "Category1PurchasedGoodsAndServicesMember" },
  { number: "2", name: "Capital goods", member: "Category2CapitalGoodsMember" },
  {
    number: "3",
    name: "Fuel and energy-related activities",
    member: "Category3FuelAndEnergyrelatedActivitiesMember",
  },
  {
    number: "4",
    name: "Upstream transportation and distribution",
    member: "Category4UpstreamTransportationAndDistributionMember",
  },
  { number: "5", name: "Waste generated in operations", member: "Category5WasteGeneratedInOperationsMember" },
  { number: "6", name: "Business travel", member: "Category6BusinessTravelMember" },
  { number: "7", name: "Employee commuting", member: "Category7EmployeeCommutingMember" },
  { number: "8", name: "Upstream leased assets", member: "Category8UpstreamLeasedAssetsMember" },
  {
    number: "9",
    name: "Downstream transportation and distribution",
    member: "Category9DownstreamTransportationAndDistributionMember",
  },
  { number: "10", name: "Processing of sold products", member: "Category10ProcessingOfSoldProductsMember" },
  { number: "11", name: "Use of sold products", member: "Category11UseOfSoldProductsMember" },
  {
    number: "12",
    name: "End-of-life treatment of sold products",
    member: "Category12EndoflifeTreatmentOfSoldProductsMember",
  },
  { number: "13", name: "Downstream leased assets", member: "Category13DownstreamLeasedAssetsMember" },
  { number: "14", name: "Franchises", member: "Category14FranchisesMember" },
  { number: "15", name: "Investments", member: "Category15InvestmentsMember" },
];

/** Scope 2 contracts: bundled ones sell energy with its attributes, unbundled ones sell the attributes alone (ESRS E1 AR 45 d). */
export const instruments: Readonly<Record<string, { readonly bundled: boolean }>> = {
  ppa: { bundled: true },
  "green-tariff": { bundled: true },
  "supplier-rate": { bundled: true },
  "guarantee-of-origin": { bundled: false },
  rego: { bundled: false },
  rec: { bundled: false },
};
