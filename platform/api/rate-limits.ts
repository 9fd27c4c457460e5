import type { Redis } from "ioredis";
import { z } from "zod";
import { redisPrefixes } from "../contract.ts";
import { keepBounded } from "../service/bounded.ts";

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
 * Limits that all processes share through Redis. What is spent is remembered here, so that a flood is refused without asking anybody. Each process also
 * counts for itself, and that count stands while Redis does not answer: never open, never closed. Our own script rather than a plugin's store, because one
 * round trip counts all budgets of a request, and none of them once an earlier one is spent.
 */
export function rateLimits(redis: Redis | undefined, onAway: (error: Error) => void): RateLimits {
  const local = new Map<string, Window>();
  const refused = new Map<string, number>();
  let awayUntil = Number.NEGATIVE_INFINITY;
  if (redis !== undefined) redis.defineCommand("csrdTake", { lua: script });

  /** Counts one request here; what Redis said of it before, or says now, counts too. */
  const countHere = (of: string, told: Window | undefined): Window => {
    const now = performance.now();
    const before = local.get(of);
    const window = before === undefined || before.ends <= now ? { count: 0, ends: now + windowMs } : before;
    window.count = Math.max(window.count + 1, told?.count ?? 0);
    window.ends = told?.ends ?? window.ends;
    if (window !== before) keepBounded(local, of, window, mostRemembered);
    return window;
  };
  const ask = async (budgets: readonly Budget[]): Promise<readonly Window[] | undefined> => {
    if (redis === undefined || performance.now() < awayUntil) return undefined;
    try {
      const keys = budgets.map(({ of }) => `${redisPrefixes.limits}${of}`);
      const limits = budgets.map(({ most }) => String(most));
      return await takeFrom(redis, keys, [...limits, String(windowMs)]);
    } catch (error) {
      awayUntil = performance.now() + awayMs;
      if (error instanceof Error) onAway(error);
      return undefined;
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
      const told = await ask(budgets);
      let tightest: Taken | undefined;
      for (const [index, { of, most }] of budgets.entries()) {
        const { count, ends } = countHere(of, told?.[index]);
        const resetMs = Math.max(0, ends - performance.now());
        if (count > most) {
          keepBounded(refused, of, ends, mostRemembered);
          return { limit: most, remaining: 0, resetMs, refusedFor: of };
        }
        if (tightest === undefined || most - count < tightest.remaining)
          tightest = { limit: most, remaining: most - count, resetMs };
      }
      return tightest ?? { limit: 0, remaining: 0, resetMs: windowMs };
    },
  };
}

async function takeFrom(
  redis: Redis,
  keys: readonly string[],
  values: readonly string[],
): Promise<readonly Window[]> {
  const command: unknown = Reflect.get(redis, "csrdTake");
  if (typeof command !== "function") throw new TypeError("the command is not defined");
  const told = z.array(z.number()).parse(await command.call(redis, keys.length, ...keys, ...values));
  const now = performance.now();
  return keys.flatMap((_, index) => {
    const [count, left] = [told[2 * index], told[2 * index + 1]];
    return count === undefined || left === undefined ? [] : [{ count, ends: now + left }];
  });
}
