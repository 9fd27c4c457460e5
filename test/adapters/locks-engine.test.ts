import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { openSqliteJournal } from "#adapters/journal-sqlite/journal.ts";
import { parseLeaseLocksBinding } from "#adapters/locks-kubernetes/binding.ts";
import { leaseLocks } from "#adapters/locks-kubernetes/locks.ts";
import { parsePostgresLocksBinding } from "#adapters/locks-postgres/binding.ts";
import { postgresLocks } from "#adapters/locks-postgres/locks.ts";
import { systemClock } from "#kit/clock.ts";
import { createEngine, type EngineParts } from "#kit/engine.ts";
import type { LockStore } from "#kit/journal.ts";
import { platformDown } from "#runbooks/platform-down.ts";
import { rollback } from "#runbooks/rollback.ts";
import type { PostgresServer } from "#sandbox/backends/postgres.ts";
import { startKubernetesStandin } from "#sandbox/standins/kubernetes/start-kubernetes-standin.ts";
import { postgresForTests } from "#test/backends/postgres.ts";
import { lena } from "#test/fakes/engine.ts";
import { fakeWorld, type World } from "#test/fakes/world.ts";

let server: PostgresServer;
let folder: string;

beforeAll(async () => {
  server = await postgresForTests();
  folder = mkdtempSync(join(tmpdir(), "ops-locks-engine-"));
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** A store that two hosts can open, and that can go away. */
type Shared = { readonly open: () => LockStore; readonly goAway: () => Promise<void> };

async function inPostgres(): Promise<Shared> {
  const file = join(folder, "url");
  writeFileSync(file, server.url);
  return {
    open: () => {
      const locks = postgresLocks(parsePostgresLocksBinding({ url: { file }, tls: "off", timeout: "5s" }));
      onTestFinished(() => locks.close());
      return locks;
    },
    goAway: () => server.stop(),
  };
}

async function inKubernetes(): Promise<Shared> {
  const file = join(folder, "token");
  writeFileSync(file, "operator-token-1");
  const standin = await startKubernetesStandin({
    accounts: [
      {
        user: "operator",
        token: "operator-token-1",
        rules: [{ resource: "leases", verbs: ["get", "list", "create", "update"] }],
      },
    ],
    namespaces: ["csrd-ops"],
  });
  onTestFinished(() => standin.stop().catch(() => undefined));
  const cluster = { server: standin.url, token: { file } };
  return {
    open: () => leaseLocks(parseLeaseLocksBinding({ cluster, namespace: "csrd-ops" })),
    goAway: () => standin.stop(),
  };
}

/** A world that is down, on real time: the store's server knows no other. */
function brokenWorld(): World {
  const world = fakeWorld(systemClock, {
    bootMs: 200,
    times: { poll: "50ms", steady: "100ms", restart: "20s", verify: "20s", lease: "60s" },
  });
  for (const machine of world.machines) machine.mood = "dead";
  return world;
}

/** One host: a journal of its own, and the shared locks. */
function host(name: string, world: World, locks: LockStore, onEntry?: EngineParts["onEntry"]) {
  const own = mkdtempSync(join(folder, `${name}-`));
  const journal = openSqliteJournal(join(own, "journal.db"));
  onTestFinished(() => journal.close());
  const engine = createEngine({
    journal,
    locks,
    clock: systemClock,
    readers: world.readers,
    operators: async () => world.operators,
    environment: { name: "production", tier: "production", identity: {}, approvers: [] },
    policy: () => ({ count: 0, requesterMay: true, strength: "none", rule: "test" }),
    owner: `${name}:1:aaaaaa`,
    runbooks: [platformDown, rollback],
    ...(onEntry === undefined ? {} : { onEntry }),
  });
  return { journal, engine };
}

// In this order: the last test of each store takes it away.
describe.for([
  ["PostgreSQL", inPostgres],
  ["Kubernetes", inKubernetes],
] as const)("with locks in %s", ([, make]) => {
  test("of two hosts that run the same runbook at once, one acts and the other is refused or finds nothing left to do", async () => {
    const shared = await make();
    const world = brokenWorld();
    const hosts = ["desk", "shelf"].map((name) => host(name, world, shared.open()));

    const states = await Promise.all(hosts.map(({ engine }) => engine.run(platformDown, {}, { by: lena })));

    expect(world.effects).toEqual(["reboot api-1", "reboot api-2"]);
    const outcomes = states.map((state) => state.ended?.outcome);
    expect(outcomes.filter((outcome) => outcome === "solved")).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === "guarded" || outcome === "all-clear")).toHaveLength(1);
    expect(await shared.open().locks()).toEqual([]);
  });

  test("a run whose lock store goes away stops before its next effect, and without it nothing is begun", async () => {
    const shared = await make();
    const world = brokenWorld();
    const { engine } = host("desk", world, shared.open(), (entry) => {
      if (entry.event.type === "step.done") void shared.goAway();
    });

    const first = await engine.run(platformDown, {}, { by: lena });
    const second = await host("shelf", world, shared.open()).engine.run(platformDown, {}, { by: lena });

    expect(world.effects).toEqual(["reboot api-1"]);
    expect(first.ended).toMatchObject({ outcome: "unknown", exit: 7, fault: { code: "lock-lost" } });
    expect(first.steps.map((step) => step.state)).toEqual(["done", "unknown"]);
    expect(second.ended).toMatchObject({
      outcome: "guarded",
      exit: 6,
      fault: { code: "guard-refused", hint: expect.stringContaining("--break-glass") as string },
    });
  });
});
