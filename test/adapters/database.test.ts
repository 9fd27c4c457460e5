import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { databaseAdmin } from "#adapters/database/admin.ts";
import { type DatabaseBinding, parseDatabaseBinding } from "#adapters/database/binding.ts";
import { databaseProbes } from "#adapters/database/doctor.ts";
import { requirePlatformDatabase } from "#adapters/database/identity.ts";
import { databaseGrants } from "#adapters/database/permissions.ts";
import { databaseReader } from "#adapters/database/reader.ts";
import type { Session } from "#kit/ports.ts";
import { type DatabaseRoles, databaseRoles, platformConnections } from "#sandbox/database-roles.ts";
import { type PostgresServer, removePostgres, startPostgres } from "#sandbox/backends/postgres.ts";

let folder: string;
let server: PostgresServer;
let roles: DatabaseRoles;
let binding: DatabaseBinding;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "ops-database-"));
  server = await startPostgres({ dir: join(folder, "postgres") });
  roles = await databaseRoles(server);
  binding = bindingTo(roles);
});

afterAll(async () => {
  await server.stop();
  removePostgres(join(folder, "postgres"));
  rmSync(folder, { recursive: true, force: true });
});

function bindingTo({ read, act }: Pick<DatabaseRoles, "read" | "act">): DatabaseBinding {
  const kept = (name: string, value: string) => {
    const file = join(folder, name);
    writeFileSync(file, value, { mode: 0o600 });
    return { file };
  };
  return parseDatabaseBinding({
    read: kept(`read-${Math.random()}`, read),
    act: kept(`act-${Math.random()}`, act),
    users: ["csrd_app"],
    protect: ["nightly_export"],
    tls: "off",
    timeout: "2s",
  });
}

/** A session that does what the test wants, and ends with it. */
async function open(url: string, application: string, ...statements: readonly string[]): Promise<Client> {
  const client = new Client({ connectionString: url, application_name: application });
  client.on("error", () => undefined);
  await client.connect();
  onTestFinished(() => client.end().catch(() => undefined));
  for (const statement of statements) await client.query(statement);
  return client;
}

async function seen(application: string): Promise<Session> {
  const { sessions } = await databaseReader(binding).connections();
  const found = sessions.find((one) => one.application === application);
  if (found === undefined) throw new Error(`no session of ${application}`);
  return found;
}

