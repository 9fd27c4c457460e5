import { OpsError } from "#kit/errors.ts";
import { inventoryOf } from "#kit/inventory.ts";
import type { JournalEntry } from "#kit/timeline.ts";
import type { Operators, Readers, Times } from "#kit/ports.ts";
import { unboundOperators, unboundReaders } from "#kit/unbound.ts";
import type { Behaviour, RunSpec } from "./spec.ts";
import type { QuickClock } from "./clock.ts";
import { scriptNow, stepsOf, type Script, type ScriptedStep } from "./script.ts";

/** A secret that foreign text carries; no record may hold it. */
export const canary = "canary-9f8e7d6c5b4a";

/** Something that really happened. */
export type Effect = {
  readonly id: string;
  readonly target: string;
  readonly from: number;
  readonly to: number;
  /** The process that did it, as owner of leases. */
  readonly life: string;
  readonly atMs: number;
};

/** A small world with state. It knows what its steps will do to each call, and notes what really happened. */
export type World = {
  readonly effects: Effect[];
  /** What must never happen, told by the world itself: below the floor, a wrong token. */
  readonly wrongs: string[];
  readonly values: Map<string, number>;
  /** Ids that the last plan of a run names; what a cure needs. */
  readonly due: Map<string, { readonly round: number; readonly ids: readonly string[] }>;
  readonly moved: Set<string>;
  /** What foreign text carries: a canary where the journal redacts. */
  readonly secret: string;
  /** Called at the instant of each effect, before it. */
  witness: (effect: Effect) => void;
  script(prefix: string): Script;
  cured(prefix: string): { readonly ok: boolean; readonly says: string };
  readers(see: () => void): Readers;
  operators(life: string, touch: <T>(work: () => Promise<T>) => Promise<T>): Operators;
};

/** Times that keep the number of looks small. */
export const times: Times = {
  restart: "1m",
  poll: "5s",
  steady: "10s",
  verify: "30s",
  planExpiry: "2m",
  lease: "60s",
  outage: "2m",
  freshDeploy: "1h",
  stickyLock: "1h",
  brokenGlass: "1h",
  stuckTransaction: "5m",
  slowAnswer: "1s",
  slowStage: "5m",
  slowReport: "30m",
  longWait: "15m",
};

const bootMs = 20_000;

