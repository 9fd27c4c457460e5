/** Endings and beginnings that the taxonomy's element names run together, and how we write them. */
const joined: readonly (readonly [RegExp, string])[] = [
  [/([a-z])related\b/g, "$1-related"],
  [/\b(non)(employees?|material|fuel|recycled|hazardous|renewable|compliance|eea|gross|remote)\b/gi, "$1-$2"],
  [/\b(on|off)(site)\b/gi, "$1-$2"],
  [/\bsciencebased\b/gi, "science-based"],
  [/\boutcomeoriented\b/gi, "outcome-oriented"],
  [/\blow?carbon\b/gi, "low-carbon"],
  [/\bselfemployed\b/gi, "self-employed"],
  [/\bselfgenerated\b/gi, "self-generated"],
  [/\banticorruption\b/gi, "anti-corruption"],
  [/\bantibribery\b/gi, "anti-bribery"],
  [/\benduse(rs?)\b/gi, "end-use$1"],
  [/\byeartoyear\b/gi, "year-to-year"],
  [/\bknowhow\b/gi, "know-how"],
  [/\bhighwater\b/gi, "high water"],
  [/\bdrawup\b/gi, "draw up"],
  [/\batrisk\b/gi, "at risk"],
  [/\b(entity|site|sector|country)specific\b/gi, "$1-specific"],
  [/\bnondiscrimination\b/gi, "non-discrimination"],
  [/\btaxonomy(aligned|eligible)\b/gi, "taxonomy-$1"],
  [/\bmanagementlevel\b/gi, "management-level"],
  [/\bclimateneutral\b/gi, "climate-neutral"],
  [/\bfunctionsatrisk\b/gi, "functions at risk"],
  [/\bnatureoriented\b/gi, "nature-oriented"],
  [/\bbiodiversitysensitive\b/gi, "biodiversity-sensitive"],
  [/\bdecisionmaking\b/gi, "decision-making"],
  [/\bcrossreference\b/gi, "cross-reference"],
  [/\bkunmingmontreal\b/gi, "Kunming-Montreal"],
  [/\bied\b/g, "IED"],
  [/\bbat\b/g, "BAT"],
  [/\bEU(\d)/g, "EU $1"],
  [/\b(computer|location|market|nature)based\b/gi, "$1-based"],
  [/\b(company|system)wide\b/gi, "$1-wide"],
  [/\b(long|medium|short)term\b/gi, "$1-term"],
  [/\b(full|part)time\b/gi, "$1-time"],
  [/\bparisaligned\b/gi, "Paris-aligned"],
  [/\bnonexecutive\b/gi, "non-executive"],
  [/\bnonrespect\b/gi, "non-respect"],
  [/\bthirdparty\b/gi, "third-party"],
  [/\btimebound\b/gi, "time-bound"],
  [/\bendoflife\b/gi, "end-of-life"],
  [/\buptodate\b/gi, "up-to-date"],
  [/\beulevel\b/gi, "EU-level"],
  [/\bphasein\b/gi, "phase-in"],
  [/\btradeoffs\b/gi, "trade-offs"],
  [/\blanduse\b/gi, "land use"],
  [/\blandsystem\b/gi, "land-system"],
  [/\bfreshwateruse\b/gi, "freshwater use"],
  [/\bwaterstress\b/gi, "water stress"],
  [/\bmultistakeholder\b/gi, "multi-stakeholder"],
  [/ NO /g, ", "],
  [/\b(location|market) based\b/gi, "$1-based"],
  [/\band or\b/g, "and/or"],
  [/ s(?= |$)/g, "'s"],
  [/\bbodys\b/g, "body's"],
  [/\blockedin\b/gi, "locked-in"],
  [/\bheadcount\b/gi, "head count"],
  [/\binhouse\b/gi, "in-house"],
  [/\binkind\b/gi, "in-kind"],
  [/\bsmes\b/gi, "SMEs"],
  [/\b(eu|eea|nuts)\b/gi, "$1"],
];
const capitals: ReadonlySet<string> = new Set([
  "eu",
  "eea",
  "nuts",
  "ghg",
  "ghgs",
  "esrs",
  "sbm",
  "iro",
  "nace",
]);

/**
 * A readable label of our own, formed from an element's name by rule: words parted at capitals, one sentence,
 * abbreviations kept, run-together words parted, endings that only say what kind of element it is left out.
 */
export function labelOf(name: string): string {
  const words = name
    .replace(/(Explanatory|Member|Axis|Table|Abstract|LineItems)$/, "")
    .replaceAll(/NO(\d)/g, "/$1")
    .replaceAll(/([a-z])([A-Z0-9])/g, "$1 $2")
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, "$1 $2")
    .replaceAll(/(\d)([A-Z])/g, "$1 $2")
    .split(/\s+/);
  const sentence = words
    .map((word, index) => {
      if (capitals.has(word.toLowerCase())) return word.toUpperCase().replace(/^GHGS$/, "GHGs");
      return index === 0 || /^[A-Z]{2,}/.test(word) || /\d/.test(word) ? word : word.toLowerCase();
    })
    .join(" ");
  return joined.reduce((text, [pattern, written]) => text.replaceAll(pattern, written), sentence);
}
