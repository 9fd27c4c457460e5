import { type LlmVendor, llmVendors } from "../contract.ts";
import type { SwitchedOff } from "../service/switches.ts";
import type { Failure } from "./failure.ts";
import type { JsonSchema } from "./schema.ts";

/** One question to a language model, as plain data; the answer is the text of one JSON value of `schema`. */
export type Question = {
  /** What the answer is called on the wire; letters and underscores. */
  readonly name: string;
  /** What the model is told by us. */
  readonly system: string;
  /** What it is asked; whatever comes from a company stands in it as data. */
  readonly prompt: string;
  readonly schema: JsonSchema;
  readonly mostTokens: number;
};

/** Tokens that a call was charged for. */
export type Tokens = { readonly input: number; readonly output: number };

/** Who was asked and what it took; with an answer and with a failure. */
type Call = {
  /** The model's name in our chain. */
  readonly name: string;
  readonly provider: Provider;
  /** The model id that was asked for. */
  readonly model: string;
  readonly ms: number;
  readonly tokens: Tokens;
  /** US dollars at the configured prices; undefined where none are configured. */
  readonly costUsd: number | undefined;
};

/** How a question ended. */
export type Asked =
  | (Call & {
      readonly kind: "answer";
      /** The raw answer, whole. */
      readonly text: string;
      /** The model id that the vendor says has answered. */
      readonly answeredBy: string;
    })
  | (Call & { readonly kind: "failed" } & Failure);

/** Whether a vendor can be reached, how long it took, and whether it still has the model (undefined: it did not say). */
type Reach =
  | { readonly reachable: true; readonly ms: number; readonly hasModel: boolean | undefined }
  | { readonly reachable: false; readonly ms: number; readonly failure: Failure };

/** The wire protocols we speak; `openai` is also that of every compatible server. */
export const providers = llmVendors;
export type Provider = LlmVendor;

/** One language model of one vendor. Nothing it does throws. */
export interface LanguageModel {
  readonly name: string;
  readonly provider: Provider;
  readonly model: string;
  /** Asks once, within this model's time limits. */
  ask(question: Question, signal: AbortSignal): Promise<Asked>;
  /** Looks whether it is there, without asking anything that costs. */
  look(signal: AbortSignal): Promise<Reach>;
}

/** What was tried for one question, in order, when it took more than one attempt. */
export type Attempt = Pick<Call, "name" | "provider" | "model"> & Pick<Failure, "code" | "says">;

/** How a question to the whole chain ended, and what failed on the way there. */
export type Heard = Asked & { readonly tried: readonly Attempt[] };

/** What a chain of models is like now. */
export type ModelsHealth = {
  readonly reachable: boolean;
  /** Milliseconds of the look at the first model that answers. */
  readonly ms: number;
  readonly slow: boolean;
  readonly provider: string;
  readonly model: string;
  /** The first model's breaker. */
  readonly breaker: "closed" | "half-open" | "open";
  /** What is wrong; undefined when nothing is. */
  readonly reason: string | undefined;
};

/** What is asked and taken, as it is set for all questions. */
export type Manner = {
  /** Whether the company's own texts go along. */
  readonly companyTexts: "withheld" | "redacted";
  readonly mostTokens: number;
  /** Points by which a score may differ from that of the rules and still be taken. */
  readonly mostDeparture: number;
};

/** The named chain of models, as an agent is handed it. Nothing it does throws. */
export interface Models {
  /** The chain by its names, `offline` included where the offline rules may take over. */
  readonly chain: readonly string[];
  /** What stands behind each name. */
  readonly models: readonly Pick<LanguageModel, "name" | "provider" | "model">[];
  /** Milliseconds that one assessment may take altogether. */
  readonly budgetMs: number;
  readonly manner: Manner;
  /** What keeps us from asking at all, or one vendor, and from using what was answered earlier. */
  readonly off?: (provider?: Provider) => SwitchedOff | undefined;
  ask(question: Question, signal: AbortSignal): Promise<Heard>;
  /** Looks at the vendors; at most once a minute, the latest answer in between. */
  health(): Promise<ModelsHealth>;
}