/** Makes the world of a case. */
export function chaosWorld(
  clock: QuickClock,
  specs: Readonly<Record<string, RunSpec>>,
  secret: string,
): World {
  const values = new Map<string, number>();
  const out = new Map<string, number>();
  const boots = new Map<string, number>();
  const calls = new Map<string, number>();
  const looks = new Map<string, number>();
  const known = new Map<string, ScriptedStep>();
  for (const [prefix, spec] of Object.entries(specs))
    for (const moved of [false, true])
      for (const round of scriptNow(prefix, spec, moved).rounds)
        for (const item of round)
          for (const step of stepsOf(item)) {
            known.set(step.id, step);
            if (step.does === "boot") boots.set(step.target, 0);
          }
  const now = () => clock.now().getTime();
  const serving = (prefix: string) =>
    [...boots.keys()].filter(
      (name) => name.startsWith(`${prefix}-`) && (out.get(name) ?? 0) <= clock.steady(),
    );
  const next = (counts: Map<string, number>, name: string) => {
    const count = counts.get(name) ?? 0;
    counts.set(name, count + 1);
    return count;
  };
  const specOf = (prefix: string): RunSpec => {
    const spec = specs[prefix];
    if (spec === undefined) throw new Error(`no run ${prefix}`);
    return spec;
  };

  const world: World = {
    effects: [],
    wrongs: [],
    values,
    due: new Map(),
    moved: new Set(),
    secret,
    witness: () => undefined,
    script: (prefix) => scriptNow(prefix, specOf(prefix), world.moved.has(prefix)),
    cured(prefix) {
      const spec = specOf(prefix);
      const due = world.due.get(prefix);
      if (due === undefined) return { ok: false, says: "nothing was planned" };
      if (spec.cure === "never") return { ok: false, says: "it does not help" };
      if (spec.cure === "second" && due.round < 2) return { ok: false, says: "the first cure does not help" };
      const missing = due.ids.filter((id) => !isApplied(world, id));
      return missing.length === 0
        ? { ok: true, says: "all of it is there" }
        : { ok: false, says: `${missing.join(", ")} is not there` };
    },
    readers(see) {
      return {
        ...unboundReaders(),
        http: {
          async get(url) {
            see();
            const [, what, prefix = "", rest = ""] = url.split(":");
            return {
              kind: "answered",
              status: 200,
              body: JSON.stringify(answer(what, prefix, rest)),
              tookMs: 1,
            };
          },
        },
        instances: {
          async describe(ids) {
            see();
            return ids.map((id) => ({
              id,
              name: id,
              state: (out.get(id) ?? 0) <= clock.steady() ? ("running" as const) : ("stopped" as const),
              check: "ok" as const,
              version: String(boots.get(id) ?? 0),
            }));
          },
        },
        balancer: {
          async targets() {
            return [];
          },
          async weights(target) {
            see();
            return [{ group: target, weight: values.get(target) ?? 0 }];
          },
        },
        firewall: { ingress: async () => [] },
        logs: {
          errors: async () => [],
          query: async () => ({ columns: [], rows: [], incomplete: undefined }),
          lines: async () => ({ lines: [], incomplete: undefined, more: false }),
        },
        deploys: { recent: async () => [] },
        inventory: inventoryOf("production", []),
        times,
      };
    },
    operators(life, touch) {
      return {
        ...unboundOperators(),
        balancerAdmin: {
          setWeights: (target, [weight]) =>
            touch(async () => {
              const [id = "", token] = (weight?.group ?? "").split("#");
              const to = weight?.weight ?? 0;
              const step = known.get(id);
              if (step?.does === "take" && token !== `tok-${step.from}`)
                world.wrongs.push(`${id} was handed "${token}" and not what ${step.from} gave`);
              await happen(id, target, life, () => values.set(target, to), values.get(target) ?? 0, to);
            }),
        },
        instanceAdmin: {
          reboot: (named) =>
            touch(async () => {
              const [id = "", target = ""] = named.split("@");
              const step = known.get(id);
              const count = boots.get(target) ?? 0;
              await happen(
                id,
                target,
                life,
                () => {
                  const here = serving(target.split("-")[0] ?? "");
                  if (here.includes(target) && here.length - 1 < (step?.floor ?? 0))
                    world.wrongs.push(
                      `${id} took ${target} out and left ${here.length - 1} of at least ${step?.floor}`,
                    );
                  boots.set(target, count + 1);
                  out.set(target, step?.stuck === true ? Number.POSITIVE_INFINITY : clock.steady() + bootMs);
                },
                count,
                count + 1,
              );
            }),
        },
      };
    },
  };

  function answer(what: string | undefined, prefix: string, rest: string): unknown {
    if (what === "script") return world.script(prefix);
    if (what === "cured") return world.cured(prefix);
    if (what === "serving") return serving(prefix);
    if (what === "during") {
      const after = specOf(prefix).duringAfter;
      return { bad: after > 0 && next(looks, `during ${prefix}`) >= after };
    }
    if (what === "watch") return next(looks, `watch ${prefix} ${rest}`);
    throw new Error(`nobody knows ${what}`);
  }

  async function happen(
    id: string,
    target: string,
    life: string,
    work: () => void,
    from: number,
    to: number,
  ): Promise<void> {
    const behaviour = behaviourOf(id);
    const lost = new OpsError("tool-unreachable", {
      summary: `The cloud did not answer in 5 s (token=${secret}).`,
      hint: "Look whether it happened.",
    });
    if (behaviour === "refused")
      throw new OpsError("tool-refused", {
        summary: `The cloud refused the call (token=${secret}).`,
        hint: "Check permissions.",
      });
    if (behaviour === "lost-before") throw lost;
    if (behaviour === "lies") return undefined;
    if (behaviour === "hangs-before") return new Promise(() => undefined);
    const effect = { id, target, from, to, life, atMs: now() };
    world.witness(effect);
    work();
    world.effects.push(effect);
    if (behaviour === "lost-after") throw lost;
    if (behaviour === "throws-after") throw new TypeError(`cannot read "x" of undefined, ${secret}`);
    return behaviour === "hangs-after" ? new Promise(() => undefined) : undefined;
  }

  function behaviourOf(id: string): Behaviour {
    // What takes a step back goes wrong as the step did, where that can be looked at.
    const script = id.startsWith("~")
      ? (known.get(id.slice(1))?.behaves ?? []).filter((one) => one === "lost-before" || one === "lost-after")
      : (known.get(id)?.behaves ?? []);
    return script[next(calls, id)] ?? "works";
  }

  return world;
}

/** Whether an effect is there and was not taken back since. */
export function isApplied(world: Pick<World, "effects">, id: string): boolean {
  const last = world.effects.findLast((effect) => effect.id === id || effect.id === `~${id}`);
  return last?.id === id;
}

/** The run's letter, from what was asked. */
export function prefixOf(first: JournalEntry | undefined): string {
  return first?.event.type === "run.asked" ? String(first.event.params["prefix"]) : "";
}
