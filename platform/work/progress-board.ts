import type { Redis } from "ioredis";
import { z } from "zod";
import { agentNames, redisPrefixes } from "../contract.ts";
import type { ProgressBoard, StageProgress } from "./progress.ts";

/** At most four a second of one stage of one report; the latest wins. */
const quietMs = 250;
/** Stages that report at once, and commands under way; what is beyond is not put up. */
const mostStages = 2_000;
const mostUnderWay = 100;
/** Seconds for which the last word of a stage is remembered. */
const rememberedFor = 3_600;

const Progress = z.object({
  reportId: z.string().max(64),
  agent: z.enum(agentNames),
  done: z.number(),
  total: z.number().optional(),
  what: z.string().max(200),
  at: z.iso.datetime(),
});

/**
 * Progress over Redis: the last word of each report under `csrd-progress:<report>` for an hour, and every word on the channel of the same name.
 * `redis` publishes and reads; a second connection is opened with the first watcher. While Redis is away nothing is put up and nobody waits.
 */
export function progressBoard(redis: Redis): ProgressBoard {
  const paced = pace((progress) => send(progress));
  let underWay = 0;
  const send = (progress: StageProgress): void => {
    if (redis.status !== "ready" || underWay >= mostUnderWay) return;
    const place = placeOf(progress.reportId);
    const text = JSON.stringify({ ...progress, what: progress.what.slice(0, 200) });
    underWay += 1;
    redis
      .pipeline()
      .set(place, text, "EX", rememberedFor)
      .publish(place, text)
      .exec()
      .catch(() => undefined)
      .finally(() => {
        underWay -= 1;
      });
  };
  const listener = listen(redis);
  return {
    publish: (progress) => paced.take(progress),
    watch: (reportId, onProgress) => {
      const place = placeOf(reportId);
      let heard = false;
      const stop = listener.on(place, (progress) => {
        heard = true;
        onProgress(progress);
      });
      let watching = true;
      const tellLast = async (): Promise<void> => {
        const last = read((await redis.get(place).catch(() => "")) ?? "");
        if (watching && !heard && last !== undefined) onProgress(last);
      };
      void tellLast();
      return () => {
        watching = false;
        stop();
      };
    },
    close: async () => {
      paced.stop();
      listener.close();
    },
  };
}

type Paced = { take(progress: StageProgress): void; stop(): void };

/** Lets the first word of a stage through at once and then the latest every `quietMs`, so that the last one is never held back for good. */
function pace(send: (progress: StageProgress) => void): Paced {
  const quiet = new Map<string, { timer: NodeJS.Timeout; latest: StageProgress | undefined }>();
  const start = (key: string): void => {
    const timer = setTimeout(() => {
      const latest = quiet.get(key)?.latest;
      quiet.delete(key);
      if (latest === undefined) return;
      send(latest);
      start(key);
    }, quietMs);
    timer.unref();
    quiet.set(key, { timer, latest: undefined });
  };
  return {
    take: (progress) => {
      const key = `${progress.reportId}/${progress.agent}`;
      const known = quiet.get(key);
      if (known !== undefined) known.latest = progress;
      else if (quiet.size < mostStages) {
        send(progress);
        start(key);
      }
    },
    stop: () => {
      for (const { timer } of quiet.values()) clearTimeout(timer);
      quiet.clear();
    },
  };
}

type OnProgress = (progress: StageProgress) => void;

/** One subscribed connection for all watchers of this process, opened with the first one. */
function listen(redis: Redis): { on(place: string, hear: OnProgress): () => void; close(): void } {
  const watchers = new Map<string, Set<OnProgress>>();
  let connection: Redis | undefined;
  const open = (): Redis => {
    const made = redis.duplicate({ enableOfflineQueue: false, autoResubscribe: false });
    made.on("error", () => undefined);
    made.on("ready", () => {
      if (watchers.size > 0) made.subscribe(...watchers.keys()).catch(() => undefined);
    });
    made.on("message", (place: string, text: string) => {
      const progress = read(text);
      if (progress !== undefined) for (const hear of watchers.get(place) ?? []) hear(progress);
    });
    return made;
  };
  return {
    on: (place, hear) => {
      connection ??= open();
      const known = watchers.get(place);
      if (known !== undefined) known.add(hear);
      else {
        watchers.set(place, new Set([hear]));
        if (connection.status === "ready") connection.subscribe(place).catch(() => undefined);
      }
      return () => {
        const left = watchers.get(place);
        if (left?.delete(hear) !== true || left.size > 0) return;
        watchers.delete(place);
        if (connection?.status === "ready") connection.unsubscribe(place).catch(() => undefined);
      };
    },
    close: () => {
      watchers.clear();
      connection?.disconnect();
    },
  };
}

function placeOf(reportId: string): string {
  return `${redisPrefixes.progress}${reportId}`;
}

/** What stands in Redis, if it is what we put there. */
function read(text: string): StageProgress | undefined {
  try {
    const parsed = Progress.safeParse(JSON.parse(text));
    return parsed.success ? { ...parsed.data, total: parsed.data.total } : undefined;
  } catch {
    return undefined;
  }
}
