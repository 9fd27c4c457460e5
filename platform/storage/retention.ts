import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import {
  dueBefore,
  isHeld,
  needsArchive,
  parseRetention,
  type RetentionClass,
  type RetentionEnvironment,
  type RetentionRules,
} from "#rules/retention.ts";
import type { Artifacts } from "../agent.ts";
import { CsrdError } from "../errors.ts";
import { recordAudit } from "./audit-log.ts";
import { type Database, inTransaction } from "./database.ts";
import { listHolds } from "./holds.ts";
import type { ReportFiles } from "./report-files.ts";
import { listDueChains, removePruned, retireChain } from "./retention-audit.ts";
import { listLogFiles, retireLogFile } from "./retention-logs.ts";
import { bytesOf, countDueReports, listDueReports, type Outcome, retireReport } from "./retention-reports.ts";
import { inTurn, patience } from "./schema-session.ts";

/** Everything that retention looks at, and by whose hand. */
export type RetentionParts = {
  readonly database: Database;
  readonly files: ReportFiles;
  readonly archive: ReportFiles | undefined;
  readonly records: Artifacts | undefined;
  /** The folder of the rotated log files; undefined when there is none. */
  readonly logs: string | undefined;
  readonly environment: RetentionEnvironment;
  readonly rules: RetentionRules;
  readonly now: Date;
  readonly actor: string;
  /** Name of this machine, under which its log files are archived. */
  readonly host: string;
  /** Most things of each class that are looked at closely, or go, in one run. */
  readonly most: number;
};

/** What is due of one class. */
export type DueClass = {
  readonly class: RetentionClass;
  readonly before: Date;
  /** All that are due, also those beyond what one run takes. */
  readonly count: number;
  /** Of those that one run takes; undefined where the store cannot tell. */
  readonly bytes: number | undefined;
  readonly oldest: Date | undefined;
  /** Of those that one run takes: kept by a hold. */
  readonly held: number;
};

/** What became of a class in a run. */
export type AppliedClass = {
  readonly class: RetentionClass;
  readonly deleted: number;
  readonly bytes: number;
  readonly held: number;
  readonly failed: readonly { readonly what: string; readonly code: string; readonly sentence: string }[];
};

/** The rules as they are shipped. */
export async function loadRetention(): Promise<RetentionRules> {
  return parseRetention(
    parse(await readFile(new URL("../../rules/retention.yaml", import.meta.url), "utf8")),
  );
}

/** What a run would do now, class by class; changes nothing. */
export async function planRetention(parts: RetentionParts): Promise<readonly DueClass[]> {
  const { database, files, rules, environment, now, most, logs } = parts;
  const before = (name: RetentionClass) => dueBefore(rules, name, environment, now);
  const holds = await listHolds(database, "open");

  const reports = await listDueReports(database, before("reports"), most);
  const sizes = await Promise.all(reports.map(({ id }) => bytesOf(files, id)));
  const planned: DueClass[] = [
    {
      class: "reports",
      before: before("reports"),
      ...(await countDueReports(database, before("reports"))),
      bytes: total(sizes),
      held: reports.filter(({ id, tenant }) => isHeld({ kind: "report", id, tenant }, holds)).length,
    },
  ];
  const logFiles = logs === undefined ? [] : await listLogFiles(logs);
  for (const name of ["application", "access", "security", "system"] as const) {
    const due = logFiles.filter((file) => file.class === name && file.until <= before(name));
    planned.push({
      class: name,
      before: before(name),
      count: due.length,
      bytes: total(due.slice(0, most).map(({ bytes }) => bytes)),
      oldest: due[0]?.until,
      held: isHeld({ kind: "logs", class: name }, holds) ? Math.min(most, due.length) : 0,
    });
  }
  const chains = await listDueChains(database, before("audit"));
  const rows = chains.reduce((sum, chain) => sum + chain.rows, 0);
  planned.push({
    class: "audit",
    before: before("audit"),
    count: rows,
    bytes: undefined,
    oldest: rows === 0 ? undefined : await oldest(database, "select min(at) as at from audit_log"),
    held: holds.length > 0 ? rows : 0,
  });
  const { rows: keys } = await database.query<{ count: number; oldest: Date | null }>(
    "select count(*)::int as count, min(created_at) as oldest from idempotency_keys where created_at < $1",
    [before("idempotency")],
  );
  planned.push({
    class: "idempotency",
    before: before("idempotency"),
    count: keys[0]?.count ?? 0,
    bytes: undefined,
    oldest: keys[0]?.oldest ?? undefined,
    held: 0,
  });
  return planned;
}

/**
 * Does it: archives, compares, looks for a hold, deletes, one thing at a time and at most `most` of each class. One process does it at a time.
 * Stops between two things when `signal` says so. Throws `archive-missing` where the environment asks for an archive and none is named,
 * `migration-busy` when another process has been at it all the while.
 */
