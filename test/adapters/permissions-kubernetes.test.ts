import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { httpReader } from "#adapters/http.ts";
import { openSqliteJournal } from "#adapters/journal-sqlite/journal.ts";
import { kubernetesProbes } from "#adapters/kubernetes/doctor.ts";
import { kubernetesOperators } from "#adapters/kubernetes/operators.ts";
import { kubernetesRbac } from "#adapters/kubernetes/permissions.ts";
import { kubernetesReaders } from "#adapters/kubernetes/readers.ts";
import { kubernetesRights } from "#adapters/kubernetes/rights.ts";
import { systemClock } from "#kit/clock.ts";
import { createEngine } from "#kit/engine.ts";
import { inventoryOf } from "#kit/inventory.ts";
import { runProbe } from "#kit/readiness.ts";
import { unboundOperators, unboundReaders } from "#kit/unbound.ts";
import { portsOf } from "#kit/uses.ts";
import { platformDown } from "#runbooks/platform-down.ts";
import type { Account, Verb } from "#sandbox/standins/kubernetes/access.ts";
import {
  kubernetesService,
  practiceWorldHere,
  type PracticeWorld,
} from "#test/contracts/kubernetes-standin.ts";
import { lena, omar } from "#test/fakes/engine.ts";
import { productionTimes } from "#test/fakes/world.ts";
import { namespace } from "#test/sandbox/standins/memory-node.ts";

const { rule: _, ...service } = kubernetesService;
const rights = kubernetesRights([service], portsOf(platformDown), true);
const printed = kubernetesRbac({ namespace }, rights);

type Role = {
  readonly kind: string;
  readonly metadata: { readonly namespace?: string };
  readonly rules: readonly {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly resourceNames?: readonly string[];
    readonly verbs: readonly Verb[];
  }[];
};

/** What the printed roles allow, read from the printed objects themselves; `drop` is left out. */
function rulesOf(objects: readonly object[], drop?: string): Account["rules"] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- printed by ourselves, and read as the API server would
  return (objects as readonly Role[])
    .filter(({ kind }) => kind === "Role" || kind === "ClusterRole")
    .flatMap(({ metadata, rules }) =>
      rules.flatMap(({ apiGroups: [group = ""], resources, resourceNames, verbs }) =>
        resources.map((resource) => ({
          resource,
          group,
          verbs: verbs.filter((verb) => `${verb} ${resource}` !== drop),
          ...(resourceNames === undefined ? {} : { names: resourceNames }),
          ...(metadata.namespace === undefined ? {} : { namespaces: [metadata.namespace] }),
        })),
      ),
    );
}

