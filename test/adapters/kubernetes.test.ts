import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { parseKubernetesBinding } from "#adapters/kubernetes/binding.ts";
import { kubernetesOperators } from "#adapters/kubernetes/operators.ts";
import { cpuQuantity, memoryQuantity, quantityOf } from "#adapters/kubernetes/quantity.ts";
import { kubernetesReaders } from "#adapters/kubernetes/readers.ts";
import { unitAddress } from "#adapters/kubernetes/unit-address.ts";
import { OpsError } from "#kit/errors.ts";
import type { LinesQuestion } from "#kit/log-units.ts";
import type { Unit } from "#kit/ports/workloads.ts";
import {
  everything,
  kubernetesService as service,
  practiceWorldHere,
  type PracticeWorld,
} from "#test/contracts/kubernetes-standin.ts";
import { killed, type MemoryPod, namespace } from "#test/sandbox/standins/memory-node.ts";

const GiB = 1024 ** 3;

async function failed(promise: Promise<unknown>): Promise<OpsError> {
  try {
    await promise;
  } catch (error) {
    if (OpsError.is(error)) return error;
    throw error;
  }
  throw new Error("it was expected to fail and did not");
}

/** The practice cluster, with both sides of the adapter on it. */
async function open(change: Parameters<typeof practiceWorldHere>[0] = {}) {
  const world = await practiceWorldHere(change);
  const readers = kubernetesReaders(world.binding);
  const { workloadAdmin, balancerAdmin, requireCluster } = kubernetesOperators(world.binding);
  const units = async () => (await readers.workloads.describe(service)).units;
  return { ...world, readers, workloadAdmin, balancerAdmin, requireCluster, units };
}

function podOf(world: PracticeWorld, unit: Unit | undefined): MemoryPod {
  const pod = world.node.pods.get(unit?.id ?? "");
  if (pod === undefined) throw new Error("no such pod");
  return pod;
}

/** What a call came to, of those that change pods. */
const ends = ({ standin }: PracticeWorld) =>
  standin.calls
    .filter(
      ({ path, verb }) =>
        /\/pods\/[^/]+(\/eviction)?$/.test(path) && (verb === "delete" || verb === "create"),
    )
    .map(({ status }) => status);

const isTwo = (units: readonly Unit[]) => units.filter(({ ready }) => ready).length === 2;

const line = (at: Date, level: string, message: string) => ({
  at,
  text: JSON.stringify({
    level,
    timestamp: at.toISOString(),
    logger: "csrd_platform.api",
    context: {},
    message,
  }),
});

describe("the kubernetes binding", () => {
  test("names the context: whichever one was used last in a terminal never decides", () => {
    const error = catching(() =>
      parseKubernetesBinding({
        namespace: "csrd",
        read: { kubeconfig: "/home/ops/.kube/config" },
        act: { kubeconfig: "/home/ops/.kube/config", context: "production-act" },
      }),
    );

    expect(error).toMatchObject({
      code: "environment-invalid",
      summary: expect.stringContaining("kubernetes.read") as string,
    });
  });

  test.for([
    ["a token as a value", { server: "https://k8s.example.com", token: "abc" }],
    ["a token in the clear", { server: "http://k8s.example.com", token: { env: "OPS_TOKEN" } }],
    ["nothing", undefined],
  ] as const)("refuses %s", ([, read]) => {
    const error = catching(() => parseKubernetesBinding({ namespace: "csrd", read, act: "in-cluster" }));

    expect(error.code).toBe("environment-invalid");
  });
});

function catching(work: () => unknown): OpsError {
  try {
    work();
  } catch (error) {
    if (OpsError.is(error)) return error;
    throw error;
  }
  throw new Error("it was expected to fail and did not");
}

test.for([
  ["250m", 0.25],
  ["2", 2],
  ["123456789n", 0.123456789],
  ["1.5", 1.5],
  ["1e3", 1_000],
  ["2Gi", 2 * GiB],
  ["500M", 5e8],
  ["128974848", 128_974_848],
  ["many", undefined],
  ["", undefined],
] as const)("the quantity %s is %s", ([text, number]) => {
  const found = quantityOf(text);
  expect(found === undefined ? found : Number(found.toPrecision(12))).toBe(number);
});

test("quantities are written so that they say exactly what was meant", () => {
  expect([0.25, 2, 1.5].map(cpuQuantity)).toEqual(["250m", "2", "1500m"]);
  expect([2 * GiB, 512 * 1024 ** 2, 1_000].map(memoryQuantity)).toEqual(["2Gi", "512Mi", "1000"]);
});

