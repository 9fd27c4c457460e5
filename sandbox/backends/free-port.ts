import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/** Below the ports that systems give to connections on their way out: one of those may be taken between the look and the start. */
const [lowest, highest] = [10_240, 32_000] as const;

/** A TCP port of this machine's loopback that nobody listens on right now. */
export function freePort(): Promise<number> {
  return freeRow(1);
}

/** The first of so many free ports in a row. */
export async function freeRow(length: number): Promise<number> {
  for (;;) {
    const first = randomInt(lowest, highest - length);
    const row = Array.from({ length }, (_, index) => first + index);
    if ((await Promise.all(row.map(isFree))).every(Boolean)) return first;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}
