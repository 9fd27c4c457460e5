import { once } from "node:events";
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import type { Command } from "commander";
import { paint } from "#kit/render/palette.ts";
import { clean } from "#kit/render/width.ts";
import { CsrdError } from "#platform/errors.ts";
import { keeperSettings } from "#platform/service/settings.ts";
import { messageOf } from "#platform/service/error-facts.ts";
import type { ChainFinding, ChainPlace, AuditRow } from "#platform/storage/audit-chain.ts";
import type { AuditFilter } from "#platform/storage/audit-read.ts";
import { print, terminal } from "./terminal.ts";
import { withDatabase } from "./with-database.ts";

type Filters = {
  readonly since?: string;
  readonly until?: string;
  readonly actor?: string;
  readonly tenant?: string;
  readonly subject?: string;
  readonly action?: string;
};
type Show = Filters & { readonly limit: string; readonly json?: true };
type Verify = { readonly file?: string; readonly json?: true };

/** `csrd audit-log`: who did what, and whether the record of it is whole. */
export function register(program: Command): void {
  const log = program.command("audit-log").description("show, export or verify the record of who did what");
  withFilters(log.command("show"))
    .description("the newest entries that fit")
    .option("--limit <count>", "most entries", "50")
    .option("--json", "one JSON object a line")
    .action(show);
  withFilters(log.command("export"))
    .description("write NDJSON to stdout that verifies without the database; other entries are hashes only")
    .action(write);
  log
    .command("verify")
    .description(
      "follow every chain from its beginning to its head and to the anchors kept outside the database",
    )
    .option("--file <export>", "an exported file instead of the database")
    .option("--json", "one JSON object")
    .addHelpText(
      "after",
      "\nThe anchors are those of CSRD_ARCHIVE_URL.\nExit codes: 0 whole · 1 something does not fit · 2 whole, but there was no anchor to compare the ends with",
    )
    .action(verify);
}

function withFilters(command: Command): Command {
  return command
    .option("--since <time>", "from this moment on, as 2026-11-01 or 2026-11-01T08:00:00Z")
    .option("--until <time>", "before this moment")
    .option("--actor <name>", "a key's id, a token's subject, an operator")
    .option("--tenant <name>", "whose data it concerns")
    .option("--subject <id>", "what was acted on: a report's id, a key's id, a scope")
    .option("--action <name>", "what was done: report.accepted, key.revoked, …");
}

function filterOf({ since, until, actor, tenant, subject, action }: Filters): AuditFilter {
  return { since: moment("--since", since), until: moment("--until", until), actor, tenant, subject, action };
}

function moment(option: string, text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const at = /^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d))?$/.test(text)
    ? new Date(text)
    : new Date(Number.NaN);
  if (!Number.isNaN(at.getTime())) return at;
  throw new CsrdError("csrd-usage", {
    summary: `${option} is not a moment: ${clean(text, 40)}.`,
    hint: "Write a day, 2026-11-01, or a time with its zone, 2026-11-01T08:00:00Z.",
  });
}

async function show(options: Show): Promise<void> {
  const limit = Math.trunc(Number(options.limit));
  if (!(limit >= 1 && limit <= 10_000))
    throw new CsrdError("csrd-usage", {
      summary: "--limit is a whole number from 1 to 10000.",
      hint: "`csrd audit-log export` gives all of them.",
    });
  const { findAuditEntries } = await import("#platform/storage/audit-read.ts");
  const rows = await withDatabase("audit-log", process.env, (database) =>
    findAuditEntries(database, filterOf(options), limit),
  );
  if (options.json === true) print(rows.map((row) => JSON.stringify(row)));
  else if (rows.length === 0) print(["No entry fits."]);
  else print(rows.map(entryLine));
}

function entryLine(row: AuditRow): string {
  const { screen } = terminal();
  const detail = row.detail === "{}" ? "" : `  ${paint(screen, "muted", clean(row.detail, 120))}`;
  return `${row.at.slice(0, 19).replace("T", " ")}  ${row.action.padEnd(18)}  ${clean(row.subject, 60)}  by ${clean(row.actor, 60)}${row.tenant === null ? "" : ` for ${clean(row.tenant, 60)}`}${detail}`;
}

