import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { parseKubernetesBinding, type KubernetesBinding } from "#adapters/kubernetes/binding.ts";
import type { Service } from "#kit/ports.ts";
import type { Account } from "#sandbox/standins/kubernetes/access.ts";
import {
  startKubernetesStandin,
  type KubernetesStandin,
} from "#sandbox/standins/kubernetes/start-kubernetes-standin.ts";
import {
  memoryNode,
  type MemoryNode,
  namespace,
  platformObjects,
} from "#test/sandbox/standins/memory-node.ts";

/** The platform's API as an environment on Kubernetes names it. */
export const kubernetesService: Service = {
  name: "api",
  url: "http://127.0.0.1:1",
  group: "csrd-api",
  rule: "csrd-api",
  instances: [],
  firewallGroups: ["csrd-api"],
  logGroup: "app.kubernetes.io/part-of=csrd",
  port: 8000,
  floor: 1,
  most: 4,
  workload: "csrd-api",
};

/** Everything that an administrator may. */
export const everything: Account["rules"] = [
  "deployments",
  "deployments/scale",
  "replicasets",
  "pods",
  "pods/log",
  "pods/eviction",
  "events",
  "services",
  "endpointslices",
  "horizontalpodautoscalers",
  "poddisruptionbudgets",
  "networkpolicies",
  "httproutes",
  "nodes/proxy",
  "namespaces",
].map((resource) => ({ resource, verbs: ["get", "list", "create", "update", "patch", "delete"] as const }));

/** A practice cluster in memory, and a binding that reaches it with these rights. */
export type PracticeWorld = {
  readonly standin: KubernetesStandin;
  readonly node: MemoryNode;
  readonly binding: KubernetesBinding;
  readonly raw: Record<string, unknown>;
  readonly close: () => Promise<void>;
};

/** Starts a practice cluster. */
export async function practiceWorld(
  change: {
    readonly rules?: { readonly read: Account["rules"]; readonly act: Account["rules"] };
    readonly pageSize?: number;
    readonly objects?: Parameters<typeof platformObjects>[0];
    readonly backoffMs?: number;
    readonly now?: () => Date;
  } = {},
): Promise<PracticeWorld> {
  const { rules = { read: everything, act: everything }, pageSize, now } = change;
  const node = memoryNode(now);
  const tokens = { read: "reader-token-1", act: "actor-token-1" };
  const standin = await startKubernetesStandin({
    accounts: [
      { user: "reader", token: tokens.read, rules: rules.read },
      { user: "actor", token: tokens.act, rules: rules.act },
      { user: "admin", token: "admin-token-1", rules: everything },
    ],
    namespaces: [namespace, "default"],
    cluster: {
      node,
      objects: platformObjects(change.objects),
      backoffMs: change.backoffMs ?? 10_000,
      everyMs: 20,
    },
    ...(pageSize === undefined ? {} : { pageSize }),
    ...(now === undefined ? {} : { now }),
  });
  const folder = mkdtempSync(join(tmpdir(), "ops-kubernetes-"));
  const tokenFile = (role: "read" | "act") => {
    const file = join(folder, `${role}-token`);
    writeFileSync(file, tokens[role], { mode: 0o600 });
    return { server: standin.url, token: { file } };
  };
  const raw = { namespace, timeout: "60s", read: tokenFile("read"), act: tokenFile("act") };
  return {
    standin,
    node,
    raw,
    binding: parseKubernetesBinding(raw),
    close: async () => {
      await standin.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The same for the length of a test. */
export async function practiceWorldHere(
  change: Parameters<typeof practiceWorld>[0] = {},
): Promise<PracticeWorld> {
  const world = await practiceWorld(change);
  onTestFinished(() => world.close().catch(() => undefined));
  return world;
}