describe("a Deployment as a workload", () => {
  test("says its size, revision, versions and when each pod was started", async () => {
    const { readers } = await open();

    const found = await readers.workloads.describe(service);

    expect(found).toMatchObject({ size: { cpus: 1, memoryBytes: GiB }, revision: "1", scaledBy: undefined });
    expect(found.units.map(({ version, restarts }) => [version, restarts])).toEqual([
      ["0.1.0", 0],
      ["0.1.0", 0],
    ]);
    for (const { startedAt } of found.units)
      expect(Math.abs(Date.parse(startedAt ?? "") - Date.now())).toBeLessThan(60_000);
  });

  test("takes its bounds from the autoscaler that keeps its number, and names it", async () => {
    const { readers, standin } = await open();
    standin.put("horizontalpodautoscalers", {
      metadata: { name: "csrd-api-hpa", namespace },
      spec: { scaleTargetRef: { kind: "Deployment", name: "csrd-api" }, minReplicas: 2, maxReplicas: 3 },
    });
    standin.put("horizontalpodautoscalers", {
      metadata: { name: "another", namespace },
      spec: { scaleTargetRef: { kind: "Deployment", name: "csrd-worker" }, maxReplicas: 9 },
    });

    const { least, most, scaledBy } = await readers.workloads.describe(service);

    expect({ least, most, scaledBy }).toEqual({ least: 2, most: 3, scaledBy: "csrd-api-hpa" });
  });

  test("may not grow where neither an autoscaler nor the file says how far", async () => {
    const { readers, workloadAdmin } = await open();
    const boundless = { ...service, most: undefined };

    expect((await readers.workloads.describe(boundless)).most).toBe(2);
    expect((await failed(workloadAdmin.scale(boundless, 2, 3))).code).toBe("tool-refused");
  });

  test("has only its own pods: one of somebody else with the same labels is none of them", async () => {
    const { readers, standin, workloadAdmin } = await open();
    standin.put("pods", {
      metadata: { name: "stray", namespace, labels: { "app.kubernetes.io/name": "csrd-api" } },
      spec: { containers: [{ name: "x" }] },
      status: { phase: "Running" },
    });

    expect((await readers.workloads.describe(service)).units.map(({ id }) => id)).not.toContain("stray");
    expect((await failed(workloadAdmin.restart(service, "stray", "forced"))).code).toBe("tool-refused");
    expect(standin.peek("pods", namespace, "stray")).toBeDefined();
  });

  test("that selects by no label at all is refused, for it would mean every pod", async () => {
    const { readers, standin } = await open();
    const known = standin.peek("deployments", namespace, "csrd-api");
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- an object of this test
    const spec = known?.["spec"] as Record<string, unknown>;
    standin.put("deployments", {
      ...known,
      metadata: { ...known?.metadata, name: "csrd-all", namespace },
      spec: { ...spec, selector: {}, replicas: 0 },
    });

    expect((await failed(readers.workloads.describe({ ...service, workload: "csrd-all" }))).code).toBe(
      "selector-empty",
    );
  });

  test.for([
    ["OOMKilled", "CrashLoopBackOff (OOMKilled)"],
    ["Error", "CrashLoopBackOff (Error)"],
  ] as const)("says why a pod takes no work: %s", async ([reason, says]) => {
    const world = await open({ backoffMs: 60_000 });
    const pod = podOf(world, (await world.units())[0]);
    pod.broken = true;
    killed(pod, new Date(), reason);
    // Started again at once the first time; then it has to wait.
    await vi.waitFor(async () => expect((await world.units())[0]?.restarts).toBe(1), { timeout: 20_000 });
    killed(pod, new Date(), reason);

    await vi.waitFor(
      async () =>
        expect((await world.units())[0]).toMatchObject({ ready: false, state: "failed", reason: says }),
      { timeout: 20_000 },
    );
  });

  test("is read page after page, and from the start when the pages have got too old", async () => {
    const { readers, standin } = await open({ pageSize: 1, objects: { replicas: 4 } });
    // The autoscalers, the ReplicaSets and the first page of pods; the second page is then gone.
    standin.faults.add({ action: "list", kind: "expired", times: 4 });

    const { units } = await readers.workloads.describe(service);

    expect(units).toHaveLength(4);
    expect(
      standin.calls.filter(({ verb, status }) => verb === "list" && status === 410).length,
    ).toBeGreaterThan(0);
  });

  test("tells what happened to it, its pods and those that are gone, and nothing of others", async () => {
    const { readers, workloadAdmin, units, standin } = await open();
    const [first] = await units();
    await workloadAdmin.restart(service, first?.id ?? "", "graceful");
    standin.put("events", {
      metadata: { name: "other.1", namespace },
      involvedObject: { kind: "Pod", name: "csrd-worker-1-x" },
      reason: "Killing",
      message: "somebody else's",
      type: "Warning",
      lastTimestamp: new Date().toISOString(),
    });

    const events = await readers.workloads.events(service, "1h");

    expect(events.some(({ about, says }) => about === first?.id && says.startsWith("Killing"))).toBe(true);
    expect(events.some(({ says }) => says.startsWith("SuccessfulCreate"))).toBe(true);
    expect(events.some(({ says }) => says.includes("somebody else's"))).toBe(false);
    expect(await readers.workloads.events(service, "0s")).toEqual([]);
  });
});