/** Plays platform-down on a cluster in which one pod hangs, from the outage to its end. */
async function runUnder(world: PracticeWorld) {
  const folder = mkdtempSync(join(tmpdir(), "ops-least-"));
  const users = createServer((_request, response) => {
    const well = [...world.node.pods.values()].some(({ ready }) => ready);
    response.writeHead(well ? 200 : 503).end();
  });
  await new Promise<void>((resolve) => users.listen(0, "127.0.0.1", resolve));
  const journal = openSqliteJournal(join(folder, "journal.db"));
  const { requireCluster, ...operators } = kubernetesOperators(world.binding);
  const url = `http://127.0.0.1:${(users.address() as AddressInfo).port}`;
  const engine = createEngine({
    journal,
    locks: journal,
    clock: systemClock,
    readers: {
      ...unboundReaders(),
      http: httpReader(),
      ...kubernetesReaders(world.binding),
      inventory: inventoryOf("production", [{ ...service, url }]),
      times: { ...productionTimes, restart: "20s", poll: "20ms", steady: "50ms", verify: "20s" },
    },
    operators: async () => {
      await requireCluster(world.standin.clusterUid);
      return { ...unboundOperators(), ...operators };
    },
    environment: {
      name: "production",
      tier: "production",
      identity: { clusterUid: world.standin.clusterUid },
      approvers: ["omar"],
    },
    policy: () => ({ count: 1, requesterMay: false, strength: "environment", rule: "test" }),
    owner: "desk:1:aaaaaa",
    runbooks: [platformDown],
    onEntry(entry, state) {
      if (entry.event.type !== "approval.asked") return;
      const { digest } = entry.event;
      void journal.note(state.run, { type: "approval.given", digest, by: omar, lookedAgain: "same" });
    },
  });
  try {
    const { ended, probes } = await engine.run(platformDown, {}, { by: lena });
    const known = probes.every(({ finding }) => finding?.known === true);
    return { complete: ended?.outcome === "solved" && known, ended };
  } finally {
    journal.close();
    users.closeAllConnections();
    users.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A cluster that allows what is printed for platform-down, less one right, with one of two pods out of service. */
async function brokenWorld(drop?: { readonly role: "read" | "act"; readonly right: string }) {
  const world = await practiceWorldHere({
    rules: {
      read: rulesOf(printed.read, drop?.role === "read" ? drop.right : undefined),
      act: rulesOf(printed.act, drop?.role === "act" ? drop.right : undefined),
    },
  });
  const [first] = world.node.pods.values();
  if (first !== undefined) first.ready = false;
  return world;
}

const probesOf = (world: PracticeWorld) =>
  kubernetesProbes(world.binding, {
    cluster: world.standin.clusterUid,
    services: [service],
    uses: portsOf(platformDown),
    environment: "production",
  });

const examine = (world: PracticeWorld) =>
  Promise.all(probesOf(world).map((probe) => runProbe(probe, systemClock, 60_000)));

const every = (["read", "act"] as const).flatMap((role) =>
  rulesOf(printed[role]).flatMap(({ resource, verbs }) =>
    verbs.map((verb) => [role, `${verb} ${resource}`] as const),
  ),
);

describe("accounts with exactly the printed roles", () => {
  test("bring back a platform on Kubernetes: the pod that takes no work is replaced, and no other", async () => {
    const world = await brokenWorld();
    const [hung, well] = [...world.node.pods.keys()];

    const { complete, ended } = await runUnder(world);

    expect(ended).toMatchObject({ outcome: "solved" });
    expect(complete).toBe(true);
    const left = [...world.node.pods.keys()];
    expect(left).toContain(well);
    expect(left).not.toContain(hung);
    // Whoever looks changes nothing.
    const changes = world.standin.calls.filter(({ verb }) => !["get", "list", "none"].includes(verb));
    expect(new Set(changes.map(({ user }) => user))).toEqual(new Set(["actor"]));
    // Disks are the one thing that was asked for in vain, by the right that stands apart.
    const refused = world.standin.calls.filter(({ status }) => status === 403);
    expect(refused.every(({ path }) => path.includes("/proxy/"))).toBe(true);
  });

  test("are ready to the doctor, looking and acting apart", async () => {
    const findings = await examine(await brokenWorld());

    expect(findings.map(({ id, state }) => [id, state])).toEqual([
      ["kubernetes.cluster", "ready"],
      ["kubernetes.read.rights", "ready"],
      ["kubernetes.act.rights", "ready"],
      ["kubernetes.roles", "ready"],
      ["kubernetes.clock", "ready"],
      ["kubernetes.workload.api", "ready"],
      ["kubernetes.disks", "warning"],
    ]);
  });

  test.for(every)(
    "the %s role cannot do without %s unnoticed: the doctor names it",
    async ([role, right]) => {
      const findings = await examine(await brokenWorld({ role, right }));

      expect(findings.find(({ id }) => id === `kubernetes.${role}.rights`)).toMatchObject({
        state: "not-ready",
        now: `Apply what this prints: ops permissions --env production --part kubernetes-${role}`,
      });
    },
  );

  test("what may end pods as well as look is pointed out", async () => {
    const all = rulesOf([...printed.read, ...printed.act]);
    const world = await practiceWorldHere({ rules: { read: all, act: all } });

    expect((await examine(world)).find(({ id }) => id === "kubernetes.roles")?.state).toBe("warning");
  });

  test("name what they may change, and nothing over the whole cluster but the disks", () => {
    const objects = [...printed.read, ...printed.act] as readonly Role[];

    expect(objects.some(({ kind }) => kind.startsWith("Cluster"))).toBe(false);
    const changing = objects
      .filter(({ kind }) => kind === "Role")
      .flatMap(({ rules }) => rules)
      .filter(({ verbs }) => verbs.some((verb) => verb === "patch" || verb === "update"));
    expect(changing.length).toBeGreaterThan(0);
    for (const { resourceNames } of changing) expect(resourceNames).toEqual(["csrd-api"]);
    expect(printed.disks).toHaveLength(2);
  });
});
