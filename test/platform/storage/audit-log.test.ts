import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { folderArtifacts } from "#platform/pipeline/folder-artifacts.ts";
import { keepAnchor, readAnchors, type Anchor } from "#platform/storage/audit-anchors.ts";
import { exportAuditLog, verifyAuditExport } from "#platform/storage/audit-export.ts";
import { recordAudit } from "#platform/storage/audit-log.ts";
import { findAuditEntries } from "#platform/storage/audit-read.ts";
import { verifyAuditLog } from "#platform/storage/audit-verify.ts";
import { type Database, inTransaction, storageRefused } from "#platform/storage/database.ts";
import { leastGrants } from "#platform/storage/grants.ts";
import { placeHold } from "#platform/storage/holds.ts";
import { migrate } from "#platform/storage/migrate.ts";
import type { PostgresServer } from "#sandbox/backends/postgres.ts";
import { postgresForTests } from "#test/backends/postgres.ts";
import { another, migratedDatabase } from "./fresh-database.ts";

let postgres: PostgresServer;

beforeAll(async () => {
  postgres = await postgresForTests();
});
afterAll(() => postgres?.stop());

async function logOf(entries: number): Promise<{ readonly database: Database; readonly url: string }> {
  const { database, url } = await migratedDatabase(postgres, { most: 8 });
  await Promise.all(
    Array.from({ length: entries }, (_, index) =>
      recordAudit(database, {
        actor: `key-${index % 3}`,
        tenant: index % 2 === 0 ? "acme" : "borealis",
        action: "report.accepted",
        subject: `CSRD-${index}`,
        requestId: index % 5 === 0 ? undefined : `r-${index}`,
        detail: { bytes: index, name: 'Zoë — "quoted"\\ €\u2028' },
      }),
    ),
  );
  return { database, url };
}

/** Does what only an administrator can: changes rows without the triggers. */
async function tamper(database: Database, ...statements: readonly string[]): Promise<void> {
  await inTransaction(database, async (client) => {
    await client.query("set local session_replication_role = replica");
    for (const statement of statements) await client.query(statement);
  });
}

const rehash =
  "update audit_log l set hash = sha256(coalesce((select p.hash from audit_log p where p.chain = l.chain and p.seq = l.seq - 1), sha256(convert_to('csrd-audit-1/' || l.chain, 'UTF8'))) || audit_content(l))";
const lines = async (database: Database, filter = {}): Promise<readonly string[]> => {
  const all: string[] = [];
  for await (const line of exportAuditLog(database, filter, new Date())) all.push(line.trimEnd());
  return all;
};
// oxlint-disable-next-line require-await -- a file's lines come like this
async function* given(all: readonly string[]): AsyncGenerator<string> {
  yield* all;
}

test("entries of many writers at once form whole chains, and the newest are found by what they say", async () => {
  const { database } = await logOf(60);

  const verdict = await verifyAuditLog(database, []);

  expect(verdict).toMatchObject({ chains: 8, findings: [] });
  expect(verdict.rows).toBeGreaterThanOrEqual(60);
  const found = await findAuditEntries(database, { tenant: "acme", actor: "key-0" }, 100);
  expect(found).toHaveLength(10);
  expect(found.every(({ tenant, actor }) => tenant === "acme" && actor === "key-0")).toBe(true);
  expect((await findAuditEntries(database, { subject: "CSRD-7" }, 5))[0]).toMatchObject({
    action: "report.accepted",
    request_id: "r-7",
  });
});

test("an entry is there exactly when its transaction is", async () => {
  const { database } = await logOf(0);
  const entry = { actor: "k", tenant: "t", action: "report.cancelled", subject: "gone" } as const;

  await inTransaction(database, async (client) => {
    await recordAudit(client, entry);
    throw new Error("no");
  }).catch(() => undefined);
  await inTransaction(database, async (client) => {
    await recordAudit(client, { ...entry, subject: "kept" });
    await recordAudit(client, { ...entry, subject: "kept" });
  });

  expect((await findAuditEntries(database, { actor: "k" }, 10)).map(({ subject }) => subject)).toEqual([
    "kept",
    "kept",
  ]);
  expect((await verifyAuditLog(database, [])).findings).toEqual([]);
});

test("no secret, no control character and no endless text gets into an entry", async () => {
  const { database } = await logOf(0);

  await recordAudit(database, {
    actor: "a\u0000b\u001b[31m",
    tenant: undefined,
    action: "login.refused",
    subject: "x".repeat(10_000),
    detail: { sent: "postgresql://user:hunter2secret@db/x", many: "y".repeat(9_000) },
  });

  const [row] = await findAuditEntries(database, { action: "login.refused" }, 1);
  expect(row?.actor).toBe("ab[31m");
  expect(row?.subject).toHaveLength(200);
  expect(row?.detail).not.toContain("hunter2secret");
  expect(row?.detail.length).toBeLessThan(1_000);
});

