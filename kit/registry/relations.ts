import type { Alert } from "../alert.ts";
import type { AnyCheck } from "../check.ts";
import type { OpsError } from "../errors.ts";
import type { Runbook } from "../runbook.ts";
import { idOf, invalid, lineOf, memberLine, type DefinitionFile } from "./file.ts";
import type { Kind } from "./shape.ts";

/** A definition and the file it came from. */
export type Placed<T> = { readonly value: T; readonly file: DefinitionFile };

/** A definition that cannot be used, and the sentence that says why. */
export type BrokenDefinition = {
  readonly kind: Kind;
  readonly id: string;
  /** As sentences name it. */
  readonly file: string;
  readonly error: OpsError;
};

/** At most so many hand-overs in a row. */
const mostHandOvers = 3;

/** Of files with one id, those that come too late: what was there before, the shipped first, stays in use. */
export function taken(
  files: readonly DefinitionFile[],
  kind: Kind,
): ReadonlyMap<DefinitionFile, BrokenDefinition> {
  const first = new Map<string, DefinitionFile>();
  const late = new Map<DefinitionFile, BrokenDefinition>();
  for (const file of files) {
    const before = first.get(idOf(file));
    if (before === undefined) first.set(idOf(file), file);
    else late.set(file, broken(kind, idOf(file), file, lateError(file, kind, idOf(file), before)));
  }
  return late;
}

function lateError(file: DefinitionFile, kind: Kind, id: string, before: DefinitionFile): OpsError {
  return invalid(
    file,
    memberLine(file, kind === "alert" ? "name" : "id"),
    `there already is a${kind === "alert" ? "n" : ""} ${kind} "${id}" in ${before.shown}, which stays in use`,
    "Give this one a name of its own; what is there is never replaced.",
  );
}

/** Alerts with names of their own; a name that is taken is broken, and the first of that name stays. */
export function namedOnce(alerts: readonly Placed<Alert>[]): {
  readonly kept: readonly Placed<Alert>[];
  readonly broken: readonly BrokenDefinition[];
} {
  const first = new Map<string, Placed<Alert>>();
  const late: BrokenDefinition[] = [];
  for (const placed of alerts) {
    const { name } = placed.value;
    const before = first.get(name);
    if (before === undefined) first.set(name, placed);
    else late.push(broken("alert", name, placed.file, lateError(placed.file, "alert", name, before.file)));
  }
  return { kept: [...first.values()], broken: late };
}

/** What is wrong with runbooks only beside the others: each with its own sentence, at most one. */
export function runbookConflicts(
  runbooks: readonly Placed<Runbook>[],
  known: {
    /** Every runbook id that a file stands for, broken ones too. */
    readonly ids: ReadonlySet<string>;
    readonly checks: readonly Placed<AnyCheck>[];
  },
): readonly BrokenDefinition[] {
  const byId = new Map(runbooks.map((placed) => [placed.value.id, placed]));
  const checks = new Map(known.checks.map((placed) => [placed.value.id, placed]));
  const answers = new Map<string, Placed<Runbook>>();
  return runbooks.flatMap((placed) => {
    const why =
      otherCheck(placed, checks) ?? handOverFault(placed, byId, known.ids) ?? secondAnswer(placed, answers);
    return why === undefined ? [] : [broken("runbook", placed.value.id, placed.file, why)];
  });
}

/** A check of one's own under the name of another would prove something else than `ops check` shows. */
function otherCheck(
  { value, file }: Placed<Runbook>,
  checks: ReadonlyMap<string, Placed<AnyCheck>>,
): OpsError | undefined {
  for (const check of [...value.verify.map((one) => one.check), ...(value.during ?? [])]) {
    const named = checks.get(check.id);
    if (named !== undefined && named.value !== check)
      return invalid(
        file,
        memberLine(file, "verify"),
        `it brings a check "${check.id}" of its own, and ${named.file.shown} defines another of that name`,
        "Import that check, or give this one a name of its own.",
      );
  }
  return undefined;
}

function handOverFault(
  { value, file }: Placed<Runbook>,
  byId: ReadonlyMap<string, Placed<Runbook>>,
  ids: ReadonlySet<string>,
): OpsError | undefined {
  const line = () => memberLine(file, "handsOverTo");
  const stranger = value.handsOverTo?.find((id) => !ids.has(id));
  if (stranger !== undefined)
    return invalid(file, line(), `it hands over to "${stranger}", and there is no such runbook`);
  const longest = longestPath(value.id, byId, []);
  if (longest.at(-1) === value.id && longest.length > 1)
    return invalid(
      file,
      line(),
      `hand-overs go in a circle: ${longest.join(" → ")}`,
      "Take one of them out of handsOverTo; a person is the right end of such a chain.",
    );
  if (longest.length - 1 > mostHandOvers)
    return invalid(
      file,
      line(),
      `up to ${longest.length - 1} hand-overs could follow each other (${longest.join(" → ")}); at most ${mostHandOvers} may`,
      "Hand over to the last of them at once, or escalate.",
    );
  return undefined;
}

/** The longest way of hand-overs from a runbook; a way back to where it began is returned at once, with that id at both ends. */
function longestPath(
  id: string,
  byId: ReadonlyMap<string, Placed<Runbook>>,
  before: readonly string[],
): readonly string[] {
  const path = [...before, id];
  let longest: readonly string[] = path;
  for (const next of byId.get(id)?.value.handsOverTo ?? []) {
    if (next === path[0]) return [...path, next];
    // A circle further on is said by those who stand on it.
    if (path.includes(next)) continue;
    const further = longestPath(next, byId, path);
    if (further.at(-1) === path[0]) return further;
    if (further.length > longest.length) longest = further;
  }
  return longest;
}

function secondAnswer(placed: Placed<Runbook>, answers: Map<string, Placed<Runbook>>): OpsError | undefined {
  for (const { name } of placed.value.trigger) {
    const first = answers.get(name);
    if (first !== undefined)
      return invalid(
        placed.file,
        memberLine(placed.file, "trigger"),
        `the alert ${name} already starts ${first.value.id}; one alert starts one runbook`,
        `Leave ${name} out of its trigger, or let ${first.value.id} hand over to it.`,
      );
  }
  for (const { name } of placed.value.trigger) answers.set(name, placed);
  return undefined;
}

/** Alerts that wake somebody up and lead nowhere. They still alarm. */
export function unanswered(
  alerts: readonly Placed<Alert>[],
  runbooks: readonly Runbook[],
): readonly BrokenDefinition[] {
  const answered = new Set(runbooks.flatMap(({ trigger }) => trigger.map(({ name }) => name)));
  return alerts
    .filter(({ value }) => !answered.has(value.name))
    .map(({ value, file }) =>
      broken(
        "alert",
        value.name,
        file,
        invalid(
          file,
          lineOf(file, new RegExp(String.raw`["']${value.name}["']`)),
          `no runbook that can be used has the alert ${value.name} as its trigger`,
          "It still alarms, and whoever is called finds no runbook: write one, or mend the one that is broken.",
        ),
      ),
    );
}

/** A broken definition of this file. */
export function broken(
  kind: BrokenDefinition["kind"],
  id: string,
  file: DefinitionFile,
  error: OpsError,
): BrokenDefinition {
  return { kind, id, file: file.shown, error };
}
