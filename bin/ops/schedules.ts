import { Command } from "commander";
import { OpsError } from "#kit/errors.ts";
import { brokenFacts, brokenLines, brokenTsv } from "#kit/render/broken.ts";
import { document } from "#kit/render/ndjson.ts";
import {
  fireFacts,
  firesTsv,
  lostText,
  renderFires,
  renderSchedule,
  renderSchedules,
  scheduleFacts,
  schedulesTsv,
  type ScheduleView,
} from "#kit/render/schedules.ts";
import { mark } from "#kit/render/states.ts";
import { clean, hang } from "#kit/render/width.ts";
import type { End, MakeCommand } from "./commands.ts";
import type { Door } from "./door.ts";
import { didYouMean } from "./nearest.ts";
import { wholeNumber } from "./numbers.ts";
import { lostSchedules, scheduleViews, seenFires } from "./schedules-seen.ts";

/** `ops schedules`: what fires when, what became of it, and a person's hand on it. */
export const schedulesCommand: MakeCommand = async (door, end) => {
  const schedules = new Command("schedules")
    .description(
      "What fires when in this environment, and what became of the last fire. ops serve fires them.",
    )
    .action(() => list(door, end));
  schedules
    .command("show")
    .description("when it fires, what it runs, and what if")
    .argument("<schedule>", "which schedule")
    .action((id: string) => show(door, end, id));
  schedules
    .command("fires")
    .description("every expected fire and its one record, newest first")
    .argument("<schedule>", "which schedule")
    .option("--limit <n>", "how many", wholeNumber(1, 10_000), 50)
    .action((id: string, options: { readonly limit: number }) => fires(door, end, id, options));
  for (const paused of [true, false])
    schedules
      .command(paused ? "pause" : "resume")
      .description(paused ? "let it not fire until somebody resumes it" : "let it fire again")
      .argument("<schedule>", "which schedule")
      .requiredOption("--why <text>", "why; others read it")
      .action((id: string, options: { readonly why: string }) => hold(door, end, id, paused, options.why));
  return schedules;
};

async function list(door: Door, end: End): Promise<void> {
  const wired = await door.wired();
  const [views, all, lost] = await Promise.all([scheduleViews(wired), wired.broken(), lostSchedules(wired)]);
  const broken = all.filter(({ kind }) => kind === "schedule");
  if (door.globals.json)
    door.print(
      document({
        schedules: views.map((view) => scheduleFacts(view)),
        broken: brokenFacts(broken),
        lost: lost.map((known) => ({ ...known, says: lostText(known) })),
      }),
    );
  else if (door.isPiped) door.print([...schedulesTsv(views, door.globals.header), ...brokenTsv(broken)]);
  else
    door.print([
      ...(broken.length === 0 ? [] : [...brokenLines(door.screen(), broken), ""]),
      ...renderSchedules(door.screen(), views, lost, new Date()),
    ]);
  end(0);
}

async function show(door: Door, end: End, id: string): Promise<void> {
  const wired = await door.wired();
  const view = await viewNamed(door, id);
  const recent = await seenFires(wired, view.schedule.id, 5);
  if (door.globals.json)
    door.print(document({ ...scheduleFacts(view), fires: recent.map((seen) => fireFacts(seen)) }));
  else door.print(renderSchedule(door.screen(), view, recent, new Date()));
  end(0);
}

async function fires(door: Door, end: End, id: string, { limit }: { readonly limit: number }): Promise<void> {
  const wired = await door.wired();
  const view = await viewNamed(door, id);
  const seen = await seenFires(wired, view.schedule.id, limit);
  if (door.globals.json) door.print(document({ schedule: id, fires: seen.map((one) => fireFacts(one)) }));
  else if (door.isPiped) door.print(firesTsv(seen, door.globals.header));
  else door.print(renderFires(door.screen(), view, seen));
  end(0);
}

async function hold(door: Door, end: End, id: string, paused: boolean, why: string): Promise<void> {
  const wired = await door.wired();
  const { schedule, hold: before, here } = await viewNamed(door, id);
  const { environment, identity } = wired;
  if (clean(why, 2_000).trim() === "")
    throw new OpsError("usage", {
      summary: "The reason is empty.",
      hint: 'Say why, for those who wonder that nothing runs: --why "..."',
    });
  if (!environment.approvers.includes(identity.name) && identity.name !== schedule.as)
    throw new OpsError("approval-forbidden", {
      summary: `${identity.name} may not ${paused ? "pause" : "resume"} schedules in ${environment.name}.`,
      hint: `${[schedule.as, ...environment.approvers].join(" or ")} may.`,
    });
  if (!here || (before?.paused ?? false) === paused)
    throw new OpsError("usage", {
      summary: !here
        ? `${schedule.id} does not fire in ${environment.name}.`
        : paused
          ? `${schedule.id} is paused already, by ${before?.by.name ?? "somebody"}: ${before?.why ?? ""}.`
          : `${schedule.id} is not paused.`,
      hint: "See: ops schedules",
    });
  door.acted();
  const word = {
    environment: environment.name,
    schedule: schedule.id,
    paused,
    at: new Date().toISOString(),
    by: identity,
    why: clean(why, 2_000),
  };
  await wired.ledger.hold(word);
  const [after] = (await scheduleViews(wired)).filter((view) => view.schedule.id === schedule.id);
  if (door.globals.json) door.print(document({ hold: word }));
  else
    door.print(
      hang(
        door.screen(),
        mark(door.screen(), "done"),
        paused
          ? `${schedule.id} is paused in ${environment.name}: each fire is recorded as left out until somebody resumes it.`
          : `${schedule.id} fires again in ${environment.name}${after?.firedBy === undefined ? ", once ops serve runs" : ""}.`,
      ),
    );
  end(0);
}

async function viewNamed(door: Door, id: string): Promise<ScheduleView> {
  const wired = await door.wired();
  const views = await scheduleViews(wired);
  const view = views.find(({ schedule }) => schedule.id === id);
  if (view !== undefined) return view;
  const fault = (await wired.broken()).find((one) => one.kind === "schedule" && one.id === id);
  if (fault !== undefined) throw fault.error;
  const known = views.map(({ schedule }) => schedule.id);
  throw new OpsError("schedule-unknown", {
    summary: `There is no schedule "${clean(id, 60)}".`,
    hint:
      didYouMean(id, known) ||
      `Known are: ${known.join(", ") || "none"}. A team's own are loaded with --dir.`,
  });
}
