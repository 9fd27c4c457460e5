import { randomUUID } from "node:crypto";
import { faultQueue, type Faults } from "../faults.ts";
import { serve, type Asked, type Said } from "../serve.ts";
import { authenticate, authorize, review, reviewPath, type Account, type Verb } from "./access.ts";
import { runCluster, type RunningCluster } from "./cluster.ts";
import { discovery } from "./discovery.ts";
import { deployments, podmetrics, pods, runningKinds } from "./kinds.ts";
import { leases } from "./leases.ts";
import type { PracticeNode } from "./node.ts";
import { objects, type Objects, type Unstamped } from "./objects.ts";
import { pages, type Pages } from "./pages.ts";
import { deletePod, evict, logOf, preconditions, scaleOf, setScale } from "./parts.ts";
import { patched } from "./patch.ts";
import { decode, read, type Resource, type Stored } from "./resource.ts";
import { targetOf, type Target } from "./target.ts";
import { ApiRefusal, badRequest, json, notFound } from "./status.ts";

/** Refused for too many requests, unavailable (both before anything happened); done, but the answer is lost; the next pages of a list are gone. */
type KubernetesFault = "too-many" | "unavailable" | "reply-lost" | "expired";

/** One call as it arrived, for tests that count. */
type KubernetesCall = {
  readonly verb: Verb | "none";
  readonly user: string;
  readonly path: string;
  readonly status: number | "dropped";
};

/** The stand-in while it runs. */
export type KubernetesStandin = {
  readonly url: string;
  /** Uid of the namespace kube-system, which is as good as the cluster's own. */
  readonly clusterUid: string;
  readonly calls: readonly KubernetesCall[];
  /** By verb. */
  readonly faults: Faults<KubernetesFault>;
  /** The objects as the cluster has them now; undefined for one that is not there. */
  readonly peek: (plural: string, namespace: string, name: string) => Stored | undefined;
  /** Puts an object there as its owner would, past everybody's rights. */
  readonly put: (plural: string, object: Unstamped) => void;
  readonly remove: (plural: string, namespace: string, name: string) => void;
  /** Most pods of a namespace from now on; undefined for as many as are wanted. */
  readonly limitPods: (most: number | undefined) => void;
  readonly stop: () => Promise<void>;
};

/** What runs pods in the practice cluster, and what is declared in it from the start. */
export type PracticeCluster = {
  readonly node: PracticeNode;
  /** Objects by the plural of their kind. */
  readonly objects: readonly { readonly plural: string; readonly object: Unstamped }[];
  /** First pause before a container that ended again is started again. */
  readonly backoffMs?: number;
  /** How often it is looked whether everything is as it is wanted, besides before every answer. */
  readonly everyMs?: number;
};

/**
 * Speaks the Kubernetes REST API as strictly as a real server: rights per verb, optimistic concurrency, validation, Status objects, pages.
 * Leases always; with a node also Deployments and all that makes them run, which are then real processes. What it does not do exactly
 * (watch, set-based selectors, following logs) it refuses.
 */
