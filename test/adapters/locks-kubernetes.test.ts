import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { parseLeaseLocksBinding } from "#adapters/locks-kubernetes/binding.ts";
import { leaseName } from "#adapters/locks-kubernetes/lease.ts";
import { leaseLocks } from "#adapters/locks-kubernetes/locks.ts";
import type { LockStore } from "#kit/journal.ts";
import type { Verb } from "#sandbox/standins/kubernetes/access.ts";
import {
  startKubernetesStandin,
  type KubernetesStandin,
} from "#sandbox/standins/kubernetes/start-kubernetes-standin.ts";
import { locksContract } from "#test/contracts/locks.ts";
import { haveOrSay, overTls } from "#test/sandbox/standins/kubernetes-over-tls.ts";

const openssl = haveOrSay("openssl", ["version"], "locks in Kubernetes over TLS");
const namespace = "csrd-ops";
const token = "operator-token-1";
const needed: readonly Verb[] = ["get", "list", "create", "update"];

/** A cluster with a clock of its own, and an operator who may do with leases what `verbs` says. */
async function cluster(verbs = needed) {
  let now = Date.parse("2026-11-21T03:12:00.000Z");
  const standin = await startKubernetesStandin({
    accounts: [
      { user: "operator", token, rules: [{ resource: "leases", verbs, namespaces: [namespace] }] },
      {
        user: "admin",
        token: "admin-token-1",
        rules: [{ resource: "leases", verbs: ["get", "list", "create", "update", "delete"] }],
      },
    ],
    namespaces: [namespace, "default"],
    now: () => new Date(now),
  });
  onTestFinished(() => standin.stop().catch(() => undefined));
  return {
    standin,
    pass: (ms: number) => {
      now += ms;
    },
  };
}

/** A file for the length of a test. */
function file(name: string, content: string): string {
  const folder = mkdtempSync(join(tmpdir(), "ops-leases-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, name);
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}

function open(
  { url }: Pick<KubernetesStandin, "url">,
  changes: {
    namespace?: string;
    skew?: string;
    timeout?: string;
    token?: string;
    monotonic?: () => number;
  } = {},
): LockStore {
  const { monotonic, token: bearer = token, ...settings } = changes;
  return leaseLocks(
    parseLeaseLocksBinding({
      cluster: { server: url, token: { file: file("token", bearer) } },
      namespace,
      skew: "0s",
      // A machine under load answers late; only the tests about silence want to be told so soon.
      timeout: "60s",
      ...settings,
    }),
    monotonic === undefined ? {} : { monotonic },
  );
}

/** The cluster behind a gate that lets nobody write before `count` have read, however slow this machine is: all of them saw the same. */
async function startingTogether(upstream: string, count: number): Promise<string> {
  let read = 0;
  const { promise: allHaveRead, resolve } = Promise.withResolvers<void>();
  const gate = createHttpServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { method = "GET", url = "/", headers } = request;
      if (method !== "GET") await allHaveRead;
      const answer = await fetch(`${upstream}${url}`, {
        method,
        headers: { authorization: headers.authorization ?? "", "content-type": "application/json" },
        ...(method === "GET" ? {} : { body: Buffer.concat(chunks) }),
      });
      const body = await answer.text();
      response.writeHead(answer.status, {
        "content-type": "application/json",
        date: answer.headers.get("date") ?? "",
      });
      response.end(body);
      if (method === "GET" && (read += 1) === count) resolve();
    })();
  });
  gate.listen(0, "127.0.0.1");
  await once(gate, "listening");
  onTestFinished(() => {
    gate.closeAllConnections();
    gate.close();
  });
  const { port } = gate.address() as AddressInfo;
  return `http://127.0.0.1:${port}`;
}

