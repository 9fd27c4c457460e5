import { createHash } from "node:crypto";
import { canonicalJson } from "./canonical.ts";
import type { Duration } from "./duration.ts";

/** How much harm a step can do. Never synonyms, never only a colour. */
export const risks = ["safe", "reversible", "disruptive", "destructive"] as const;
export type Risk = (typeof risks)[number];

/** What people answer for beside running the platform; a step may need the word of one of them. */
export const answering = ["compliance"] as const;
export type Answering = (typeof answering)[number];

declare const gives: unique symbol;

/** What `decide` returns for one step: which action, with which input. Plain data; the result's type is for `ref` alone. */
export type StepCall<Result = unknown> = {
  readonly kind: "step";
  readonly action: string;
  readonly input: unknown;
  readonly [gives]?: Result;
};

/** Watches for a while before going on: which watch of the runbook, with which input. */
export type WatchCall = { readonly kind: "watch"; readonly action: string; readonly input: unknown };

/** Waits for a person, a webhook or another tool: the name of the signal, and what silence means. */
export type WaitCall = { readonly kind: "wait"; readonly action: string; readonly input: Waiting };

/** What is waited for. */
export type Waiting = {
  /** What a person is to do, or what must happen outside: "Point the DNS record at the new load balancer". */
  readonly ask: string;
  readonly within: Duration;
  /** What silence means: stop with everything as it is, take back what was done, or go on without. Never yes by default. */
  readonly ifSilent: "stop" | "undo" | "go-on";
  /** Whether the run keeps its lock meanwhile. */
  readonly lock: "hold" | "release";
};

/** One thing that is done, watched or waited for. */
export type PlanCall = StepCall | WatchCall | WaitCall;

/** Steps that run at the same time; all are finished before anything follows. */
export type Together = { readonly kind: "together"; readonly steps: readonly StepCall[] };

/** Steps over many targets, a batch at a time, every batch written out. */
export type Batches = {
  readonly kind: "batches";
  readonly batches: readonly (readonly StepCall[])[];
  /** Targets in service that must remain while a batch is out. */
  readonly floor: number;
  /** How many targets may fail before no further batch begins: exact, over all batches. */
  readonly mayFail: number;
};

/** Everything a plan can consist of. */
export type PlanItem = PlanCall | Together | Batches;

/** The group a step belongs to: those of one batch run at the same time, batches one after the other. */
export type StepGroup = {
  /** Key of the group: "3". */
  readonly key: string;
  readonly kind: "together" | "batches";
  /** From 1. */
  readonly batch: number;
  readonly of: number;
  readonly floor: number;
  readonly mayFail: number;
};

/** A plan item with what people need to read, computed once when the plan is made. */
export type PlannedStep = PlanCall & {
  /** Position as text, from "1", "3.2" inside a group, "R2-1" in a second round; stable for the life of the run. */
  readonly key: string;
  /** Imperative title: "Restart api-1". */
  readonly title: string;
  readonly risk: Risk;
  /** What exactly will happen: "reboot i-0a1 (api-1), wait until the load balancer calls it healthy". */
  readonly preview: string;
  /** Names of what it touches; the blast radius is their union. */
  readonly targets: readonly string[];
  /** Key of the step that this one takes back. */
  readonly undoes?: string;
  /** True when the action has an `undo`. */
  readonly undoable: boolean;
  /** Longest time the step may take, in milliseconds. */
  readonly withinMs: number;
  readonly group?: StepGroup;
};

/** What is approved and then run; nothing else can run under its digest. */
export type Plan = {
  readonly digest: string;
  readonly steps: readonly PlannedStep[];
  readonly leavesAlone: readonly string[];
  readonly madeAt: string;
  readonly expiresAt: string;
  readonly strictest: Risk;
  /** Whose word a step of it needs, whatever else the policy asks for. */
  readonly wordOf?: Answering;
  /** What was left out on request: titles, for people; and what was called, for looking again. */
  readonly without?: readonly { readonly title: string; readonly call: PlanCall }[];
};

/** What the digest covers. A change in any of it makes another plan. */
export type PlanIdentity = {
  readonly runbook: string;
  /** Hash of the runbook's content, code included. */
  readonly content: string;
  /** Which environment this is, by its own identity: name, account, region. */
  readonly environment: Readonly<Record<string, string>>;
  readonly params: Readonly<Record<string, unknown>>;
  /** From 2; a first round has none. */
  readonly round?: number;
  readonly steps: readonly (Pick<PlanCall, "kind" | "action" | "input"> & { readonly group?: StepGroup })[];
};

/** SHA-256, hex, of the canonical JSON of what the plan covers. */
export function planDigest(identity: PlanIdentity): string {
  return createHash("sha256").update(canonicalJson(identity)).digest("hex");
}

/** A digest as people read and type it: `9f3c-1e77`. */
export function shortDigest(digest: string): string {
  return `${digest.slice(0, 4)}-${digest.slice(4, 8)}`;
}

/** True when what a person typed names this digest: short form, with or without the dash, or the whole. */
export function digestMatches(digest: string, typed: string): boolean {
  const bare = typed.toLowerCase().replaceAll("-", "");
  return bare.length >= 8 && digest.startsWith(bare);
}

/** The riskiest of the steps; its policy rules the whole plan. */
export function strictestRisk(steps: readonly { readonly risk: Risk }[]): Risk {
  return risks[Math.max(0, ...steps.map((step) => risks.indexOf(step.risk)))] ?? "safe";
}
