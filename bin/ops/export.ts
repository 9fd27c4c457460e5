import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { Command, InvalidArgumentError, Option } from "commander";
import { redactor } from "#adapters/redactor.ts";
import { isDuration, toMs } from "#kit/duration.ts";
import { isCodedError, OpsError } from "#kit/errors.ts";
import type { ChainVerdict, Journal, RunRow } from "#kit/journal.ts";
import { exportRow } from "#kit/postmortem/row.ts";
import { entryLine } from "#kit/render/ndjson.ts";
import { mark } from "#kit/render/states.ts";
import { clean, hang } from "#kit/render/width.ts";
import type { JournalEntry } from "#kit/timeline.ts";
import type { End, MakeCommand } from "./commands.ts";
import { csvLine, csvHeader, ndjsonLine } from "./export-lines.ts";
import type { Door } from "./door.ts";
import { besideOf, mustBeFree, putInPlace, unwritable } from "./out-file.ts";

type Options = {
  readonly since?: Date;
  readonly format: "ndjson" | "csv";
  readonly entries?: boolean;
  readonly out?: string;
  readonly force?: boolean;
};

/** `ops export`: one row per run, oldest first; docs/export.md says what each column holds. */
export const exportCommand: MakeCommand = async (door, end) =>
  new Command("export")
    .description("One row per run, oldest first, for reports; or every entry, to move a journal.")
    .option("--since <time>", "runs asked for since then: 30d, 12h or 2026-11-01", since)
    .addOption(new Option("--format <format>", "ndjson or csv").choices(["ndjson", "csv"]).default("ndjson"))
    .option("--entries", "every entry of the runs, as the journal keeps it; ndjson only")
    .option("--out <file>", "write there instead")
    .option("--force", "replace a file that exists")
    .action((options: Options) => exportRuns(door, end, options));

async function exportRuns(door: Door, end: End, options: Options): Promise<void> {
  if (options.entries === true && options.format === "csv")
    throw new OpsError("usage", {
      summary: "Entries are no table, so they cannot be CSV.",
      hint: "Leave out --format csv, or --entries.",
    });
  const { journal } = await door.wired();
  const rows = await rowsSince(journal, door.globals.env, options.since);
  const sink = options.out === undefined ? screenSink() : fileSink(options.out, options.force === true);
  const broken: string[] = [];
  try {
    if (options.format === "csv" && door.globals.header) await sink.write(csvHeader());
    for (const row of rows) {
      const record = await read(journal, row.run);
      if (!record.chain.intact) broken.push(row.run);
      if (options.entries === true)
        for (const entry of record.entries) await sink.write(`${entryLine(entry)}\n`);
      else {
        const line = options.format === "csv" ? csvLine : ndjsonLine;
        await sink.write(line(exportRow(row, record)));
      }
    }
    sink.end();
  } catch (error) {
    sink.drop();
    throw error;
  }
  if (options.out !== undefined)
    door.tell(
      hang(
        door.screen(),
        mark(door.screen(), "done"),
        `Written: ${options.out}, ${rows.length} ${rows.length === 1 ? "run" : "runs"}.`,
      ),
    );
  if (broken.length > 0) throw altered(broken, rows.length);
  end(0);
}

/** Oldest first. The one-line summaries are held; what the runs consist of is read one run at a time. */
async function rowsSince(
  journal: Journal,
  environment: string | undefined,
  since: Date | undefined,
): Promise<readonly RunRow[]> {
  const rows = await journal.runs({
    limit: 2 ** 31 - 1,
    ...(environment === undefined ? {} : { environment }),
  });
  const wanted =
    since === undefined ? rows : rows.filter((row) => Date.parse(row.askedAt) >= since.getTime());
  return wanted.toReversed();
}

/** A record that cannot even be read is a row that says so; the others are not its hostages. */
async function read(
  journal: Journal,
  run: string,
): Promise<{ readonly entries: readonly JournalEntry[]; readonly chain: ChainVerdict }> {
  try {
    return { entries: await journal.read(run), chain: await journal.verify(run) };
  } catch (error) {
    if (!isCodedError(error) || error.code !== "journal-corrupt") throw error;
    return { entries: [], chain: { intact: false, seq: 1, why: error.summary } };
  }
}

function altered(broken: readonly string[], of: number): OpsError {
  const named = broken.slice(0, 5).join(", ");
  return new OpsError("journal-corrupt", {
    summary: `${broken.length} of ${of} exported ${of === 1 ? "run" : "runs"} ${broken.length === 1 ? "does" : "do"} not verify: ${named}${broken.length > 5 ? " and more" : ""}.`,
    hint: 'Their rows say so in the column "record". Keep the journal.',
  });
}

/** Where lines go; a write waits until there is room. */
type Sink = { write(text: string): Promise<void>; end(): void; drop(): void };

function screenSink(): Sink {
  return {
    write: (text) =>
      new Promise((resolve) => {
        if (process.stdout.write(text)) resolve();
        else process.stdout.once("drain", resolve);
      }),
    end: () => undefined,
    drop: () => undefined,
  };
}

/** A file that gets its name when it is whole. */
function fileSink(path: string, force: boolean): Sink {
  const target = { path, force };
  const beside = besideOf(target);
  mustBeFree(target);
  const safely = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw unwritable(target, error);
    }
  };
  const file = safely(() => openSync(beside, "wx", 0o600));
  return {
    write: async (text) => {
      safely(() => writeSync(file, redactor.text(text)));
    },
    end: () =>
      safely(() => {
        fsyncSync(file);
        closeSync(file);
        if (force) renameSync(beside, path);
        else putInPlace(target, beside);
      }),
    drop: () => rmSync(beside, { force: true }),
  };
}

function since(text: string): Date {
  if (isDuration(text)) return new Date(Date.now() - toMs(text));
  const date = new Date(text);
  if (/^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(date.getTime())) return date;
  throw new InvalidArgumentError(
    `"${clean(text, 40)}" is neither a length like 30d nor a date like 2026-11-01.`,
  );
}
