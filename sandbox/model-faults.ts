import { setTimeout as sleep } from "node:timers/promises";
import { onDatabase, onRedis } from "#platform/operate/places.ts";
import { readSwitchPlaces, type SwitchPlaces, switchOn } from "#platform/operate/switches.ts";
import { sendSample } from "./demo/sample-report.ts";
import { machineNamed } from "./machines.ts";
import type { Production } from "./production.ts";

/** What a fault of language models touches; without the rest of a production nobody sends reports. */
export type WithModels = Pick<Production, "models"> &
  Partial<Pick<Production, "balancer" | "around" | "vendors">>;

type Customers = { readonly stop: AbortController };

/** Between two reports of the practising customer: often enough to show what fails, seldom enough to leave the machine its breath. */
const everyMs = 5_000;

const busy = new WeakMap<Production["models"], Customers>();

/** Breaks models and lets customers send reports meanwhile, as they would: without a question nobody learns that a vendor fails. */
export function whileReportsCome(
  breakModels: (models: Production["models"]) => void | Promise<void>,
): (production: WithModels) => Promise<void> {
  return async ({ models, balancer, around, vendors }) => {
    vendors?.forgetTold();
    await breakModels(models);
    if (balancer === undefined || around === undefined || busy.has(models)) return;
    const stop = new AbortController();
    busy.set(models, { stop });
    void (async () => {
      while (!stop.signal.aborted) {
        const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(20_000)]);
        await sendSample({ url: balancer.url, key: around.apiKey, signal }).catch(() => undefined);
        await sleep(everyMs, undefined, { signal: stop.signal }).catch(() => undefined);
      }
    })();
  };
}

/** Nobody sends reports any more, every vendor is well, and the agent that asks them forgets who failed. */
export async function mendModels({ models, machines, data }: Production): Promise<void> {
  const customers = busy.get(models);
  customers?.stop.abort();
  busy.delete(models);
  models.faults.clear();
  await Promise.all(Object.values(models.lines).map((line) => line.restore()));
  await everySwitchOn(data);
  const asks = machineNamed(machines, "materiality");
  if (customers === undefined || asks === undefined) return;
  // Breakers and counters are its memory of the outage; whoever mends waits for all machines anyway.
  asks.reboot();
}

/** Turns on whatever runbooks or people switched off. */
async function everySwitchOn(data: Production["data"]): Promise<void> {
  const name = "csrd sandbox";
  const places: SwitchPlaces = {
    database: (work) => onDatabase({ url: data.roles.platform, name }, work),
    redis: (work) => onRedis({ url: data.redis().url, name }, work),
  };
  const { database = [], redis = [] } = await readSwitchPlaces(places);
  // Redis alone knows of what was thrown while the database was down.
  const thrown = [...database, ...redis].filter(({ off }) => off).map(({ scope }) => scope);
  for (const scope of new Set(thrown))
    await switchOn(places, {
      scope,
      reason: "the practice is over",
      by: "operator:practice@sandbox",
      validation: "practice",
    });
}