test.for([
  "update audit_log set actor = 'x'",
  "delete from audit_log",
  "truncate audit_log",
  "update audit_heads set seq = 1",
  "delete from audit_heads",
  "truncate audit_heads cascade",
  "delete from audit_prunings",
  "insert into audit_prunings select chain, seq, hash, 1, 'x', repeat('0', 64) from audit_log limit 1",
])("the database refuses its own owner %j", async (sql) => {
  const { database } = await logOf(3);

  await expect(database.query(sql)).rejects.toMatchObject({ code: "42501" });

  expect((await verifyAuditLog(database, [])).findings).toEqual([]);
});

test("a role with the least rights records and reads, and can do nothing else to the log", async () => {
  const { database, url } = await logOf(3);
  await database.query("create role least_app login password 'least'");
  for (const sql of leastGrants("least_app")) await database.query(sql);
  const own = new URL(url);
  own.username = "least_app";
  own.password = "least";
  const least = another(own.href);

  await recordAudit(least, { actor: "least", tenant: "t", action: "report.read", subject: "s" });

  expect(await findAuditEntries(least, { actor: "least" }, 5)).toHaveLength(1);
  expect(await migrate(least)).toEqual([]);
  for (const sql of [
    "update audit_log set actor = 'x'",
    "delete from audit_log",
    "truncate audit_log",
    "alter table audit_log disable trigger all",
    "drop trigger audit_chain on audit_log",
    "insert into audit_log (chain, seq, at, nonce, actor, action, subject, detail, hash) values (1, 999, now(), gen_random_uuid(), 'x', 'a.b', 's', '{}', '')",
    "update audit_heads set seq = 0",
    "set session_replication_role = replica",
    "create table mine (id int)",
  ])
    await expect(least.query(sql), sql).rejects.toMatchObject({ code: "42501" });
  const denied = await placeHold(least, {
    kind: "tenant",
    subject: "acme",
    reason: "dispute",
    actor: "least",
  }).catch(storageRefused);
  expect(denied).toMatchObject({ hint: expect.stringContaining("csrd migrate --grants") });
  expect((await verifyAuditLog(database, [])).findings).toEqual([]);
});

test.for([
  [
    "edited",
    ["update audit_log set actor = 'nobody' where chain = 1 and seq = 3"],
    "Row 3 of chain 1 is not what was written",
  ],
  [
    "edited, with its own hash made new",
    [
      "update audit_log set actor = 'nobody' where chain = 1 and seq = 3",
      `${rehash} where chain = 1 and seq = 3`,
    ],
    "Row 4 of chain 1 is not what was written behind row 3",
  ],
  ["removed", ["delete from audit_log where chain = 1 and seq = 3"], "Row 3 of chain 1 is missing"],
  [
    "removed, several of them",
    ["delete from audit_log where chain = 1 and seq in (2, 3)"],
    "Rows 2 to 3 of chain 1 are missing",
  ],
  [
    "re-ordered",
    [
      "update audit_log set seq = 1000 where chain = 1 and seq = 2",
      "update audit_log set seq = 2 where chain = 1 and seq = 3",
      "update audit_log set seq = 3 where chain = 1 and seq = 1000",
    ],
    "Row 2 of chain 1 is not what was written",
  ],
  [
    "inserted in between",
    [
      "update audit_log set seq = seq + 1000 where chain = 1 and seq > 2",
      "insert into audit_log select chain, 3, at, gen_random_uuid(), 'forged', tenant, action, subject, request_id, detail, hash from audit_log where chain = 1 and seq = 2",
      "update audit_log set seq = seq - 999 where chain = 1 and seq > 1000",
    ],
    "Row 3 of chain 1 is not what was written",
  ],
  [
    "inserted at the end",
    [
      "insert into audit_log select chain, seq + 1, at, gen_random_uuid(), 'forged', tenant, action, subject, request_id, detail, hash from audit_log where chain = 1 order by seq desc limit 1",
    ],
    "is not what was written",
  ],
  [
    "cut off at the end",
    ["delete from audit_log where chain = 1 and seq = (select seq from audit_heads where chain = 1)"],
    "its head is row",
  ],
  [
    "put into a chain of its own",
    [
      "insert into audit_log select 99, 1, at, nonce, 'forged', tenant, action, subject, request_id, detail, hash from audit_log where chain = 1 and seq = 1",
    ],
    "Chain 99 is not one that was begun",
  ],
] as const)("a row that an administrator %s is found", async ([, statements, sentence]) => {
  const { database } = await logOf(60);
  await database.query(
    "do $$ begin for i in 1..40 loop exit when (select seq from audit_heads where chain = 1) >= 6; perform set_config('csrd.audit_chain', '1', true); insert into audit_log (actor, action, subject, detail) values ('a', 'report.read', 's', '{}'); end loop; end $$",
  );

  await tamper(database, ...statements);

  const sentences = (await verifyAuditLog(database, [])).findings.map((finding) => finding.sentence);
  expect(sentences.join("\n")).toContain(sentence);
});