describe("a restart", () => {
  test("defect 7: ends the one pod that was named, and no other; there is no form of it that means all", async () => {
    const world = await open();
    const [first, second] = await world.units();

    await world.workloadAdmin.restart(service, first?.id ?? "", "graceful");

    await vi.waitFor(async () => expect(isTwo(await world.units())).toBe(true), { timeout: 20_000 });
    const after = (await world.units()).map(({ id }) => id);
    expect(after).toContain(second?.id);
    expect(after).not.toContain(first?.id);
    expect(ends(world)).toEqual([201]);
    expect((await failed(world.workloadAdmin.restart(service, "", "forced"))).code).toBe("selector-empty");
  });

  test("defect 7: a disruption budget that allows none says no, nothing happens, and force is another word", async () => {
    const world = await open();
    const [first, second] = await world.units();
    podOf(world, second).ready = false;
    await vi.waitFor(async () => expect(isTwo(await world.units())).toBe(false), { timeout: 20_000 });

    const error = await failed(world.workloadAdmin.restart(service, first?.id ?? "", "graceful"));

    expect(error).toMatchObject({
      code: "tool-refused",
      summary: expect.stringContaining("PodDisruptionBudget") as string,
    });
    expect((await world.units()).map(({ id }) => id)).toEqual([first?.id, second?.id]);
    // The pod that takes no work anyhow may go.
    await world.workloadAdmin.restart(service, second?.id ?? "", "graceful");
    await vi.waitFor(async () => expect(isTwo(await world.units())).toBe(true), { timeout: 20_000 });
    await world.workloadAdmin.restart(service, first?.id ?? "", "forced");
    expect(ends(world)).toEqual([429, 201, 200]);
  });

  test.for(["graceful", "forced"] as const)(
    "names the very pod by its uid, %s: another of the same name is never ended in its place",
    async (how) => {
      const world = await open();
      const [first] = await world.units();
      const uid = world.standin.peek("pods", namespace, first?.id ?? "")?.metadata.uid;
      const seen = await listening(world.standin.url);
      const { workloadAdmin } = kubernetesOperators(through(world, seen.url));

      await workloadAdmin.restart(service, first?.id ?? "", how);

      expect(seen.bodies.map((body) => JSON.stringify(body))).toEqual([
        expect.stringContaining(`"preconditions":{"uid":"${uid}"}`),
      ]);
    },
  );
});

/** The acting credentials by another way. */
function through({ raw }: PracticeWorld, server: string) {
  const act = { ...(raw["act"] as object), server };
  return parseKubernetesBinding({ ...raw, act });
}

/** A way to the cluster on which everything that changes something is overheard. */
async function listening(upstream: string, beforeChange: () => void = () => undefined) {
  const bodies: unknown[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { method = "GET", url = "/", headers } = request;
      const body = Buffer.concat(chunks);
      if (method !== "GET") {
        bodies.push(JSON.parse(body.toString("utf8")));
        beforeChange();
      }
      const answer = await fetch(`${upstream}${url}`, {
        method,
        headers: {
          authorization: headers.authorization ?? "",
          "content-type": headers["content-type"] ?? "application/json",
        },
        ...(method === "GET" ? {} : { body }),
      });
      response.writeHead(answer.status, { "content-type": "application/json" });
      response.end(await answer.text());
    })();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, bodies };
}

