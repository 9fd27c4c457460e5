import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { folderArtifacts } from "#platform/pipeline/folder-artifacts.ts";
import { recordAudit } from "#platform/storage/audit-log.ts";
import { startHousekeeping } from "#platform/storage/housekeeping.ts";
import { readMigrations } from "#platform/storage/migration-files.ts";
import { runningVersions } from "#platform/storage/running-versions.ts";
import { createLog } from "#platform/telemetry/log.ts";
import type { PostgresServer } from "#sandbox/backends/postgres.ts";
import { postgresForTests } from "#test/backends/postgres.ts";
import { another, freshDatabase, migratedDatabase } from "./fresh-database.ts";

let postgres: PostgresServer;

beforeAll(async () => {
  postgres = await postgresForTests();
});
afterAll(() => postgres?.stop());

function folder(): string {
  const made = mkdtempSync(path.join(tmpdir(), "csrd-housekeeping-"));
  onTestFinished(() => rmSync(made, { recursive: true }));
  return made;
}

const csrd = (args: readonly string[], env: Readonly<Record<string, string>>) =>
  promisify(execFile)(process.execPath, ["bin/csrd.ts", ...args], {
    env: { PATH: process.env["PATH"], CSRD_STATE_DIR: tmpdir(), ...env },
  }).then(
    ({ stdout }) => ({ code: 0, stdout, stderr: "" }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );

test("a process says which schema it knows while it runs, and keeps where the audit log ends when it starts and stops", async () => {
  const { database, url } = await migratedDatabase(postgres);
  const root = folder();
  const said: string[] = [];
  const log = createLog("worker", { level: "INFO", to: { write: (line) => void said.push(line) } });
  const keeping = await startHousekeeping(
    { database: another(url, { name: "csrd-worker/w-1" }), log, name: "csrd-worker/w-1", version: "1.2.3" },
    { records: folderArtifacts({ folder: root }) },
  );
  const running = await runningVersions(database);
  await recordAudit(database, { actor: "k", tenant: "t", action: "report.read", subject: "s" });
  await keeping.stop();

  const highest = (await readMigrations()).at(-1)?.version;
  expect(running).toMatchObject([{ name: "csrd-worker/w-1", version: "1.2.3", knows: highest }]);
  expect(readdirSync(path.join(root, "audit-anchors"))).toHaveLength(2);
  expect(
    said.filter(
      (line) => line.includes("Audit log anchored") && line.includes("csrd_platform.security.audit"),
    ),
  ).toHaveLength(2);
  const { rows } = await database.query("select name from running_versions");
  expect(rows).toEqual([]);
});

test("a process that is connected and has never said what it is counts as one that knows nothing", async () => {
  const { database, url } = await migratedDatabase(postgres);
  await another(url, { name: "csrd-api/of-old" }).query("select 1");

  expect(await runningVersions(database)).toMatchObject([
    { name: "csrd-api/of-old", version: undefined, knows: 0 },
  ]);
});

test("`csrd migrate` takes a new database through all three phases, and a contract waits for who is connected", async () => {
  const { database, url } = await freshDatabase(postgres);
  const env = { CSRD_DATABASE_URL: url };
  const old = another(url, { name: "csrd-api/of-old" });
  await old.query("select 1");

  const before = await csrd(["migrate"], env);
  const expanded = await csrd(["migrate", "--expand"], env);
  const early = await csrd(["migrate", "--contract"], env);
  const filled = await csrd(["migrate", "--backfill"], env);
  const refused = await csrd(["migrate", "--contract"], env);
  await old.end();
  const contracted = await csrd(["migrate", "--contract", "--json"], env);
  const after = await csrd(["migrate"], env);

  expect(before).toMatchObject({ code: 2, stdout: expect.stringContaining("pending  001-reports") });
  expect(expanded).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(
      /Applied 002-expand-audit-log\.[^]*1 migration to fill: csrd migrate --backfill/,
    ),
  });
  expect(early).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("the backfill 032-backfill-files-state is not finished"),
  });
  expect(filled).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("Applied 032-backfill-files-state."),
  });
  expect(refused).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("csrd-api/of-old is connected and has not said which version it is"),
  });
  expect(contracted.code).toBe(0);
  expect(after).toMatchObject({ code: 0, stdout: expect.stringContaining("Nothing is pending.") });
  const { rows } = await database.query(
    "select is_nullable from information_schema.columns where table_name = 'reports' and column_name = 'files_state'",
  );
  expect(rows).toEqual([{ is_nullable: "NO" }]);
  const { rows: audited } = await database.query(
    "select count(*)::int as count from audit_log where action = 'migration.applied' and subject like '%contract%'",
  );
  expect(audited).toEqual([{ count: 2 }]);
});

