import type { SwitchSeen } from "#kit/ports/switches.ts";

/** Who does what a switch says, of the processes that it is about. */
export type Obedience = {
  /** Processes that answer and act on it. */
  readonly obey: readonly string[];
  /** Processes that answer and go on as if nothing had been said. */
  readonly defy: readonly string[];
  /** Services of which no process has answered. */
  readonly silent: readonly string[];
};

/** Services of the environment that work on reports; those of its file, less what has no switches of its own. */
export type Obeying = readonly string[];

/**
 * Which processes do what a switch says. Everything is about everybody; an agent's switch about that agent and the worker, which sends it
 * reports; a language model's about the agent that asks it. `services` are those that obey switches at all.
 */
export function obedience(
  scope: string,
  off: boolean,
  { seen, services }: { readonly seen: readonly SwitchSeen[]; readonly services: Obeying },
): Obedience {
  const about = services.filter((name) => concerns(scope, name));
  const answered = seen.filter(({ process }) => about.includes(serviceOf(process)));
  const does = (one: SwitchSeen) => one.off.includes(scope) === off;
  return {
    obey: answered.filter(does).map(({ process }) => process),
    defy: answered.filter((one) => !does(one)).map(({ process }) => process),
    silent: about.filter((name) => !answered.some(({ process }) => serviceOf(process) === name)),
  };
}

/** The service that a process belongs to: the first word of its name. */
export function serviceOf(process: string): string {
  return process.split(" ")[0] ?? process;
}

/** Asking language models is the materiality agent's. */
function concerns(scope: string, service: string): boolean {
  if (scope === "all" || service === "worker") return true;
  return scope.startsWith("llm") ? service === "materiality" : scope === service;
}
