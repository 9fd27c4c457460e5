import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { awsClients } from "#adapters/aws/clients.ts";
import { parseAwsBinding } from "#adapters/aws/binding.ts";
import { databaseHands, routedTo } from "#adapters/aws/database-place.ts";
import { instanceReader } from "#adapters/aws/instances.ts";
import { parseDatabaseBinding } from "#adapters/database/binding.ts";
import { promotion } from "#adapters/database/promote.ts";
import { replicationReader } from "#adapters/database/replication.ts";
import type { ReplicationReader } from "#kit/ports/replication.ts";
import { withDatabase } from "#sandbox/database-cloud.ts";
import { type DatabaseMachines, startDatabaseMachines } from "#sandbox/database-machines.ts";
import { type DatabaseRoles, databaseRoles } from "#sandbox/database-roles.ts";
import { startAwsStandin, type AwsStandin } from "#sandbox/standins/start-aws-standin.ts";
import { memoryCloud } from "#test/sandbox/standins/memory-cloud.ts";

const keys = {
  read: { accessKeyId: "AKIAPRACTICEREAD0001", secretAccessKey: "practice-read-secret-0000000000000001" },
  act: { accessKeyId: "AKIAPRACTICEACT00001", secretAccessKey: "practice-act-secret-00000000000000001" },
} as const;

let folder: string;
let machines: DatabaseMachines;
let roles: DatabaseRoles;
let standin: AwsStandin;
let replication: ReplicationReader;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "ops-failover-"));
  machines = await startDatabaseMachines(folder, true);
  roles = await databaseRoles({ url: machines.primary().url, port: machines.port });
  standin = await startAwsStandin({ cloud: withDatabase(memoryCloud(), machines), keys });
  replication = replicationReader(database(), {
    expected: roles.systemId,
    routedTo: () => routedTo(clients("read"), address()),
  });
});

afterAll(async () => {
  await standin.stop();
  await machines.stop();
  rmSync(folder, { recursive: true, force: true });
});

function kept(name: string, value: string) {
  const file = join(folder, name);
  writeFileSync(file, value, { mode: 0o600 });
  return { file };
}

function database(parts: object = {}) {
  const at = (url: string, port: number) => Object.assign(new URL(url), { port: String(port) }).href;
  return parseDatabaseBinding({
    read: kept("read", roles.read),
    act: kept("act", roles.act),
    users: ["csrd_app"],
    servers: machines.machines.map(({ name, id, port }) => ({
      name,
      read: kept(`${name}-read`, at(roles.read, port)),
      act: kept(`${name}-act`, at(roles.act, port)),
      instance: id,
    })),
    address: address(),
    tls: "off",
    timeout: "2s",
    ...parts,
  });
}

function address() {
  return { routeTables: [machines.routeTable], destination: machines.destination };
}

function clients(as: "read" | "act") {
  const { accessKeyId, secretAccessKey } = keys[as];
  const credentials = {
    accessKeyId: kept(`${as}-id`, accessKeyId),
    secretAccessKey: kept(`${as}-key`, secretAccessKey),
  };
  const binding = parseAwsBinding({
    region: "eu-central-1",
    endpoint: standin.url,
    read: credentials,
    act: credentials,
  });
  return awsClients(binding, binding.read, as === "read" ? 3 : 1);
}

const hands = (host = "127.0.0.1", id = (name: string) => idOf(name)) =>
  databaseHands(
    clients("act"),
    ["db-1", "db-2"].map((name) => ({ name, instance: id(name), host: async () => host })),
    address(),
  );

function idOf(name: string): string {
  return machines.machines.find((machine) => machine.name === name)?.id ?? "";
}

