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
  /** One more target of a group; it gets requests once it was found healthy. */
  register(group: string, target: BalancerTarget): void;
  /** No new request goes to it; what is under way is finished, and it is shown as draining until `forget`. */
  deregister(group: string, instance: string): void;
  /** It is gone. */
  forget(group: string, instance: string): void;
  stop(): Promise<void>;
};

type Watched = BalancerTarget & { belief: Belief; leaving: boolean; readonly over: AbortController };
type Group = { readonly arn: string; targets: readonly Watched[]; turn: number };

/**
 * Starts a load balancer on loopback: one rule splits requests over its groups by weight, each group takes turns among its
 * healthy targets, and a group without one answers 503. (The vendor's balancer would then try every target; ours says so instead.)
 */
export async function startBalancer(options: BalancerOptions): Promise<Balancer> {
  const groups = new Map<string, Group>(
    options.groups.map(({ arn, targets }) => [arn, { arn, turn: 0, targets: targets.map(newcomer) }]),
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
  const rounds = new Set<Promise<void>>();
  const keepLooking = (target: Watched): void => {
    const round = watch(target, options, AbortSignal.any([over.signal, target.over.signal]));
    rounds.add(round);
    void round.finally(() => rounds.delete(round));
  };
  for (const { targets } of groups.values()) targets.forEach(keepLooking);
  const found = (arn: string, instance: string) =>
    groups.get(arn)?.targets.find((target) => target.instance === instance);

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
    register: (arn, target) => {
      const group = groups.get(arn);
      if (group === undefined || found(arn, target.instance) !== undefined) return;
      const watched = newcomer(target);
      group.targets = [...group.targets, watched];
      keepLooking(watched);
    },
    deregister: (arn, instance) => {
      const target = found(arn, instance);
      if (target !== undefined) target.leaving = true;
    },
    forget: (arn, instance) => {
      const group = groups.get(arn);
      found(arn, instance)?.over.abort();
      if (group !== undefined) group.targets = group.targets.filter((target) => target.instance !== instance);
    },
    stop: async () => {
      over.abort();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await Promise.all(rounds);
    },
  };
}

function newcomer(target: BalancerTarget): Watched {
  return { ...target, belief: unseen, leaving: false, over: new AbortController() };
}

function splitOf(weights: readonly CloudWeight[]): () => string | undefined {
  return createSplit(weights.map(({ group, weight }) => ({ name: group, weight })));
}

function nextTarget(group: Group | undefined): Watched | undefined {
  const healthy =
    group?.targets.filter(({ belief, leaving }) => belief.state === "healthy" && !leaving) ?? [];
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

function asSeen({ instance, port, belief, leaving }: Watched, used: boolean): CloudTarget {
  if (leaving)
    return {
      instance,
      port,
      state: "draining",
      reason: "Target.DeregistrationInProgress",
      description: "Target deregistration is in progress",
    };
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
