import { createReadStream, type Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import { type Duration, toMs } from "#kit/duration.ts";
import { OpsError } from "#kit/errors.ts";
import { answerFrom, meets, parseLine, type ParsedLine, textOf, timeOf } from "#kit/log-lines.ts";
import type { LogAnswer, LogQuestion, LogTest } from "#kit/log-query.ts";
import { newestLines, type UnitLine } from "#kit/log-units.ts";
import type { LogReader } from "#kit/ports.ts";
import { plainText } from "../foreign-text.ts";
import { linesOf, someServices } from "../unit-lines.ts";

/** The `log-files` binding: a folder of JSON lines on this machine, such as the platform's CSRD_LOG_DIR. */
const LogFilesBinding = z.strictObject({ dir: z.string().min(1) });
export type LogFilesBinding = z.infer<typeof LogFilesBinding>;

/** Checks the `log-files` part of an environment's bindings; throws `environment-invalid`. */
export function parseLogFilesBinding(binding: unknown): LogFilesBinding {
  const parsed = LogFilesBinding.safeParse(binding);
  if (parsed.success) return parsed.data;
  throw new OpsError("environment-invalid", {
    summary: "The environment's log-files binding is not usable.",
    hint: "It takes dir, a folder of .ndjson or .log files.",
  });
}

/** So many lines are kept of what a query found; a narrower question finds the rest. */
const mostLines = 200_000;
const skewMs = 60_000;
const isError: LogTest = { field: "level", in: ["ERROR", "CRITICAL"] };

/** Finds the platform's lines in files; every file of the folder belongs to every group. */
export function fileLogs({ dir }: LogFilesBinding): LogReader {
  return {
    async errors(_group, { since, limit }) {
      const now = Date.now();
      const asked = { from: new Date(now - toMs(since)), until: new Date(now + skewMs), where: [isError] };
      const found: { readonly line: ParsedLine; readonly source: string }[] = [];
      for await (const { line, source } of linesIn(dir, asked.from, undefined))
        if (meets(line, asked)) found.push({ line, source });
      return found
        .toSorted((a, b) => (timeOf(a.line) ?? 0) - (timeOf(b.line) ?? 0))
        .slice(-limit)
        .map(({ line, source }) => ({
          at: new Date(timeOf(line) ?? 0).toISOString(),
          level: textOf(line["level"]),
          message: plainText(textOf(line["message"])),
          source: plainText(source, 80),
        }));
    },
    async query(_group: string, question: LogQuestion, within: Duration): Promise<LogAnswer> {
      const until = performance.now() + toMs(within);
      const met: ParsedLine[] = [];
      let incomplete: string | undefined;
      for await (const { line } of linesIn(dir, question.from, question.until)) {
        if (meets(line, question)) met.push(line);
        if (met.length >= mostLines)
          incomplete = `more than ${mostLines} lines answer it; ask for a shorter time`;
        else if (performance.now() > until) incomplete = `stopped after ${within}, before all was searched`;
        if (incomplete !== undefined) break;
      }
      return safe(answerFrom(met, question, incomplete));
    },
    async lines(services, question, everyone) {
      someServices(services);
      const until = performance.now() + toMs(question.within);
      const found: UnitLine[] = [];
      let incomplete: string | undefined;
      for await (const kept of textsIn(dir, question.from, question.until)) {
        found.push(...linesOf([kept], { services, everyone, question }));
        if (found.length >= mostLines)
          incomplete = `more than ${mostLines} lines answer it; ask for a shorter time`;
        else if (performance.now() > until)
          incomplete = `stopped after ${question.within}, before all was searched`;
        if (incomplete !== undefined) break;
      }
      return newestLines(found, question, incomplete);
    },
  };
}

/** Text of lines is foreign here too. */
function safe(answer: LogAnswer): LogAnswer {
  return {
    ...answer,
    rows: answer.rows.map((row) =>
      row.map((cell) => (typeof cell === "string" ? plainText(cell, 2_000) : cell)),
    ),
  };
}

/** The JSON lines of a folder's files, without those of files that can hold none of the time asked for. */
async function* linesIn(
  dir: string,
  from: Date,
  until: Date | undefined,
): AsyncGenerator<{ readonly line: ParsedLine; readonly source: string }> {
  for await (const { text, source } of textsIn(dir, from, until)) {
    const line = parseLine(text);
    if (line !== undefined) yield { line, source };
  }
}

/**
 * The lines of a folder's files and of its folders' files: one folder per unit where several write here. A line without a time has that of the
 * line before it; a file's name is its unit where no folder is.
 */
async function* textsIn(
  dir: string,
  from: Date,
  until: Date | undefined,
): AsyncGenerator<{
  readonly text: string;
  readonly source: string;
  readonly unit: string;
  readonly keptAt: number;
}> {
  for (const { folder, name } of await filesUnder(dir)) {
    const day = /-(\d{4}-\d\d-\d\d)\.ndjson$/.exec(name)?.[1];
    if (day !== undefined && isOutside(day, from, until)) continue;
    const file = join(dir, folder, name);
    const { mtimeMs } = await stat(file);
    if (mtimeMs < from.getTime()) continue;
    const unit = folder === "" ? name.replace(/(-\d{4}-\d\d-\d\d)?\.(ndjson|log)$/, "") : folder;
    let keptAt = mtimeMs;
    const lines = createInterface({ input: createReadStream(file, "utf8"), crlfDelay: Infinity });
    for await (const text of lines) {
      const line = parseLine(text);
      keptAt = (line === undefined ? undefined : timeOf(line)) ?? keptAt;
      yield { text, source: join(folder, name), unit, keptAt };
    }
  }
}

async function filesUnder(
  dir: string,
): Promise<readonly { readonly folder: string; readonly name: string }[]> {
  const entries = await entriesOf(dir);
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const inside = await Promise.all(
    folders.map(async (folder) =>
      logFiles(await entriesOf(join(dir, folder))).map((name) => ({ folder, name })),
    ),
  );
  return [...logFiles(entries).map((name) => ({ folder: "", name })), ...inside.flat()];
}

/** A file of one day holds that day's lines and the first of the next, from who was late to notice. */
function isOutside(day: string, from: Date, until: Date | undefined): boolean {
  const begins = Date.parse(`${day}T00:00:00Z`);
  return (
    begins + 2 * 86_400_000 < from.getTime() || (until !== undefined && begins > until.getTime() + 86_400_000)
  );
}

function logFiles(entries: readonly Dirent[]): readonly string[] {
  return entries
    .filter((entry) => entry.isFile() && /\.(ndjson|log)$/.test(entry.name))
    .map(({ name }) => name);
}

async function entriesOf(dir: string): Promise<readonly Dirent[]> {
  try {
    return (await readdir(dir, { withFileTypes: true })).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  } catch (cause) {
    throw new OpsError("tool-unreachable", {
      summary: `The folder of log files ${plainText(dir, 200)} cannot be read.`,
      hint: "Look at log-files.dir in the environment's file, and at CSRD_LOG_DIR of the platform's processes.",
      cause,
    });
  }
}
