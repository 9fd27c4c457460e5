import type { Asked } from "../serve.ts";
import type { Verb } from "./access.ts";
import type { Resource } from "./resource.ts";
import { ApiRefusal, noSuchPath } from "./status.ts";

/** What a request wants of which object, or of which part of it. */
export type Target = {
  readonly resource: Resource;
  readonly verb: Verb;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly part: string | undefined;
};

/** Reads a path of the API: group, version, namespace, kind, name, part; throws 404 for a path that leads nowhere and 405 for what cannot be done there. */
export function targetOf({ method, path }: Asked, resources: readonly Resource[]): Target {
  const parts = path.split("/").slice(1).map(decodeURIComponent);
  const core = parts[0] === "api";
  if (!core && parts[0] !== "apis") throw noSuchPath();
  const [group = "", version = "", ...rest] = core ? ["", ...parts.slice(1)] : parts.slice(1);
  const inNamespace = rest[0] === "namespaces" && rest.length > 2;
  const [plural, name, ...tail] = inNamespace ? rest.slice(2) : rest;
  // A namespace itself is read with a right inside it.
  const namespace = inNamespace ? rest[1] : plural === "namespaces" ? name : undefined;
  const resource = resources.find(
    (one) => one.group === group && one.version === version && one.plural === plural,
  );
  if (resource === undefined) throw noSuchPath();
  const clusterWide = plural === "namespaces" || plural === "nodes";
  if (!clusterWide && namespace === undefined && name !== undefined) throw noSuchPath();
  const part = tail.length === 0 ? undefined : tail.join("/");
  if (part !== undefined && !(resource.parts ?? []).includes(tail[0] ?? "")) throw noSuchPath();
  return { resource, verb: verbOf(resource, method, namespace, name, part), namespace, name, part };
}

function verbOf(
  resource: Resource,
  method: string,
  namespace: string | undefined,
  name: string | undefined,
  part: string | undefined,
): Verb {
  const verb = verbOfMethod(method, namespace, name, part);
  const allowed =
    part !== undefined ||
    resource.verbs === undefined ||
    (verb !== undefined && resource.verbs.includes(verb));
  if (verb !== undefined && allowed) return verb;
  throw new ApiRefusal(
    405,
    "MethodNotAllowed",
    "the server does not allow this method on the requested resource",
    {},
  );
}

function verbOfMethod(
  method: string,
  namespace: string | undefined,
  name: string | undefined,
  part: string | undefined,
): Verb | undefined {
  if (method === "GET") return name === undefined ? "list" : "get";
  if (method === "POST" && part !== undefined) return "create";
  if (method === "POST" && name === undefined && namespace !== undefined) return "create";
  if (name === undefined) return undefined;
  if (method === "PUT") return "update";
  if (method === "PATCH") return "patch";
  return method === "DELETE" && part === undefined ? "delete" : undefined;
}
