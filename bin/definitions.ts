import { join } from "node:path";
import type { EngineParts } from "#kit/engine.ts";
import { OpsError } from "#kit/errors.ts";
import { shellWord } from "#kit/render/command.ts";
import { loadDefinitions, type Definitions, type Home } from "#kit/registry.ts";
import type { Runbook } from "#kit/runbook.ts";
import type { Schedule } from "#kit/schedule.ts";
import { openOwnFolder } from "./own-folder.ts";

const shipped = { root: join(import.meta.dirname, ".."), label: "" };
const loaded = new Map<string | undefined, Promise<Definitions>>();

/** The shipped definitions and, beside them, those of a team's own folder; loaded once per process. */
export function definitionsOf(dir: string | undefined): Promise<Definitions> {
  let known = loaded.get(dir);
  if (known === undefined) {
    known = load(dir);
    loaded.set(dir, known);
  }
  return known;
}

async function load(dir: string | undefined): Promise<Definitions> {
  return loadDefinitions(dir === undefined ? [shipped] : [shipped, homeOfDir(dir)]);
}

const opened = new Map<string, Home>();

/** A team's own folder, opened once per process. */
export function homeOfDir(dir: string): Home {
  let home = opened.get(dir);
  if (home === undefined) {
    home = openOwnFolder(dir);
    opened.set(dir, home);
  }
  return home;
}

/** What the engine is told about definitions: which there are, whose folder each came from, and why one is not here. */
export function engineDefinitions({
  runbooks,
  broken,
  homeOf,
}: Definitions): Required<Pick<EngineParts, "runbooks" | "dirOf" | "absent">> {
  return {
    runbooks,
    dirOf(runbook) {
      const home = homeOf(runbook);
      return home === undefined || home.root === shipped.root ? undefined : home.root;
    },
    absent(runbook, dir) {
      const known = broken.find(({ kind, id }) => kind === "runbook" && id === runbook);
      if (known !== undefined) return known.error;
      if (dir === undefined) return undefined;
      return new OpsError("runbook-unknown", {
        summary: `The runbook ${runbook} came from ${dir}, and that folder is not loaded now.`,
        hint: `Add --dir ${shellWord(dir)}, or set OPS_DIR.`,
      });
    },
  };
}

/** A schedule, and the team's own folder that it came from; none for a shipped one. */
export type PlacedSchedule = { readonly schedule: Schedule; readonly dir?: string };

/** Every schedule that can be used, with where it came from. */
export function placedSchedules({ schedules, homeOfSchedule }: Definitions): readonly PlacedSchedule[] {
  return schedules.map((schedule) => {
    const root = homeOfSchedule(schedule.id)?.root;
    return { schedule, ...(root === undefined || root === shipped.root ? {} : { dir: root }) };
  });
}

/** The runbook of that id, or undefined; throws what is wrong with it when it cannot be used. */
export function usableRunbook(
  { runbooks, broken }: Pick<Definitions, "runbooks" | "broken">,
  id: string,
): Runbook | undefined {
  const runbook = runbooks.find((known) => known.id === id);
  if (runbook !== undefined) return runbook;
  const fault = broken.find((known) => known.kind === "runbook" && known.id === id);
  if (fault !== undefined) throw fault.error;
  return undefined;
}
