import { createHash } from "node:crypto";
import { canonicalJson } from "./canonical.ts";

/** How much harm a step can do. Never synonyms, never only a colour. */
export const risks = ["safe", "reversible", "disruptive", "destructive"] as const;
export type Risk = (typeof risks)[number];

/** What `decide` returns for one step: which action, with which input. Plain data. */
export type StepCall = { readonly kind: "step"; readonly action: string; readonly input: unknown };

/** Everything a plan can consist of. */
export type PlanItem = StepCall;

/** A plan item with what people need to read, computed once when the plan is made. */
export type PlannedStep = StepCall & {
  /** Position as text, from "1"; stable for the life of the run. */
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
};

/** What is approved and then run; nothing else can run under its digest. */
export type Plan = {
  readonly digest: string;
  readonly steps: readonly PlannedStep[];
  readonly leavesAlone: readonly string[];
  readonly madeAt: string;
  readonly expiresAt: string;
  readonly strictest: Risk;
};

/** What the digest covers. A change in any of it makes another plan. */
export type PlanIdentity = {
  readonly runbook: string;
  /** Hash of the runbook's content, code included. */
  readonly content: string;
  /** Which environment this is, by its own identity: name, account, region. */
  readonly environment: Readonly<Record<string, string>>;
  readonly params: Readonly<Record<string, unknown>>;
  readonly steps: readonly StepCall[];
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
