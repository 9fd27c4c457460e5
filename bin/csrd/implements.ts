const at = (anchor: string): string => `[csrd ${anchor}](csrd.md)`;

/** Which paragraph and command of the manuals (`data/manuals.yaml`) the command `csrd` carries out, and by which of its commands. */
export const csrdImplements: ReadonlyMap<string, string> = new Map([
  ["OM/performance-benchmarks/expected-performance", "`npm run bench -- --platform`"],
  ["OM/performance-benchmarks/expected-performance#1", at("validate")],
  ["OM/performance-benchmarks/expected-performance#2", at("calculate")],
  ["OM/performance-benchmarks/expected-performance#3", at("audit")],
  ["OM/performance-benchmarks/performance-testing#1", at("run")],
  ["OM/performance-benchmarks/performance-optimization", at("config")],
  ["OM/performance-benchmarks/performance-optimization#1", at("preload")],
  ["OM/performance-benchmarks/performance-optimization#2", at("preload")],
  ["OM/performance-benchmarks/performance-optimization#3", at("preload")],
]);