const rest = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe("the sessions of the platform's database", () => {
  test("are listed with what they do and who waits for whom", async () => {
    await open(roles.platform, "holder", "create table if not exists t (n int)", "begin", "lock table t");
    const waiter = await open(roles.platform, "waiter");
    waiter.query("select count(*) from t").catch(() => undefined);
    await rest(200);

    const [holder, waits] = [await seen("holder"), await seen("waiter")];

    expect(holder).toMatchObject({ state: "idle in transaction", user: "csrd_app", blockedBy: [] });
    expect(holder.protected).toBeUndefined();
    expect(waits).toMatchObject({ state: "active", waitsFor: "Lock/relation", blockedBy: [holder.pid] });
    expect(holder.startedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  });

  test("are counted against the limit that is nearest", async () => {
    await open(roles.platform, "one");

    const { most, used, sessions } = await databaseReader(binding).connections();

    expect(most).toBe(platformConnections);
    expect(used).toBe(sessions.filter(({ user }) => user === "csrd_app").length);
  });

  test("are refused to a role that sees only its own", async () => {
    const blind = bindingTo({ read: roles.platform, act: roles.act });

    await expect(databaseReader(blind).connections()).rejects.toMatchObject({
      code: "tool-refused",
      hint: expect.stringContaining("pg_monitor"),
    });
  });

  test("are not known when nobody answers", async () => {
    const away = bindingTo({ read: roles.read.replace(/:\d+\//, ":1/"), act: roles.act });

    await expect(databaseReader(away).connections()).rejects.toMatchObject({ code: "tool-unreachable" });
  });

  test("can be looked at when the platform's role has none left", async () => {
    const admin = new Client({ connectionString: server.url });
    await admin.connect();
    onTestFinished(async () => {
      await admin.query(`alter role csrd_app connection limit ${platformConnections}`);
      await admin.end();
    });
    await open(roles.platform, "last");
    const { used } = await databaseReader(binding).connections();
    await admin.query(`alter role csrd_app connection limit ${used}`);

    await expect(open(roles.platform, "one more")).rejects.toMatchObject({ code: "53300" });
    expect(await databaseReader(binding).connections()).toMatchObject({ used, most: used });
  });
});

describe("ending a stuck session", () => {
  test("ends the one that is meant, and only that", async () => {
    const stuck = await open(roles.platform, "stuck", "begin", "select 1");
    const other = await open(roles.platform, "other", "begin", "select 1");
    await rest(150);
    const { pid, startedAt } = await seen("stuck");

    expect(await databaseAdmin(binding).endStuck({ pid, startedAt }, "100ms")).toBe("ended");
    await expect(stuck.query("select 1")).rejects.toThrow();
    expect((await other.query("select 1 as n")).rows).toEqual([{ n: 1 }]);
  });

  test("finds nothing to end a second time, nor under a number that is used again", async () => {
    await open(roles.platform, "stuck", "begin");
    const { pid, startedAt } = await seen("stuck");
    const admin = databaseAdmin(binding);

    expect(await admin.endStuck({ pid, startedAt: startedAt.replace(/\d{6}Z$/, "000001Z") }, "1ms")).toBe(
      "gone",
    );
    await rest(20);
    expect(await admin.endStuck({ pid, startedAt }, "1ms")).toBe("ended");
    await rest(100);
    expect(await admin.endStuck({ pid, startedAt }, "1ms")).toBe("gone");
  });

  test.for([
    ["one that rests in a pool", "platform", "resting", []],
    ["one that went on working", "platform", "working", ["begin", "select 1", "commit", "begin"]],
    ["a backup", "platform", "pg_dump", ["begin"]],
    ["an application that the environment protects", "platform", "nightly_export v2", ["begin"]],
    ["another role's", "read", "somebody", ["begin"]],
    ["an administrator's", "admin", "root", ["begin"]],
  ] as const)("leaves %s alone", async ([, who, application, statements]) => {
    const url = who === "platform" ? roles.platform : who === "read" ? roles.read : server.url;
    const client = await open(url, application, ...statements);
    const session = await seen(application);
    const limit = application === "working" ? "10s" : "1ms";
    await rest(20);

    expect(await databaseAdmin(binding).endStuck(session, limit)).toBe("changed");
    expect((await client.query("select 1 as n")).rows).toEqual([{ n: 1 }]);
    if (who !== "platform") expect(session.protected).toBeDefined();
  });

  test("is refused to a role without the right", async () => {
    await open(roles.platform, "stuck", "begin");
    const { pid, startedAt } = await seen("stuck");
    await rest(20);
    const weak = bindingTo({ read: roles.read, act: roles.read });

    await expect(databaseAdmin(weak).endStuck({ pid, startedAt }, "1ms")).rejects.toMatchObject({
      code: "tool-refused",
    });
  });
});

test("another server than the environment names is refused before anything is done", async () => {
  await requirePlatformDatabase(binding, roles.systemId);

  await expect(requirePlatformDatabase(binding, "1234567890123456789")).rejects.toMatchObject({
    code: "environment-mismatch",
  });
});

test("the printed grants are enough, and may be run again", async () => {
  const sql = await databaseGrants(binding);
  const admin = new Client({ connectionString: server.url });
  await admin.connect();
  onTestFinished(async () => {
    await admin.query(`alter role csrd_app connection limit ${platformConnections}`);
    await admin.query("alter role csrd_app reset idle_in_transaction_session_timeout");
    await admin.end();
  });
  await admin.query("revoke pg_monitor, pg_signal_backend from csrd_ops_read, csrd_ops_act");
  const uses = { readers: new Set(["database"]), operators: new Set(["databaseAdmin"]) };
  const judged = async () =>
    Promise.all(databaseProbes(binding, uses, "production").map(async (probe) => (await probe.look()).state));
  expect(await judged()).toEqual(["not-ready", "ready", "not-ready"]);

  await admin.query(sql);
  await admin.query(sql);

  expect(await judged()).toEqual(["ready", "ready", "ready"]);
});

test.for([
  [undefined, "binding-missing"],
  [{ read: "postgresql://u:p@h/d" }, "environment-invalid"],
  [{ read: { env: "A" }, act: { env: "B" }, users: [] }, "environment-invalid"],
  [{ read: { env: "A" }, act: { env: "B" }, users: ["x; drop"] }, "environment-invalid"],
] as const)("a binding like %o is refused", ([given, code]) => {
  expect(() => parseDatabaseBinding(given)).toThrow(expect.objectContaining({ code }));
});
