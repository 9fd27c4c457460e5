import { openModels } from "./open-models.ts";
import type { Models } from "./port.ts";
import { chainSettings, offline } from "./settings.ts";

/** The models that a run on the command line or in a program names, from this process's environment; undefined when it names the rules alone. */
export function modelsForRun(names: string, model: string | undefined): Models | undefined {
  const chain = names === "chain" ? (process.env["CSRD_LLM_CHAIN"] ?? "") : withFallback(names);
  const settings = chainSettings(chain, process.env, model);
  if (settings.models.length === 0) return undefined;
  const off = process.env["AGENT_SAFE_MODE"];
  const safe = off !== undefined && off !== "" && !/^(false|0|no|off)$/i.test(off);
  const switched = {
    scope: "llm",
    reason: "AGENT_SAFE_MODE is set",
    by: "environment",
    since: "start",
  } as const;
  return openModels(settings, { off: () => (safe ? switched : undefined) });
}

/** A single name is what people write who want a report in any case; a list says itself what comes last. */
function withFallback(names: string): string {
  return names.includes(",") || names === offline ? names : `${names},${offline}`;
}
