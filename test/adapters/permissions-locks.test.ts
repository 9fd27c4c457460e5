import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { parseLeaseLocksBinding } from "#adapters/locks-kubernetes/binding.ts";
import { requireCluster } from "#adapters/locks-kubernetes/identity.ts";
import { leaseLocksProbes } from "#adapters/locks-kubernetes/doctor.ts";
import { leaseLocks } from "#adapters/locks-kubernetes/locks.ts";
import { leaseRbac, leaseVerbs } from "#adapters/locks-kubernetes/permissions.ts";
import { parsePostgresLocksBinding } from "#adapters/locks-postgres/binding.ts";
import { postgresLocksProbes } from "#adapters/locks-postgres/doctor.ts";
import { postgresLocks } from "#adapters/locks-postgres/locks.ts";
import { postgresGrants, tableRights } from "#adapters/locks-postgres/permissions.ts";
import { systemClock } from "#kit/clock.ts";
import type { LockStore } from "#kit/journal.ts";
import { runProbe, type ReadinessProbe } from "#kit/readiness.ts";
import type { PostgresServer } from "#sandbox/backends/postgres.ts";
import type { Account, Verb } from "#sandbox/standins/kubernetes/access.ts";
import { startKubernetesStandin } from "#sandbox/standins/kubernetes/start-kubernetes-standin.ts";
import { postgresForTests } from "#test/backends/postgres.ts";
import { locksContract } from "#test/contracts/locks.ts";

const examine = async (probes: readonly ReadinessProbe[]) =>
  Promise.all(probes.map((probe) => runProbe(probe, systemClock, 10_000)));

