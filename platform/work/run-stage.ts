import { isCodedError } from "#kit/errors.ts";
import type { Agent, AgentResult, AgentWork, Artifacts } from "../agent.ts";
import { messageOf } from "../service/error-facts.ts";

/** A refusal as it crosses a thread and the network. */
export type StageRefusal = {
  readonly kind: "refused";
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  /** Whether the same request can succeed later. */
  readonly retry: boolean;
};

/** How a stage ended. `stopped`: it was told to, and published nothing from then on. */
export type StageOutcome =
  | { readonly kind: "result"; readonly result: AgentResult }
  | StageRefusal
  | { readonly kind: "stopped" };

/** A stage's work, and whether it has been told to stop. */
export type StageWork = AgentWork & { readonly isStopped: () => boolean };

/** Runs an agent so that it never throws, and so that nothing is published once it is to stop. */
export async function runStage(agent: Agent, { isStopped, ...work }: StageWork): Promise<StageOutcome> {
  try {
    const result = await agent.run({ ...work, artifacts: gated(work.artifacts, isStopped) });
    return isStopped() ? { kind: "stopped" } : { kind: "result", result };
  } catch (error) {
    if (isStopped()) return { kind: "stopped" };
    return refusalOf(error);
  }
}

/** What a failure says to whoever waits for the stage. */
export function refusalOf(error: unknown): StageRefusal {
  if (isCodedError(error))
    return {
      kind: "refused",
      code: error.code,
      message: error.summary,
      hint: error.hint,
      retry: error.retry !== "never",
    };
  return {
    kind: "refused",
    code: "csrd-defect",
    message: messageOf(error),
    hint: "Read the agent's log; the report is tried again.",
    retry: true,
  };
}

/** The same files, of which nothing more is published once the stage is to stop; what was begun is thrown away. */
function gated(artifacts: Artifacts, isStopped: () => boolean): Artifacts {
  const pass = (): void => {
    if (isStopped()) throw new Error("the stage was stopped");
  };
  return {
    ...artifacts,
    write: async (name, content) => {
      pass();
      await artifacts.write(name, content);
    },
    writer: async (name) => {
      pass();
      const writer = await artifacts.writer(name);
      return {
        write: async (piece) => {
          pass();
          await writer.write(piece);
        },
        close: async () => {
          if (isStopped()) await writer.abort();
          pass();
          await writer.close();
        },
        abort: () => writer.abort(),
      };
    },
  };
}
