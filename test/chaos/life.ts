import type { Clock } from "#kit/clock.ts";
import type { Engine, EngineParts } from "#kit/engine.ts";
import { OpsError } from "#kit/errors.ts";
import type { Journal } from "#kit/journal.ts";
import type { FaultSpec } from "./spec.ts";
import type { QuickClock } from "./clock.ts";
import type { World } from "./world.ts";

/** Milliseconds of a stall and of a jump of the wall clock: longer than a lease. */
const longMs = 90_000;

/** One process that works on runs, as far as the engine can tell: everything it reaches goes through here and can fail here. */
export type Life = {
  readonly owner: string;
  readonly parts: Pick<EngineParts, "journal" | "locks" | "clock" | "readers" | "operators" | "owner">;
  /** Resolves when the process was killed. */
  readonly killed: Promise<"killed">;
  /** Resolves when the process falls asleep for longer than its leases last. */
  readonly stalled: Promise<void>;
  /** How often it touched the outside so far. */
  touches(): number;
  /** Whether it was asked to stop. */
  interrupted(): boolean;
  /** Its engine, once made; faults interrupt it. */
  engine: Engine | undefined;
};

/** Starts a process with what will go wrong in it. */
export function startLife(
  owner: string,
  faults: readonly FaultSpec[],
  { journal, clock, world }: { readonly journal: Journal; readonly clock: QuickClock; readonly world: World },
): Life {
  let touches = 0;
  let dead = false;
  let full = 0;
  let blind = 0;
  let silent = 0;
  let interrupted = false;
  let gate: Promise<void> = Promise.resolve();
  let die: (how: "killed") => void = () => undefined;
  let fallAsleep: () => void = () => undefined;
  const stalled = new Promise<void>((resolve) => (fallAsleep = resolve));
  const killed = new Promise<"killed">((resolve) => (die = resolve));
  const never = new Promise<never>(() => undefined);

  function kill(): Promise<never> {
    dead = true;
    die("killed");
    return never;
  }

  function begin(kind: FaultSpec["kind"] | undefined, lasts: number) {
    if (kind === "stall") {
      gate = clock.sleep(longMs);
      fallAsleep();
    }
    if (kind === "jump-forward") clock.jump(longMs * lasts);
    if (kind === "jump-back") clock.jump(-longMs * lasts);
    if (kind === "disk-full") full = lasts;
    if (kind === "blind") blind = lasts;
    if (kind === "locks-silent") silent = lasts;
    if (kind === "interrupt" || kind === "interrupt-now") {
      interrupted = true;
      life.engine?.interrupt("SIGINT");
      if (kind === "interrupt-now") life.engine?.interrupt("SIGINT");
    }
  }

  /** Everything that changes something outside goes through here, one touch each. */
  async function touch<T>(work: () => Promise<T>, what: "journal" | "locks" | "operator"): Promise<T> {
    if (dead) return never;
    touches += 1;
    const fault = faults.find(({ at }) => at === touches);
    if (fault?.kind === "kill-before") return kill();
    // No cloud checks a fence: a process that sleeps between its last look at the lease and the call is beyond what can be promised.
    const late = what === "operator" && (fault?.kind === "stall" || fault?.kind === "jump-forward");
    if (!late) begin(fault?.kind, fault?.lasts ?? 1);
    // A call that comes while the process sleeps was let through before: it was on its way already.
    if (what !== "operator") await gate;
    if (dead) return never;
    if (what === "locks" && silent > 0) {
      silent -= 1;
      throw new OpsError("tool-unreachable", {
        summary: "The lock store did not answer.",
        hint: "Try again.",
      });
    }
    if (what !== "operator" && full > 0) {
      full -= 1;
      throw diskFull();
    }
    const result = await work();
    if (fault?.kind === "kill-after") return kill();
    if (late) begin(fault?.kind, fault?.lasts ?? 1);
    if (fault?.kind === "disk-full-after" && what === "journal") throw diskFull();
    await gate;
    return dead ? never : result;
  }

  function touching<T extends object>(
    port: T,
    changes: ReadonlySet<string>,
    what: (name: string) => "journal" | "locks",
  ): T {
    return new Proxy(port, {
      get(target, name, receiver) {
        const member: unknown = Reflect.get(target, name, receiver);
        if (typeof member !== "function") return member;
        return async (...args: readonly unknown[]) => {
          const work = () => Reflect.apply(member, target, args) as Promise<unknown>;
          if (changes.has(String(name))) return touch(work, what(String(name)));
          if (dead) return never;
          await gate;
          return dead ? never : work();
        };
      },
    });
  }

  const ownClock: Clock = {
    now: clock.now,
    async sleep(ms, signal) {
      if (dead) return never;
      await clock.sleep(ms, signal);
      await gate;
      return dead ? never : undefined;
    },
  };

  const own = touching(journal, changing, (name) => (lockNames.has(name) ? "locks" : "journal"));
  const life: Life = {
    owner,
    killed,
    stalled,
    touches: () => touches,
    interrupted: () => interrupted,
    engine: undefined,
    parts: {
      owner,
      journal: own,
      locks: own,
      clock: ownClock,
      readers: world.readers(() => {
        if (blind === 0) return;
        blind -= 1;
        throw new Error(`no answer in 5 s (token=${world.secret})`);
      }),
      operators: async () => world.operators(owner, (work) => touch(work, "operator")),
    },
  };
  return life;
}

const lockNames = new Set(["takeLock", "renewLock", "releaseLock", "passLock", "keepLock"]);
const changing = new Set(["begin", "append", "claim", "renew", "letGo", ...lockNames]);

function diskFull(): OpsError {
  return new OpsError("journal-unwritable", {
    summary: "The journal cannot be written (database or disk is full).",
    hint: "Free disk space.",
  });
}
