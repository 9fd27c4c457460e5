import type { ServerResponse } from "node:http";

/** One event as it is written. `id` is left out for what is not kept: the reader's place stays where it was. */
type StreamEvent = { readonly event: string; readonly id?: string; readonly data: object };

/** An open answer of server-sent events. Raw, because a library's queue would hold for a slow reader what the database holds anyway. */
export type EventStream = {
  send(event: StreamEvent): void;
  /** More is waiting for this reader than it takes; nothing more is to be sent until `onRoom`. */
  isBehind(): boolean;
  /** Ends it; the reader comes back after `retryMs`. */
  end(retryMs?: number): void;
};

/** Bytes that may wait for a reader. */
const mostWaiting = 256 * 1024;
/** A line now and then, so that nobody between us and the reader takes the silence for an end. */
const heartbeatMs = 15_000;
/** For how long a reader may be behind before it is sent away; it loses nothing by coming back. */
const patienceMs = 60_000;

/** Begins to answer with events. The headers keep proxies from buffering and from changing what passes. */
export function openEventStream(
  raw: ServerResponse,
  headers: Readonly<Record<string, number | string | readonly string[] | undefined>>,
  on: { readonly room: () => void; readonly over: () => void },
): EventStream {
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) raw.setHeader(name, value);
  raw.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache, no-transform",
    "x-accel-buffering": "no",
  });
  // Every event is sent at once; and a reader that is gone without a word is noticed.
  raw.socket?.setNoDelay(true);
  raw.socket?.setKeepAlive(true, 30_000);
  raw.write("retry: 2000\n\n");

  let behindSince: number | undefined;
  const isBehind = (): boolean => raw.writableLength > mostWaiting;
  const heartbeat = setInterval(() => {
    if (raw.writableEnded) return;
    if (!isBehind()) raw.write(": still here\n\n");
    else {
      behindSince ??= performance.now();
      if (performance.now() - behindSince > patienceMs) raw.destroy();
    }
  }, heartbeatMs);
  heartbeat.unref();
  raw.on("drain", () => {
    behindSince = undefined;
    on.room();
  });
  // A reader that goes away while we write is no defect of ours.
  raw.on("error", () => undefined);
  raw.once("close", () => {
    clearInterval(heartbeat);
    on.over();
  });
  return {
    send: ({ event, id, data }) => {
      if (raw.writableEnded) return;
      raw.write(`${id === undefined ? "" : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    },
    isBehind,
    end: (retryMs) => {
      clearInterval(heartbeat);
      if (raw.writableEnded) return;
      raw.end(retryMs === undefined ? undefined : `retry: ${retryMs}\nevent: reconnect\ndata: {}\n\n`);
    },
  };
}
