import type { Service } from "#kit/ports.ts";
import type { World } from "./world.ts";

/** A situation that a runbook can be rehearsed in, without any environment. */
export type Scenario = {
  /** What is the matter, as people would say it. */
  readonly title: string;
  /** The rule of the runbook's decision that it leads to; a rehearsal says so when it does not. */
  readonly rule: string;
  /** How the run ends. */
  readonly outcome: string;
  /** Nobody answers the question of approval; otherwise somebody does, after 40 s. */
  readonly silence?: true;
  /** What the runbook is told; without it what it takes by itself. */
  readonly params?: Readonly<Record<string, string>>;
  /** What else the environment's file names beside the service api; its instances are the world's machines, i-0a1 and i-0a2. */
  readonly services?: readonly Service[];
  /** Brings a healthy world into the situation; what is to happen later sleeps on the world's clock. */
  prepare(world: World): void;
};

/** The situations of one runbook, by name, in the order in which they are read. */
export type Scenarios = Readonly<Record<string, Scenario>>;
