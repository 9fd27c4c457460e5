import type { AgentName } from "../contract.ts";

/** What may be switched off: everything, one agent, or asking language models. */
export type SwitchScope = "all" | AgentName | "llm";

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
