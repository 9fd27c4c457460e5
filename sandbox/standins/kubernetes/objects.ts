import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { Given, Resource, Stored } from "./resource.ts";
import { alreadyExists, ApiRefusal, badRequest, conflict, invalid, notFound } from "./status.ts";

/** Where a request points. */
type Place = { readonly namespace: string; readonly name: string };

/** The objects of a cluster, in memory; every write raises one counter that all objects share, as in etcd. */
export type Objects = {
  readonly version: () => string;
  readonly get: (resource: Resource, at: Place) => Stored;
  /** By namespace and name, in order. */
  readonly list: (resource: Resource, namespace: string | undefined) => readonly Stored[];
  readonly create: (resource: Resource, namespace: string, given: Given) => Stored;
  /** `created` where the kind lets a PUT make what is missing. */
  readonly update: (
    resource: Resource,
    at: Place,
    given: Given,
  ) => { readonly object: Stored; readonly created: boolean };
  readonly remove: (
    resource: Resource,
    at: Place,
    only: { readonly uid?: string | undefined; readonly resourceVersion?: string | undefined },
  ) => Stored;
  /** What the cluster itself writes, past the rules for others: an object as it is now. Nothing happens where it is so already. */
  readonly keep: (resource: Resource, object: Unstamped) => Stored;
  /** Takes an object away without a word. */
  readonly forget: (resource: Resource, at: Place) => void;
};

/** An object before the server has stamped it. */
export type Unstamped = {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    /** Now, for what is new and does not say. */
    readonly creationTimestamp?: string;
    readonly [member: string]: unknown;
  };
  readonly [member: string]: unknown;
};

