import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { folderArtifacts } from "#platform/pipeline/folder-artifacts.ts";
import { verifyArchive } from "#platform/storage/archive.ts";
import { verifyAuditExport } from "#platform/storage/audit-export.ts";
import { recordAudit } from "#platform/storage/audit-log.ts";
import { findAuditEntries } from "#platform/storage/audit-read.ts";
import { verifyAuditLog } from "#platform/storage/audit-verify.ts";
import { type Database, inTransaction } from "#platform/storage/database.ts";
import { liftHold, listHolds, placeHold } from "#platform/storage/holds.ts";
import { folderFiles, newReportId, type ReportFiles } from "#platform/storage/report-files.ts";
import { acceptReport } from "#platform/storage/reports.ts";
import {
  applyRetention,
  loadRetention,
  planRetention,
  type RetentionParts,
} from "#platform/storage/retention.ts";
import type { PostgresServer } from "#sandbox/backends/postgres.ts";
import { postgresForTests } from "#test/backends/postgres.ts";
import { migratedDatabase } from "./fresh-database.ts";

let postgres: PostgresServer;

beforeAll(async () => {
  postgres = await postgresForTests();
});
afterAll(() => postgres?.stop());

type Place = RetentionParts & { readonly url: string; readonly root: string; readonly archiveRoot: string };

