import { connect, createServer, type Socket } from "node:net";
import { listenOnLoopback } from "./loopback.ts";

/** A connection to a vendor that can be cut: what was open breaks off, what is new is refused, until it is restored. */
export type Line = {
  readonly url: string;
  cut(): Promise<void>;
  restore(): Promise<void>;
  /** Holds back whatever crosses it, each way, for so long. */
  delay(ms: number): void;
  /** What is opened from now on leads there; what was open breaks off. */
  leadTo(to: string): void;
  stop(): Promise<void>;
};

/** Starts a line on loopback that leads to another loopback port. */
export async function startLine(to: string): Promise<Line> {
  let target = Number(new URL(to).port);
  let delayMs = 0;
  const open = new Set<Socket>();
  const server = createServer((caller) => {
    const callee = connect(target, "127.0.0.1");
    for (const [one, other] of [
      [caller, callee],
      [callee, caller],
    ] as const) {
      open.add(one);
      cross(one, other, () => delayMs);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        open.delete(one);
        other.destroy();
      });
    }
  });
  const port = await listenOnLoopback(server);
  const cut = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of open) socket.destroy();
    await closed;
  };
  return {
    url: `http://127.0.0.1:${port}`,
    cut,
    restore: async () => {
      if (!server.listening) await listenOnLoopback(server, port);
    },
    delay: (ms) => void (delayMs = ms),
    leadTo: (next) => {
      target = Number(new URL(next).port);
      for (const socket of open) socket.destroy();
    },
    stop: cut,
  };
}

/** Hands on what comes, in its order, as late as the line is at that moment. */
function cross(from: Socket, to: Socket, delayMs: () => number): void {
  const held: { readonly due: number; readonly work: () => void }[] = [];
  const release = (): void => {
    for (let next = held[0]; next !== undefined; next = held[0]) {
      const left = next.due - performance.now();
      if (left > 0) return void setTimeout(release, left);
      held.shift();
      next.work();
    }
  };
  // What came before and is still held back goes first, however quick the line has become.
  const hand = (work: () => void): void => {
    const ms = delayMs();
    if (held.length === 0 && ms === 0) return work();
    held.push({ due: performance.now() + ms, work });
    if (held.length === 1) setTimeout(release, ms);
  };
  from.on("data", (data: Buffer) =>
    hand(() => {
      if (to.destroyed || to.write(data)) return;
      from.pause();
      to.once("drain", () => from.resume());
    }),
  );
  from.on("end", () => hand(() => to.end()));
}
