import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/** One answer: how long after the moment it was meant to be asked for, and what came. */
export type Timed = { readonly name: string; readonly ms: number; readonly status: number };

/** A kind of request and its share of all. */
export type Kind = { readonly name: string; readonly share: number; readonly route: () => string };

/**
 * Asks at a steady rate whether answers come or not, and measures from the moment at which each request was meant to leave: a server that
 * stalls is charged with every request that had to wait for it.
 */
export async function askSteadily(
  url: string,
  key: string,
  kinds: readonly Kind[],
  rate: { readonly perSecond: number; readonly seconds: number },
): Promise<readonly Timed[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const { hostname, port } = new URL(url);
  const count = Math.round(rate.perSecond * rate.seconds);
  const total = kinds.reduce((sum, { share }) => sum + share, 0);
  const all: Promise<Timed>[] = [];
  const began = performance.now();
  for (let number = 0; number < count; number += 1) {
    const due = began + (number * 1_000) / rate.perSecond;
    const wait = due - performance.now();
    if (wait > 1) await sleep(wait);
    const kind = kindAt(kinds, ((number * 0.618_033_988_75) % 1) * total);
    all.push(
      new Promise((resolve) => {
        const end = (status: number): void =>
          resolve({ name: kind.name, ms: performance.now() - due, status });
        const asked = request(
          {
            agent,
            hostname,
            port,
            path: kind.route(),
            headers: { authorization: `Bearer ${key}` },
            timeout: 10_000,
          },
          (answer) => {
            answer.resume();
            answer.once("end", () => end(answer.statusCode ?? 0));
            answer.once("error", () => end(0));
          },
        );
        asked.once("timeout", () => asked.destroy());
        asked.once("error", () => end(0));
        asked.end();
      }),
    );
  }
  const answers = await Promise.all(all);
  agent.destroy();
  return answers;
}

function kindAt(kinds: readonly Kind[], at: number): Kind {
  let left = at;
  for (const kind of kinds) {
    left -= kind.share;
    if (left < 0) return kind;
  }
  const [first] = kinds;
  if (first === undefined) throw new TypeError("there is nothing to ask for");
  return first;
}