export async function startKubernetesStandin(options: {
  readonly accounts: readonly Account[];
  readonly namespaces: readonly string[];
  readonly port?: number;
  /** The server's clock: it stamps objects and every answer's Date. */
  readonly now?: () => Date;
  readonly cluster?: PracticeCluster | undefined;
  /** Most objects of one page. */
  readonly pageSize?: number;
}): Promise<KubernetesStandin> {
  const { accounts, namespaces, port = 0, now = () => new Date(), cluster } = options;
  const resources: readonly Resource[] = [leases, ...(cluster === undefined ? [] : runningKinds)];
  const kept = objects(namespaces, now);
  const cores = coreNamespaces([...new Set([...namespaces, "kube-system"])], now);
  const calls: KubernetesCall[] = [];
  const faults = faultQueue<KubernetesFault>();
  const listed = pages(options.pageSize ?? 500);
  let mostPods: number | undefined;
  const resourceOf = (plural: string) => {
    const found = resources.find((one) => one.plural === plural);
    if (found === undefined) throw new TypeError(`no kind ${plural}`);
    return found;
  };
  for (const { plural, object } of cluster?.objects ?? []) kept.keep(resourceOf(plural), object);
  const running =
    cluster === undefined
      ? undefined
      : runCluster(kept, cluster.node, {
          now,
          backoffMs: cluster.backoffMs ?? 10_000,
          quota: () => mostPods,
        });
  running?.sync();
  const timer = running && setInterval(() => running.sync(), cluster?.everyMs ?? 250).unref();
  const served: Serving = { kept, cores, listed, running, node: cluster?.node, now };

  const answer = async (asked: Asked): Promise<Said> => {
    let user = "nobody";
    let verb: Verb | "none" = "none";
    let said: Said;
    try {
      const account = authenticate(accounts, asked.headers.authorization);
      user = account.user;
      const found =
        asked.method === "POST" && asked.path === reviewPath
          ? review(account, [...resources, ...everywhere], asked.body)
          : discovery(asked.path, resources);
      if (found === undefined) {
        const target = targetOf(asked, [...resources, ...everywhere]);
        ({ verb } = target);
        authorize(account, target.resource, target);
        const fault = faults.take(verb);
        if (fault === "expired") listed.expire();
        misbehave(fault);
        running?.sync();
        said = perform(served, target, asked);
        if (verb !== "get" && verb !== "list") running?.sync();
        if (fault === "reply-lost") said = "dropped";
      } else said = found;
    } catch (error) {
      if (!(error instanceof ApiRefusal)) throw error;
      said = error.said();
    }
    calls.push({ verb, user, path: asked.path, status: said === "dropped" ? said : said.status });
    if (said === "dropped") return said;
    return { ...said, headers: { ...said.headers, date: now().toUTCString() } };
  };

  const { url, stop } = await serve(answer, port);
  return {
    url,
    clusterUid: cores.uidOf("kube-system"),
    calls,
    faults,
    peek: (plural, namespace, name) =>
      kept.list(resourceOf(plural), namespace).find(({ metadata }) => metadata.name === name),
    put: (plural, object) => {
      kept.keep(resourceOf(plural), object);
      running?.sync();
    },
    remove: (plural, namespace, name) => kept.forget(resourceOf(plural), { namespace, name }),
    limitPods: (most) => {
      mostPods = most;
    },
    stop: async () => {
      clearInterval(timer);
      await stop();
      await running?.stop();
    },
  };
}

/** What a request is answered from. */
type Serving = {
  readonly kept: Objects;
  readonly cores: ReturnType<typeof coreNamespaces>;
  readonly listed: Pages;
  readonly running: RunningCluster | undefined;
  readonly node: PracticeNode | undefined;
  readonly now: () => Date;
};

const clusterWide = (plural: string, singular: string, kind: string, parts: readonly string[]): Resource => ({
  ...pods,
  plural,
  singular,
  kind,
  parts,
  verbs: ["get"],
});
const namespaceKind = clusterWide("namespaces", "namespace", "Namespace", []);
const nodeKind = clusterWide("nodes", "node", "Node", ["proxy"]);
const everywhere: readonly Resource[] = [namespaceKind, nodeKind];

/** The namespaces as objects of the core group; they are read only, one at a time. */
function coreNamespaces(names: readonly string[], now: () => Date) {
  const uids = new Map(names.map((name) => [name, randomUUID()]));
  const creationTimestamp = `${now().toISOString().slice(0, 19)}Z`;
  const uidOf = (name: string) => {
    const uid = uids.get(name);
    if (uid === undefined) throw notFound(namespaceKind, name);
    return uid;
  };
  return {
    uidOf,
    get: (name: string): Said =>
      json(200, {
        kind: "Namespace",
        apiVersion: "v1",
        metadata: { name, uid: uidOf(name), resourceVersion: "1", creationTimestamp },
        spec: { finalizers: ["kubernetes"] },
        status: { phase: "Active" },
      }),
  };
}

