import type { Agent } from "../agent.ts";
import type { AgentName } from "../contract.ts";
import { aggregator } from "./aggregator.ts";
import { audit } from "./audit.ts";
import { calculator } from "./calculator.ts";
import { intake } from "./intake.ts";
import { materiality } from "./materiality.ts";
import { reporting } from "./reporting.ts";

/** The six agents by name; `agentNames` of the contract gives their order. */
export const agents: Readonly<Record<AgentName, Agent>> = {
  intake,
  materiality,
  calculator,
  aggregator,
  reporting,
  audit,
};
