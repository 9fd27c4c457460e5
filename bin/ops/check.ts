import { Command } from "commander";
import { runCheck, type AnyCheck } from "#kit/check.ts";
import { systemClock } from "#kit/clock.ts";
import { OpsError } from "#kit/errors.ts";
import type { BrokenDefinition } from "#kit/registry.ts";
import { checksSum, checksTsv, renderChecks, type CheckedRow } from "#kit/render/checks.ts";
import { document } from "#kit/render/ndjson.ts";
import { band } from "#kit/render/environment.ts";
import { clockTime } from "#kit/render/times.ts";
import { clean } from "#kit/render/width.ts";
import type { End, MakeCommand } from "./commands.ts";
import type { Door } from "./door.ts";
import { alertsLooked, rememberLooks } from "./looks.ts";
import { didYouMean } from "./nearest.ts";

/** `ops check [id]`: looks now; changes nothing. */
export const checkCommand: MakeCommand = async (door, end) =>
  new Command("check")
    .description("Looks at one check, or at all. Changes nothing.")
    .argument("[id]", "which check")
    .option("--all", "every check; the same as naming none")
    .action((id: string | undefined, { all }: { readonly all?: boolean }) =>
      check(door, end, all === true ? undefined : id),
    );

async function check(door: Door, end: End, id: string | undefined): Promise<void> {
  const wired = await door.wired();
  const known = await wired.checks();
  const chosen = id === undefined ? known : known.filter((one) => one.id === id);
  const broken = (await wired.broken()).filter((one) => one.kind === "check");
  const asked = broken.find((one) => one.id === id);
  if (chosen.length === 0 && asked !== undefined) throw asked.error;
  if (chosen.length === 0 && (id !== undefined || broken.length === 0))
    throw new OpsError("check-unknown", {
      summary: `There is no check "${clean(id ?? "", 60)}".`,
      hint:
        didYouMean(
          id ?? "",
          known.map((one) => one.id),
        ) || `Known are: ${known.map((one) => one.id).join(", ")}.`,
    });
  const { environment } = wired;
  const at = new Date().toISOString();
  const readers = await wired.readers();
  const looked = await Promise.all(
    chosen.map(
      async (one): Promise<CheckedRow> => ({
        id: one.id,
        title: one.title,
        health: await runCheck(one, readers, systemClock),
      }),
    ),
  );
  // A check that cannot be loaded is not healthy; leaving it out would say that all is well.
  const rows = [...looked, ...(id === undefined ? broken.map((one) => unloadable(one, known)) : [])];
  const seen = new Map(looked.map(({ id, health }) => [id, health]));
  const [alerts, runbooks] = await Promise.all([wired.alerts(), wired.runbooks()]);
  rememberLooks(
    environment.name,
    alertsLooked(alerts, runbooks, (one) => seen.get(one), at),
  );
  print(door, rows, {
    tier: environment.tier,
    environment: { name: environment.name, ...environment.identity },
  });
  end(exitOf(rows));
}

/** Under its id, or under its file where another check has that id and works. */
function unloadable({ id, file, error }: BrokenDefinition, known: readonly AnyCheck[]): CheckedRow {
  const own = known.every((one) => one.id !== id) ? id : file;
  return { id: own, title: `The check in ${file}`, health: { state: "unknown", says: error.summary } };
}

function print(door: Door, rows: readonly CheckedRow[], place: Parameters<typeof band>[1]) {
  if (door.globals.json) return door.print(document({ checks: rows }));
  if (door.globals.quiet) return door.print(checksSum(rows));
  if (door.isPiped) return door.print(checksTsv(rows, door.globals.header));
  const at = `looked at ${clockTime(new Date().toISOString())} UTC`;
  door.print([...band(door.screen(), place, at), "", ...renderChecks(door.screen(), rows)]);
}

/** Unhealthy needs a person (3); not known is not healthy either (7). */
function exitOf(rows: readonly CheckedRow[]): number {
  if (rows.some(({ health }) => health.state === "unhealthy" || health.state === "degraded")) return 3;
  return rows.some(({ health }) => health.state === "unknown") ? 7 : 0;
}