/** An empty cluster with these namespaces. */
export function objects(namespaces: readonly string[], now: () => Date): Objects {
  const kept = new Map<string, Stored>();
  let counter = 1_000;
  const key = ({ group, plural }: Resource, { namespace, name }: Place) =>
    `${group}/${plural}/${namespace}/${name}`;

  function put(resource: Resource, at: Place, given: Given, before: Stored | undefined): Stored {
    const {
      uid: _uid,
      resourceVersion: _version,
      creationTimestamp: _created,
      ...own
    } = given.metadata ?? {};
    const checked: Given = { ...given, metadata: { ...own, ...at } };
    const causes = resource.validate(checked, before);
    if (causes.length > 0) throw invalid(resource, at.name, causes);
    counter += 1;
    const { apiVersion: _api, kind: _kind, metadata: _metadata, status: _status, ...rest } = checked;
    const generation = resource.hasStatus === true ? { generation: generationOf(before, rest) } : {};
    const object: Stored = {
      kind: resource.kind,
      apiVersion: apiVersionOf(resource),
      metadata: {
        ...own,
        ...at,
        ...generation,
        uid: before?.metadata.uid ?? randomUUID(),
        resourceVersion: String(counter),
        creationTimestamp: before?.metadata.creationTimestamp ?? `${now().toISOString().slice(0, 19)}Z`,
      },
      ...rest,
      // Only the cluster itself says how an object is.
      ...(resource.hasStatus === true && before?.["status"] !== undefined
        ? { status: before["status"] }
        : {}),
    };
    kept.set(key(resource, at), object);
    return object;
  }

  const find = (resource: Resource, at: Place) => kept.get(key(resource, at));

  return {
    version: () => String(counter),
    get(resource, at) {
      const found = find(resource, at);
      if (found === undefined) throw notFound(resource, at.name);
      return found;
    },
    list: (resource, namespace) =>
      [...kept.values()]
        .filter(({ kind, apiVersion }) => kind === resource.kind && apiVersion === apiVersionOf(resource))
        .filter((object) => namespace === undefined || object.metadata.namespace === namespace)
        .sort((a, b) => place(a).localeCompare(place(b), "en")),
    create(resource, namespace, given) {
      const name = given.metadata?.name ?? "";
      sameNamespace(given, namespace);
      if (!namespaces.includes(namespace))
        throw notFound({ group: "", plural: "namespaces", kind: "Namespace" }, namespace);
      if ((given.metadata?.resourceVersion ?? "") !== "")
        throw new ApiRefusal(
          500,
          "InternalError",
          "resourceVersion should not be set on objects to be created",
        );
      if (find(resource, { namespace, name }) !== undefined) throw alreadyExists(resource, name);
      return put(resource, { namespace, name }, given, undefined);
    },
    update(resource, at, given) {
      const { name, resourceVersion = "", uid = "" } = given.metadata ?? {};
      sameNamespace(given, at.namespace);
      if (name !== at.name)
        throw badRequest(
          `the name of the object (${name ?? ""}) does not match the name on the URL (${at.name})`,
        );
      const before = find(resource, at);
      if (before === undefined) {
        if (uid !== "" || resourceVersion !== "")
          throw conflict(
            resource,
            at.name,
            `StorageError: invalid object, Code: 4, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: `,
          );
        return { object: put(resource, at, given, undefined), created: true };
      }
      if (resourceVersion === "" && !resource.unconditionalUpdate)
        throw invalid(resource, at.name, [
          {
            reason: "FieldValueInvalid",
            message: "Invalid value: 0x0: must be specified for an update",
            field: "metadata.resourceVersion",
          },
        ]);
      if (uid !== "" && uid !== before.metadata.uid)
        throw conflict(
          resource,
          at.name,
          `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${before.metadata.uid}`,
        );
      if (resourceVersion !== "" && resourceVersion !== before.metadata.resourceVersion)
        throw conflict(resource, at.name);
      return { object: put(resource, at, given, before), created: false };
    },
    remove(resource, at, { uid, resourceVersion }) {
      const before = this.get(resource, at);
      if (
        (uid !== undefined && uid !== before.metadata.uid) ||
        (resourceVersion !== undefined && resourceVersion !== before.metadata.resourceVersion)
      )
        throw conflict(resource, at.name, "the precondition of the deletion does not hold");
      counter += 1;
      kept.delete(key(resource, at));
      return before;
    },
    keep(resource, object) {
      const { name, namespace } = object.metadata;
      const at = { name, namespace };
      const before = find(resource, at);
      const stamped = (resourceVersion: string): Stored => ({
        ...object,
        kind: resource.kind,
        apiVersion: apiVersionOf(resource),
        metadata: {
          ...object.metadata,
          uid: before?.metadata.uid ?? randomUUID(),
          resourceVersion,
          creationTimestamp:
            before?.metadata.creationTimestamp ??
            object.metadata.creationTimestamp ??
            `${now().toISOString().slice(0, 19)}Z`,
        },
      });
      if (before !== undefined && isDeepStrictEqual(before, stamped(before.metadata.resourceVersion)))
        return before;
      counter += 1;
      const written = stamped(String(counter));
      kept.set(key(resource, at), written);
      return written;
    },
    forget(resource, at) {
      if (kept.delete(key(resource, at))) counter += 1;
    },
  };
}

/** `apps/v1`, or `v1` in the core group. */
export function apiVersionOf({ group, version }: Resource): string {
  return group === "" ? version : `${group}/${version}`;
}

/** It counts the changes of what is wanted, not of how it is. */
function generationOf(before: Stored | undefined, rest: Readonly<Record<string, unknown>>): number {
  const counted = Number(before?.metadata["generation"] ?? 0);
  const same = before !== undefined && isDeepStrictEqual(before["spec"], rest["spec"]);
  return same ? counted : counted + 1;
}

function place({ metadata }: Stored): string {
  return `${metadata.namespace}/${metadata.name}`;
}

function sameNamespace({ metadata }: Given, namespace: string): void {
  if (metadata?.namespace === undefined || metadata.namespace === namespace) return;
  throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
}
