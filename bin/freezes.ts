import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { OpsError } from "#kit/errors.ts";
import type { Calendar } from "#kit/freeze.ts";
import { clean } from "#kit/render/width.ts";
import { closureAt, joinFreezes, parseFreezes, type FreezeRules } from "#rules/freezes.ts";
import { mustBeTrusted } from "./trust.ts";

const shipped = join(import.meta.dirname, "../rules/freezes.yaml");

/** Freezes and maintenance windows as they are now: the house's, and what a team's own folder adds. Throws `definition-invalid`. */
export function loadFreezes(dir: string | undefined): FreezeRules {
  const house = parseFreezes(readYaml(shipped, "rules/freezes.yaml"));
  const own = dir === undefined ? undefined : join(dir, "freezes.yaml");
  if (own === undefined || !existsSync(own)) return house;
  mustBeTrusted(own);
  return joinFreezes(house, parseFreezes(readYaml(own, own), clean(own, 200)));
}

/** The calendar, read anew for each question: a process that stays sees a freeze that was written down a minute ago. */
export function calendarOf(dir: string | undefined): Calendar {
  return (question) => closureAt(loadFreezes(dir), question);
}

function readYaml(path: string, shown: string): unknown {
  try {
    return parse(readFileSync(path, "utf8"), { schema: "core" });
  } catch (error) {
    throw new OpsError("definition-invalid", {
      summary: `${clean(shown, 200)} cannot be read: ${error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error)}`,
      hint: "Mend the file; until then nothing is changed but by safe steps, undo, and behind broken glass.",
      cause: error,
    });
  }
}
