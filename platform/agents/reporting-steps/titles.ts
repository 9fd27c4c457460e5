/** The standards in the order in which the statement treats them, each with the colour of its parts and a title of ours. */
export const standards = [
  { code: "ESRS 2", title: "General disclosures", area: "general", member: "" },
  { code: "E1", title: "Climate change", area: "environment", member: "ESRSE1ClimateChangeMember" },
  { code: "E2", title: "Pollution", area: "environment", member: "ESRSE2PollutionMember" },
  {
    code: "E3",
    title: "Water and marine resources",
    area: "environment",
    member: "ESRSE3WaterAndMarineResourcesMember",
  },
  {
    code: "E4",
    title: "Biodiversity and ecosystems",
    area: "environment",
    member: "ESRSE4BiodiversityAndEcosystemsMember",
  },
  {
    code: "E5",
    title: "Resource use and circular economy",
    area: "environment",
    member: "ESRSE5ResourceUseAndCircularEconomyMember",
  },
  { code: "S1", title: "Own workforce", area: "social", member: "ESRSS1OwnWorkforceMember" },
  {
    code: "S2",
    title: "Workers in the value chain",
    area: "social",
    member: "ESRSS2WorkersInValueChainMember",
  },
  { code: "S3", title: "Affected communities", area: "social", member: "ESRSS3AffectedCommunitiesMember" },
  {
    code: "S4",
    title: "Consumers and end-users",
    area: "social",
    member: "ESRSS4ConsumersAndEndusersMember",
  },
  { code: "G1", title: "Business conduct", area: "governance", member: "ESRSG1BusinessConductMember" },
] as const;

/** A disclosure requirement's title, in our words; general requirements that a topic repeats are named after the general one. */
const disclosures: Readonly<Record<string, string>> = {
  "BP-1": "How this statement was prepared",
  "BP-2": "Special circumstances",
  "GOV-1": "Management and supervisory bodies",
  "GOV-2": "What the bodies are told and deal with",
  "GOV-3": "Sustainability in pay",
  "GOV-4": "Due diligence",
  "GOV-5": "Risk management and controls over this statement",
  "SBM-1": "Strategy, business model and value chain",
  "SBM-2": "Stakeholders",
  "SBM-3": "Impacts, risks and opportunities, and the strategy",
  "IRO-1": "How impacts, risks and opportunities are found",
  "IRO-2": "Which disclosures this statement contains",
  MDR: "Policies, actions and targets not yet adopted",
  "MDR-P": "Policies",
  "MDR-A": "Actions and resources",
  "MDR-M": "Metrics",
  "MDR-T": "Targets",
  "E1-1": "Transition plan",
  "E1-2": "Climate policies",
  "E1-3": "Climate actions and resources",
  "E1-4": "Climate targets",
  "E1-5": "Energy consumption and mix",
  "E1-6": "Greenhouse gas emissions",
  "E1-7": "Removals and carbon credits",
  "E1-8": "Internal carbon pricing",
  "E1-9": "Financial effects of climate risks and opportunities",
  "E2-1": "Pollution policies",
  "E2-2": "Pollution actions and resources",
  "E2-3": "Pollution targets",
  "E2-4": "Pollution of air, water and soil",
  "E2-5": "Substances of concern",
  "E2-6": "Financial effects of pollution",
  "E3-1": "Water policies",
  "E3-2": "Water actions and resources",
  "E3-3": "Water targets",
  "E3-4": "Water consumption",
  "E3-5": "Financial effects of water matters",
  "E4-1": "Biodiversity in strategy and transition plan",
  "E4-2": "Biodiversity policies",
  "E4-3": "Biodiversity actions and resources",
  "E4-4": "Biodiversity targets",
  "E4-5": "Biodiversity metrics",
  "E4-6": "Financial effects of biodiversity matters",
  "E5-1": "Circularity policies",
  "E5-2": "Circularity actions and resources",
  "E5-3": "Circularity targets",
  "E5-4": "Resource inflows",
  "E5-5": "Products, materials and waste",
  "E5-6": "Financial effects of resource use",
  "S1-1": "Workforce policies",
  "S1-2": "Engaging with the workforce",
  "S1-3": "Remedy and channels to raise concerns",
  "S1-4": "Action on the workforce",
  "S1-5": "Workforce targets",
  "S1-6": "Employees",
  "S1-7": "Non-employees in the workforce",
  "S1-8": "Collective bargaining and social dialogue",
  "S1-9": "Diversity",
  "S1-10": "Adequate wages",
  "S1-11": "Social protection",
  "S1-12": "Persons with disabilities",
  "S1-13": "Training and skills",
  "S1-14": "Health and safety",
  "S1-15": "Work-life balance",
  "S1-16": "Pay gap and total remuneration",
  "S1-17": "Incidents, complaints and human rights",
  "S2-1": "Policies on workers in the value chain",
  "S2-2": "Engaging with workers in the value chain",
  "S2-3": "Remedy and channels to raise concerns",
  "S2-4": "Action on workers in the value chain",
  "S2-5": "Targets on workers in the value chain",
  "S3-1": "Policies on communities",
  "S3-2": "Engaging with communities",
  "S3-3": "Remedy and channels to raise concerns",
  "S3-4": "Action on communities",
  "S3-5": "Targets on communities",
  "S4-1": "Policies on consumers",
  "S4-2": "Engaging with consumers",
  "S4-3": "Remedy and channels to raise concerns",
  "S4-4": "Action on consumers",
  "S4-5": "Targets on consumers",
  "G1-1": "Business culture and conduct policies",
  "G1-2": "Relations with suppliers",
  "G1-3": "Preventing corruption and bribery",
  "G1-4": "Incidents of corruption or bribery",
  "G1-5": "Political influence and lobbying",
  "G1-6": "Payment practices",
};
const order = Object.keys(disclosures);
const general = ["BP", "GOV", "SBM", "IRO", "MDR"];

/** The title of a disclosure requirement such as `E1-6`, `E1.SBM-3` or empty for what has none. */
export function disclosureTitle(code: string): string {
  const bare = code.slice(code.indexOf(".") + 1);
  return disclosures[bare] ?? (code === "" ? "The statement as a whole" : code);
}

/** The standard to which a disclosure requirement belongs: `E1` for `E1-6` and `E1.SBM-3`, otherwise `ESRS 2`. */
export function standardOf(code: string): string {
  return /^([ESG]\d)[-.]/.exec(code)?.[1] ?? "ESRS 2";
}

/** Where a disclosure requirement stands within its standard: general ones first, then by number. */
export function rankOf(code: string): number {
  if (code === "") return -1;
  const bare = code.slice(code.indexOf(".") + 1);
  const at = order.indexOf(bare);
  const isGeneral = general.some((one) => bare.startsWith(one));
  return (isGeneral ? 0 : 100) + (at < 0 ? 99 : at);
}

/** An address within the document: `E1.SBM-3` as `e1-sbm-3`. */
export const anchorOf = (code: string): string =>
  code === "" ? "whole" : code.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
