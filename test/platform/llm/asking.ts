import { type Agent, type AgentWork, type Measure } from "#platform/agent.ts";
import { files, MaterialityDocument } from "#platform/agents/documents.ts";
import { materiality } from "#platform/agents/materiality.ts";
import { openModels } from "#platform/llm/open-models.ts";
import type { Models } from "#platform/llm/port.ts";
import { chainSettings } from "#platform/llm/settings.ts";
import type { LlmStandin } from "#sandbox/standins/start-llm-standin.ts";
import {
  json,
  memoryArtifacts,
  runInMemory,
  sampleCompany,
  sampleCsv,
} from "#test/platform/agents/sample.ts";

/** Keys that the stand-in of these tests takes. */
export const keys = { openai: "sk-standin-openai", anthropic: "sk-ant-standin" };

/** What a machine's environment says so that its chain asks the stand-in. */
export function environmentOf(
  standin: LlmStandin,
  more: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  return {
    STANDIN_OPENAI_KEY: keys.openai,
    STANDIN_ANTHROPIC_KEY: keys.anthropic,
    CSRD_LLM_PRIMARY_PROVIDER: "anthropic",
    CSRD_LLM_PRIMARY_MODEL: "standin-haiku",
    CSRD_LLM_PRIMARY_URL: standin.anthropicUrl,
    CSRD_LLM_PRIMARY_KEY: "env:STANDIN_ANTHROPIC_KEY",
    CSRD_LLM_PRIMARY_PRICES: "1/5",
    CSRD_LLM_SECONDARY_PROVIDER: "openai",
    CSRD_LLM_SECONDARY_MODEL: "standin-mini",
    CSRD_LLM_SECONDARY_URL: standin.openAiUrl,
    CSRD_LLM_SECONDARY_KEY: "env:STANDIN_OPENAI_KEY",
    CSRD_LLM_TIMEOUT_MS: "10000",
    CSRD_LLM_IDLE_MS: "5000",
    CSRD_LLM_BUDGET_MS: "20000",
    ...more,
  };
}

/** The chain as a service opens it, with what it measured. */
export function modelsAt(
  standin: LlmStandin,
  chain = "primary,secondary,offline",
  more: Readonly<Record<string, string>> = {},
): Models & { readonly measured: readonly Measure[] } {
  const measured: Measure[] = [];
  const models = openModels(chainSettings(chain, environmentOf(standin, more)), {
    measure: (measure) => void measured.push(measure),
  });
  return { ...models, measured };
}

let whole: Promise<ReadonlyMap<string, Uint8Array>> | undefined;

/** The sample company's accepted data in memory, with its company changed as asked. */
export async function sampleReport(change: Readonly<Record<string, unknown>> = {}) {
  whole ??= (async () =>
    (
      await runInMemory({
        [`${files.inputs}activities.csv`]: await sampleCsv(),
        [files.company]: await sampleCompany(),
      })
    ).artifacts.files)();
  const artifacts = memoryArtifacts(Object.fromEntries(await whole));
  artifacts.files.delete(files.materiality);
  const intake = JSON.parse(new TextDecoder().decode(artifacts.files.get(files.intake)));
  Object.assign(intake.company, { material_topics: {} }, change);
  await artifacts.write(files.intake, JSON.stringify(intake));
  return artifacts;
}

/** Runs the materiality stage with these models, as its service does. */
export async function assess(
  models: Models | undefined,
  artifacts: Awaited<ReturnType<typeof sampleReport>>,
  more: Partial<AgentWork> = {},
) {
  const measured: Measure[] = [];
  const agent: Agent = materiality;
  const result = await agent.run({
    reportId: "R-1",
    artifacts,
    now: () => new Date("2025-03-01T09:00:00Z"),
    log: () => undefined,
    measure: (measure) => void measured.push(measure),
    ...(models === undefined ? {} : { models }),
    ...more,
  });
  const document = MaterialityDocument.parse(await json(artifacts, files.materiality));
  const of = (standard: string) => document.topics.find((one) => one.standard === standard);
  const bytes = (): string => Buffer.from(artifacts.files.get(files.materiality) ?? []).toString("utf8");
  return { result, document, of, measured, bytes };
}

/** How often a metric was counted, by one of its labels. */
export function counted(measured: readonly Measure[], metric: string, label: string): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { metric: name, labels, value } of measured) {
    const key = labels[label];
    if (name === metric && key !== undefined) found[key] = (found[key] ?? 0) + value;
  }
  return found;
}
