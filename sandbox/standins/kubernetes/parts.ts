import { z } from "zod";
import type { Asked, Said } from "../serve.ts";
import type { RunningCluster } from "./cluster.ts";
import { mayBeEvicted } from "./disruption.ts";
import { deployments, DeploymentSpec, pods } from "./kinds.ts";
import type { Objects } from "./objects.ts";
import { patched } from "./patch.ts";
import type { Given, Stored } from "./resource.ts";
import { type ApiRefusal, badRequest, conflict, invalid, json, notFound } from "./status.ts";

type Place = { readonly namespace: string; readonly name: string };

const Preconditions = z.object({
  preconditions: z.object({ uid: z.string().optional(), resourceVersion: z.string().optional() }).optional(),
});

/** What a deletion is only meant for; throws 400 for a body that is no JSON. */
export function preconditions(body: Buffer): {
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
} {
  if (body.length === 0) return {};
  return Preconditions.parse(parsed(body)).preconditions ?? {};
}

const Scale = z.object({
  metadata: z.object({
    name: z.string().optional(),
    resourceVersion: z.string().optional(),
    uid: z.string().optional(),
  }),
  spec: z.object({ replicas: z.int32().default(0) }).default({ replicas: 0 }),
});

/** The number of a Deployment's pods, as the part of it that has rights of its own; source: Kubernetes API reference, "Scale v1". */
export function scaleOf(deployment: Stored) {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = deployment.metadata;
  const { replicas, selector } = DeploymentSpec.parse(deployment["spec"]);
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas },
    status: {
      replicas: Number(Reflect.get(Object(deployment["status"]), "replicas") ?? 0),
      selector: Object.entries(selector.matchLabels ?? {})
        .map(([key, value]) => `${key}=${value}`)
        .join(","),
    },
  };
}

/** Sets that number, by a whole Scale or a patch of it. */
export function setScale(kept: Objects, at: Place, asked: Asked): Said {
  const deployment = kept.get(deployments, at);
  const sent =
    asked.method === "PATCH"
      ? patched(scaleOf(deployment), asked.body, asked.headers["content-type"] ?? "", true)
      : parsed(asked.body);
  const read = Scale.safeParse(sent);
  if (!read.success) throw badRequest('Scale in version "v1" cannot be handled as a Scale');
  const { metadata, spec } = read.data;
  if (metadata.name !== undefined && metadata.name !== at.name)
    throw badRequest(
      `the name of the object (${metadata.name}) does not match the name on the URL (${at.name})`,
    );
  const { resourceVersion = "", uid = "" } = metadata;
  if (
    (resourceVersion !== "" && resourceVersion !== deployment.metadata.resourceVersion) ||
    (uid !== "" && uid !== deployment.metadata.uid)
  )
    throw conflict(deployments, at.name);
  if (spec.replicas < 0)
    throw invalid({ group: "autoscaling", plural: "scales", kind: "Scale" }, at.name, [
      {
        reason: "FieldValueInvalid",
        message: `Invalid value: ${spec.replicas}: must be greater than or equal to 0`,
        field: "spec.replicas",
      },
    ]);
  const given: Given = {
    ...deployment,
    spec: { ...Object(deployment["spec"]), replicas: spec.replicas },
  };
  return json(200, scaleOf(kept.update(deployments, at, given).object));
}

const Eviction = z.object({
  kind: z.literal("Eviction"),
  apiVersion: z.string(),
  metadata: z.object({ name: z.string() }),
  deleteOptions: Preconditions.optional(),
});

/** Takes one pod away if no disruption budget is against it; source: Kubernetes docs, "API-initiated Eviction". */
export function evict(kept: Objects, cluster: RunningCluster, at: Place, body: Buffer): Said {
  const read = Eviction.safeParse(parsed(body));
  if (!read.success) throw badRequest('Eviction in version "v1" cannot be handled as a Eviction');
  if (read.data.metadata.name !== at.name)
    throw badRequest("name in URL does not match name in Eviction object");
  const pod = kept.get(pods, at);
  same(pod, read.data.deleteOptions?.preconditions ?? {});
  if (pod.metadata["deletionTimestamp"] === undefined) mayBeEvicted(kept, pod);
  cluster.end(pod);
  return json(201, { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 });
}

/** Begins the end of one pod. */
export function deletePod(kept: Objects, cluster: RunningCluster, at: Place, body: Buffer): Said {
  const pod = kept.get(pods, at);
  same(pod, preconditions(body));
  return json(200, cluster.end(pod));
}

function same(pod: Stored, only: ReturnType<typeof preconditions>): void {
  const { uid, resourceVersion } = only;
  if (uid !== undefined && uid !== pod.metadata.uid)
    throw conflict(
      pods,
      pod.metadata.name,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${pod.metadata.uid}`,
    );
  if (resourceVersion !== undefined && resourceVersion !== pod.metadata.resourceVersion)
    throw conflict(pods, pod.metadata.name, "the precondition of the deletion does not hold");
}

/** A container's log as text; source: Kubernetes API reference, "read log of the specified Pod". */
export function logOf(
  kept: Objects,
  cluster: RunningCluster,
  at: Place,
  query: URLSearchParams,
  now: Date,
): Said {
  const pod = kept.get(pods, at);
  const containers: unknown = Reflect.get(Object(pod["spec"]), "containers");
  const names = Array.isArray(containers)
    ? containers.map(({ name }: { readonly name: string }) => name)
    : [];
  const container = query.get("container") ?? names[0];
  if (container === undefined || !names.includes(container))
    throw badRequest(`container ${container ?? ""} is not valid for pod ${at.name}`);
  if (isTrue(query, "follow")) throw badRequest("this stand-in does not follow logs");
  const process = cluster.processOf(pod);
  if (process === undefined) throw notFound(pods, at.name);
  const previous = isTrue(query, "previous");
  const status: unknown = Reflect.get(Object(pod["status"]), "containerStatuses");
  const restarts = Array.isArray(status) ? Number(Reflect.get(Object(status[0]), "restartCount")) : 0;
  if (previous && restarts === 0)
    throw badRequest(`previous terminated container "${container}" in pod "${at.name}" not found`);
  if (process.state().kind === "creating")
    throw badRequest(`container "${container}" in pod "${at.name}" is waiting to start: ContainerCreating`);
  const since = query.get("sinceSeconds");
  if (since !== null && !(Number(since) >= 1)) throw invalidLog(at.name);
  const oldest = since === null ? 0 : now.getTime() - Number(since) * 1_000;
  const rows = process
    .log(previous ? "previous" : "current")
    .filter((row) => row.at.getTime() >= oldest)
    .map((row) => (isTrue(query, "timestamps") ? `${row.at.toISOString()} ${row.text}` : row.text));
  const tail = query.get("tailLines");
  const shown = tail === null ? rows : rows.slice(Math.max(0, rows.length - Number(tail)));
  const text = shown.map((row) => `${row}\n`).join("");
  const most = Number(query.get("limitBytes") ?? Number.MAX_SAFE_INTEGER);
  return {
    status: 200,
    headers: { "content-type": "text/plain" },
    body: Buffer.from(text).subarray(0, most).toString("utf8"),
  };
}

function invalidLog(name: string): ApiRefusal {
  return invalid({ group: "", plural: "podlogoptions", kind: "PodLogOptions" }, name, [
    { reason: "FieldValueInvalid", message: "Invalid value: must be greater than 0", field: "sinceSeconds" },
  ]);
}

function isTrue(query: URLSearchParams, name: string): boolean {
  return query.get(name) === "true" || query.get(name) === "1";
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    throw badRequest("the body of the request is not JSON");
  }
}
