import { readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { formatMs, toMs } from "#kit/duration.ts";
import { EnvironmentFile } from "#kit/environment.ts";
import { home } from "../services.ts";
import { sandboxTimes } from "../times.ts";

/** The practice production's times with the shipped production example's beside them, so that nobody takes a drill's speed for the real one. */
export function timesBeside(): string {
  const file = path.join(home, "data", "environments", "production.example.yaml");
  const { times } = EnvironmentFile.parse(parse(readFileSync(file, "utf8")));
  const shown = [
    ["an outage alarms after", "outage"],
    ["a restart may take", "restart"],
    ["recovery has to hold for", "steady"],
  ] as const;
  const parts = shown.map(
    ([what, name]) => `${what} ${formatMs(toMs(sandboxTimes[name]))} (${formatMs(toMs(times[name]))})`,
  );
  return `Times are a drill's (in production): ${parts.join(", ")}.`;
}