function misbehave(fault: KubernetesFault | undefined): void {
  if (fault === "too-many")
    throw new ApiRefusal(429, "TooManyRequests", "Too many requests, please try again later.", {
      retryAfterSeconds: 1,
    });
  if (fault === "unavailable")
    throw new ApiRefusal(503, "ServiceUnavailable", "the server is currently unable to handle the request");
}

function perform(serving: Serving, target: Target, asked: Asked): Said {
  const { kept, listed, running } = serving;
  const { resource, verb, namespace = "", name = "", part } = target;
  const query = new URLSearchParams(asked.query);
  const at = { namespace, name };
  if (resource === namespaceKind) return serving.cores.get(name);
  if (resource === nodeKind) return nodePart(serving, target);
  if (part !== undefined) return partOf(serving, target, asked, query);
  if (resource === podmetrics && running !== undefined) return measured(running, listed, kept, target, query);
  const strict = query.get("fieldValidation") === "Strict";
  const given = () => {
    if (!/^application\/json\b/.test(asked.headers["content-type"] ?? ""))
      throw new ApiRefusal(
        415,
        "UnsupportedMediaType",
        "the body of the request was in an unknown format - accepted media types include: application/json",
        {},
      );
    return decode(resource, asked.body, strict);
  };
  switch (verb) {
    case "get":
      return json(200, kept.get(resource, at));
    case "list":
      return listed.list(
        resource,
        kept.list(resource, namespace === "" ? undefined : namespace),
        kept.version(),
        query,
      );
    case "create":
      return json(201, kept.create(resource, namespace, given()));
    case "update": {
      const { object, created } = kept.update(resource, at, given());
      return json(created ? 201 : 200, object);
    }
    case "patch": {
      const before = kept.get(resource, at);
      const type = asked.headers["content-type"] ?? "";
      const wanted = read(resource, patched(before, asked.body, type, resource.strategic !== false), strict);
      return json(200, kept.update(resource, at, wanted).object);
    }
    case "delete": {
      if (resource === pods && running !== undefined) return deletePod(kept, running, at, asked.body);
      const { uid } = kept.remove(resource, at, preconditions(asked.body)).metadata;
      return json(200, {
        kind: "Status",
        apiVersion: "v1",
        metadata: {},
        status: "Success",
        details: { name, group: resource.group, kind: resource.plural, uid },
      });
    }
  }
}

/** Parts of an object that have paths of their own. */
function partOf(serving: Serving, target: Target, asked: Asked, query: URLSearchParams): Said {
  const { kept, running, now } = serving;
  const { resource, verb, namespace = "", name = "", part } = target;
  const at = { namespace, name };
  if (resource === deployments && part === "scale")
    return verb === "get" ? json(200, scaleOf(kept.get(deployments, at))) : setScale(kept, at, asked);
  if (running !== undefined && part === "log" && verb === "get")
    return logOf(kept, running, at, query, now());
  if (running !== undefined && part === "eviction" && verb === "create")
    return evict(kept, running, at, asked.body);
  throw new ApiRefusal(
    405,
    "MethodNotAllowed",
    "the server does not allow this method on the requested resource",
    {},
  );
}

/** What the one node says of its pods. */
function nodePart({ running, node }: Serving, { name = "", part }: Target): Said {
  if (running === undefined || node?.name !== name) throw notFound(nodeKind, name);
  if (part === "proxy/stats/summary") return json(200, running.summary());
  throw badRequest("this stand-in serves nothing of a node but its summary");
}

function measured(
  running: RunningCluster,
  listed: Pages,
  kept: Objects,
  { namespace, name }: Target,
  query: URLSearchParams,
): Said {
  const all = running.metrics(namespace);
  if (name === undefined) return listed.list(podmetrics, all, kept.version(), query);
  const found = all.find(({ metadata }) => metadata.name === name);
  if (found === undefined) throw notFound({ ...podmetrics, kind: "PodMetrics" }, name);
  return json(200, found);
}
