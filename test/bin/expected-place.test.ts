import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { parsePostgresLocksBinding } from "#adapters/locks-postgres/binding.ts";
import { postgresLocks } from "#adapters/locks-postgres/locks.ts";
import { lockPlaceOf, locksInPlace } from "#bin/expected-place.ts";
import { EnvironmentFile } from "#kit/environment.ts";
import type { PostgresServer } from "#sandbox/backends/postgres.ts";
import { startKubernetesStandin } from "#sandbox/standins/kubernetes/start-kubernetes-standin.ts";
import { postgresForTests } from "#test/backends/postgres.ts";

const other = "9999999999999999999";
let server: PostgresServer;

beforeAll(async () => {
  server = await postgresForTests();
});
afterAll(() => server.stop());

/** A file for the length of a test. */
function file(content: string): string {
  const folder = mkdtempSync(join(tmpdir(), "ops-place-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "secret");
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}

/** An environment that states these facts and has these bindings. */
function environment(
  identity: Readonly<Record<string, string>>,
  bindings: Readonly<Record<string, unknown>>,
) {
  const times = {
    restart: "3m",
    poll: "5s",
    steady: "1m",
    verify: "5m",
    planExpiry: "15m",
    lease: "1m",
    freshDeploy: "1h",
  };
  return EnvironmentFile.parse({
    name: "staging",
    tier: "staging",
    identity,
    bindings,
    services: [],
    times,
    locks: "postgres",
  });
}

async function sql(text: string) {
  const client = new Client({ connectionString: server.url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

describe("a lock database", () => {
  const binding = (url = server.url, schema = "csrd_ops") => ({
    url: { file: file(url) },
    tls: "off",
    schema,
  });
  const systemId = async () =>
    String((await sql("select system_identifier from pg_control_system()"))[0]?.["system_identifier"]);

  test("that is the stated one is accepted, also for a role without any rights", async () => {
    await sql("create role lowly login password 'p'");
    const lowly = server.url.replace(/\/\/[^@]+@/, "//lowly:p@");

    const check = lockPlaceOf(
      environment({ databaseSystemId: await systemId() }, { postgres: binding(lowly) }),
    );

    await expect(check()).resolves.toBeUndefined();
  });

  test("that is another one is refused before a lock is taken, and nothing is written to it", async () => {
    const bound = binding(server.url, "never_made");
    const place = environment({ databaseSystemId: other }, { postgres: bound });
    const store = postgresLocks(parsePostgresLocksBinding(bound));
    onTestFinished(() => store.close());
    const locks = locksInPlace(store, lockPlaceOf(place));
    const found = await systemId();

    const taking = locks.takeLock(
      "staging/deploy",
      { run: "r-1", owner: "desk:1:aaaaaa", reason: "Deploy" },
      60_000,
    );

    await expect(taking).rejects.toMatchObject({
      code: "environment-mismatch",
      exit: 6,
      summary: expect.stringMatching(`${found}.*${other}`) as string,
    });
    expect(await sql("select 1 from pg_namespace where nspname = 'never_made'")).toEqual([]);
  });

  test("is not asked when the file states nothing about it, or has no such binding", async () => {
    const nowhere = { url: { file: file("postgresql://nobody:x@127.0.0.1:1/none") }, tls: "off" };

    await expect(lockPlaceOf(environment({}, { postgres: nowhere }))()).resolves.toBeUndefined();
    await expect(lockPlaceOf(environment({ databaseSystemId: other }, {}))()).resolves.toBeUndefined();
  });

  test("that does not answer is no mismatch, and is asked again", async () => {
    const path = file("postgresql://nobody:x@127.0.0.1:1/none");
    const check = lockPlaceOf(
      environment({ databaseSystemId: await systemId() }, { postgres: { url: { file: path }, tls: "off" } }),
    );

    await expect(check()).rejects.toMatchObject({ code: "tool-unreachable" });
    writeFileSync(path, server.url);
    await expect(check()).resolves.toBeUndefined();
  });
});

describe("a lock cluster", () => {
  /** A cluster, and a binding of somebody who may look at the namespace kube-system, or may not. */
  async function cluster(mayLook: boolean) {
    const standin = await startKubernetesStandin({
      accounts: [
        {
          user: "operator",
          token: "operator-token-1",
          rules: mayLook ? [{ resource: "namespaces", verbs: ["get"], namespaces: ["kube-system"] }] : [],
        },
      ],
      namespaces: ["csrd-ops"],
    });
    onTestFinished(() => standin.stop());
    const token = { file: file("operator-token-1") };
    return { standin, binding: { cluster: { server: standin.url, token }, namespace: "csrd-ops" } };
  }
  const check = (clusterUid: string, binding: unknown) =>
    lockPlaceOf(environment({ clusterUid }, { "kubernetes-lease": binding }))();

  test("that is the stated one is asked once and accepted", async () => {
    const { standin, binding } = await cluster(true);
    const asked = lockPlaceOf(
      environment({ clusterUid: standin.clusterUid }, { "kubernetes-lease": binding }),
    );

    await asked();
    await asked();

    expect(standin.calls.map(({ path }) => path)).toEqual(["/api/v1/namespaces/kube-system"]);
  });

  test("that is another one is refused, naming both", async () => {
    const { standin, binding } = await cluster(true);
    const stated = "00000000-0000-4000-8000-000000000000";

    await expect(check(stated, binding)).rejects.toMatchObject({
      code: "environment-mismatch",
      exit: 6,
      summary: expect.stringMatching(`${standin.clusterUid}.*${stated}`) as string,
    });
  });

  test("that may not be asked is not assumed to be right", async () => {
    const { standin, binding } = await cluster(false);

    await expect(check(standin.clusterUid, binding)).rejects.toMatchObject({
      code: "tool-refused",
      summary: expect.stringContaining('"get" the namespace kube-system') as string,
      hint: expect.stringContaining("identity.clusterUid") as string,
    });
  });
});