function folder(): string {
  const made = mkdtempSync(path.join(tmpdir(), "csrd-retention-"));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

async function place(over: Partial<RetentionParts> = {}): Promise<Place> {
  const { database, url } = await migratedDatabase(postgres);
  const [root, archiveRoot] = [folder(), folder()];
  return {
    database,
    url,
    root,
    archiveRoot,
    files: folderFiles(root),
    archive: folderFiles(archiveRoot),
    records: folderArtifacts({ folder: path.join(archiveRoot, "records") }),
    logs: undefined,
    environment: "production",
    rules: await loadRetention(),
    now: new Date(),
    actor: "operator:test",
    host: "host-1",
    most: 50,
    ...over,
  };
}

/** A report that ended so many days ago, with two files. */
async function report(
  { database, files }: Pick<Place, "database" | "files">,
  daysAgo: number,
  owner = "acme",
): Promise<string> {
  const id = newReportId(new Date());
  await acceptReport(database, {
    id,
    owner,
    company: {},
    dataSha256: "0".repeat(64),
    dataBytes: 3,
    traceparent: "",
    idempotency: { key: id, requestSha256: "0".repeat(64) },
  });
  await files.of(id).write("report.json", `{"id":"${id}"}`);
  await files.of(id).write("intermediate/03_lineage.ndjson", "x".repeat(5_000));
  await database.query(
    "update reports set status = 'completed', outcome = 'ok', accepted_at = now() - $2 * interval '1 day', finished_at = now() - $2 * interval '1 day' where id = $1",
    [id, daysAgo],
  );
  return id;
}

async function stateOf(database: Database, id: string): Promise<string | undefined> {
  const { rows } = await database.query<{ files_state: string }>(
    "select files_state from reports where id = $1",
    [id],
  );
  return rows[0]?.files_state;
}

const ofClass = <T extends { readonly class: string }>(all: readonly T[], name: string): T | undefined =>
  all.find((one) => one.class === name);

test("a plan counts what is past its time and changes nothing", async () => {
  const at = await place();
  const old = [await report(at, 800), await report(at, 400)];
  await report(at, 300);

  const plan = await planRetention(at);

  expect(ofClass(plan, "reports")).toMatchObject({ count: 2, held: 0 });
  expect(ofClass(plan, "reports")?.bytes).toBe(
    old.reduce((sum, id) => sum + `{"id":"${id}"}`.length + 5_000, 0),
  );
  expect(ofClass(plan, "audit")).toMatchObject({ count: 0 });
  for (const id of old) expect(await at.files.of(id).list()).toHaveLength(2);
  expect(readdirSync(at.archiveRoot)).toEqual([]);
});

test("an old report is archived, compared and deleted; its row says so, both are audited, and a young one stays", async () => {
  const at = await place();
  const [old, young] = [await report(at, 400), await report(at, 300)];

  const applied = await applyRetention(at);

  expect(ofClass(applied, "reports")).toMatchObject({ deleted: 1, held: 0, failed: [] });
  expect(await at.files.of(old).list()).toEqual([]);
  expect((await verifyArchive(folderFiles(at.archiveRoot), old)).files).toHaveLength(2);
  expect([await stateOf(at.database, old), await stateOf(at.database, young)]).toEqual(["deleted", "here"]);
  expect(await at.files.of(young).list()).toHaveLength(2);
  const entries = await findAuditEntries(at.database, { subject: old }, 10);
  expect(entries.map(({ action }) => action).toSorted()).toEqual([
    "report.accepted",
    "report.archived",
    "report.deleted",
  ]);
  expect(ofClass(await applyRetention(at), "reports")).toMatchObject({ deleted: 0, failed: [] });
});

test("a run takes at most so many of a class, and the next one goes on", async () => {
  const at = await place({ most: 2 });
  for (let one = 0; one < 5; one += 1) await report(at, 400 + one);

  const deleted = [];
  for (let run = 0; run < 4; run += 1) deleted.push(ofClass(await applyRetention(at), "reports")?.deleted);

  expect(deleted).toEqual([2, 2, 1, 0]);
});

test("a hold that is placed between plan and run is kept to, by report and by tenant, until it is lifted; both are audited", async () => {
  const at = await place();
  const [one, two, free] = [await report(at, 500), await report(at, 500, "borealis"), await report(at, 500)];
  const before = await planRetention(at);
  const actor = "operator:anna";
  const hold = await placeHold(at.database, { kind: "report", subject: one, reason: "audit of 2026", actor });
  await placeHold(at.database, { kind: "tenant", subject: "borealis", reason: "dispute", actor });

  const planned = await planRetention(at);
  const applied = await applyRetention(at);
  await liftHold(at.database, { id: hold.id, reason: "audit is over", actor });
  const later = await applyRetention(at);

  expect(ofClass(before, "reports")).toMatchObject({ count: 3, held: 0 });
  expect(ofClass(planned, "reports")).toMatchObject({ count: 3, held: 2 });
  expect(ofClass(applied, "reports")).toMatchObject({ deleted: 1, held: 2, failed: [] });
  expect(await at.files.of(two).list()).toHaveLength(2);
  expect(ofClass(later, "reports")).toMatchObject({ deleted: 1, held: 1 });
  expect([
    await stateOf(at.database, one),
    await stateOf(at.database, two),
    await stateOf(at.database, free),
  ]).toEqual(["deleted", "archived", "deleted"]);
  const entries = await findAuditEntries(at.database, { actor }, 10);
  expect(entries.map(({ action }) => action).toSorted()).toEqual([
    "hold.lifted",
    "hold.placed",
    "hold.placed",
  ]);
  expect(await listHolds(at.database, "open")).toHaveLength(1);
  await expect(
    placeHold(at.database, { kind: "report", subject: one, reason: "too late", actor }),
  ).rejects.toMatchObject({ code: "hold-late" });
});

test("a hold that is asked for while a report is being deleted waits for the end, and is told that it came late", async () => {
  const at = await place();
  const id = await report(at, 500);
  let held: Promise<unknown> = Promise.resolve();
  const files: ReportFiles = {
    ...at.files,
    drop: async (one) => {
      held = placeHold(at.database, {
        kind: "report",
        subject: one,
        reason: "at the last moment",
        actor: "operator:anna",
      }).catch((error: { code: string }) => error.code);
      await at.files.drop(one);
    },
  };

  const applied = await applyRetention({ ...at, files });

  expect(ofClass(applied, "reports")).toMatchObject({ deleted: 1 });
  expect(await held).toBe("hold-late");
  expect(await stateOf(at.database, id)).toBe("deleted");
});

test("a copy that is not what was copied keeps everything where it is", async () => {
  const at = await place();
  const id = await report(at, 500);
  const good = folderFiles(at.archiveRoot);
  const lossy: ReportFiles = {
    ...good,
    of: (one) => {
      const artifacts = good.of(one);
      return {
        ...artifacts,
        list: () => artifacts.list(),
        exists: (name) => artifacts.exists(name),
        read: (name) => artifacts.read(name),
        write: (name, content) => artifacts.write(name, content),
        stream: (name, range) => artifacts.stream(name, range),
        writer: async (name) => {
          const writer = await artifacts.writer(name);
          return {
            ...writer,
            write: async (piece) => writer.write(piece.slice(0, -1)),
            close: () => writer.close(),
            abort: () => writer.abort(),
          };
        },
      };
    },
  };

  const applied = await applyRetention({ ...at, archive: lossy });

  expect(ofClass(applied, "reports")).toMatchObject({
    deleted: 0,
    failed: [{ what: id, code: "artifact-damaged" }],
  });
  expect(await at.files.of(id).list()).toHaveLength(2);
  expect(await stateOf(at.database, id)).toBe("here");
  expect(ofClass(await applyRetention(at), "reports")).toMatchObject({ deleted: 1 });
});

test.for(["before drop", "after drop"])(
  "a run that is killed %s loses nothing, and the next one ends what it began",
  async (point) => {
    const at = await place();
    const id = await report(at, 500);
    const victim = spawn(
      process.execPath,
      [path.join(import.meta.dirname, "retention-victim.ts"), at.url, at.root, at.archiveRoot, point],
      { stdio: ["ignore", "pipe", "inherit"], env: { PATH: process.env["PATH"] } },
    );
    await once(victim.stdout, "data");
    victim.kill("SIGKILL");
    await once(victim, "exit");

    const between = [await stateOf(at.database, id), (await at.files.of(id).list()).length];
    const applied = await applyRetention(at);

    expect(between).toEqual(["archived", point === "before drop" ? 2 : 0]);
    expect(ofClass(applied, "reports")).toMatchObject({ deleted: 1, failed: [] });
    expect(await stateOf(at.database, id)).toBe("deleted");
    expect((await verifyArchive(folderFiles(at.archiveRoot), id)).files).toHaveLength(2);
    const entries = await findAuditEntries(at.database, { subject: id }, 10);
    expect(entries.map(({ action }) => action).toSorted()).toEqual([
      "report.accepted",
      "report.archived",
      "report.deleted",
    ]);
  },
);

test("a report without files and without an archive is told, and the others go on", async () => {
  const at = await place();
  const [gone, fine] = [await report(at, 600), await report(at, 500)];
  await at.files.drop(gone);

  const applied = await applyRetention(at);

  expect(ofClass(applied, "reports")).toMatchObject({
    deleted: 1,
    failed: [{ what: gone, code: "artifact-missing" }],
  });
  expect(await stateOf(at.database, fine)).toBe("deleted");
  expect(await stateOf(at.database, gone)).toBe("here");
});

test("in production nothing goes without an archive; in development it does, after seven days", async () => {
  const production = await place({ archive: undefined, records: undefined });
  await report(production, 500);
  const development = await place({ archive: undefined, records: undefined, environment: "development" });
  const [old, young] = [await report(development, 8), await report(development, 6)];

  await expect(applyRetention(production)).rejects.toMatchObject({ code: "archive-missing" });
  const applied = await applyRetention(development);

  expect(ofClass(applied, "reports")).toMatchObject({ deleted: 1, failed: [] });
  expect(await development.files.of(old).list()).toEqual([]);
  expect(await development.files.of(young).list()).toHaveLength(2);
});

test("log files that were put aside go by their class's time, to the archive first; links, today's and held ones stay", async () => {
  const logs = folder();
  const at = await place({ logs, now: new Date("2026-11-21T12:00:00Z") });
  const names = [
    "application-2026-08-22.ndjson",
    "application-2026-08-24.ndjson",
    "access-2025-11-20.ndjson",
    "access-2025-11-22.ndjson",
    "security-2024-11-01.ndjson",
    "security-2025-01-01.ndjson",
    "system-2026-10-01.ndjson",
    "system-2026-11-20.ndjson",
    "system.ndjson",
    "notes-2020-01-01.ndjson",
  ];
  for (const name of names) writeFileSync(path.join(logs, name), `{"name":"${name}"}\n`);
  symlinkSync("/etc/hostname", path.join(logs, "system-2026-01-01.ndjson"));
  await placeHold(at.database, {
    kind: "logs",
    subject: "security",
    reason: "investigation",
    actor: "operator:anna",
  });

  const planned = await planRetention(at);
  const applied = await applyRetention(at);

  expect(
    planned.filter(({ count }) => count > 0).map(({ class: name, count, held }) => [name, count, held]),
  ).toEqual([
    ["application", 1, 0],
    ["access", 1, 0],
    ["security", 1, 1],
    ["system", 1, 0],
  ]);
  expect(applied.flatMap(({ failed }) => failed)).toEqual([]);
  expect(readdirSync(logs).toSorted()).toEqual(
    [
      ...names.filter(
        (name) =>
          !["application-2026-08-22.ndjson", "access-2025-11-20.ndjson", "system-2026-10-01.ndjson"].includes(
            name,
          ),
      ),
      "system-2026-01-01.ndjson",
    ].toSorted(),
  );
  const archived = readdirSync(path.join(at.archiveRoot, "records/logs/host-1")).toSorted();
  // What is held is copied all the same; it is only not deleted.
  expect(archived.map((name) => name.slice(0, -20))).toEqual([
    "access-2025-11-20",
    "application-2026-08-22",
    "security-2024-11-01",
    "system-2026-10-01",
  ]);
  expect(readFileSync(path.join(at.archiveRoot, "records/logs/host-1", archived[1] ?? ""), "utf8")).toBe(
    '{"name":"application-2026-08-22.ndjson"}\n',
  );
  expect(existsSync("/etc/hostname")).toBe(true);
});

test("keys of repeated requests go after seven days, and the report of a younger one is still found", async () => {
  const at = await place();
  const [old, young] = [await report(at, 10), await report(at, 2)];
  await at.database.query(
    "update idempotency_keys k set created_at = r.accepted_at from reports r where r.id = k.report_id",
  );

  const applied = await applyRetention(at);

  expect(ofClass(applied, "idempotency")).toMatchObject({ deleted: 1 });
  const { rows } = await at.database.query("select report_id from idempotency_keys");
  expect(rows).toEqual([{ report_id: young }]);
  expect(old).not.toBe(young);
});

/** Makes the first rows of every chain eight years older, as time would: with their hashes. */
async function age(database: Database, upTo: number): Promise<void> {
  await inTransaction(database, async (client) => {
    await client.query("set local session_replication_role = replica");
    await client.query(`do $$ declare l audit_log; previous bytea; begin
      for l in select * from audit_log order by chain, seq loop
        if l.seq = 1 then previous := sha256(convert_to('csrd-audit-1/' || l.chain, 'UTF8')); end if;
        if l.seq <= ${upTo} then l.at := l.at - interval '8 years'; end if;
        l.hash := sha256(previous || audit_content(l));
        previous := l.hash;
        update audit_log set at = l.at, hash = l.hash where chain = l.chain and seq = l.seq;
        update audit_heads set hash = l.hash where chain = l.chain and seq = l.seq;
      end loop; end $$`);
  });
}

test("audit entries older than seven years go to a verified export, and the rest of each chain still verifies", async () => {
  const at = await place();
  for (let one = 0; one < 80; one += 1)
    await recordAudit(at.database, { actor: "k", tenant: "t", action: "report.read", subject: `s-${one}` });
  await age(at.database, 2);
  const { rows: before } = await at.database.query<{ count: number }>(
    "select count(*)::int as count from audit_log",
  );
  const young = await at.database
    .query(
      "insert into audit_prunings select chain, seq, hash, 1, 'x', repeat('0', 64) from audit_log where seq = 3 limit 1",
    )
    .catch((error: { code: string }) => error.code);
  const hold = await placeHold(at.database, {
    kind: "tenant",
    subject: "t",
    reason: "court",
    actor: "operator:anna",
  });
  const held = await applyRetention(at);
  await liftHold(at.database, { id: hold.id, reason: "over", actor: "operator:anna" });

  const applied = await applyRetention(at);

  const verdict = await verifyAuditLog(at.database, []);
  const { rows: after } = await at.database.query<{ count: number }>(
    "select count(*)::int as count from audit_log where at < now() - interval '7 years'",
  );
  expect(young).toBe("42501");
  expect(ofClass(held, "audit")).toMatchObject({ deleted: 0, held: 8 });
  expect(ofClass(applied, "audit")).toMatchObject({ deleted: 16, failed: [] });
  expect(after).toEqual([{ count: 0 }]);
  expect(before[0]?.count).toBeGreaterThan(16);
  expect(verdict.findings).toEqual([]);
  const archived = readFileSync(path.join(at.archiveRoot, "records/audit/chain-1-1-2.ndjson"), "utf8")
    .trimEnd()
    .split("\n");
  expect(
    await verifyAuditExport(
      (async function* () {
        yield* archived;
      })(),
    ),
  ).toMatchObject({ entries: 2, hidden: 0, findings: [] });
});