/** What the platform does: writes a line at its one address. */
async function write(text: string): Promise<void> {
  const client = new Client({
    connectionString: roles.platform,
    connectionTimeoutMillis: 2_000,
    query_timeout: 2_000,
  });
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query("create table if not exists lines (text text)");
    await client.query("insert into lines values ($1)", [text]);
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function until<T>(look: () => Promise<T>, met: (seen: T) => boolean): Promise<T> {
  for (;;) {
    const seen = await look();
    if (met(seen)) return seen;
    await sleep(100);
  }
}

describe("a failover of a real primary to a real standby", { timeout: 60_000 }, () => {
  test("begins with a primary that takes writes and a replica that follows it, held by a slot", async () => {
    await write("before");

    const seen = await replication.look();

    expect(seen).toMatchObject({
      address: { state: "takes-writes", systemId: roles.systemId },
      leadsTo: "db-1",
      movable: true,
      systemId: roles.systemId,
    });
    const [first, second] = seen.servers;
    expect(first).toMatchObject({ name: "db-1", role: "primary", timeline: 1 });
    expect(first?.slots).toMatchObject([{ active: true }]);
    expect(second).toMatchObject({ name: "db-2", role: "replica", following: true, timeline: 1 });
    expect(second?.position).toBeGreaterThan(0);
  });

  test("refuses to stop an instance that is not where the server answers, and to promote a copy of other data", async () => {
    await expect(hands("192.0.2.7").fence("db-1")).rejects.toMatchObject({ code: "tool-refused" });
    await expect(promotion(database())("db-2", "7399999999999999999")).rejects.toMatchObject({
      code: "tool-refused",
    });
    const unplaced = databaseHands(
      clients("act"),
      [{ name: "db-1", instance: undefined, host: async () => "127.0.0.1" }],
      undefined,
    );
    await expect(unplaced.fence("db-1")).rejects.toMatchObject({ code: "tool-refused" });
    await expect(unplaced.moveAddress("db-1")).rejects.toMatchObject({ code: "tool-refused" });

    expect(standin.calls.filter(({ mutating }) => mutating)).toEqual([]);
    expect((await replication.look()).servers.map(({ role }) => role)).toEqual(["primary", "replica"]);
  });

  test("sees a frozen primary as silent, its machine as impaired, and the platform's address as silent", async () => {
    await machines.freezePrimary();

    const seen = await replication.look();

    expect(seen.address.state).toBe("silent");
    expect(seen.servers.map(({ role }) => role)).toEqual(["silent", "replica"]);
    expect(seen.leadsTo).toBe("db-1");
    expect(await instanceReader(clients("read")).describe([idOf("db-1")])).toMatchObject([
      { state: "running", check: "impaired" },
    ]);
  });

  test("stops the old primary for good, asked twice or once; promotes; moves the address; loses nothing", async () => {
    await hands().fence("db-1");
    await hands().fence("db-1");
    const [stopped] = await until(
      () => instanceReader(clients("read")).describe([idOf("db-1")]),
      ([one]) => one?.state === "stopped",
    );
    expect(stopped?.check).toBe("not-applicable");

    await promotion(database())("db-2", roles.systemId);
    const promoted = await until(
      () => replication.look(),
      ({ servers }) => servers[1]?.role === "primary",
    );
    expect(promoted.servers[1]).toMatchObject({ timeline: 2, systemId: roles.systemId });
    expect(promoted.address.state).toBe("silent");
    await promotion(database())("db-2", roles.systemId);

    await hands().moveAddress("db-2");
    await hands().moveAddress("db-2");
    expect(await replication.look()).toMatchObject({
      address: { state: "takes-writes" },
      leadsTo: "db-2",
      servers: [{ role: "silent" }, { role: "primary", timeline: 2 }],
    });
    await write("after");
    const client = new Client({ connectionString: roles.platform });
    await client.connect();
    const { rows } = await client.query<{ text: string }>("select text from lines order by text");
    await client.end();
    expect(rows.map(({ text }) => text)).toEqual(["after", "before"]);
  });

  test("mended, the new primary stays and the other machine can follow it in turn", async () => {
    await machines.revive();

    expect(await replication.look()).toMatchObject({
      address: { state: "takes-writes" },
      leadsTo: "db-2",
      servers: [{ role: "replica", following: true, timeline: 2 }, { role: "primary" }],
    });
  });
});

test("an address that only reads, one that has no connection left and one where nobody listens are three things", async () => {
  const standbyPort = machines.machines.find(({ id }) => id !== machines.leadsTo())?.port ?? 0;
  const at = (url: string) =>
    replicationReader(database({ read: kept("other", url) }), {
      expected: undefined,
      routedTo: undefined,
    }).address();
  const standby = Object.assign(new URL(roles.read), { port: String(standbyPort) }).href;
  const nobody = Object.assign(new URL(roles.read), { port: "1" }).href;
  const administrator = new Client({ connectionString: machines.primary().url });
  await administrator.connect();
  await administrator.query("alter role csrd_ops_read connection limit 0");

  expect(await at(roles.read)).toMatchObject({ state: "no-connections" });
  await administrator.query("alter role csrd_ops_read connection limit -1");
  expect(await at(roles.read)).toMatchObject({ state: "takes-writes" });
  expect(await at(standby)).toMatchObject({ state: "reads-only", systemId: roles.systemId });
  expect(await at(nobody)).toMatchObject({ state: "silent" });
  await administrator.end();
});
