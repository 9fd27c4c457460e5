import type { Question, Tokens } from "./port.ts";

/** How a model is held to its answer: by a schema of its output, or by a tool that it has to call. */
export type AnswerFormat = "schema" | "tool";

/** One request as both vendors' clients need it. */
export type WireRequest = Question & {
  readonly model: string;
  readonly format: AnswerFormat;
  /** Temperature 0 and a seed, where the protocol offers them. */
  readonly fixed: boolean;
};

/** What a model said, and how it ended. */
export type Spoken = {
  readonly text: string;
  readonly end: "complete" | "length" | "refusal" | "cut";
  readonly tokens: Tokens;
  readonly model: string;
};

/** A vendor's client. Both throw whatever the vendor's own client throws. */
export interface Vendor {
  /** Reads the vendor's client into memory, which can take longer than an answer. */
  load(): Promise<void>;
  /** Streams one answer; `onPiece` is called with everything that arrives. */
  speak(request: WireRequest, signal: AbortSignal, onPiece: () => void): Promise<Spoken>;
  /** Ids of the models that the key may use. */
  models(signal: AbortSignal): Promise<readonly string[]>;
}

/** How a vendor is reached. */
export type VendorPlace = {
  readonly url: string | undefined;
  /** Read before every call, so that a rotated key is found. */
  readonly key: () => Promise<string>;
  readonly timeoutMs: number;
};
