import { z } from "zod";

const Frame = z.object({
  functionName: z.string().max(200),
  scriptId: z.string().max(40),
  url: z.string().max(500),
  lineNumber: z.int(),
  columnNumber: z.int(),
});
type Frame = z.infer<typeof Frame>;

const CpuProfile = z.object({
  nodes: z.array(
    z.object({
      id: z.int(),
      callFrame: Frame,
      hitCount: z.int().min(0),
      children: z.array(z.int()),
    }),
  ),
  startTime: z.number(),
  endTime: z.number(),
  samples: z.array(z.int()),
  timeDeltas: z.array(z.number()),
});
type CpuProfile = z.infer<typeof CpuProfile>;

const HeapNode = z.object({
  callFrame: Frame,
  selfSize: z.number().min(0),
  id: z.int(),
  get children(): z.ZodArray<typeof HeapNode> {
    return z.array(HeapNode);
  },
});
type HeapNode = z.infer<typeof HeapNode>;

/** What the platform's `POST /debug/profile` answers. */
export const ProfileAnswer = z.object({
  seconds: z.number().min(0),
  processes: z.array(
    z
      .object({ what: z.enum(["service", "stage"]), pid: z.int() })
      .and(
        z.discriminatedUnion("kind", [
          z.object({ kind: z.literal("cpu"), profile: CpuProfile }),
          z.object({ kind: z.literal("memory"), profile: z.object({ head: HeapNode }) }),
        ]),
      ),
  ),
});
export type ProfileAnswer = z.infer<typeof ProfileAnswer>;

/** A function that much was spent in itself, without what it called, and its share of all, 0 to 1. */
export type Hot = { readonly what: string; readonly share: number };

const mostShown = 10;

/**
 * Where the processes spent their time, or whose allocations they still hold, largest first. Time in which there was nothing to do is left out,
 * so that shares are of the work; what the engine does for itself is told in its own words.
 */
export function hottest({ processes }: ProfileAnswer): readonly Hot[] {
  const self = new Map<string, number>();
  const add = (frame: Frame, amount: number): void => {
    if (amount > 0 && !isIdle(frame)) self.set(nameOf(frame), (self.get(nameOf(frame)) ?? 0) + amount);
  };
  for (const one of processes) {
    if (one.kind === "cpu") {
      const frames = new Map(one.profile.nodes.map(({ id, callFrame }) => [id, callFrame]));
      one.profile.samples.forEach((id, index) => {
        const frame = frames.get(id);
        if (frame !== undefined) add(frame, Math.max(0, one.profile.timeDeltas[index] ?? 0));
      });
    } else walk(one.profile.head, ({ callFrame, selfSize }) => add(callFrame, selfSize));
  }
  const all = [...self.values()].reduce((sum, amount) => sum + amount, 0);
  return [...self]
    .toSorted(([a, first], [b, second]) => second - first || (a < b ? -1 : 1))
    .slice(0, mostShown)
    .map(([what, amount]) => ({ what, share: amount / all }));
}

/**
 * All processes in one profile that DevTools opens: each below a node that names it; their times follow one another. Undefined when nothing
 * was taken.
 */
export function merged({ processes }: ProfileAnswer): object | undefined {
  const [first] = processes;
  if (first === undefined) return undefined;
  return first.kind === "cpu" ? mergedTimes(processes) : mergedHeaps(processes);
}

function mergedTimes(processes: ProfileAnswer["processes"]): object {
  const nodes: CpuProfile["nodes"] = [];
  const samples: number[] = [];
  const timeDeltas: number[] = [];
  const roots: number[] = [];
  let last = 1;
  for (const one of processes) {
    if (one.kind !== "cpu") continue;
    const { profile } = one;
    const shift = last;
    const [root] = profile.nodes;
    if (root === undefined) continue;
    for (const node of profile.nodes) {
      const id = node.id + shift;
      last = Math.max(last, id);
      const callFrame = node === root ? named(`${one.what} ${one.pid}`) : node.callFrame;
      nodes.push({ ...node, id, callFrame, children: node.children.map((child) => child + shift) });
    }
    roots.push(root.id + shift);
    samples.push(...profile.samples.map((id) => id + shift));
    timeDeltas.push(...profile.timeDeltas);
  }
  const top = { id: 1, callFrame: named("(root)"), hitCount: 0, children: roots };
  const endTime = timeDeltas.reduce((sum, delta) => sum + Math.max(0, delta), 0);
  return { nodes: [top, ...nodes], startTime: 0, endTime, samples, timeDeltas };
}

function mergedHeaps(processes: ProfileAnswer["processes"]): object {
  let last = 1;
  const numbered = (node: HeapNode): HeapNode => {
    last += 1;
    return { ...node, id: last, children: node.children.map(numbered) };
  };
  const children = processes.flatMap((one) =>
    one.kind === "memory"
      ? [{ ...numbered(one.profile.head), callFrame: named(`${one.what} ${one.pid}`) }]
      : [],
  );
  return { head: { callFrame: named("(root)"), selfSize: 0, id: 1, children }, samples: [] };
}

function named(functionName: string): Frame {
  return { functionName, scriptId: "0", url: "", lineNumber: -1, columnNumber: -1 };
}

function isIdle({ functionName }: Frame): boolean {
  return functionName === "(idle)" || functionName === "(root)";
}

function nameOf({ functionName, url, lineNumber }: Frame): string {
  const name = functionName === "" ? "(anonymous)" : functionName;
  return url === "" ? name : `${name} (${url}:${lineNumber + 1})`;
}

function walk(node: HeapNode, visit: (node: HeapNode) => void): void {
  visit(node);
  for (const child of node.children) walk(child, visit);
}
