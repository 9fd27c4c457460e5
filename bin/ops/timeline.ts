import { Command } from "commander";
import { OpsError } from "#kit/errors.ts";
import { ghostLines } from "#kit/render/alive.ts";
import { entryLine } from "#kit/render/ndjson.ts";
import { renderTimeline, timelineMarkdown, type TimelineFilter } from "#kit/render/timeline.ts";
import { clean } from "#kit/render/width.ts";
import { follow } from "./attach.ts";
import type { End, MakeCommand } from "./commands.ts";
import type { Door } from "./door.ts";
import { page } from "./pager.ts";
import { runNamed } from "./runs-known.ts";

type Options = {
  readonly failed?: boolean;
  readonly step?: string;
  readonly since?: string;
  readonly md?: boolean;
  readonly follow?: boolean;
};

/** `ops timeline <run>`: the record of a run. */
export const timelineCommand: MakeCommand = async (door, end) =>
  new Command("timeline")
    .description("What happened in a run, with gaps and who was waited for.")
    .argument("<run>", "which run")
    .option("--failed", "only what went wrong")
    .option("--step <number>", "only one step")
    .option("--since <time>", "from then on: 03:12, 03:12:07 or an ISO time, UTC")
    .option("--md", "markdown, for Slack, GitHub and the post-mortem")
    .option("--follow", "then goes on with what happens, until the run ends; Ctrl-C leaves it alone")
    .action((run: string, options: Options) => timeline(door, end, run, options));

async function timeline(door: Door, end: End, run: string, options: Options): Promise<void> {
  const { entries, state } = await runNamed(door, run);
  const filter: TimelineFilter = {
    ...(options.failed === true ? { failed: true } : {}),
    ...(options.step === undefined ? {} : { step: options.step }),
    ...(options.since === undefined ? {} : { since: instant(options.since, state.askedAt) }),
  };
  const { journal } = await door.wired();
  const row = await journal.row(run);
  const ghost = row === undefined ? [] : ghostLines(door.screen(), row, new Date());
  if (door.globals.json) {
    door.printVersion();
    door.print(entries.map((entry) => entryLine(entry)));
  } else if (options.md) door.print(timelineMarkdown(entries, filter).trimEnd());
  else if (options.follow === true) door.print(renderTimeline(door.screen(), entries, filter));
  else page(door, [...renderTimeline(door.screen(), entries, filter), ...ghost]);

  const chain = await journal.verify(run);
  if (!chain.intact)
    throw new OpsError("journal-corrupt", {
      summary: `The record of ${run} was altered: entry ${chain.seq}, ${chain.why}.`,
      hint: "What is printed above is not to be trusted. Keep the file; nothing will run from it.",
    });
  end(options.follow === true ? await follow(door, run, state.lastSeq) : 0);
}

function instant(text: string, day: string): string {
  const clock = /^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$/.test(text);
  const date = new Date(clock ? `${day.slice(0, 10)}T${text.length === 5 ? `${text}:00` : text}Z` : text);
  if (Number.isNaN(date.getTime()))
    throw new OpsError("usage", {
      summary: `"${clean(text, 40)}" is not a time.`,
      hint: "Write 03:12, 03:12:07 or an ISO time.",
    });
  return date.toISOString();
}
