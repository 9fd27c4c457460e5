import type { Redis } from "ioredis";
import { redisPrefixes } from "../contract.ts";

/** How much one caller may ask for in a minute. */
export type Budget = { readonly of: string; readonly most: number };

/** What is left after a request was counted; `refusedFor` when it is too much, with the budget that is spent. */
export type Taken = {
  readonly limit: number;
  readonly remaining: number;
  /** Milliseconds until the budget is full again. */
  readonly resetMs: number;
  readonly refusedFor?: string;
};

/** Counts requests over all processes of the platform. */
export type RateLimits = {
  /** Counts one request in each budget, in order, up to the first that is spent; says what is left of the tightest. */
  take(budgets: readonly Budget[]): Promise<Taken>;
  /** The budget as spent as far as this process knows, without asking anybody. */
  spent(budget: Budget): Taken | undefined;
};

/** Milliseconds in which a budget is spent and full again. */
const windowMs = 60_000;
/** Milliseconds for which the local count stands in after Redis did not answer. */
const awayMs = 1_000;
/** Most callers that one process remembers. */
const mostRemembered = 20_000;

/** Counts each key up to the first that is spent. KEYS: one counter per budget; ARGV: the limits, then the window. */
const script = `
local told = {}
for i, key in ipairs(KEYS) do
  local count = redis.call('INCR', key)
  local left = redis.call('PTTL', key)
  if left < 0 then
    left = tonumber(ARGV[#KEYS + 1])
    redis.call('PEXPIRE', key, left)
  end
  told[2 * i - 1] = count
  told[2 * i] = left
  if count > tonumber(ARGV[i]) then break end
end
return told`;

type Window = { count: number; ends: number };

/**
 * Limits that all processes share through Redis. What is spent is remembered here, so that a flood is refused without asking anybody. While
 * Redis does not answer, each process counts for itself: never open, never closed. Our own script rather than a plugin's store, because one
 * round trip counts all budgets of a request, and none of them once an earlier one is spent.
 */
export function rateLimits(redis: Redis | undefined, onAway: (error: Error) => void): RateLimits {
  const local = new Map<string, Window>();
  const refused = new Map<string, number>();
  let awayUntil = Number.NEGATIVE_INFINITY;
  if (redis !== undefined) redis.defineCommand("csrdTake", { lua: script });

  const countHere = (budgets: readonly Budget[]): readonly number[] => {
    const now = performance.now();
    const told: number[] = [];
    for (const { of, most } of budgets) {
      let window = local.get(of);
      if (window === undefined || window.ends <= now) {
        window = { count: 0, ends: now + windowMs };
        keep(local, of, window);
      }
      window.count += 1;
      told.push(window.count, window.ends - now);
      if (window.count > most) break;
    }
    return told;
  };
  const count = async (budgets: readonly Budget[]): Promise<readonly number[]> => {
    if (redis === undefined || performance.now() < awayUntil) return countHere(budgets);
    try {
      const keys = budgets.map(({ of }) => `${redisPrefixes.limits}${of}`);
      const limits = budgets.map(({ most }) => String(most));
      return await takeFrom(redis, keys, [...limits, String(windowMs)]);
    } catch (error) {
      awayUntil = performance.now() + awayMs;
      if (error instanceof Error) onAway(error);
      return countHere(budgets);
    }
  };
  const spent = ({ of, most }: Budget): Taken | undefined => {
    const until = refused.get(of);
    const resetMs = (until ?? 0) - performance.now();
    return resetMs > 0 ? { limit: most, remaining: 0, resetMs, refusedFor: of } : undefined;
  };

  return {
    spent,
    take: async (budgets) => {
      for (const budget of budgets) {
        const known = spent(budget);
        if (known !== undefined) return known;
      }
      const told = await count(budgets);
      let tightest: Taken | undefined;
      for (const [index, { of, most }] of budgets.entries()) {
        const [used, resetMs] = [told[2 * index], told[2 * index + 1]];
        if (used === undefined || resetMs === undefined) break;
        if (used > most) {
          keep(refused, of, performance.now() + resetMs);
          return { limit: most, remaining: 0, resetMs, refusedFor: of };
        }
        const left = { limit: most, remaining: most - used, resetMs };
        if (tightest === undefined || left.remaining < tightest.remaining) tightest = left;
      }
      return tightest ?? { limit: 0, remaining: 0, resetMs: windowMs };
    },
  };
}

async function takeFrom(
  redis: Redis,
  keys: readonly string[],
  values: readonly string[],
): Promise<readonly number[]> {
  const command: unknown = Reflect.get(redis, "csrdTake");
  if (typeof command !== "function") throw new TypeError("the command is not defined");
  const told: unknown = await command.call(redis, keys.length, ...keys, ...values);
  if (Array.isArray(told) && told.every((one) => typeof one === "number")) return told;
  throw new TypeError("Redis answered something else than counts");
}

function keep<Value>(map: Map<string, Value>, of: string, value: Value): void {
  map.delete(of);
  map.set(of, value);
  for (const oldest of map.keys()) {
    if (map.size <= mostRemembered) return;
    map.delete(oldest);
  }
}
