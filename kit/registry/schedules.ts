import { z } from "zod";
import { toMs } from "../duration.ts";
import type { OpsError } from "../errors.ts";
import type { Runbook } from "../runbook.ts";
import type { Schedule } from "../schedule.ts";
import { isOpen, ruleOf, windowText } from "../scheduling/decide.ts";
import { flawOfRule, nextInstants } from "../scheduling/instants.ts";
import { invalid, memberLine } from "./file.ts";
import { broken, type BrokenDefinition, type Placed } from "./relations.ts";

/** So many instants are looked at: more than a week of days, and of hours more than a day. */
const looked = 30;

/** Schedules that would never do what they say: each with its own sentence, at most one. */
export function scheduleConflicts(
  schedules: readonly Placed<Schedule>[],
  runbooks: readonly Runbook[],
): readonly BrokenDefinition[] {
  return schedules.flatMap((placed) => {
    const why = ruleFault(placed) ?? runbookFault(placed, runbooks) ?? startFault(placed);
    return why === undefined ? [] : [broken("schedule", placed.value.id, placed.file, why)];
  });
}

function ruleFault({ value, file }: Placed<Schedule>): OpsError | undefined {
  const flaw = flawOfRule(ruleOf(value));
  if (flaw === undefined) return undefined;
  return invalid(file, memberLine(file, /time zone/.test(flaw) ? "timeZone" : "cron"), flaw);
}

function runbookFault({ value, file }: Placed<Schedule>, runbooks: readonly Runbook[]): OpsError | undefined {
  const runbook = runbooks.find(({ id }) => id === value.run.id);
  if (runbook !== value.run)
    return invalid(
      file,
      memberLine(file, "run"),
      runbook === undefined
        ? `it runs "${value.run.id}", and there is no such runbook that can be used`
        : `it runs a "${value.run.id}" that is not the runbook of that name`,
      "Import it from #runbooks/…: what a schedule runs is what ops run would run.",
    );
  const shape: Readonly<Record<string, z.ZodType>> = runbook.params;
  const parsed = z.strictObject(shape).safeParse(value.params);
  if (parsed.success) return undefined;
  const [issue] = parsed.error.issues;
  return invalid(
    file,
    memberLine(file, "params"),
    `${runbook.id} does not take these params: ${[...(issue?.path ?? []), issue?.message ?? "invalid"].join(" ")}`,
  );
}

/** What each instant would meet again and again: hours in which it may not start, a jitter that reaches the next one. */
function startFault({ value, file }: Placed<Schedule>): OpsError | undefined {
  if (value.window === undefined && value.jitter === undefined) return undefined;
  const instants = nextInstants(ruleOf(value), new Date(), looked);
  if (!instants.some((at) => isOpen(value, at)))
    return invalid(
      file,
      memberLine(file, "window"),
      `none of its next ${instants.length} instants lies in its hours, ${windowText(value.window)}`,
    );
  const shortest = Math.min(
    ...instants.slice(1).map((at, index) => at.getTime() - (instants[index]?.getTime() ?? 0)),
  );
  if (value.jitter === undefined || toMs(value.jitter) < shortest) return undefined;
  return invalid(
    file,
    memberLine(file, "jitter"),
    `a fire could start as late as the next one: jitter ${value.jitter}, and they follow each other after ${shortest / 60_000} min`,
  );
}
