import { basename, dirname } from "node:path";
import type { Alert } from "./alert.ts";
import type { AnyCheck } from "./check.ts";
import { OpsError } from "./errors.ts";
import {
  exportsOf,
  filesIn,
  idOf,
  invalid,
  lineOf,
  memberLine,
  type DefinitionFile,
  type Home,
} from "./registry/file.ts";
import {
  broken,
  namedOnce,
  runbookConflicts,
  taken,
  unanswered,
  type BrokenDefinition,
  type Placed,
} from "./registry/relations.ts";
import { flawIn, meansToBe, type Kind } from "./registry/shape.ts";
import { scheduleConflicts } from "./registry/schedules.ts";
import type { Runbook } from "./runbook.ts";
import type { Schedule } from "./schedule.ts";

export type { Home } from "./registry/file.ts";
export type { BrokenDefinition } from "./registry/relations.ts";

/** Everything that can be used, and what cannot, each with its sentence. One bad file never takes another with it. */
export type Definitions = {
  readonly runbooks: readonly Runbook[];
  readonly checks: readonly AnyCheck[];
  readonly alerts: readonly Alert[];
  readonly broken: readonly BrokenDefinition[];
  readonly schedules: readonly Schedule[];
  /** The home that a runbook came from. */
  readonly homeOf: (runbook: string) => Home | undefined;
  /** The home that a schedule came from. */
  readonly homeOfSchedule: (schedule: string) => Home | undefined;
};

const patienceMs = 5_000;

/** Loads the definitions of several homes side by side; of two with one id the one of the earlier home stays. */
export async function loadDefinitions(homes: readonly Home[], withinMs = patienceMs): Promise<Definitions> {
  const [runbooks, checks, alertFiles, schedules] = await Promise.all([
    loadKind<Runbook>(homes, "runbooks", "runbook", withinMs),
    loadKind<AnyCheck>(homes, "checks", "check", withinMs),
    loadAlertFiles(homes, withinMs),
    loadKind<Schedule>(homes, "schedules", "schedule", withinMs),
  ]);
  const alerts = namedOnce(alertFiles.placed);
  const conflicts = runbookConflicts(runbooks.placed, { ids: runbooks.ids, checks: checks.placed });
  const out = new Set(conflicts.map(({ file }) => file));
  const usable = runbooks.placed.filter(({ file }) => !out.has(file.shown));
  const values = usable.map(({ value }) => value);
  const idle = scheduleConflicts(schedules.placed, values);
  const still = new Set(idle.map(({ file }) => file));
  const firing = schedules.placed.filter(({ file }) => !still.has(file.shown));
  return {
    runbooks: values,
    checks: checks.placed.map(({ value }) => value),
    alerts: alerts.kept.map(({ value }) => value),
    broken: [
      ...byFile([...runbooks.broken, ...conflicts]),
      ...byFile(checks.broken),
      ...byFile([...alertFiles.broken, ...alerts.broken, ...unanswered(alerts.kept, values)]),
      ...byFile([...schedules.broken, ...idle]),
    ],
    schedules: firing.map(({ value }) => value),
    homeOf: (id) => usable.find(({ value }) => value.id === id)?.file.home,
    homeOfSchedule: (id) => firing.find(({ value }) => value.id === id)?.file.home,
  };
}

/** Loads one folder of runbooks; throws the first fault. */
export function loadRunbooks(folder: string): Promise<readonly Runbook[]> {
  return strictly<Runbook>(folder, "runbook");
}

/** Loads one folder of checks; throws the first fault. */
export function loadChecks(folder: string): Promise<readonly AnyCheck[]> {
  return strictly<AnyCheck>(folder, "check");
}

/** Loads one folder of alerts, one file per subsystem with any number of them; throws the first fault. */
export async function loadAlerts(folder: string): Promise<readonly Alert[]> {
  const files = await filesIn({ root: dirname(folder), label: "" }, basename(folder));
  const lists = await Promise.all(files.map((file) => alertsIn(file, patienceMs)));
  return lists.flat();
}

async function strictly<T>(folder: string, kind: Kind): Promise<readonly T[]> {
  const files = await filesIn({ root: dirname(folder), label: "" }, basename(folder));
  return Promise.all(files.map((file) => definitionIn<T>(file, kind, patienceMs)));
}