test("a tail that was cut off together with its head is found by an anchor outside the database", async () => {
  const { database } = await logOf(60);
  const folder = mkdtempSync(path.join(tmpdir(), "csrd-anchors-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const records = folderArtifacts({ folder });
  const anchor: Anchor | undefined = await keepAnchor(database, records, undefined, new Date());
  const again = await keepAnchor(database, records, anchor, new Date());
  await tamper(
    database,
    "delete from audit_log l using audit_heads h where l.chain = h.chain and l.seq = h.seq and h.seq > 1",
    "update audit_heads h set seq = l.seq, hash = l.hash from audit_log l where l.chain = h.chain and l.seq = h.seq - 1",
  );

  const without = await verifyAuditLog(database, []);
  const withAnchors = await verifyAuditLog(database, await readAnchors(records, 10, () => undefined));

  expect(again).toBeUndefined();
  expect(without.findings).toEqual([]);
  expect(withAnchors.findings.length).toBeGreaterThan(4);
  expect(withAnchors.findings[0]?.sentence).toMatch(/^Chain \d had a row \d+ when it was anchored at/);
});

test("a chain that was forged from the middle to its head is found by an anchor", async () => {
  const { database } = await logOf(60);
  const anchor = await keepAnchor(database, undefined, undefined, new Date());
  await tamper(
    database,
    "update audit_log set actor = 'nobody' where seq = (select seq from audit_heads h where h.chain = audit_log.chain)",
    `${rehash} where seq = (select seq from audit_heads h where h.chain = l.chain)`,
    "update audit_heads h set hash = l.hash from audit_log l where l.chain = h.chain and l.seq = h.seq",
  );

  const without = await verifyAuditLog(database, []);
  const withAnchor = await verifyAuditLog(database, anchor === undefined ? [] : [anchor]);

  expect(without.findings).toEqual([]);
  expect(withAnchor.findings.length).toBe(8);
});

test("an export verifies without the database, and says nothing of entries that were not asked for", async () => {
  const { database } = await logOf(60);

  const all = await lines(database, { tenant: "acme" });
  const verdict = await verifyAuditExport(given(all));

  expect(verdict).toMatchObject({ entries: 30, findings: [], filter: { tenant: "acme" } });
  expect(verdict.hidden).toBeGreaterThanOrEqual(30);
  expect(all.join("\n")).not.toContain("borealis");
});

test.for([
  ["an edited entry", (text: string) => text.replace('"actor":"key-0"', '"actor":"key-9"')],
  ["an entry that was made hidden", (text: string) => text.replace('"kind":"hidden"', '"kind":"hide"')],
  ["a cut file", (text: string) => text.split("\n").slice(0, -3).join("\n")],
  ["nothing", () => ""],
  ["another file", () => '{"name":"Acme"}'],
  ["no JSON", () => "PK\u0003\u0004"],
] as const)("an export that is %s is refused", async ([, edit]) => {
  const { database } = await logOf(12);
  const text = edit((await lines(database, { tenant: "acme" })).join("\n"));

  await expect(verifyAuditExport(given(text.split("\n")))).rejects.toMatchObject({
    code: "audit-file-unreadable",
  });
});

test("`csrd audit-log verify` ends with 1 when a row was edited, and with 2 when there is no anchor", async () => {
  const { database, url } = await logOf(10);
  const csrd = (...args: readonly string[]) =>
    promisify(execFile)(process.execPath, ["bin/csrd.ts", ...args], {
      env: { PATH: process.env["PATH"], CSRD_DATABASE_URL: url, CSRD_STATE_DIR: tmpdir() },
    }).then(
      ({ stdout }) => ({ code: 0, stdout, stderr: "" }),
      (error: { code: number; stdout: string; stderr: string }) => error,
    );

  const whole = await csrd("audit-log", "verify");
  await tamper(database, "update audit_log set detail = '{}' where seq = 1");
  const edited = await csrd("audit-log", "verify");
  const missing = await csrd("audit-log", "verify", "--file", "no-such-export.ndjson");

  expect(whole).toMatchObject({ code: 2, stdout: expect.stringContaining("The audit log is whole") });
  expect(edited).toMatchObject({
    code: 1,
    stdout: expect.stringContaining("is not what was written behind row 0"),
    stderr: expect.stringContaining("code audit-log-broken"),
  });
  expect(missing).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("code audit-file-unreadable"),
  });
});
