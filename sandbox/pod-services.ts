import { setTimeout as sleep } from "node:timers/promises";
import { type Line, startLine } from "./line.ts";
import type { Machine } from "./machine.ts";
import { type ServiceName, serviceNames, serviceOf, standsBy } from "./services.ts";

/** Addresses that stay while pods come and go, as a Service of the cluster has one; each leads to a pod that takes work. */
export type PodServices = {
  readonly urlOf: (service: ServiceName) => string;
  readonly stop: () => Promise<void>;
};

const everyMs = 200;

/** Nobody listens there: what asks before the first pod takes work is refused. */
const nowhere = "http://127.0.0.1:1";

/** Starts an address for each service; `serving` names the pods that take work now. */
export async function startPodServices(serving: () => readonly Machine[]): Promise<PodServices> {
  const over = new AbortController();
  const started = serviceNames.map(async (name) => [name, await startLine(nowhere)] as const);
  const lines = new Map<ServiceName, Line>(await Promise.all(started));
  const leads = new Map<ServiceName, number>();
  const lead = (): void => {
    const pods = serving().filter(({ name }) => !standsBy(name));
    for (const [service, line] of lines) {
      const own = pods.filter(({ name }) => serviceOf(name) === service).map(({ port }) => port);
      const [next] = own;
      const now = leads.get(service);
      if (next === undefined || (now !== undefined && own.includes(now))) continue;
      leads.set(service, next);
      line.leadTo(`http://127.0.0.1:${next}`);
    }
  };
  void (async () => {
    while (!over.signal.aborted) {
      lead();
      await sleep(everyMs, undefined, { signal: over.signal }).catch(() => undefined);
    }
  })();
  return {
    urlOf: (service) => lines.get(service)?.url ?? nowhere,
    stop: async () => {
      over.abort();
      await Promise.all([...lines.values()].map((line) => line.stop()));
    },
  };
}
