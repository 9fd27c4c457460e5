/** One kill switch of the platform: all agents, one agent, asking language models, asking one vendor. */
export type KillSwitch = {
  /** As the platform names it: `all`, `calculator`, `llm`, … */
  readonly scope: string;
  readonly off: boolean;
  readonly reason: string;
  readonly by: string;
  readonly since: string;
};

/** One process of the platform, and what it says is off for it now. */
export type SwitchSeen = { readonly process: string; readonly off: readonly string[] };

export interface SwitchReader {
  /** The switches that were ever thrown; throws `tool-unreachable` when neither of the places that keep them answers. */
  all(): Promise<readonly KillSwitch[]>;
  /** What each agent and worker that answers sees; a process that does not answer is not in the list. */
  seen(): Promise<readonly SwitchSeen[]>;
}

export interface SwitchAdmin {
  /** Switches off, in every place that answers; one is enough. Done already is done. */
  off(scope: string, reason: string): Promise<void>;
  /** Switches on again; `validation` names the record on whose ground it is safe. Both places have to answer. */
  on(scope: string, reason: string, validation: string): Promise<void>;
}
