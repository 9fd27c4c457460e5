import { type Duration, toMs } from "#kit/duration.ts";
import type { Service } from "#kit/ports.ts";
import type { WorkloadEvent } from "#kit/ports/workloads.ts";
import { plainText } from "../foreign-text.ts";
import type { KubernetesApi } from "./api.ts";
import { deploymentOf, replicaSetsOf } from "./deployment.ts";
import { kinds } from "./kinds.ts";
import { Event } from "./objects.ts";
import { instant } from "./units.ts";

const most = 100;

/** What Kubernetes says of a Deployment, its ReplicaSets and its pods, those that are gone included; newest last. */
export async function eventsOf(
  api: KubernetesApi,
  service: Service,
  since: Duration,
): Promise<readonly WorkloadEvent[]> {
  const deployment = await deploymentOf(api, service);
  const [sets, events] = await Promise.all([replicaSetsOf(api, deployment), api.list(kinds.events, Event)]);
  const names = sets.map(({ metadata }) => metadata.name);
  const isAbout = ({ involvedObject: { kind, name } }: Event): boolean => {
    if (typeof name !== "string") return false;
    if (kind === "Deployment" || kind === "HorizontalPodAutoscaler") return name === deployment.metadata.name;
    if (kind === "ReplicaSet") return names.includes(name);
    // A pod that is gone can no longer be asked who owned it; its name begins with its owner's.
    return kind === "Pod" && names.some((set) => name.startsWith(`${set}-`));
  };
  const oldest = new Date(Date.now() - toMs(since)).toISOString();
  return events
    .filter(isAbout)
    .map(toEvent)
    .filter(({ at }) => at >= oldest)
    .toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
    .slice(-most);
}

function toEvent(event: Event): WorkloadEvent {
  const { involvedObject, reason, message, type, metadata } = event;
  const count = event.series?.count ?? event.count ?? 1;
  const at =
    event.series?.lastObservedTime ??
    event.lastTimestamp ??
    event.eventTime ??
    event.firstTimestamp ??
    metadata.creationTimestamp;
  return {
    at: instant(at ?? ""),
    about: plainText(involvedObject.name ?? "", 253),
    kind: type === "Warning" ? "warning" : "normal",
    says: plainText(`${reason ?? ""}: ${message ?? ""}${count > 1 ? ` (${count} times)` : ""}`, 300),
  };
}
