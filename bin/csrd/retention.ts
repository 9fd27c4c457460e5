import { hostname, userInfo } from "node:os";
import path from "node:path";
import type { Command } from "commander";
import { hang } from "#kit/render/width.ts";
import { CsrdError } from "#platform/errors.ts";
import { keeperSettings } from "#platform/service/settings.ts";
import type { AppliedClass, DueClass, RetentionParts } from "#platform/storage/retention.ts";
import { print, terminal } from "./terminal.ts";
import { withDatabase } from "./with-database.ts";

type Options = { readonly apply?: true; readonly most: string; readonly json?: true };

/** `csrd retention`: what is kept too long, and its way to the archive. */
export function register(program: Command): void {
  program
    .command("retention")
    .description("show what is past its time; with --apply, archive it, compare the copy, and delete it")
    .option("--apply", "do it; without this nothing is changed")
    .option("--most <count>", "most things of each class in one run", "200")
    .option("--json", "one JSON object")
    .addHelpText(
      "after",
      "\nFiles, archive, log folder and environment are those of CSRD_ARTIFACTS_DIR or CSRD_FILES_URL, CSRD_ARCHIVE_URL, CSRD_LOG_DIR and\nCSRD_ENVIRONMENT. The times are in rules/retention.yaml. What `csrd hold` holds stays.\nExit codes: 0 done, or nothing is due · 1 something could not be archived or deleted · 2 something is due",
    )
    .action(run);
}

async function run(options: Options): Promise<void> {
  const most = Math.trunc(Number(options.most));
  if (!(most >= 1 && most <= 10_000))
    throw new CsrdError("csrd-usage", {
      summary: "--most is a whole number from 1 to 10000.",
      hint: "Run it again for what is left.",
    });
  const settings = keeperSettings("retention", process.env);
  const [{ applyRetention, loadRetention, planRetention }, { openArchive, openFiles, openRecords }] =
    await Promise.all([import("#platform/storage/retention.ts"), import("#platform/storage/open-files.ts")]);
  await withDatabase("retention", process.env, async (database) => {
    const parts: RetentionParts = {
      database,
      files: openFiles(settings).files,
      archive: openArchive(settings),
      records: openRecords(settings),
      logs:
        settings.CSRD_LOG_DIR ??
        (settings.CSRD_LOG_FILE === undefined
          ? undefined
          : path.dirname(path.resolve(settings.CSRD_LOG_FILE))),
      environment: settings.CSRD_ENVIRONMENT,
      rules: await loadRetention(),
      now: new Date(),
      actor: `operator:${userInfo().username}@${hostname()}`.slice(0, 100),
      host: hostname().replaceAll(/[^A-Za-z0-9._-]/g, "-"),
      most,
    };
    if (options.apply !== true) {
      const due = await planRetention(parts);
      process.exitCode = due.some(({ count, held }) => count > held) ? 2 : 0;
      print(
        options.json === true
          ? [JSON.stringify({ environment: parts.environment, due })]
          : dueLines(due, parts),
      );
      return;
    }
    const stop = new AbortController();
    process.once("SIGINT", () => stop.abort()).once("SIGTERM", () => stop.abort());
    const applied = await applyRetention(parts, stop.signal, (_, what, outcome) => {
      if (options.json !== true && outcome.kind === "failed")
        print([`${what}: ${outcome.sentence} (${outcome.code})`]);
    });
    print(
      options.json === true
        ? [JSON.stringify({ environment: parts.environment, applied })]
        : appliedLines(applied),
    );
    const failed = applied.flatMap((one) => one.failed).length;
    if (failed > 0) {
      process.exitCode = 1;
      if (options.json !== true)
        throw new CsrdError("retention-incomplete", {
          summary: `Retention was not done to its end: ${failed} of ${failed + applied.reduce((sum, { deleted }) => sum + deleted, 0)} could not be archived or deleted.`,
          hint: "What could not be copied and compared was not deleted; mend it and run it again.",
        });
    }
  });
}

const heading = ["class", "due", "bytes", "oldest", "held", "older than"] as const;

function dueLines(
  due: readonly DueClass[],
  { environment, most, archive, logs }: RetentionParts,
): readonly string[] {
  const day = (at: Date | undefined): string => at?.toISOString().slice(0, 10) ?? "-";
  const rows = due.map((one) => [
    one.class,
    one.count.toLocaleString("en"),
    one.bytes === undefined ? "-" : one.bytes.toLocaleString("en"),
    day(one.oldest),
    one.held.toLocaleString("en"),
    day(one.before),
  ]);
  const { screen } = terminal();
  const total = due.reduce((sum, { count, held }) => sum + count - held, 0);
  return [
    ...table([heading, ...rows]),
    "",
    ...(logs === undefined ? ["No log folder is named (CSRD_LOG_DIR); log files were not looked at."] : []),
    ...hang(
      screen,
      "",
      total === 0
        ? `Nothing is due in ${environment}.`
        : `csrd retention --apply ${archive === undefined ? "deletes" : "archives and deletes"} at most ${most} of each class, as in ${environment}; nothing was changed.`,
    ),
  ];
}

function appliedLines(applied: readonly AppliedClass[]): readonly string[] {
  return table([
    ["class", "deleted", "bytes", "held", "failed"],
    ...applied.map((one) => [
      one.class,
      one.deleted.toLocaleString("en"),
      one.bytes.toLocaleString("en"),
      one.held.toLocaleString("en"),
      String(one.failed.length),
    ]),
  ]);
}

/** Columns side by side; all but the first are figures and stand at the right. */
function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  "),
  );
}
