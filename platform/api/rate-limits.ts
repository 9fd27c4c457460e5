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

/** Most requests that a process counts ahead in one budget, and the share of what is left that it counts ahead at most: one in fifty. */
const mostAhead = 50;
const shareAhead = 50;

/**
 * Counts each key up to the first that is spent, and counts ahead where that is asked for. KEYS: one counter per budget; ARGV: the limits, then
 * for each budget the most to count ahead, then the window.
 */
const script = `
local told = {}
for i, key in ipairs(KEYS) do
  local most = tonumber(ARGV[i])
  local count = redis.call('INCR', key)
  local left = redis.call('PTTL', key)
  if left < 0 then
    left = tonumber(ARGV[2 * #KEYS + 1])
    redis.call('PEXPIRE', key, left)
  end
  local ahead = math.max(0, math.min(tonumber(ARGV[#KEYS + i]), math.floor((most - count) / ${shareAhead})))
  if ahead > 0 then count = redis.call('INCRBY', key, ahead) end
  told[3 * i - 2] = count
  told[3 * i - 1] = left
  told[3 * i] = ahead
  if count > most then break end
end
return told`;

/** What was counted in a minute; `ahead` of it are requests that have not come yet. */
type Window = { count: number; ends: number; ahead: number };

/**
 * Limits that all processes share through Redis. What is spent is remembered here, so that a flood is refused without asking anybody. Each process also
 * counts for itself, and that count stands while Redis does not answer: never open, never closed. Our own script rather than a plugin's store, because one
 * round trip counts all budgets of a request, and none of them once an earlier one is spent.
 *
 * A process does not ask for every request: while much is left it counts up to fifty ahead, at most a fiftieth of what is left, and lets them in by
 * itself. No more than the limit ever comes in, over all processes; a caller who goes from one process to another may be refused a fiftieth early,
 * and a budget of less than fifty is counted one by one.
 */
export function rateLimits(redis: Redis | undefined, onAway: (error: Error) => void): RateLimits {
  const local = new Map<string, Window>();
  const refused = new Map<string, number>();
  const leases = new Map<string, Window>();
  /** Budgets for which more is being counted ahead right now; a burst asks for that once. */
  const leasing = new Set<string>();
  let awayUntil = Number.NEGATIVE_INFINITY;
  if (redis !== undefined) redis.defineCommand("csrdTake", { lua: script });

  /** Counts one request here; what Redis said of it before, or says now, counts too. */
  const countHere = (of: string, told: Window | undefined): Window => {
    const now = performance.now();
    const before = local.get(of);
    const window =
      before === undefined || before.ends <= now ? { count: 0, ends: now + windowMs, ahead: 0 } : before;
    window.count = Math.max(window.count + 1, told?.count ?? 0);
    window.ends = told?.ends ?? window.ends;
    if (window !== before) keepBounded(local, of, window, mostRemembered);
    return window;
  };
  /** One request that was counted ahead, if there is one. */
  const leased = (of: string): Window | undefined => {
    const lease = leases.get(of);
    if (lease === undefined) return undefined;
    if (lease.ahead > 0 && lease.ends > performance.now()) {
      lease.ahead -= 1;
      return { count: lease.count - lease.ahead, ends: lease.ends, ahead: 0 };
    }
    leases.delete(of);
    return undefined;
  };
  const ask = async (budgets: readonly Budget[]): Promise<readonly Window[] | undefined> => {
    if (redis === undefined || performance.now() < awayUntil) return undefined;
    const mine = budgets.map(({ of }) => of).filter((of) => !leasing.has(of));
    for (const of of mine) leasing.add(of);
    try {
      const keys = budgets.map(({ of }) => `${redisPrefixes.limits}${of}`);
      const limits = budgets.map(({ most }) => String(most));
      const ahead = budgets.map(({ of }) => String(mine.includes(of) ? mostAhead : 0));
      const told = await takeFrom(redis, keys, [...limits, ...ahead, String(windowMs)]);
      for (const [index, { of }] of budgets.entries()) {
        const window = told[index];
        if (window !== undefined && window.ahead > 0) keepBounded(leases, of, { ...window }, mostRemembered);
      }
      return told.map((window) => ({ ...window, count: window.count - window.ahead }));
    } catch (error) {
      awayUntil = performance.now() + awayMs;
      if (error instanceof Error) onAway(error);
      return undefined;
    } finally {
      for (const of of mine) leasing.delete(of);
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
      const own = budgets.map(({ of }) => leased(of));
      const others = budgets.filter((_, index) => own[index] === undefined);
      const told = others.length === 0 ? [] : await ask(others);
      let tightest: Taken | undefined;
      for (const [index, budget] of budgets.entries()) {
        const { of, most } = budget;
        const { count, ends } = countHere(of, own[index] ?? told?.[others.indexOf(budget)]);
        const resetMs = Math.max(0, ends - performance.now());
        if (count > most) {
          // What is refused here takes nothing from the budgets behind.
          for (const [at, later] of budgets.entries()) {
            const lease = at > index && own[at] !== undefined ? leases.get(later.of) : undefined;
            if (lease !== undefined) lease.ahead += 1;
          }
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
    const [count, left, ahead] = told.slice(3 * index, 3 * index + 3);
    return count === undefined || left === undefined || ahead === undefined
      ? []
      : [{ count, ends: now + left, ahead }];
  });
}