/** Speaks to the cluster as its administrator. */
async function admin(
  { url }: Pick<KubernetesStandin, "url">,
  method: string,
  name = "",
  body?: unknown,
): Promise<Record<string, any>> {
  const response = await fetch(
    `${url}/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases${name && `/${name}`}`,
    {
      method,
      headers: { authorization: "Bearer admin-token-1", "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    },
  );
  return (await response.json()) as Record<string, any>;
}

locksContract("The Kubernetes lock store", async () => {
  const { standin, pass } = await cluster();
  return { open: async () => open(standin), pass };
});

const first = { run: "r-1", owner: "desk:1:aaaaaa", reason: "Deploy" };
const second = { run: "r-2", owner: "shelf:2:bbbbbb", reason: "Rollback" };
const lock = "production/deploy";

describe("a lock in a Lease", () => {
  test("says in the Lease itself who holds it, why and on which host", async () => {
    const { standin } = await cluster();
    await open(standin).takeLock(lock, first, 90_000);

    const lease = await admin(standin, "GET", leaseName(lock));

    expect(lease["spec"]).toEqual({
      holderIdentity: "r-1",
      leaseDurationSeconds: 90,
      acquireTime: "2026-11-21T03:12:00.000000Z",
      renewTime: "2026-11-21T03:12:00.000000Z",
      leaseTransitions: 1,
    });
    expect(lease["metadata"]).toMatchObject({
      labels: { "app.kubernetes.io/managed-by": "csrd-ops" },
      annotations: {
        "csrd-ops/lock": lock,
        "csrd-ops/run": "r-1",
        "csrd-ops/reason": "Deploy",
        "csrd-ops/owner": "desk:1:aaaaaa",
      },
    });
  });

  test("that is held says by whom, why, since when, until when and on which host", async () => {
    const { standin, pass } = await cluster();
    await open(standin).takeLock(lock, first, 60_000);
    pass(5_000);

    await expect(open(standin).takeLock(lock, second, 60_000)).rejects.toMatchObject({
      code: "lock-held",
      summary: "production/deploy is held by r-1 (Deploy) since 03:12:00 UTC, at least until 03:13:00.",
      hint: expect.stringContaining("desk:1:aaaaaa") as string,
    });
  });

  test("may be taken again by the run that holds it, and its fence rises", async () => {
    const { standin } = await cluster();
    const locks = open(standin);
    await locks.takeLock(lock, first, 60_000);

    const again = await open(standin).takeLock(lock, { ...first, owner: "shelf:9:cccccc" }, 60_000);

    expect(again).toMatchObject({ fence: 2, owner: "shelf:9:cccccc" });
    expect(again.tookOver).toBeUndefined();
    await expect(locks.renewLock(lock, "r-1", 1, 60_000)).rejects.toMatchObject({ code: "lock-lost" });
  });

  test("is extended from the server's time, keeping since when it is held", async () => {
    const { standin, pass } = await cluster();
    const locks = open(standin);
    const held = await locks.takeLock(lock, first, 60_000);
    pass(30_000);

    const renewed = await locks.renewLock(lock, "r-1", held.fence, 60_000);

    const until = "2026-11-21T03:13:30.000Z";
    expect(renewed).toEqual({ ...held, until, staysUntil: until });
    await expect(locks.renewLock(lock, "r-2", held.fence, 60_000)).rejects.toMatchObject({
      code: "lock-lost",
    });
  });

  test("whose lease has ended stays visible, is taken over, and the taker learns from whom", async () => {
    const { standin, pass } = await cluster();
    const locks = open(standin);
    const held = await locks.takeLock(lock, first, 60_000);
    pass(61_000);
    const ghosts = await locks.locks();

    const taken = await open(standin).takeLock(lock, second, 60_000);

    expect(ghosts).toEqual([{ ...held, state: "over" }]);
    expect(taken).toMatchObject({ run: "r-2", fence: 2, tookOver: { ...first, takenAt: held.takenAt } });
    await expect(locks.renewLock(lock, "r-1", 1, 60_000)).rejects.toMatchObject({
      code: "lock-lost",
      summary: expect.stringContaining("r-2 (Rollback) of shelf:2:bbbbbb took it at 03:13:01") as string,
    });
  });

  test("that is given back leaves its Lease with the fence, and what others wrote on it", async () => {
    const { standin } = await cluster();
    const locks = open(standin);
    const held = await locks.takeLock(lock, first, 60_000);
    const lease = await admin(standin, "GET", leaseName(lock));
    lease["metadata"].annotations["team/note"] = "kept";
    await admin(standin, "PUT", leaseName(lock), lease);

    await locks.releaseLock(lock, "r-2", held.fence);
    await locks.releaseLock(lock, "r-1", held.fence - 1);
    expect(await locks.locks()).toHaveLength(1);
    await locks.releaseLock(lock, "r-1", held.fence);

    const freed = await admin(standin, "GET", leaseName(lock));
    expect(freed["spec"]).toEqual({ leaseTransitions: 1 });
    expect(freed["metadata"].annotations).toEqual({ "csrd-ops/lock": lock, "team/note": "kept" });
    expect(await locks.locks()).toEqual([]);
  });

  test("has a name that Kubernetes accepts, and that no other lock has", () => {
    const names = [
      "production/deploy",
      "production-deploy",
      "Production/Deploy",
      "/",
      "é",
      "x".repeat(500),
      "a/../b",
    ];

    const made = names.map(leaseName);

    expect(new Set(made).size).toBe(names.length);
    expect(made[0]).toMatch(/^csrd-ops-production-deploy-[0-9a-f]{10}$/);
    for (const name of made) {
      expect(name).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);
      expect(name.length).toBeLessThanOrEqual(253);
    }
  });
});

describe("the end of a lease", () => {
  test("lets one of many takers in: the others' writes are refused, they look again and are told who was first", async () => {
    const { standin, pass } = await cluster();
    await open(standin).takeLock(lock, first, 60_000);
    pass(60_000);
    const takers = Array.from({ length: 8 }, (_, index) => ({ ...second, run: `r-${index + 2}` }));
    const url = await startingTogether(standin.url, takers.length);

    const ends = await Promise.allSettled(takers.map((taker) => open({ url }).takeLock(lock, taker, 60_000)));

    const won = ends.flatMap((end) => (end.status === "fulfilled" ? [end.value] : []));
    const refused = ends.flatMap((end) => (end.status === "rejected" ? [end.reason.code as string] : []));
    expect(won).toMatchObject([{ fence: 2, tookOver: { run: "r-1" } }]);
    expect(refused).toEqual(Array.from({ length: 7 }, () => "lock-held"));
    expect(standin.calls.filter(({ status }) => status === 409)).toHaveLength(7);
  }, 120_000);

  test("is waited for as much longer as the servers' clocks may be apart", async () => {
    const { standin, pass } = await cluster();
    await open(standin).takeLock(lock, first, 60_000);
    const cautious = open(standin, { skew: "5s" });
    pass(64_000);
    await expect(cautious.takeLock(lock, second, 60_000)).rejects.toMatchObject({ code: "lock-held" });

    pass(1_000);

    await expect(cautious.takeLock(lock, second, 60_000)).resolves.toMatchObject({ fence: 2 });
  });

  test("comes also when its times are wrong, once this process has seen it unchanged for its whole length", async () => {
    const { standin } = await cluster();
    await open(standin).takeLock(lock, first, 60_000);
    const lease = await admin(standin, "GET", leaseName(lock));
    lease["spec"].renewTime = "2031-01-01T00:00:00.000000Z";
    await admin(standin, "PUT", leaseName(lock), lease);
    let watched = 0;
    const patient = open(standin, { monotonic: () => watched });
    await expect(patient.takeLock(lock, second, 60_000)).rejects.toMatchObject({ code: "lock-held" });
    watched = 59_999;
    await expect(patient.takeLock(lock, second, 60_000)).rejects.toMatchObject({ code: "lock-held" });

    watched = 60_000;

    await expect(patient.takeLock(lock, second, 60_000)).resolves.toMatchObject({ fence: 2 });
  });

  test("starts anew, to an observer, with every renewal", async () => {
    const { standin } = await cluster();
    const holder = open(standin);
    const held = await holder.takeLock(lock, first, 60_000);
    let watched = 0;
    const patient = open(standin, { monotonic: () => watched });
    await expect(patient.takeLock(lock, second, 60_000)).rejects.toMatchObject({ code: "lock-held" });
    await holder.renewLock(lock, "r-1", held.fence, 60_000);

    watched = 60_000;

    await expect(patient.takeLock(lock, second, 60_000)).rejects.toMatchObject({ code: "lock-held" });
  });
});

describe("a cluster that does not do what it is asked", () => {
  test.for(needed)("because %s is not allowed is tool-refused, naming the verb", async (verb) => {
    const { standin } = await cluster(needed.filter((each) => each !== verb));
    const locks = open(standin);
    if (verb === "update") await open(standin).takeLock(lock, first, 60_000);

    const failure = await (verb === "list" ? locks.locks() : locks.takeLock(lock, first, 60_000)).catch(
      (error: unknown) => error,
    );

    expect(failure).toMatchObject({
      code: "tool-refused",
      summary: expect.stringContaining(`"${verb}" leases`) as string,
      hint: expect.stringContaining(
        `kubectl auth can-i ${verb} leases.coordination.k8s.io -n csrd-ops`,
      ) as string,
    });
  });

  test("because the token is unknown is tool-refused, and the token is not shown", async () => {
    const { standin } = await cluster();

    const failure = await open(standin, { token: "expired-token-77" })
      .locks()
      .catch((error: unknown) => error);

    expect(failure).toMatchObject({
      code: "tool-refused",
      summary: expect.stringContaining("does not know these credentials") as string,
    });
    expect(JSON.stringify(failure) + String((failure as Error).stack)).not.toContain("expired-token-77");
  });

  test("because the namespace is missing is tool-refused", async () => {
    const { standin } = await cluster();

    await expect(
      open(standin, { namespace: "nowhere", token: "admin-token-1" }).takeLock(lock, first, 60_000),
    ).rejects.toMatchObject({ code: "tool-refused", hint: "Make it once: kubectl create namespace nowhere" });
  });

  test.for(["too-many", "unavailable"] as const)("because it is busy (%s) is asked again", async (kind) => {
    const { standin } = await cluster();
    standin.faults.add({ action: "create", kind, times: 1 });

    await expect(open(standin).takeLock(lock, first, 60_000)).resolves.toMatchObject({ fence: 1 });
  });

  test("because it stays busy is tool-unreachable after three tries", async () => {
    const { standin } = await cluster();
    const held = await open(standin).takeLock(lock, first, 60_000);
    standin.faults.add({ action: "update", kind: "unavailable", times: 9 });

    await expect(open(standin).renewLock(lock, "r-1", held.fence, 60_000)).rejects.toMatchObject({
      code: "tool-unreachable",
    });
    expect(standin.calls.filter(({ verb }) => verb === "update")).toHaveLength(3);
  });

  test.for(["create", "update"] as const)(
    "whose answer to %s is lost is looked at again, and the run has its lock once",
    async (verb) => {
      const { standin } = await cluster();
      const locks = open(standin);
      if (verb === "update")
        await locks.releaseLock(
          lock,
          "r-0",
          (await locks.takeLock(lock, { ...first, run: "r-0" }, 60_000)).fence,
        );
      standin.faults.add({ action: verb, kind: "reply-lost", times: 1 });

      const taken = await locks.takeLock(lock, first, 60_000);

      expect(await locks.locks()).toEqual([taken]);
      await expect(locks.renewLock(lock, "r-1", taken.fence, 60_000)).resolves.toMatchObject({ run: "r-1" });
      await expect(locks.takeLock(lock, second, 60_000)).rejects.toMatchObject({ code: "lock-held" });
    },
  );

  test("because nothing listens is tool-unreachable, and no lock is assumed", async () => {
    const gone = await cluster();
    await gone.standin.stop();
    const { host } = new URL(gone.standin.url);

    await expect(open(gone.standin).takeLock(lock, first, 60_000)).rejects.toMatchObject({
      code: "tool-unreachable",
      summary: `The lock store (Kubernetes at ${host}, namespace csrd-ops) did not answer when it was asked to get leases (connection refused).`,
      hint: expect.stringContaining("No lock is assumed") as string,
    });
  });

  test("because it takes the connection and says nothing is tool-unreachable", async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => sockets.push(socket)).listen(0, "127.0.0.1");
    await new Promise((resolve) => silent.once("listening", resolve));
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      silent.close();
    });
    const { port } = silent.address() as AddressInfo;

    await expect(
      open({ url: `http://127.0.0.1:${port}` }, { timeout: "200ms" }).locks(),
    ).rejects.toMatchObject({
      code: "tool-unreachable",
      summary: expect.stringContaining("no answer within the time limit") as string,
    });
  });

  test("because something else listens there is tool-refused: its 404 is not a free lock", async () => {
    const { createServer: web } = await import("node:http");
    const other = web((_request, response) => response.writeHead(404).end("nothing here")).listen(
      0,
      "127.0.0.1",
    );
    await new Promise((resolve) => other.once("listening", resolve));
    onTestFinished(() => void other.close());
    const { port } = other.address() as AddressInfo;

    await expect(
      open({ url: `http://127.0.0.1:${port}` }).takeLock(lock, first, 60_000),
    ).rejects.toMatchObject({
      code: "tool-refused",
      summary: expect.stringContaining("in no form of Kubernetes") as string,
    });
  });

  test("because a Lease of that name is somebody else's is tool-refused, and that Lease is left alone", async () => {
    const { standin } = await cluster();
    const foreign = await admin(standin, "POST", "", {
      metadata: { name: leaseName(lock) },
      spec: { holderIdentity: "another-program" },
    });

    await expect(open(standin).takeLock(lock, first, 60_000)).rejects.toMatchObject({ code: "tool-refused" });
    expect(await admin(standin, "GET", leaseName(lock))).toEqual(foreign);
  });
});

