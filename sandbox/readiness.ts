import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { OpsError } from "#kit/errors.ts";
import { routes } from "#platform/contract.ts";
import type { Balancer } from "./balancer/balancer.ts";
import type { Machine } from "./machine.ts";

/** Waits until the machine's process says it is ready; throws `sandbox-failed` when it ends, or is not ready in time. */
export async function untilReady(machine: Machine, withinMs = 150_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  let last = "no answer yet";
  while (Date.now() < deadline) {
    if (machine.state() === "dead")
      throw new OpsError("sandbox-failed", {
        summary: `${machine.name} ended while starting.`,
        hint: `Read ${machine.log}.`,
        details: lastLines(machine.log),
      });
    const status = await statusOf(machine.port);
    if (status === 200) return;
    if (status !== undefined) last = `${routes.ready} says ${status}`;
    await sleep(50);
  }
  throw new OpsError("sandbox-failed", {
    summary: `${machine.name} was not ready after ${withinMs / 1000} s (${last}).`,
    hint: `Read ${machine.log}.`,
    details: lastLines(machine.log),
  });
}

/** Waits until the balancer's own checks find every target of the group healthy; gives back how many there are. */
export async function untilTrusted(balancer: Balancer, group: string): Promise<number> {
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline) {
    const targets = balancer.targets(group);
    if (targets.every(({ state }) => state === "healthy")) return targets.length;
    await sleep(50);
  }
  throw new OpsError("sandbox-failed", {
    summary: "The load balancer does not find its API instances healthy.",
    hint: "ops sandbox status shows which; their logs are in the sandbox's folder.",
  });
}

/** What `/readyz` on a port answers within two seconds; undefined for silence. */
export async function statusOf(port: number): Promise<number | undefined> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}${routes.ready}`, {
      signal: AbortSignal.timeout(2_000),
    });
    await answer.body?.cancel();
    return answer.status;
  } catch {
    return undefined;
  }
}

function lastLines(log: string): string {
  return readFileSync(log, "utf8").trimEnd().split("\n").slice(-5).join("\n");
}
