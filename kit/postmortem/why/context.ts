import type { RunState } from "../../fold.ts";
import type { Identity } from "../../identity.ts";
import type { LockRow, RunRow } from "../../journal.ts";
import type { Fault, JournalEntry } from "../../timeline.ts";
import type { WhyTopic } from "./topics.ts";

export type WhyContext = {
  readonly now: Date;
  readonly you: Identity;
  readonly row?: RunRow;
  /** The decision table, when the runbook here is the one that decided; else why there is none. */
  readonly rules:
    | { readonly known: true; readonly table: Readonly<Record<string, string>> }
    | { readonly known: false; readonly because: string };
  /** Who may approve where the run is, by its environment's file. */
  readonly approvers:
    | { readonly known: true; readonly names: readonly string[] }
    | { readonly known: false; readonly because: string };
  readonly locks:
    | { readonly known: true; readonly held: readonly LockRow[] }
    | { readonly known: false; readonly because: string };
  /** Refusals of commands that named this run. */
  readonly refusals: readonly {
    readonly at: string;
    readonly tried: string;
    readonly by: Identity;
    readonly fault: Fault;
  }[];
};

export type WhyRule = {
  readonly rule: string;
  readonly says: string;
  readonly came: "did not match" | "matched" | "not asked";
};

/** An answer: one sentence, what it rests on, and the decision table where that is the matter. */
export type Why = {
  readonly topic: WhyTopic;
  readonly answer: string;
  readonly facts: readonly (readonly [label: string, text: string])[];
  readonly rules: readonly WhyRule[];
  /** What the answer itself asks for, where that is not what the run's state would suggest. */
  readonly todo?: "resume" | "plan-again";
};

/** An answer before it is known which question it answers. */
export type Answer = Omit<Why, "topic" | "rules"> & { readonly rules?: readonly WhyRule[] };

/** Answers one kind of question. */
export type Answerer = (state: RunState, context: WhyContext, entries: readonly JournalEntry[]) => Answer;