export async function applyRetention(
  parts: RetentionParts,
  signal: AbortSignal = new AbortController().signal,
  onOutcome: (name: RetentionClass, what: string, outcome: Outcome) => void = () => undefined,
): Promise<readonly AppliedClass[]> {
  const { database, archive, records, rules, environment, now, most, logs } = parts;
  if (needsArchive(rules, environment) && (archive === undefined || records === undefined))
    throw noArchive(environment);
  const before = (name: RetentionClass) => dueBefore(rules, name, environment, now);
  return inTurn(database, "retention", { ...patience, turnMs: 5_000 }, async () => {
    const applied: AppliedClass[] = [];
    const each = async <T>(
      name: RetentionClass,
      things: AsyncIterable<T> | Iterable<T>,
      whatOf: (thing: T) => string,
      retire: (thing: T) => Promise<Outcome>,
    ): Promise<void> => {
      let [deleted, bytes, held, inRow] = [0, 0, 0, 0];
      const failed: { what: string; code: string; sentence: string }[] = [];
      for await (const thing of things) {
        // A store that refuses five in a row refuses the sixth.
        if (signal.aborted || deleted >= most || inRow >= 5) break;
        const outcome = await retire(thing);
        onOutcome(name, whatOf(thing), outcome);
        inRow = outcome.kind === "failed" ? inRow + 1 : 0;
        if (outcome.kind === "failed")
          failed.push({ what: whatOf(thing), code: outcome.code, sentence: outcome.sentence });
        else if (outcome.kind === "held") held += 1;
        else [deleted, bytes] = [deleted + (name === "audit" ? outcome.files : 1), bytes + outcome.bytes];
      }
      applied.push({ class: name, deleted, bytes, held, failed });
    };

    await each(
      "reports",
      dueReports(database, before("reports")),
      ({ id }) => id,
      (report) => retireReport(parts, report),
    );
    const logFiles = logs === undefined ? [] : await listLogFiles(logs);
    for (const name of ["application", "access", "security", "system"] as const)
      await each(
        name,
        logFiles.filter((file) => file.class === name && file.until <= before(name)),
        ({ name: file }) => file,
        (file) => retireLogFile(parts, file),
      );
    await removePruned(database);
    // Without an archive the log stays whole, whatever the environment.
    const chains = records === undefined ? [] : await listDueChains(database, before("audit"));
    await each(
      "audit",
      chains,
      ({ chain }) => `chain ${chain}`,
      (chain) =>
        records === undefined ? Promise.resolve({ kind: "held" }) : retireChain({ ...parts, records }, chain),
    );
    applied.push(await expireKeys(parts, before("idempotency"), signal));
    return applied;
  });
}

/** The due reports a page at a time; each page begins behind the last, so that what is held or fails is passed once. */
async function* dueReports(database: Database, before: Date) {
  for (let page = await listDueReports(database, before, 100); page.length > 0; ) {
    yield* page;
    page = await listDueReports(database, before, 100, page.at(-1));
  }
}

async function expireKeys(
  { database, actor, most }: RetentionParts,
  before: Date,
  signal: AbortSignal,
): Promise<AppliedClass> {
  let deleted = 0;
  const size = Math.min(1_000, most * 100);
  for (let batches = 0; batches < 100 && !signal.aborted; batches += 1) {
    const { rowCount } = await database.query(
      "delete from idempotency_keys where (owner, key) in (select owner, key from idempotency_keys where created_at < $1 order by created_at limit $2)",
      [before, size],
    );
    deleted += rowCount ?? 0;
    if ((rowCount ?? 0) < size) break;
  }
  if (deleted > 0)
    await inTransaction(database, (client) =>
      recordAudit(client, {
        actor,
        tenant: undefined,
        action: "retention.applied",
        subject: "idempotency keys",
        detail: { deleted },
      }),
    );
  return { class: "idempotency", deleted, bytes: 0, held: 0, failed: [] };
}

async function oldest(database: Database, sql: string): Promise<Date | undefined> {
  const { rows } = await database.query<{ at: Date | null }>(sql);
  return rows[0]?.at ?? undefined;
}

function total(sizes: readonly (number | undefined)[]): number | undefined {
  return sizes.reduce((sum, size) => (sum === undefined || size === undefined ? undefined : sum + size), 0);
}

function noArchive(environment: RetentionEnvironment): CsrdError {
  return new CsrdError("archive-missing", {
    summary: `Nothing is deleted: in ${environment} it is archived first, and no archive is named.`,
    hint: "Set CSRD_ARCHIVE_URL to s3://bucket/prefix or file:///folder, and run it again.",
  });
}