describe("the kubernetes-lease binding", () => {
  test.skipIf(!openssl)(
    "trusts a server whose certificate the named authority signed, and no other",
    async () => {
      const { standin } = await cluster();
      const front = await overTls(standin.url);
      onTestFinished(() => front.stop());
      const over = (ca: { ca?: string }) =>
        leaseLocks(
          parseLeaseLocksBinding({
            cluster: { server: front.url, token: { file: file("token", token) }, ...ca },
            namespace,
          }),
        );

      await expect(over({ ca: front.ca }).takeLock(lock, first, 60_000)).resolves.toMatchObject({ fence: 1 });
      await expect(over({}).locks()).rejects.toMatchObject({
        code: "tool-refused",
        summary: expect.stringContaining("could not prove who it is") as string,
      });
    },
  );

  test("takes cluster, user and context from a kubeconfig", async () => {
    const { standin } = await cluster();
    const kubeconfig = file(
      "kubeconfig",
      JSON.stringify({
        apiVersion: "v1",
        kind: "Config",
        clusters: [{ name: "here", cluster: { server: standin.url, "insecure-skip-tls-verify": true } }],
        users: [{ name: "operator", user: { token } }],
        contexts: [{ name: "ops", context: { cluster: "here", user: "operator" } }],
      }),
    );
    const named = (context: string) =>
      leaseLocks(parseLeaseLocksBinding({ cluster: { kubeconfig, context }, namespace }));

    await expect(named("ops").takeLock(lock, first, 60_000)).resolves.toMatchObject({ fence: 1 });
    await expect(named("elsewhere").locks()).rejects.toMatchObject({ code: "environment-invalid" });
  });

  test("whose kubeconfig starts a program for its credentials says so when that program is not there", async () => {
    const { standin } = await cluster();
    const exec = {
      apiVersion: "client.authentication.k8s.io/v1",
      command: "/nowhere/get-token",
      interactiveMode: "Never",
    };
    const kubeconfig = file(
      "kubeconfig",
      JSON.stringify({
        apiVersion: "v1",
        kind: "Config",
        clusters: [{ name: "here", cluster: { server: standin.url, "insecure-skip-tls-verify": true } }],
        users: [{ name: "operator", user: { exec } }],
        contexts: [{ name: "ops", context: { cluster: "here", user: "operator" } }],
        "current-context": "ops",
      }),
    );

    await expect(
      leaseLocks(parseLeaseLocksBinding({ cluster: { kubeconfig }, namespace })).locks(),
    ).rejects.toMatchObject({
      code: "tool-refused",
      summary: expect.stringContaining("was not asked to list leases") as string,
    });
    expect(standin.calls).toEqual([]);
  });

  test('that says "in-cluster" on a machine outside any is environment-invalid', async () => {
    vi.stubEnv("KUBERNETES_SERVICE_HOST", undefined);
    onTestFinished(() => void vi.unstubAllEnvs());

    await expect(
      leaseLocks(parseLeaseLocksBinding({ cluster: "in-cluster", namespace })).locks(),
    ).rejects.toMatchObject({ code: "environment-invalid" });
  });

  test("that names a kubeconfig which is not there is environment-invalid", async () => {
    const locks = leaseLocks(
      parseLeaseLocksBinding({ cluster: { kubeconfig: "/nowhere/kubeconfig" }, namespace }),
    );

    await expect(locks.locks()).rejects.toMatchObject({ code: "environment-invalid" });
  });

  test.for([
    [undefined, "binding-missing", "no kubernetes-lease binding"],
    [{ namespace }, "environment-invalid", 'kubernetes-lease.cluster is "in-cluster", or names'],
    [
      { cluster: "in-cluster", namespace: "Bad_Name" },
      "environment-invalid",
      "kubernetes-lease.namespace is not a namespace",
    ],
    [
      { cluster: { server: "https://c", token: "inline" }, namespace },
      "environment-invalid",
      "kubernetes-lease.cluster",
    ],
    [
      { cluster: { server: "http://cluster.example.com", token: { env: "T" } }, namespace },
      "environment-invalid",
      "kubernetes-lease.cluster",
    ],
    [{ cluster: "in-cluster", namespace, skew: "soon" }, "environment-invalid", "kubernetes-lease.skew"],
  ] as const)("%o is %s", ([binding, code, words]) => {
    expect(() => parseLeaseLocksBinding(binding)).toThrow(
      expect.objectContaining({ code, summary: expect.stringContaining(words) as string }) as Error,
    );
  });
});