async function write(options: Filters): Promise<void> {
  const { exportAuditLog } = await import("#platform/storage/audit-export.ts");
  const filter = filterOf(options);
  await withDatabase("audit-log", process.env, async (database) => {
    for await (const line of exportAuditLog(database, filter, new Date()))
      if (!process.stdout.write(line)) await once(process.stdout, "drain");
  });
}

async function verify(options: Verify): Promise<void> {
  if (options.file !== undefined) return verifyFile(options.file, options);
  const [{ verifyAuditLog }, { readAnchors }, { openRecords }] = await Promise.all([
    import("#platform/storage/audit-verify.ts"),
    import("#platform/storage/audit-anchors.ts"),
    import("#platform/storage/open-files.ts"),
  ]);
  const hasArchive = (process.env["CSRD_ARCHIVE_URL"] ?? "") !== "";
  const records = hasArchive ? openRecords(keeperSettings("audit-log verify", process.env)) : undefined;
  const broken: string[] = [];
  const anchors =
    records === undefined ? [] : await readAnchors(records, 100, (name) => void broken.push(name));
  const verdict = await withDatabase("audit-log", process.env, (database) =>
    verifyAuditLog(database, anchors),
  );
  process.exitCode = verdict.findings.length > 0 || broken.length > 0 ? 1 : anchors.length === 0 ? 2 : 0;
  if (options.json === true) {
    print([JSON.stringify({ ...verdict, brokenAnchors: broken })]);
    return;
  }
  print([
    ...verdict.findings.map(({ sentence }) => sentence),
    ...broken.map((name) => `The anchor ${name} cannot be read.`),
  ]);
  if (verdict.findings.length > 0) throw notWhole(verdict.findings);
  print([
    `The audit log is whole: ${verdict.rows.toLocaleString("en")} rows in ${verdict.chains} chains.`,
    verdict.anchoredAt === undefined
      ? "There is no anchor outside the database; a tail that was cut off would not be seen. Set CSRD_ARCHIVE_URL."
      : `Compared with ${verdict.anchors} ${verdict.anchors === 1 ? "anchor" : "anchors"}, the newest of ${verdict.anchoredAt.slice(0, 19).replace("T", " ")}.`,
    ...headLines(verdict.heads),
  ]);
}

async function verifyFile(file: string, { json }: Verify): Promise<void> {
  const { verifyAuditExport } = await import("#platform/storage/audit-export.ts");
  const input = createReadStream(file);
  try {
    await once(input, "open");
  } catch (cause) {
    throw new CsrdError("audit-file-unreadable", {
      summary: `The file cannot be read: ${messageOf(cause)}.`,
      hint: "Name a file that `csrd audit-log export` wrote.",
      cause,
    });
  }
  const verdict = await verifyAuditExport(createInterface({ input, crlfDelay: Infinity }));
  process.exitCode = verdict.findings.length > 0 ? 1 : 0;
  if (json === true) {
    print([JSON.stringify(verdict)]);
    return;
  }
  print(verdict.findings.map(({ sentence }) => sentence));
  if (verdict.findings.length > 0) throw notWhole(verdict.findings);
  print([
    `The export is whole: ${verdict.entries.toLocaleString("en")} entries, ${verdict.hidden.toLocaleString("en")} of which the hash is told only.`,
    "Whether it ends where the log ended is told by comparing its heads with an anchor of that time:",
    ...headLines(verdict.heads),
  ]);
}

function headLines(heads: readonly ChainPlace[]): readonly string[] {
  return heads.map(({ chain, seq, hash }) => `  chain ${chain}  row ${seq}  ${hash}`);
}

function notWhole(findings: readonly ChainFinding[]): CsrdError {
  return new CsrdError("audit-log-broken", {
    summary: `The audit log does not fit together in ${findings.length === 1 ? "1 place" : `${findings.length} places`}.`,
    hint: "Treat it as a security incident: keep the database as it is, and compare with the last export that verifies.",
  });
}
