import type { LogLevel, Measure } from "../agent.ts";
import type { ModelsBack, ModelsFacts, ModelsSent } from "../llm/remote-models.ts";
import type { FilesSettings } from "../service/settings/storage.ts";
import type { SwitchedOff } from "../service/switches.ts";
import type { StageOutcome } from "./run-stage.ts";

/** File descriptor of the line on which a stage's watch is asked for a profile; the channel needs the stage itself, which computes. */
export const profileLine = 4;

/** Where a stage's process finds its agent: a module, and the name under which it exports the agent. */
export type AgentSource = { readonly module: string; readonly name: string };

/** What a stage's process is told: to begin, to stop, or what is switched off. */
export type StageOrder =
  | {
      readonly kind: "begin";
      readonly source: AgentSource;
      readonly files: FilesSettings;
      readonly reportId: string;
      readonly now: string;
      readonly off: readonly SwitchedOff[];
      /** The language models of the service, where it has some; they are asked through it. */
      readonly models: ModelsFacts | undefined;
    }
  | { readonly kind: "stop" }
  | { readonly kind: "models"; readonly back: ModelsBack }
  | { readonly kind: "switches"; readonly off: readonly SwitchedOff[] };

/** What a stage's process says: how far it is, what it would log or count, and how it ended. */
export type StageMessage =
  | StageNews
  | { readonly kind: "models"; readonly sent: ModelsSent }
  | { readonly kind: "outcome"; readonly outcome: StageOutcome };

/** What a stage says while it works; `started` once it has a process. */
export type StageNews =
  | { readonly kind: "started" }
  | {
      readonly kind: "progress";
      readonly done: number;
      readonly total: number | undefined;
      readonly what: string;
    }
  | {
      readonly kind: "log";
      readonly level: LogLevel;
      readonly message: string;
      readonly context: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: "measure"; readonly measure: Measure };
