import { randomUUID } from "node:crypto";
import { faultQueue, type Faults } from "../faults.ts";
import { serve, type Asked, type Said } from "../serve.ts";
import { authenticate, authorize, review, reviewPath, type Account, type Verb } from "./access.ts";
import { discovery } from "./discovery.ts";
import { leases } from "./leases.ts";
import { objects, type Objects } from "./objects.ts";
import { decode, type Resource } from "./resource.ts";
import { parseSelector } from "./selector.ts";
import { ApiRefusal, badRequest, json, noSuchPath, notFound } from "./status.ts";

/** Refused for too many requests, unavailable (both before anything happened); done, but the answer is lost. */
type KubernetesFault = "too-many" | "unavailable" | "reply-lost";

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
  readonly stop: () => Promise<void>;
};

/** Every kind that is served. */
const resources: readonly Resource[] = [leases];

/**
 * Speaks the Kubernetes REST API for the kinds above, as strictly as a real server: rights per verb, optimistic concurrency,
 * validation, Status objects. What it does not do exactly (watch, patch, set-based selectors) it refuses.
 */
export async function startKubernetesStandin(options: {
  readonly accounts: readonly Account[];
  readonly namespaces: readonly string[];
  readonly port?: number;
  /** The server's clock: it stamps objects and every answer's Date. */
  readonly now?: () => Date;
}): Promise<KubernetesStandin> {
  const { accounts, namespaces, port = 0, now = () => new Date() } = options;
  const kept = objects(namespaces, now);
  const cores = coreNamespaces([...new Set([...namespaces, "kube-system"])], now);
  const calls: KubernetesCall[] = [];
  const faults = faultQueue<KubernetesFault>();

  const answer = async (asked: Asked): Promise<Said> => {
    let user = "nobody";
    let verb: Verb | "none" = "none";
    let said: Said;
    try {
      const account = authenticate(accounts, asked.headers.authorization);
      user = account.user;
      const found =
        asked.method === "POST" && asked.path === reviewPath
          ? review(account, resources, asked.body)
          : discovery(asked.path, resources);
      const core = /^\/api\/v1\/namespaces\/([^/]+)$/.exec(asked.path)?.[1];
      if (core !== undefined && asked.method === "GET") {
        verb = "get";
        authorize(account, namespaceKind, { verb, namespace: core, name: core });
        said = cores.get(core);
      } else if (found === undefined) {
        const target = targetOf(asked);
        ({ verb } = target);
        authorize(account, target.resource, target);
        const fault = faults.take(verb);
        misbehave(fault);
        said = perform(kept, target, asked);
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
  return { url, clusterUid: cores.uidOf("kube-system"), calls, faults, stop };
}

const namespaceKind = { group: "", plural: "namespaces", kind: "Namespace" };

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

/** What a request wants of which object. */
type Target = {
  readonly resource: Resource;
  readonly verb: Verb;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
};

function targetOf({ method, path }: Asked): Target {
  for (const resource of resources) {
    const base = `/apis/${resource.group}/${resource.version}`;
    if (!path.startsWith(`${base}/`)) continue;
    const parts = path
      .slice(base.length + 1)
      .split("/")
      .map(decodeURIComponent);
    const [namespace, plural, name, ...rest] =
      parts[0] === "namespaces" ? parts.slice(1) : [undefined, ...parts];
    if (plural !== resource.plural || rest.length > 0 || (namespace === undefined && name !== undefined))
      continue;
    return { resource, verb: verbOf(method, namespace, name), namespace, name };
  }
  throw noSuchPath();
}

function verbOf(method: string, namespace: string | undefined, name: string | undefined): Verb {
  if (method === "GET") return name === undefined ? "list" : "get";
  if (method === "POST" && name === undefined && namespace !== undefined) return "create";
  if (method === "PUT" && name !== undefined) return "update";
  if (method === "DELETE" && name !== undefined) return "delete";
  throw new ApiRefusal(
    405,
    "MethodNotAllowed",
    "the server does not allow this method on the requested resource",
    {},
  );
}

function misbehave(fault: KubernetesFault | undefined): void {
  if (fault === "too-many")
    throw new ApiRefusal(429, "TooManyRequests", "Too many requests, please try again later.", {
      retryAfterSeconds: 1,
    });
  if (fault === "unavailable")
    throw new ApiRefusal(503, "ServiceUnavailable", "the server is currently unable to handle the request");
}

function perform(kept: Objects, { resource, verb, namespace = "", name = "" }: Target, asked: Asked): Said {
  const query = new URLSearchParams(asked.query);
  const at = { namespace, name };
  const given = () => {
    if (!/^application\/json\b/.test(asked.headers["content-type"] ?? ""))
      throw new ApiRefusal(
        415,
        "UnsupportedMediaType",
        "the body of the request was in an unknown format - accepted media types include: application/json",
        {},
      );
    return decode(resource, asked.body, query.get("fieldValidation") === "Strict");
  };
  switch (verb) {
    case "get":
      return json(200, kept.get(resource, at));
    case "list":
      return listOf(kept, resource, namespace === "" ? undefined : namespace, query);
    case "create":
      return json(201, kept.create(resource, namespace, given()));
    case "update": {
      const { object, created } = kept.update(resource, at, given());
      return json(created ? 201 : 200, object);
    }
    case "delete": {
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

function listOf(
  kept: Objects,
  resource: Resource,
  namespace: string | undefined,
  query: URLSearchParams,
): Said {
  for (const name of ["watch", "continue", "fieldSelector"])
    if (!["", "0", "false"].includes(query.get(name) ?? ""))
      throw badRequest(`this stand-in does not serve lists with ${name}`);
  const wanted = parseSelector(query.get("labelSelector") ?? "");
  const items = kept.list(resource, namespace).filter((object) => wanted(object.metadata.labels ?? {}));
  return json(200, {
    kind: `${resource.kind}List`,
    apiVersion: `${resource.group}/${resource.version}`,
    // A real server may answer with more than `limit` asks for, and then there is nothing to continue.
    metadata: { resourceVersion: kept.version() },
    items,
  });
}

function preconditions(body: Buffer): { readonly uid?: string; readonly resourceVersion?: string } {
  if (body.length === 0) return {};
  try {
    const sent: { readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string } } =
      JSON.parse(body.toString("utf8"));
    return sent.preconditions ?? {};
  } catch {
    throw badRequest("the body of the request is not JSON");
  }
}
