import { closureText, momentText } from "#kit/freeze.ts";
import type { EnvironmentFile } from "#kit/environment.ts";
import type { Outcome, ReadinessProbe } from "#kit/readiness.ts";
import type { Runbook } from "#kit/runbook.ts";
import { freezesHere } from "#rules/freezes.ts";
import type { Wired } from "../wire.ts";
import { scheduleViews } from "./schedules-seen.ts";

/** Whether the calendar lets these runbooks change anything now, and whether somebody fires the schedules. */
export function calendarProbes(
  wired: Wired,
  file: EnvironmentFile,
  runbooks: readonly Runbook[],
): readonly ReadinessProbe[] {
  return [
    {
      id: "host.freezes",
      what: "Freezes",
      needs: "every-run",
      look: async () => freezes(wired, file, runbooks),
    },
    { id: "host.schedules", what: "Schedules", needs: "telling", look: () => schedules(wired, file) },
  ];
}

function freezes(
  { calendar, freezes: planned }: Wired,
  file: EnvironmentFile,
  runbooks: readonly Runbook[],
): Outcome {
  const now = new Date();
  const closed = runbooks.flatMap((runbook) => {
    const closure = calendar({ environment: file, runbook, at: now });
    return closure?.kind === "freeze" ? [{ id: runbook.id, closure }] : [];
  });
  const [first] = closed;
  if (first !== undefined)
    return {
      state: "warning",
      says: `${closureText(first.closure)}; nothing is changed by ${closed.map(({ id }) => id).join(", ")}`,
      now: "Wait for its end; looking, safe steps, rollback and undo go on. If it cannot wait: --break-glass",
    };
  const next = freezesHere(planned(), file).find(({ from }) => from > now);
  if (next === undefined) return { state: "ready", says: "none is in force or planned here" };
  return {
    state: "ready",
    says: `none is in force; the next, "${next.name}", begins ${momentText(next.from, next.zone)}`,
  };
}

/** Where `ops serve` is not set up, that nothing fires is a choice; where it is, it is a warning. */
async function schedules(wired: Wired, { bindings }: EnvironmentFile): Promise<Outcome> {
  if (bindings["control"] === undefined)
    return { state: "ready", says: "none fires here: ops serve is not set up (no control binding)" };
  const here = (await scheduleViews(wired)).filter((view) => view.here);
  if (here.length === 0) return { state: "ready", says: "none fires here" };
  const alone = here.filter(({ firedBy }) => firedBy === undefined);
  const paused = here.filter(({ hold }) => hold?.paused === true).map(({ schedule }) => schedule.id);
  const held = paused.length === 0 ? "" : `; paused: ${paused.join(", ")}`;
  if (alone.length === 0) return { state: "ready", says: `${here.length} fire here${held}` };
  return {
    state: "warning",
    says: `nobody fires ${alone.map(({ schedule }) => schedule.id).join(", ")}${held}`,
    now: "Start ops serve where it stays; what is missed meanwhile is caught up as each schedule says: ops schedules",
  };
}
