import { writeSync } from "node:fs";
import { vendorCode } from "../service/error-facts.ts";

/** Somewhere lines go. Writing never throws and never waits: what cannot be written is kept for a while, then left out and counted. */
export type Sink = {
  write(line: string): void;
  /** Tries for at most so long to write what is still kept. */
  flush(withinMs: number): void;
};

/** At most so much waits for a reader that has stopped reading. */
const mostKept = 4 * 2 ** 20;
const retryMs = 50;
/** So much of it goes out in one call. */
const batchBytes = 64 * 1024;
/** A write that took longer than this came from a disk that hangs; then nothing is written there for a while. */
const slowMs = 1_000;
const restMs = 10_000;

const lost = new Map<string, number>();

/** Lines left out so far, by sink: `stdout`, `file`, or a class's name. */
export function lostLines(): ReadonlyMap<string, number> {
  return lost;
}

/** How a sink is made. */
export type SinkOptions = {
  readonly name: string;
  /** The descriptor to write to, opened anew where need be; undefined when there is none to be had now. */
  readonly descriptor: () => number | undefined;
  /** The line that says how many before it are missing. */
  readonly notice: (missing: number) => string;
};

/**
 * Lines into a descriptor: written at once, so that a process that is killed has written what it said. A pipe whose reader has stopped
 * takes nothing more, and up to 4 MiB wait for it; a full disk refuses. Once writing works again, a line says how many are missing.
 */
export function descriptorSink({ name, descriptor, notice }: SinkOptions): Sink {
  let kept: Buffer[] = [];
  let keptBytes = 0;
  let missing = 0;
  let restUntil = 0;
  /** Half a line was written before the disk was full. */
  let torn = false;
  let timer: NodeJS.Timeout | undefined;

  lost.set(name, lost.get(name) ?? 0);

  const drop = (lines: number): void => {
    missing += lines;
    lost.set(name, (lost.get(name) ?? 0) + lines);
  };

  /** Writes a whole buffer, or gives what is left of it and why. */
  const put = (buffer: Buffer): { readonly rest: Buffer; readonly why: string } | undefined => {
    const fd = descriptor();
    if (fd === undefined) return { rest: buffer, why: "NONE" };
    let at = 0;
    try {
      while (at < buffer.length) at += writeSync(fd, buffer, at);
      return undefined;
    } catch (error) {
      return { rest: buffer.subarray(at), why: vendorCode(error) ?? "UNKNOWN" };
    }
  };

  const attempt = (line: string): void => {
    const buffer = Buffer.from(torn ? `\n${line}` : line);
    const from = performance.now();
    const left = put(buffer);
    if (performance.now() - from > slowMs) restUntil = performance.now() + restMs;
    if (left === undefined) {
      torn = false;
      return;
    }
    if (left.why === "EAGAIN") {
      torn = false;
      keep(left.rest);
      return;
    }
    torn = torn || left.rest.length < buffer.length;
    drop(1);
  };

  const keep = (buffer: Buffer): void => {
    if (keptBytes + buffer.length > mostKept) return drop(1);
    kept.push(buffer);
    keptBytes += buffer.length;
    timer ??= setInterval(drain, retryMs).unref();
  };

  const drain = (): void => {
    while (kept.length > 0) {
      let count = 0;
      for (let bytes = 0; count < kept.length && bytes < batchBytes; count += 1)
        bytes += kept[count]?.length ?? 0;
      const batch = Buffer.concat(kept.splice(0, count));
      const left = put(batch);
      keptBytes -= batch.length - (left?.rest.length ?? 0);
      if (left?.why === "EAGAIN") {
        kept.unshift(left.rest);
        return;
      }
      if (left !== undefined) {
        keptBytes -= left.rest.length;
        torn = left.rest.length < batch.length;
        drop(count);
      }
    }
    clearInterval(timer);
    timer = undefined;
    tellMissing();
  };

  const tellMissing = (): void => {
    if (missing === 0 || kept.length > 0) return;
    const count = missing;
    missing = 0;
    const before = lost.get(name) ?? 0;
    attempt(notice(count));
    // The notice itself did not get through: it is no line of anybody's, and what it counted is still to be told.
    if ((lost.get(name) ?? 0) > before) {
      lost.set(name, before);
      missing = count;
    }
  };

  return {
    write(line) {
      if (performance.now() < restUntil) return drop(1);
      if (kept.length > 0) return keep(Buffer.from(line));
      tellMissing();
      attempt(line);
    },
    flush(withinMs) {
      const until = performance.now() + withinMs;
      while (kept.length > 0 && performance.now() < until) {
        drain();
        if (kept.length > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
      }
    },
  };
}
