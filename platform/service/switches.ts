import { setTimeout as pause } from "node:timers/promises";
import { type AgentName, agentNames, type LlmVendor, llmVendors } from "../contract.ts";
import { CsrdError } from "../errors.ts";

/** What may be switched off: everything, one agent, asking language models, or asking those of one vendor. */
export type SwitchScope = "all" | AgentName | "llm" | `llm-${LlmVendor}`;

/** Every scope of a switch. */
export const switchScopes: readonly SwitchScope[] = [
  "all",
  ...agentNames,
  "llm",
  ...llmVendors.map((vendor) => `llm-${vendor}` as const),
];

/** A scope as the subject of a sentence that ends in "switched off". */
function subjectOf(scope: SwitchScope): string {
  if (scope === "all") return "All agents are";
  if (scope === "llm") return "Asking language models is";
  if (scope.startsWith("llm-")) return `Asking ${scope.slice("llm-".length)}'s language models is`;
  return `The ${scope} agent is`;
}

/** One switch that is off, and why; `unreadable` when nobody could say. */
export type SwitchedOff = {
  readonly scope: SwitchScope;
  readonly reason: string;
  readonly by: string;
  readonly since: string;
};

/**
 * The kill switches, as one process sees them (operations-runbook "Agent Kill-Switch Activation"). Asked before every side effect;
 * the answer is at most a few seconds old. What cannot be read for longer than that counts as off.
 */
export interface Switches {
  /** What keeps this scope from acting; undefined when it may. */
  off(scope: SwitchScope): SwitchedOff | undefined;
  /** Throws `switched-off` when the scope may not act. */
  require(scope: SwitchScope): void;
  close(): Promise<void>;
}

/** A place that says what is off. `read` throws when it cannot be read. */
export type SwitchSource = {
  readonly name: string;
  /** A local one that cannot be read counts as off at once; a shared one after a while, so that its restart stops nothing. */
  readonly kind: "local" | "shared";
  read(): Promise<readonly SwitchedOff[]>;
};

/** The switches with what a process that keeps them also needs: everything that is off, and word of every change. */
export type WatchedSwitches = Switches & {
  /** Everything that is off now, the widest scope first. */
  all(): readonly SwitchedOff[];
  /**
   * Once every shared source has been read a first time, or so many milliseconds later: who has only just started does not know
   * yet, which counts as off and is no reason to send anybody away.
   */
  heard(withinMs: number): Promise<void>;
  /** Calls back after every change; gives the way to stop. */
  onChange(listener: () => void): () => void;
};

/** How the sources are asked. */
export type SwitchOptions = {
  readonly sources: readonly SwitchSource[];
  /** How long a shared source may be unreadable before everything counts as off. */
  readonly ttlMs: number;
  /** Between two looks; 1 s when left out. */
  readonly everyMs?: number;
};

type Seen = { at: number; off: readonly SwitchedOff[] };

/** Asks all sources now and then again and again; any one that says off wins. Until a shared source has answered once, everything is off. */
export async function watchSwitches({
  sources,
  ttlMs,
  everyMs = 1_000,
}: SwitchOptions): Promise<WatchedSwitches> {
  const seen = new Map<SwitchSource, Seen>();
  const listeners = new Set<() => void>();
  const underWay = new Set<SwitchSource>();
  let said = "";
  const look = async (source: SwitchSource): Promise<void> => {
    if (underWay.has(source)) return;
    underWay.add(source);
    try {
      seen.set(source, { at: performance.now(), off: await source.read() });
    } catch (error) {
      if (source.kind === "local")
        seen.set(source, { at: performance.now(), off: [unreadable(source, error)] });
    } finally {
      underWay.delete(source);
    }
  };
  const all = (): readonly SwitchedOff[] => {
    const now = performance.now();
    const off = sources.flatMap((source) => {
      const last = seen.get(source);
      const stale =
        source.kind === "shared" && (last === undefined || now - last.at > ttlMs)
          ? [silent(source, last, now)]
          : [];
      return [...(last?.off ?? []), ...stale];
    });
    return off.toSorted((a, b) => switchScopes.indexOf(a.scope) - switchScopes.indexOf(b.scope));
  };
  const tick = async (): Promise<void> => {
    await Promise.all(sources.map(look));
    tell();
  };
  const tell = (): void => {
    const says = JSON.stringify(all().map(({ scope, reason }) => [scope, reason]));
    if (says === said) return;
    said = says;
    for (const listener of listeners) listener();
  };
  const unheard = (): boolean => sources.some((source) => source.kind === "shared" && !seen.has(source));
  const off = (scope: SwitchScope): SwitchedOff | undefined =>
    all().find((one) => one.scope === "all" || one.scope === scope);

  const timer = setInterval(() => {
    void tick();
    // A source that hangs is told of by its age, without waiting for it.
    tell();
  }, everyMs);
  timer.unref();
  await Promise.race([tick(), new Promise((resolve) => setTimeout(resolve, 2_000).unref())]);
  return {
    all,
    off,
    require: (scope) => {
      const found = off(scope);
      if (found !== undefined) throw switchedOff(found);
    },
    heard: async (withinMs) => {
      const until = performance.now() + withinMs;
      while (unheard() && performance.now() < until) {
        await Promise.race([tick(), pause(200)]);
        if (unheard()) await pause(50);
      }
    },
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: async () => {
      clearInterval(timer);
    },
  };
}

/** A switch that is off, as the error that ends whatever was about to act. */
export function switchedOff({ scope, reason, by, since }: SwitchedOff): CsrdError {
  return new CsrdError("switched-off", {
    summary: `${subjectOf(scope)} switched off since ${since} by ${by}: ${reason}`,
    hint: "Reports go on by themselves when it is on again; `csrd switch status` shows the switches.",
  });
}

function unreadable(source: SwitchSource, error: unknown): SwitchedOff {
  return {
    scope: "all",
    reason: `${source.name} cannot be understood (${error instanceof Error ? error.message : String(error)})`,
    by: "platform",
    since: new Date().toISOString(),
  };
}

function silent(source: SwitchSource, last: Seen | undefined, now: number): SwitchedOff {
  const reason =
    last === undefined ? `${source.name} has not been read yet` : `${source.name} can no longer be read`;
  const since = new Date(Date.now() - (last === undefined ? 0 : now - last.at)).toISOString();
  return { scope: "all", reason, by: "platform", since };
}