test("`csrd hold` and `csrd retention` say what they do, and refuse what is not one thing", async () => {
  const { url } = await migratedDatabase(postgres);
  const [files, archive] = [folder(), folder()];
  const env = {
    CSRD_DATABASE_URL: url,
    CSRD_ARTIFACTS_DIR: files,
    CSRD_ARCHIVE_URL: `file://${archive}`,
    CSRD_LOG_DIR: files,
  };

  const placed = await csrd(["hold", "place", "--tenant", "acme", "--reason", "dispute of 2026"], env);
  const listed = await csrd(["hold", "list"], env);
  const two = await csrd(["hold", "place", "--tenant", "a", "--logs", "access", "--reason", "why not"], env);
  const none = await csrd(["hold", "lift", "77", "--reason", "over"], env);
  const unknown = await csrd(
    ["hold", "place", "--report", "CSRD-20261121-0000000000", "--reason", "dispute"],
    env,
  );
  const planned = await csrd(["retention"], env);
  const applied = await csrd(["retention", "--apply", "--json"], env);
  const unset = await csrd(["retention", "--apply"], { ...env, CSRD_ARCHIVE_URL: "" });
  const wrong = await csrd(["retention"], { ...env, CSRD_ENVIRONMENT: "prod" });

  expect(placed.stdout).toMatch(/^Held: +1 {2}tenant acme {2}since/);
  expect(listed.stdout).toContain("dispute of 2026");
  expect(two.stderr).toContain("A hold is on one thing");
  expect(none.stderr).toContain("There is no open hold 77.");
  expect(unknown.stderr).toContain("code report-unknown");
  expect(planned).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("Nothing is due in production."),
  });
  expect(applied.code).toBe(0);
  expect(JSON.parse(applied.stdout)).toMatchObject({ environment: "production" });
  expect(unset.stderr).toContain("code archive-missing");
  expect(wrong.stderr).toContain("CSRD_ENVIRONMENT must be production, staging or development");
});

test("an anchor that was made unreadable is told, and does not pass for one", async () => {
  const { database, url } = await migratedDatabase(postgres);
  const archive = folder();
  const records = folderArtifacts({ folder: path.join(archive, "records") });
  await recordAudit(database, { actor: "k", tenant: "t", action: "report.read", subject: "s" });
  const env = { CSRD_DATABASE_URL: url, CSRD_ARTIFACTS_DIR: archive, CSRD_ARCHIVE_URL: `file://${archive}` };
  const { keepAnchor } = await import("#platform/storage/audit-anchors.ts");
  await keepAnchor(database, records, undefined, new Date("2026-11-21T10:00:00Z"));
  const whole = await csrd(["audit-log", "verify"], env);
  await records.write("audit-anchors/2026-11-21T11-00-00-000Z.json", '{"at":"now"}');
  const broken = await csrd(["audit-log", "verify"], env);

  expect(whole).toMatchObject({ code: 0, stdout: expect.stringContaining("Compared with 1 anchor,") });
  expect(broken).toMatchObject({
    code: 1,
    stdout: expect.stringContaining("2026-11-21T11-00-00-000Z.json cannot be read"),
  });
  expect(
    readFileSync(path.join(archive, "records/audit-anchors/2026-11-21T10-00-00-000Z.json"), "utf8"),
  ).toContain('"heads"');
});