/** A file for the length of a test. */
function secretFile(content: string): { readonly file: string } {
  const folder = mkdtempSync(join(tmpdir(), "ops-rights-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "secret");
  writeFileSync(file, content, { mode: 0o600 });
  return { file };
}

/** Everything a run asks of a lock store; whoever lacks a right fails on the way. */
async function everyUse(locks: LockStore): Promise<void> {
  const holder = { run: "r-1", owner: "desk:1:aaaaaa", reason: "Deploy" };
  const { fence } = await locks.takeLock("production/deploy", holder, 10_000);
  await locks.renewLock("production/deploy", "r-1", fence, 10_000);
  await locks.releaseLock("production/deploy", "r-1", fence);
  await locks.locks();
}

describe("a PostgreSQL role with exactly the printed grants", () => {
  let server: PostgresServer;
  let made = 0;

  beforeAll(async () => {
    server = await postgresForTests();
    // A hardened server: nobody may do anything that was not granted.
    const { pathname } = new URL(server.url);
    await sql(`revoke all on database "${pathname.slice(1)}" from public`);
  });
  afterAll(() => server.stop());

  async function sql(text: string) {
    const client = new Client({ connectionString: server.url });
    await client.connect();
    try {
      return await client.query(text);
    } finally {
      await client.end();
    }
  }

  /** A new role and schema; the printed script is run by the owner of the database, as it says. */
  async function granted(change: (script: string) => string = (script) => script) {
    made += 1;
    const [role, schema] = [`ops ${made}`, `rights_${made}`];
    await sql(`create role "${role}" login password 'only-for-this-test'`);
    const url = new URL(server.url);
    url.username = encodeURIComponent(role);
    url.password = "only-for-this-test";
    const binding = { url: secretFile(url.href), schema, tls: "off", timeout: "3s" };
    const script = await postgresGrants(parsePostgresLocksBinding(binding));
    await sql(change(script));
    return { binding, script, role, schema };
  }

  const open = (binding: unknown) => {
    const locks = postgresLocks(parsePostgresLocksBinding(binding));
    onTestFinished(() => locks.close());
    return locks;
  };

  locksContract("it", async () => {
    const { binding, schema } = await granted();
    return {
      open: async () => open(binding),
      pass: async (ms) => {
        await sql(
          `update ${schema}.lock set taken_at = taken_at - ${ms} * interval '1 millisecond', until = until - ${ms} * interval '1 millisecond'`,
        );
      },
    };
  });

  test("is ready to the doctor, and its script may be run again", async () => {
    const { binding, script } = await granted();
    await sql(script);

    const findings = await examine(postgresLocksProbes(binding, "production"));

    expect(findings.map(({ id, state }) => [id, state])).toEqual([
      ["locks.postgres.rights", "ready"],
      ["locks.postgres.clock", "ready"],
    ]);
  });

  test.for([
    ["connect", /^grant connect on .*$/m],
    ["usage on the schema", /^grant usage on .*$/m],
    ...Object.entries(tableRights).flatMap(([table, rights]) =>
      rights.map((right) => [`${right} on ${table}`, right, table] as const),
    ),
  ] as const)("cannot do without %s, and the doctor says so", async ([, what, table]) => {
    const { binding, role, schema } = await granted((script) =>
      typeof what === "string" ? script : script.replace(what, ""),
    );
    if (typeof what === "string") await sql(`revoke ${what} on ${schema}.${table} from "${role}"`);

    await expect(everyUse(open(binding))).rejects.toMatchObject({ code: "tool-refused" });
    const findings = await examine(postgresLocksProbes(binding, "production"));
    expect(findings[0]?.state).toBe("not-ready");
  });
});

describe("a Kubernetes account with exactly the printed Role", () => {
  type Role = {
    readonly kind: string;
    readonly metadata: { readonly namespace: string };
    readonly rules: readonly { readonly resources: readonly string[]; readonly verbs: readonly Verb[] }[];
  };
  const token = "operator-token-1";
  const namespace = "csrd-ops";

  /** A cluster that allows what the Roles say, and nothing else; `drop` is left out of one of them. */
  async function cluster(drop?: { readonly verb: Verb; readonly of: string }) {
    let now = Date.now();
    const objects = leaseRbac(parseLeaseLocksBinding({ cluster: "in-cluster", namespace }), true);
    const rules: Account["rules"] = (objects as readonly Role[])
      .filter(({ kind }) => kind === "Role")
      .flatMap(({ metadata, rules: own }) =>
        own.flatMap(({ resources, verbs }) =>
          resources.map((resource) => ({
            resource,
            verbs: verbs.filter((verb) => drop?.of !== resource || verb !== drop.verb),
            namespaces: [metadata.namespace],
          })),
        ),
      );
    const standin = await startKubernetesStandin({
      accounts: [{ user: "operator", token, rules }],
      namespaces: [namespace],
      now: () => new Date(now),
    });
    onTestFinished(() => standin.stop().catch(() => undefined));
    const binding = { cluster: { server: standin.url, token: secretFile(token) }, namespace, skew: "0s" };
    return {
      binding,
      clusterUid: standin.clusterUid,
      open: () => leaseLocks(parseLeaseLocksBinding(binding)),
      pass: (ms: number) => void (now += ms),
    };
  }

  locksContract("it", async () => {
    const { open, pass } = await cluster();
    return { open: async () => open(), pass };
  });

  test("is ready to the doctor", async () => {
    const { binding } = await cluster();

    const findings = await examine(leaseLocksProbes(binding, "production"));

    expect(findings.map(({ id, state }) => [id, state])).toEqual([
      ["locks.kubernetes.rights", "ready"],
      ["locks.kubernetes.clock", "ready"],
    ]);
  });

  test.for(leaseVerbs.map((verb) => [verb] as const))(
    "cannot do without %s, and the doctor names it",
    async ([verb]) => {
      const { binding, open } = await cluster({ verb, of: "leases" });

      await expect(everyUse(open())).rejects.toMatchObject({ code: "tool-refused" });
      const findings = await examine(leaseLocksProbes(binding, "production"));
      expect(findings[0]).toMatchObject({
        state: "not-ready",
        says: expect.stringContaining(`may not ${verb}`) as string,
        now: "Apply what this prints: ops permissions --env production --part kubernetes",
      });
    },
  );

  test("can prove which cluster it is, and cannot without the right to read the namespace that tells", async () => {
    const whole = await cluster();
    const less = await cluster({ verb: "get", of: "namespaces" });
    const proof = ({ binding, clusterUid }: typeof whole) =>
      requireCluster(parseLeaseLocksBinding(binding), clusterUid);

    await expect(proof(whole)).resolves.toBeUndefined();
    await expect(proof(less)).rejects.toMatchObject({ code: "tool-refused" });
  });

  test("needs nothing in kube-system where the file does not say which cluster it is", () => {
    const objects = leaseRbac(parseLeaseLocksBinding({ cluster: "in-cluster", namespace }), false);

    expect(objects).toHaveLength(2);
    expect(JSON.stringify(objects)).not.toContain("kube-system");
  });

  test("whose cluster's clock is a minute ahead is not ready, because leases would lie", async () => {
    const { binding, pass } = await cluster();
    pass(60_000);

    const findings = await examine(leaseLocksProbes(binding, "production"));

    expect(findings.find(({ id }) => id === "locks.kubernetes.clock")).toMatchObject({
      state: "not-ready",
      says: expect.stringMatching(/^(59|60)\.\d s ahead of this host's \(at most 30 s\)$/) as string,
    });
  });
});
