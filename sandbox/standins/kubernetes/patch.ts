import { isDeepStrictEqual } from "node:util";
import { ApiRefusal, badRequest } from "./status.ts";

type Members = Readonly<Record<string, unknown>>;

/** By which member the objects of a list are told apart when a patch is merged in; source: Kubernetes API reference, "patch strategy" of each list. */
const mergeKeys: Readonly<Record<string, string>> = {
  containers: "name",
  initContainers: "name",
  env: "name",
  volumes: "name",
  volumeMounts: "mountPath",
  ports: "containerPort",
  conditions: "type",
};

const types = {
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  json: "application/json-patch+json",
} as const;

/** An object with a patch in it; throws 415 for a form that is not taken, 400 for what is none, 422 where a test of it fails. */
export function patched(object: unknown, body: Buffer, contentType: string, strategic: boolean): unknown {
  const type = contentType.split(";")[0]?.trim() ?? "";
  const taken: readonly string[] = strategic ? Object.values(types) : [types.merge, types.json];
  if (!taken.includes(type))
    throw new ApiRefusal(
      415,
      "UnsupportedMediaType",
      `the body of the request was in an unknown format - accepted media types include: ${taken.join(", ")}`,
      {},
    );
  const patch = parsed(body);
  if (type === types.json) return operations(object, patch);
  if (!isObject(patch)) throw badRequest("the body of the request is no patch");
  return merged(object, patch, type === types.strategic);
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    throw badRequest("error decoding patch: invalid character in the body");
  }
}

function merged(object: unknown, patch: Members, byKeys: boolean): Members {
  const result: Record<string, unknown> = isObject(object) ? { ...object } : {};
  for (const [name, value] of Object.entries(patch)) {
    const key = byKeys ? mergeKeys[name] : undefined;
    const before = result[name];
    if (value === null) Reflect.deleteProperty(result, name);
    else if (key !== undefined && Array.isArray(value)) result[name] = mergedList(before, value, key);
    else if (isObject(value)) result[name] = merged(before, value, byKeys);
    else result[name] = value;
  }
  return result;
}

function mergedList(before: unknown, patch: readonly unknown[], key: string): readonly unknown[] {
  const result: unknown[] = Array.isArray(before) ? [...before] : [];
  for (const item of patch) {
    if (!isObject(item)) throw badRequest("a list that is merged holds objects");
    if (item[key] === undefined)
      throw badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`);
    const at = result.findIndex((one) => isObject(one) && one[key] === item[key]);
    if (item["$patch"] === "delete") {
      if (at >= 0) result.splice(at, 1);
    } else if (at < 0) result.push(item);
    else result[at] = merged(result[at], item, true);
  }
  return result;
}

function operations(object: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw badRequest("a JSON patch is a list");
  const result = structuredClone(object);
  for (const one of patch as readonly unknown[]) {
    if (!isObject(one) || typeof one["path"] !== "string")
      throw badRequest("a JSON patch is a list of operations");
    apply(result, one["op"], pointer(one["path"]), one["value"]);
  }
  return result;
}

function apply(root: unknown, op: unknown, path: readonly string[], value: unknown): void {
  const last = path.at(-1) ?? "";
  const parent = path.slice(0, -1).reduce<unknown>((at, name) => memberOf(at, name), root);
  if (Array.isArray(parent)) {
    const index = last === "-" ? parent.length : Number(last);
    if (op === "add") parent.splice(index, 0, value);
    else if (op === "replace" && index in parent) parent[index] = value;
    else if (op === "remove" && index in parent) parent.splice(index, 1);
    else if (op !== "test" || !isDeepStrictEqual(parent[index], value)) throw refused();
    return;
  }
  if (typeof parent !== "object" || parent === null) throw refused();
  const there = Object.hasOwn(parent, last);
  if (op === "add" || (op === "replace" && there)) Reflect.set(parent, last, value);
  else if (op === "remove" && there) Reflect.deleteProperty(parent, last);
  else if (op !== "test" || !isDeepStrictEqual(Reflect.get(parent, last), value)) throw refused();
}

function memberOf(from: unknown, name: string): unknown {
  if (typeof from !== "object" || from === null || !Object.hasOwn(from, name)) throw refused();
  return Reflect.get(from, name);
}

function pointer(path: string): readonly string[] {
  return path
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function refused(): ApiRefusal {
  return new ApiRefusal(422, "Invalid", "the server rejected our request due to an error in our request", {});
}

function isObject(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
