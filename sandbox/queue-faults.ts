import { onDatabase, onRedis } from "#platform/operate/places.ts";
import { pauseQueue, type QueuePlaces } from "#platform/operate/queue.ts";
import { readSwitchPlaces, switchOn, type SwitchPlaces } from "#platform/operate/switches.ts";
import { openReportQueue } from "#platform/work/report-queue.ts";
import { sendSample } from "./demo/sample-report.ts";
import type { Production } from "./production.ts";

/** What a fault of the queue touches. */
type WithQueue = Pick<Production, "data" | "balancer" | "around">;

const name = "csrd sandbox";
const by = { by: "operator:practice@sandbox", reason: "forgotten on purpose, for practice" };

/** Pauses the queue as an operator does, then sends a report, which waits. */
export async function pauseAndSend({ data, balancer, around }: WithQueue): Promise<void> {
  await onQueue(data, (places) => pauseQueue(places, true, by));
  await sendSample({ url: balancer.url, key: around.apiKey, signal: AbortSignal.timeout(20_000) });
}

/** Lets the queue go on, whoever paused it. */
export async function letQueueGoOn({ data }: Pick<WithQueue, "data">): Promise<void> {
  await onQueue(data, (places) => pauseQueue(places, false, by));
}

/** Switches everything on again that was switched off for practice. */
export async function letAgentsGoOn({ data }: Pick<WithQueue, "data">): Promise<void> {
  const places: SwitchPlaces = {
    database: (work) => onDatabase({ url: data.roles.platform, name }, work),
    redis: (work) => onRedis({ url: data.redis().url, name }, work),
  };
  const { database = [], redis = [] } = await readSwitchPlaces(places);
  const off = new Set([...database, ...redis].flatMap(({ scope, off }) => (off ? [scope] : [])));
  for (const scope of off) await switchOn(places, { ...by, scope, validation: "practice is over" });
}

async function onQueue<T>(data: WithQueue["data"], work: (places: QueuePlaces) => Promise<T>): Promise<T> {
  return onDatabase({ url: data.roles.platform, name }, (database) =>
    onRedis({ url: data.redis().url, name }, async (connection) => {
      const queue = openReportQueue(connection);
      try {
        return await work({ database, queue });
      } finally {
        await queue.close();
      }
    }),
  );
}
