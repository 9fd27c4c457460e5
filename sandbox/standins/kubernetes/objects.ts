import { randomUUID } from "node:crypto";
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
};

/** An empty cluster with these namespaces. */
export function objects(namespaces: readonly string[], now: () => Date): Objects {
  const kept = new Map<string, Stored>();
  let counter = 1_000;
  const key = (resource: Resource, { namespace, name }: Place) =>
    `${resource.group}/${resource.plural}/${namespace}/${name}`;

  function put(resource: Resource, at: Place, given: Given, before: Stored | undefined): Stored {
    const {
      uid: _uid,
      resourceVersion: _version,
      creationTimestamp: _created,
      ...own
    } = given.metadata ?? {};
    const checked: Given = { ...given, metadata: { ...own, ...at } };
    const causes = resource.validate(checked);
    if (causes.length > 0) throw invalid(resource, at.name, causes);
    counter += 1;
    const { apiVersion: _api, kind: _kind, metadata: _metadata, ...rest } = checked;
    const object: Stored = {
      kind: resource.kind,
      apiVersion: `${resource.group}/${resource.version}`,
      metadata: {
        ...own,
        ...at,
        uid: before?.metadata.uid ?? randomUUID(),
        resourceVersion: String(counter),
        creationTimestamp: before?.metadata.creationTimestamp ?? `${now().toISOString().slice(0, 19)}Z`,
      },
      ...rest,
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
        .filter((object) => object.kind === resource.kind)
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
  };
}

function place({ metadata }: Stored): string {
  return `${metadata.namespace}/${metadata.name}`;
}

function sameNamespace({ metadata }: Given, namespace: string): void {
  if (metadata?.namespace === undefined || metadata.namespace === namespace) return;
  throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
}