describe("a change of number or size", () => {
  test("goes through although somebody else wrote in between, three times", async () => {
    const world = await open();
    let left = 3;
    const way = await listening(world.standin.url, () => {
      const known = world.standin.peek("deployments", namespace, "csrd-api");
      left -= 1;
      if (known === undefined || left < 0) return;
      const annotations = { ...known.metadata.annotations, beat: String(left) };
      world.standin.put("deployments", { ...known, metadata: { ...known.metadata, annotations } });
    });
    const { workloadAdmin } = kubernetesOperators(through(world, way.url));

    expect(await workloadAdmin.scale(service, 2, 3)).toBe("accepted");
    left = 3;
    expect(
      await workloadAdmin.resize(service, { cpus: 1, memoryBytes: GiB }, { cpus: 2, memoryBytes: GiB }),
    ).toBe("accepted");
    expect(world.standin.calls.filter(({ status }) => status === 409).length).toBe(6);
  });

  test("defect 10: is made from the number that was read, and never where it is another by now", async () => {
    const { workloadAdmin, readers } = await open({ objects: { replicas: 3 } });

    expect(await workloadAdmin.scale(service, 2, 4)).toBe("changed");

    expect((await readers.workloads.describe(service)).desired).toBe(3);
  });

  test("a new size replaces the pods one after the other, and takes requests along where they were the limit", async () => {
    const world = await open();
    const before = (await world.units()).map(({ id }) => id);
    let fewest = 2;
    const watching = setInterval(() => {
      const ready = [...world.node.pods.values()].filter((pod) => pod.ready).length;
      fewest = Math.min(fewest, ready);
    }, 2);
    onTestFinished(() => clearInterval(watching));

    const done = await world.workloadAdmin.resize(
      service,
      { cpus: 1, memoryBytes: GiB },
      { cpus: 0.25, memoryBytes: 2 * GiB },
    );

    expect(done).toBe("accepted");
    await vi.waitFor(
      async () => {
        const { units, size, revision } = await world.readers.workloads.describe(service);
        expect({ size, revision }).toEqual({ size: { cpus: 0.25, memoryBytes: 2 * GiB }, revision: "2" });
        expect(units.filter(({ id, ready }) => ready && !before.includes(id))).toHaveLength(2);
        expect(units).toHaveLength(2);
      },
      { timeout: 20_000 },
    );
    expect(fewest).toBe(2);
    expect(JSON.stringify(world.standin.peek("deployments", namespace, "csrd-api")?.["spec"])).toContain(
      '"requests":{"cpu":"250m","memory":"2Gi"}',
    );
  });

  test("a size that is another by now is left alone", async () => {
    const { workloadAdmin, readers } = await open();

    expect(
      await workloadAdmin.resize(service, { cpus: 4, memoryBytes: GiB }, { cpus: 8, memoryBytes: GiB }),
    ).toBe("changed");
    expect((await readers.workloads.describe(service)).size).toEqual({ cpus: 1, memoryBytes: GiB });
  });
});

describe("looking into a pod", () => {
  test("sums what it uses against its limits, with its disk", async () => {
    const world = await open();
    const [first] = await world.units();
    podOf(world, first).usage = { cpus: 0.9, memoryBytes: 0.95 * GiB };

    const host = await world.readers.hosts.look(service, first?.id ?? "");

    expect(host.cpu).toEqual({ used: 0.9, limit: 1 });
    expect(host.memory.limitBytes).toBe(GiB);
    expect(host.memory.usedBytes / GiB).toBeCloseTo(0.95, 3);
    expect(host.disks).toEqual([{ mount: "/", sizeBytes: GiB, usedBytes: 4 * 1024 ** 2, volume: undefined }]);
    expect(host.processes).toEqual([]);
  });

  test("works without the strong right to ask nodes, and then sees no disk", async () => {
    const rules = everything.filter(({ resource }) => resource !== "nodes/proxy");
    const world = await open({ rules: { read: rules, act: rules } });
    const [first] = await world.units();

    expect((await world.readers.hosts.look(service, first?.id ?? "")).disks).toEqual([]);
  });

  test("says that nobody has measured yet, and that one without limits cannot be full", async () => {
    const world = await open();
    const [first, second] = await world.units();
    podOf(world, first).usage = undefined;
    const known = world.standin.peek("pods", namespace, second?.id ?? "");
    world.standin.put("pods", {
      ...known,
      metadata: { ...known?.metadata, name: second?.id ?? "", namespace },
      spec: { nodeName: "practice-node", containers: [{ name: "csrd-api" }] },
    });

    expect((await failed(world.readers.hosts.look(service, first?.id ?? ""))).code).toBe("tool-unreachable");
    expect((await failed(world.readers.hosts.look(service, second?.id ?? ""))).summary).toContain("no limit");
  });

  test("a unit's address is its own", async () => {
    const world = await open();
    const [first] = await world.units();

    expect(await unitAddress(world.binding)(service, first?.id ?? "")).toBe("http://127.0.0.1:8000");
  });
});

