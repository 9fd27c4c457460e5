import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { CloudTarget, CloudWeight } from "../cloud.ts";
import { listenOnLoopback } from "../loopback.ts";
import { answer, forward } from "./forward.ts";
import { type Belief, type HealthRules, lookAt, nextBelief, unseen } from "./health.ts";
import { createSplit } from "./split.ts";

/** Something the balancer can send requests to. */
type BalancerTarget = {
  readonly instance: string;
  readonly address: string;
  readonly port: number;
};

/** A named set of targets, as registered. */
type TargetGroup = { readonly arn: string; readonly targets: readonly BalancerTarget[] };

/** What a load balancer is made of. */
export type BalancerOptions = {
  readonly port?: number;
  readonly groups: readonly TargetGroup[];
  readonly weights: readonly CloudWeight[];
  readonly health: HealthRules;
  /** Longest silence of a target before its caller gets 504. */
  readonly idleMs: number;
  /** False when a firewall stands between the balancer and the target: packets vanish, nothing is refused. */
  readonly reachable: (target: BalancerTarget) => boolean;
};

/** A running HTTP load balancer with health checks of its own. */
export type Balancer = {
  readonly url: string;
  readonly port: number;
  targets(group: string): readonly CloudTarget[];
  weights(): readonly CloudWeight[];
  setWeights(weights: readonly CloudWeight[]): void;
  stop(): Promise<void>;
};

type Watched = BalancerTarget & { belief: Belief };
type Group = { readonly arn: string; readonly targets: readonly Watched[]; turn: number };

/**
 * Starts a load balancer on loopback: one rule splits requests over its groups by weight, each group takes turns among its
 * healthy targets, and a group without one answers 503. (The vendor's balancer would then try every target; ours says so instead.)
 */
export async function startBalancer(options: BalancerOptions): Promise<Balancer> {
  const groups = new Map<string, Group>(
    options.groups.map(({ arn, targets }) => [
      arn,
      { arn, turn: 0, targets: targets.map((target) => ({ ...target, belief: unseen })) },
    ]),
  );
  let weights = options.weights;
  let next = splitOf(weights);

  const server = createServer((incoming, outgoing) => {
    const target = nextTarget(groups.get(next() ?? ""));
    if (target === undefined) return answer(outgoing, 503, "Service Temporarily Unavailable");
    if (options.reachable(target)) return forward(incoming, outgoing, target, options.idleMs);
    setTimeout(() => answer(outgoing, 504, "Gateway Time-out"), options.idleMs).unref();
  });
  const port = await listenOnLoopback(server, options.port);

  const over = new AbortController();
  const rounds = [...groups.values()].flatMap(({ targets }) =>
    targets.map((target) => watch(target, options, over.signal)),
  );

  return {
    port,
    url: `http://127.0.0.1:${port}`,
    targets: (arn) => {
      const used = weights.some(({ group }) => group === arn);
      return (groups.get(arn)?.targets ?? []).map((target) => asSeen(target, used));
    },
    weights: () => weights,
    setWeights: (wanted) => {
      weights = wanted;
      next = splitOf(wanted);
    },
    stop: async () => {
      over.abort();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await Promise.all(rounds);
    },
  };
}

function splitOf(weights: readonly CloudWeight[]): () => string | undefined {
  return createSplit(weights.map(({ group, weight }) => ({ name: group, weight })));
}

function nextTarget(group: Group | undefined): Watched | undefined {
  const healthy = group?.targets.filter(({ belief }) => belief.state === "healthy") ?? [];
  if (group === undefined || healthy.length === 0) return undefined;
  group.turn = (group.turn + 1) % healthy.length;
  return healthy[group.turn];
}

async function watch(target: Watched, options: BalancerOptions, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    const sighting = await lookAt(target, options.health, options.reachable(target));
    target.belief = nextBelief(target.belief, sighting, options.health);
    await sleep(options.health.intervalMs, undefined, { signal: over }).catch(() => undefined);
  }
}

function asSeen({ instance, port, belief }: Watched, used: boolean): CloudTarget {
  if (!used)
    return {
      instance,
      port,
      state: "unused",
      reason: "Target.NotInUse",
      description: "Target group is not configured to receive traffic from the load balancer",
    };
  const { streak: _streak, ...seen } = belief;
  return { instance, port, ...seen };
}
