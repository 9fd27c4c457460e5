import type { HeapProfiler, Session } from "node:inspector/promises";

/** What a profile is about: where time goes, or what is allocated and still held. */
export type ProfileKind = "cpu" | "memory";

/** A function in the code: its name, its file within the repository, its line from 0. Nothing that the code works with. */
type Frame = {
  readonly functionName: string;
  readonly scriptId: string;
  readonly url: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
};

/** V8's profile of time, as DevTools opens it (`.cpuprofile`); microseconds. */
type CpuProfile = {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: Frame;
    readonly hitCount: number;
    readonly children: readonly number[];
  }[];
  readonly startTime: number;
  readonly endTime: number;
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
};

/** One place of V8's sampled allocations, with the bytes that are still held. */
type HeapNode = {
  readonly callFrame: Frame;
  readonly selfSize: number;
  readonly id: number;
  readonly children: readonly HeapNode[];
};

/** What was taken of one process, as DevTools opens it (`.heapprofile` for memory). */
export type TakenProfile =
  | { readonly kind: "cpu"; readonly profile: CpuProfile }
  | {
      readonly kind: "memory";
      readonly profile: { readonly head: HeapNode; readonly samples: readonly never[] };
    };

/** Most samples of time in one profile, and so what it can weigh. */
const mostSamples = 10_000;
/** One sample for so many bytes allocated. */
const allocationBytes = 64 * 1024;

/**
 * Samples a running thread for so many milliseconds. Never a heap snapshot: that holds every text that the process holds. What V8 gives is copied
 * member by member, so that a profile has function names, files and numbers, whatever else V8 may add to it one day.
 */
export async function takeProfile(session: Session, kind: ProfileKind, ms: number): Promise<TakenProfile> {
  if (kind === "memory") {
    await session.post("HeapProfiler.startSampling", { samplingInterval: allocationBytes });
    await pause(ms);
    const { profile } = await session.post("HeapProfiler.stopSampling");
    return { kind, profile: { head: heapTree(profile.head), samples: [] } };
  }
  await session.post("Profiler.enable");
  await session.post("Profiler.setSamplingInterval", {
    interval: Math.max(1_000, Math.ceil((ms * 1_000) / mostSamples)),
  });
  await session.post("Profiler.start");
  await pause(ms);
  const { profile } = await session.post("Profiler.stop");
  await session.post("Profiler.disable");
  return {
    kind,
    profile: {
      nodes: profile.nodes.map(({ id, callFrame, hitCount = 0, children = [] }) => ({
        id,
        callFrame: frame(callFrame),
        hitCount,
        children,
      })),
      startTime: profile.startTime,
      endTime: profile.endTime,
      samples: (profile.samples ?? []).slice(0, mostSamples),
      timeDeltas: (profile.timeDeltas ?? []).slice(0, mostSamples),
    },
  };
}

/** The tree again, its nodes numbered as they come. */
function heapTree(head: HeapProfiler.SamplingHeapProfileNode): HeapNode {
  let last = 0;
  const copied = ({ callFrame, selfSize, children }: HeapProfiler.SamplingHeapProfileNode): HeapNode => ({
    callFrame: frame(callFrame),
    selfSize,
    id: (last += 1),
    children: children.map(copied),
  });
  return copied(head);
}

function frame({ functionName, scriptId, url, lineNumber, columnNumber }: Frame): Frame {
  return {
    // A name can be computed from what the code works with; what does not look like a name of code is left out.
    functionName: /^[\w$.#() -]{0,80}$/.test(functionName) ? functionName : "(a name)",
    scriptId,
    url: placeOf(url),
    lineNumber,
    columnNumber,
  };
}

const home = new URL("../..", import.meta.url).href;

/** A file by its place in the repository, without where that is on this machine. */
function placeOf(url: string): string {
  if (url.startsWith("node:")) return url;
  const bought = url.lastIndexOf("/node_modules/");
  if (bought >= 0) return url.slice(bought + 1);
  return url.startsWith(home) ? url.slice(home.length) : "";
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