describe("logs of pods", () => {
  const wanted = (change: Partial<LinesQuestion> = {}): LinesQuestion => ({
    from: new Date(Date.now() - 3_600_000),
    until: new Date(Date.now() + 60_000),
    least: undefined,
    contains: undefined,
    unit: undefined,
    limit: 100,
    within: "60s",
    ...change,
  });

  test("defect 8: are read of every pod, and of the container before the last start as well", async () => {
    const world = await open();
    const units = await world.units();
    const now = Date.now();
    const [first, second] = units.map((unit) => podOf(world, unit));
    first?.logs.current.push(line(new Date(now - 5_000), "ERROR", "of the first"));
    second?.logs.current.push(line(new Date(now - 9_000), "CRITICAL", "last words of the second"));
    if (second !== undefined) killed(second, new Date());
    await vi.waitFor(async () => expect((await world.units())[1]?.restarts).toBe(1), { timeout: 20_000 });
    second?.logs.current.push(line(new Date(now - 1_000), "ERROR", "of the second, again"));
    second?.logs.current.push(line(new Date(now - 1_000), "INFO", "no error"));

    for (const group of ["csrd-api", "app.kubernetes.io/part-of=csrd"]) {
      const found = await world.readers.logs.errors(group, { since: "10m", limit: 10 });

      expect(found.map(({ message, source }) => [message, source])).toEqual([
        ["last words of the second", units[1]?.id],
        ["of the first", units[0]?.id],
        ["of the second, again", units[1]?.id],
      ]);
    }
    expect(await world.readers.logs.errors("csrd-api", { since: "2s", limit: 10 })).toHaveLength(1);
  });

  test("are told as lines of units of a service; a pod that cannot be read is named and hides no other", async () => {
    const world = await open();
    const [first, second] = await world.units();
    podOf(world, first).logs.current.push(line(new Date(), "INFO", "here"));
    podOf(world, first).logs.current.push({ at: new Date(), text: "FATAL ERROR: heap limit" });
    podOf(world, second).logs.current.push(line(new Date(), "INFO", "there"));

    const all = await world.readers.logs.lines([service], wanted(), [service]);
    const one = await world.readers.logs.lines([service], wanted({ unit: second?.id }), [service]);

    expect(all.lines.map(({ unit, service: of, message }) => [unit, of, message])).toEqual(
      expect.arrayContaining([
        [first?.id, "api", "here"],
        [first?.id, "api", "FATAL ERROR: heap limit"],
        [second?.id, "api", "there"],
      ]),
    );
    expect(all).toMatchObject({ incomplete: undefined, more: false });
    expect(one.lines.map(({ message }) => message)).toEqual(["there"]);
    expect((await failed(world.readers.logs.lines([], wanted(), [service]))).code).toBe("selector-empty");
  });

  test("that were cut off by the server are said to be incomplete", async () => {
    const world = await open();
    const [first] = await world.units();
    const long = "x".repeat(1024 * 1024);
    for (let row = 0; row < 5; row += 1)
      podOf(world, first).logs.current.push(line(new Date(), "INFO", `${row} ${long}`));

    const { incomplete } = await world.readers.logs.lines([service], wanted(), [service]);

    expect(incomplete).toContain(first?.id);
  });
});

