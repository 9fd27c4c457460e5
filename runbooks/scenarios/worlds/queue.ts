import { OpsError } from "#kit/errors.ts";
import type { QueueAdmin, QueuedReport, QueueLook, QueueReader } from "#kit/ports/queue.ts";
import { noAnswer, type Room } from "./room.ts";

/** The report queue of the fake world. "silent": neither database nor Redis answers. */
export type FakeQueue = {
  look: { -readonly [Key in keyof QueueLook]: QueueLook[Key] } | "silent";
  reports: { -readonly [Key in keyof QueuedReport]: QueuedReport[Key] }[];
  /** Reports that wait go on from now: nothing but what is told of the queue keeps them. Undefined: they stay where they are. */
  drains?: {
    readonly perMinute: number;
    /** Only once so many go at once; otherwise as many come in. */
    readonly atOnce?: number;
  };
};

/** A queue that is kept up with. */
export const calmQueue: QueueLook = {
  waiting: 2,
  active: 3,
  deadLetter: 0,
  quarantined: 0,
  oldestSeconds: 20,
  paused: undefined,
  concurrency: 10,
  workers: ["worker"],
};

/** The part of the world where reports wait. */
export function queuePart(
  fake: FakeQueue,
  { clock, act }: Room,
): { readonly reader: QueueReader; readonly admin: QueueAdmin } {
  let drainedAt = clock.now().getTime();
  const look = () => {
    if (fake.look === "silent") throw noAnswer("The report queue");
    const now = clock.now().getTime();
    const { look: queue, drains } = fake;
    const goes = queue.paused === undefined && queue.workers.length > 0 && queue.waiting > 0;
    if (drains !== undefined && goes && queue.concurrency >= (drains.atOnce ?? 0)) {
      const gone = Math.floor(((now - drainedAt) / 60_000) * drains.perMinute);
      const left = Math.max(0, queue.waiting - gone);
      if (gone > 0) {
        queue.oldestSeconds = Math.floor((queue.oldestSeconds * left) / queue.waiting);
        queue.waiting = left;
        drainedAt = now;
      }
    } else drainedAt = now;
    return queue;
  };
  const move = (id: string, to: QueuedReport["state"], word: string): void => {
    const queue = look();
    const report = fake.reports.find((one) => one.id === id);
    if (report === undefined)
      throw new OpsError("tool-refused", { summary: `There is no report ${id}.`, hint: "Look again." });
    if (report.state === to) return;
    act(`${word} ${id}`, () => {
      if (report.state === "dead-letter") queue.deadLetter = Math.max(0, queue.deadLetter - 1);
      report.state = to;
    });
  };
  return {
    reader: {
      look: async () => ({ ...look() }),
      reports: async (state, most) => {
        look();
        return fake.reports.filter((report) => report.state === state).slice(0, most);
      },
    },
    admin: {
      async pause(reason) {
        const now = look();
        if (now.paused !== undefined) return;
        act("pause the queue", () => {
          now.paused = { by: "ops", reason, at: clock.now().toISOString() };
        });
      },
      async resume() {
        const now = look();
        if (now.paused === undefined) return;
        act("resume the queue", () => void (now.paused = undefined));
      },
      async setConcurrency(from, to) {
        const now = look();
        if (now.concurrency !== from) return "changed";
        act(`concurrency ${from} to ${to}`, () => void (now.concurrency = to));
        return "accepted";
      },
      quarantine: async (id) => move(id, "quarantined", "quarantine"),
      release: async (id) => move(id, "queued", "release"),
      requeue: async (id) => move(id, "queued", "requeue"),
    },
  };
}
