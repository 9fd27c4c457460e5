import type { z } from "zod";
import type { Verb } from "./access.ts";
import { badRequest, type Cause, type Plural } from "./status.ts";

/** An object as it is stored: metadata the server writes, and the rest as its kind has it. */
export type Stored = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly creationTimestamp: string;
    readonly labels?: Readonly<Record<string, string>> | undefined;
    readonly annotations?: Readonly<Record<string, string>> | undefined;
    readonly [member: string]: unknown;
  };
  readonly [member: string]: unknown;
};

/** One kind of namespaced object that the stand-in serves. Another kind is another value of this type. */
export type Resource = Plural & {
  readonly version: string;
  readonly singular: string;
  /** The whole object; unknown members are refused or dropped, as the caller asked. */
  readonly schema: z.ZodType<Given>;
  /** Rules beyond the shape, as the API server words them. */
  readonly validate: (object: Given, before?: Given) => readonly Cause[];
  /** True where a PUT may leave out the version it is based on. */
  readonly unconditionalUpdate: boolean;
  /** True where the cluster says how an object is, and others cannot. */
  readonly hasStatus?: boolean;
  /** Parts of an object that have a path of their own, such as `log`. */
  readonly parts?: readonly string[];
  /** What may be asked of it; everything when left out. */
  readonly verbs?: readonly Verb[];
  readonly shortNames?: readonly string[];
  /** False for a kind whose server does not know how to merge lists by their keys. */
  readonly strategic?: boolean;
};

/** An object as a caller sent it, its shape checked. */
export type Given = {
  readonly apiVersion?: string | undefined;
  readonly kind?: string | undefined;
  readonly metadata?: Metadata | undefined;
  readonly [member: string]: unknown;
};

type Metadata = {
  readonly name?: string | undefined;
  readonly namespace?: string | undefined;
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly [member: string]: unknown;
};

/** Reads a body as this kind; throws the 400 of a server that cannot decode it. */
export function decode(resource: Resource, body: Buffer, strict: boolean): Given {
  let sent: unknown;
  try {
    sent = withoutNulls(JSON.parse(body.toString("utf8")));
  } catch {
    throw badRequest("couldn't get version/kind; json parse error: invalid character in the body");
  }
  return read(resource, sent, strict);
}

/** The same for what is read already, such as an object with a patch in it. */
export function read(resource: Resource, sent: unknown, strict: boolean): Given {
  const { group, version, kind } = resource;
  const api = group === "" ? version : `${group}/${version}`;
  const parsed = resource.schema.safeParse(sent);
  if (parsed.success) return meant(parsed.data, api, kind);

  const unknown = parsed.error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [],
  );
  const wrong = parsed.error.issues.find((issue) => issue.code !== "unrecognized_keys");
  if (wrong !== undefined)
    throw badRequest(
      `${kind} in version "${version}" cannot be handled as a ${kind}: json: ${wrong.path.join(".")}: ${wrong.message}`,
    );
  if (strict)
    throw badRequest(
      `strict decoding error: ${unknown.map((path) => `unknown field "${path.join(".")}"`).join(", ")}`,
    );
  for (const path of unknown) drop(sent, path);
  return meant(resource.schema.parse(sent), api, kind);
}

function meant(object: Given, apiVersion: string, kind: string): Given {
  if (object.apiVersion !== undefined && object.apiVersion !== apiVersion)
    throw badRequest(
      `the API version in the data (${object.apiVersion}) does not match the expected API version (${apiVersion})`,
    );
  if (object.kind !== undefined && object.kind !== kind)
    throw badRequest(`${object.kind} in version "${apiVersion}" cannot be handled as a ${kind}`);
  return object;
}

/** Go reads null as absent. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== null)
      .map(([name, member]) => [name, withoutNulls(member)]),
  );
}

function drop(from: unknown, [first, ...rest]: readonly PropertyKey[]): void {
  if (typeof from !== "object" || from === null || first === undefined) return;
  if (rest.length === 0) Reflect.deleteProperty(from, first);
  else drop(Reflect.get(from, first), rest);
}