describe("what surrounds the pods", () => {
  test("deploys are the Deployment's revisions, newest first, each with its pods", async () => {
    const world = await open();
    const known = world.standin.peek("deployments", namespace, "csrd-api");
    world.standin.put("deployments", {
      ...known,
      metadata: { ...known?.metadata, name: "csrd-api", namespace },
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what this test put there
      spec: JSON.parse(JSON.stringify(known?.["spec"]).replace(":0.1.0", ":0.2.0")) as unknown,
    });
    await vi.waitFor(
      async () => expect((await world.units()).map(({ version }) => version)).toEqual(["0.2.0", "0.2.0"]),
      { timeout: 20_000 },
    );

    const deploys = await world.readers.deploys.recent([], "csrd-api");

    expect(deploys.map(({ version, previous }) => [version, previous])).toEqual([
      ["0.2.0", "0.1.0"],
      ["0.1.0", undefined],
    ]);
    expect(deploys[0]?.instances).toEqual((await world.units()).map(({ id }) => id));
    expect((await failed(world.readers.deploys.recent([]))).code).toBe("selector-empty");
  });

  test("targets are a Service's endpoints, with the reason of the pod that takes no work", async () => {
    const world = await open();
    const [first, second] = await world.units();
    podOf(world, second).ready = false;

    await vi.waitFor(
      async () =>
        expect(await world.readers.balancer.targets("csrd-api")).toEqual([
          { instance: first?.id, port: 8000, health: "healthy" },
          { instance: second?.id, port: 8000, health: "unhealthy", reason: "ContainersNotReady" },
        ]),
      { timeout: 20_000 },
    );
    expect(await world.readers.balancer.targets("csrd-nobody")).toEqual([]);
    expect((await failed(world.readers.balancer.targets("a=b,c"))).code).toBe("tool-refused");
  });

  test("weights are those of an HTTPRoute, set as a whole, for the version that was read", async () => {
    const world = await open();
    const flipped = [
      { group: "csrd-api", weight: 0 },
      { group: "csrd-api-before", weight: 100 },
    ];

    await world.balancerAdmin.setWeights("csrd-api", flipped);

    expect(await world.readers.balancer.weights("csrd-api")).toEqual(flipped);
    expect(
      (await failed(world.balancerAdmin.setWeights("csrd-api", [{ group: "csrd-api", weight: 1 }]))).code,
    ).toBe("tool-refused");
    expect((await failed(world.readers.balancer.weights("nothing"))).code).toBe("tool-refused");
  });

  test("a NetworkPolicy lets in whom it names, and without a rule nobody", async () => {
    const world = await open();
    world.standin.put("networkpolicies", {
      metadata: { name: "shut", namespace },
      spec: { podSelector: {}, policyTypes: ["Ingress"] },
    });

    expect(await world.readers.firewall.ingress(["csrd-api", "shut"])).toEqual([
      { group: "csrd-api", protocol: "tcp", fromPort: 8000, toPort: 8000, sources: ["10.0.0.0/8"] },
    ]);
    expect((await failed(world.readers.firewall.ingress(["gone"]))).code).toBe("tool-refused");
  });

  test("pods are machines for whoever asks for machines by name", async () => {
    const world = await open();
    const [first] = await world.units();

    expect(await world.readers.instances.describe([first?.id ?? ""])).toEqual([
      { id: first?.id, name: first?.id, state: "running", check: "ok", version: "0.1.0" },
    ]);
    expect((await failed(world.readers.instances.describe([]))).code).toBe("selector-empty");
  });
});

describe("a cluster that is not the one, or does not let us", () => {
  test("another cluster than the file states is never acted on", async () => {
    const world = await open();

    await world.requireCluster(world.standin.clusterUid);

    expect((await failed(world.requireCluster("00000000-0000-4000-8000-000000000000"))).code).toBe(
      "environment-mismatch",
    );
  });

  test("defect 7: the acting credentials of another cluster than was looked at are refused as well", async () => {
    const [looked, other] = [await open(), await open()];
    const binding = parseKubernetesBinding({ ...looked.raw, act: other.raw["act"] });

    const error = await failed(kubernetesOperators(binding).requireCluster(looked.standin.clusterUid));

    expect(error).toMatchObject({
      code: "environment-mismatch",
      summary: expect.stringContaining("kubernetes.act") as string,
    });
  });

  test("credentials without permission are told which right is missing and who prints it", async () => {
    const world = await open({ rules: { read: [], act: [] } });

    const error = await failed(world.readers.workloads.describe(service));

    expect(error).toMatchObject({
      code: "tool-refused",
      summary: expect.stringContaining("not allowed") as string,
      hint: expect.stringContaining("--part kubernetes-read") as string,
    });
  });

  test("an address where something else listens is no cluster, and one where nothing listens does not answer", async () => {
    const world = await open();
    const page = createServer((_, response) => response.writeHead(200).end("<html>"));
    page.listen(0, "127.0.0.1");
    await once(page, "listening");
    const { port } = page.address() as AddressInfo;
    const at = () => {
      const read = { ...(world.raw["read"] as object), server: `http://127.0.0.1:${port}` };
      return kubernetesReaders(parseKubernetesBinding({ ...world.raw, read })).workloads.describe(service);
    };

    expect((await failed(at())).code).toBe("tool-refused");
    page.closeAllConnections();
    await new Promise((resolve) => page.close(resolve));
    expect((await failed(at())).code).toBe("tool-unreachable");
  });
});
