import { randomBytes } from "node:crypto";
import { events } from "./kinds.ts";
import type { Objects } from "./objects.ts";
import type { Stored } from "./resource.ts";

const most = 500;

/** Writes down what happens to an object; the same again within an hour is counted, not repeated. */
export type Happenings = (about: Stored, type: "Normal" | "Warning", reason: string, message: string) => void;

/** Events in the cluster's own store, the oldest of which are forgotten. */
export function happenings(kept: Objects, now: () => Date): Happenings {
  const order: { readonly key: string; readonly name: string; readonly namespace: string }[] = [];
  return ({ kind, apiVersion, metadata: { name, namespace, uid } }, type, reason, message) => {
    const at = `${now().toISOString().slice(0, 19)}Z`;
    const key = `${kind}/${namespace}/${name}/${reason}/${message}`;
    const before = order.find((one) => one.key === key);
    if (before !== undefined) {
      const known = kept.get(events, before);
      kept.keep(events, { ...known, count: Number(known["count"] ?? 1) + 1, lastTimestamp: at });
      return;
    }
    const event = { key, name: `${name}.${randomBytes(8).toString("hex")}`, namespace };
    order.push(event);
    kept.keep(events, {
      metadata: { name: event.name, namespace },
      involvedObject: { kind, namespace, name, uid, apiVersion },
      reason,
      message,
      type,
      count: 1,
      firstTimestamp: at,
      lastTimestamp: at,
      eventTime: null,
      source: { component: "practice-cluster" },
      reportingComponent: "practice-cluster",
      reportingInstance: "",
    });
    while (order.length > most) {
      const oldest = order.shift();
      if (oldest !== undefined) kept.forget(events, oldest);
    }
  };
}
