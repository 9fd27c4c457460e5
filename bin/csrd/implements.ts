const at = (anchor: string): string => `[csrd ${anchor}](csrd.md)`;
const looking = (name: string): string => `[csrd ${name}](platform.md#looking-at-a-running-platform)`;
const telemetry = (anchor: string): string => `[telemetry](platform.md#${anchor})`;

const green = "PR/deployment-procedures/blue-green-deployment-recommended/step-2-validate-green-environment";

/** Which paragraph and command of the manuals (`data/manuals.yaml`) the command `csrd` carries out, and by which of its commands. */
export const csrdImplements: ReadonlyMap<string, string> = new Map([
  ["OM/performance-benchmarks/expected-performance", "`npm run bench -- --platform`"],
  ["OM/performance-benchmarks/expected-performance#1", at("validate")],
  ["OM/performance-benchmarks/expected-performance#2", at("calculate")],
  ["OM/performance-benchmarks/expected-performance#3", at("audit")],
  ["OM/performance-benchmarks/performance-testing#1", at("run")],
  ["OM/performance-benchmarks/performance-testing", looking("load")],
  ["OM/performance-benchmarks/performance-testing#2", looking("load")],
  ["OM/performance-benchmarks/performance-testing#3", looking("load")],
  ["OM/performance-benchmarks/performance-optimization", at("config")],
  ["OM/performance-benchmarks/performance-optimization#1", at("preload")],
  ["OM/performance-benchmarks/performance-optimization#2", at("preload")],
  ["OM/performance-benchmarks/performance-optimization#3", at("preload")],
  [`${green}#1`, looking("smoke")],
  [`${green}#2`, looking("smoke")],
  [`${green}#3`, looking("smoke")],
  [`${green}#4`, looking("bench")],
  ["PR/deployment-procedures/rollback-procedures/emergency-rollback#4", looking("smoke")],
  ["OM/log-analysis", telemetry("logs")],
  ["OM/log-analysis/structured-logging-format", telemetry("logs")],
  ["OM/log-analysis/log-levels", telemetry("logs")],
  ["OM/log-analysis/common-log-queries", "[ops logs](log-queries.md)"],
  ["OM/maintenance-tasks/weekly-maintenance#2", "[ops logs](log-queries.md#slowest-reports)"],
  ["CLO/monitoring-and-alerting/log-management/log-analysis", "[ops logs](log-queries.md)"],
]);