type Loaded<T> = {
  readonly placed: readonly Placed<T>[];
  readonly broken: readonly BrokenDefinition[];
  /** Every id that a file stands for. */
  readonly ids: ReadonlySet<string>;
};

async function loadKind<T>(
  homes: readonly Home[],
  folder: string,
  kind: Kind,
  withinMs: number,
): Promise<Loaded<T>> {
  const files = (await Promise.all(homes.map((home) => filesIn(home, folder)))).flat();
  const late = taken(files, kind);
  const placed: Placed<T>[] = [];
  const faults: BrokenDefinition[] = [...late.values()];
  await Promise.all(
    files
      .filter((file) => !late.has(file))
      .map(async (file) => {
        try {
          placed.push({ file, value: await definitionIn<T>(file, kind, withinMs) });
        } catch (error) {
          if (!OpsError.is(error)) throw error;
          faults.push(broken(kind, idOf(file), file, error));
        }
      }),
  );
  return { placed: inOrder(placed, files), broken: faults, ids: new Set(files.map(idOf)) };
}

function byFile(faults: readonly BrokenDefinition[]): readonly BrokenDefinition[] {
  return [...faults].sort((a, b) => a.file.localeCompare(b.file, "en"));
}

/** As the files lie, whichever was loaded first. */
function inOrder<T>(placed: readonly Placed<T>[], files: readonly DefinitionFile[]): readonly Placed<T>[] {
  return [...placed].sort((a, b) => files.indexOf(a.file) - files.indexOf(b.file));
}

async function loadAlertFiles(homes: readonly Home[], withinMs: number) {
  const files = (await Promise.all(homes.map((home) => filesIn(home, "alerts")))).flat();
  const placed: Placed<Alert>[] = [];
  const faults: BrokenDefinition[] = [];
  await Promise.all(
    files.map(async (file) => {
      try {
        for (const value of await alertsIn(file, withinMs)) placed.push({ file, value });
      } catch (error) {
        if (!OpsError.is(error)) throw error;
        faults.push(broken("alert", idOf(file), file, error));
      }
    }),
  );
  return { placed: inOrder(placed, files), broken: faults };
}

/** The one definition of a file, whole and named like the file. */
async function definitionIn<T>(file: DefinitionFile, kind: Kind, withinMs: number): Promise<T> {
  const found = (await exportsOf(file, withinMs)).filter((value) => meansToBe(kind, value));
  const [only] = found;
  if (only === undefined)
    throw invalid(
      file,
      undefined,
      `it defines no ${kind}`,
      `One file exports one ${kind}, made with ${maker(kind)}.`,
    );
  if (found.length > 1)
    throw invalid(
      file,
      undefined,
      `it defines ${found.length} ${kind}s (${found.map(({ id }) => (typeof id === "string" ? id : "one without id")).join(", ")})`,
      `One ${kind} per file, named like it.`,
    );
  mustBeWhole(file, kind, only);
  if (only["id"] !== idOf(file))
    throw invalid(
      file,
      memberLine(file, "id"),
      `its id is "${String(only["id"])}", and the file's name says "${idOf(file)}"`,
      "Rename one of them.",
    );
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- mustBeWhole looked at every member
  return only as T;
}

async function alertsIn(file: DefinitionFile, withinMs: number): Promise<readonly Alert[]> {
  const found = (await exportsOf(file, withinMs)).filter((value) => meansToBe("alert", value));
  if (found.length === 0)
    throw invalid(
      file,
      undefined,
      "it defines no alert",
      "A file exports the alerts of one subsystem, made with defineAlert.",
    );
  for (const one of found) mustBeWhole(file, "alert", one);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- mustBeWhole looked at every member
  return found as readonly unknown[] as readonly Alert[];
}

function mustBeWhole(file: DefinitionFile, kind: Kind, value: Readonly<Record<string, unknown>>): void {
  const flaw = flawIn(kind, value);
  if (flaw === undefined) return;
  const named = kind === "alert" ? value["name"] : value["id"];
  const whose = typeof named === "string" && kind === "alert" ? ` of ${named}` : "";
  throw invalid(
    file,
    memberLine(file, flaw.member) ?? lineOf(file, new RegExp(`${maker(kind)}\\b\\s*\\(`)),
    `${flaw.member}${whose} ${flaw.why}`,
  );
}

const maker = (kind: Kind) => `define${kind.charAt(0).toUpperCase()}${kind.slice(1)}`;
