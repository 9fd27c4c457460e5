import type { PlanItem } from "./plan.ts";

/** What every decision carries: which rule decided, and the clause that finishes "Because …". */
type Reason = {
  /** Name of the row that matched; kebab-case, stable, shown as "rule api-down". */
  readonly rule: string;
  /** Lower-case clause finishing "Because …". */
  readonly because: string;
};

/** A runbook that a person may start next, and with what; nothing of it is started by itself. */
export type Lead = { readonly runbook: string; readonly params: Readonly<Record<string, string>> };

/** What `decide` says after looking. */
export type Decision =
  | (Reason & { readonly kind: "all-clear" })
  | (Reason & {
      readonly kind: "plan";
      readonly items: readonly PlanItem[];
      readonly leavesAlone: readonly string[];
    })
  | (Reason & { readonly kind: "escalate"; readonly leads?: readonly Lead[] })
  | (Reason & {
      readonly kind: "hand-over";
      readonly runbook: string;
      readonly params: Readonly<Record<string, unknown>>;
    });

/** Nothing to do. */
export function allClear(reason: Reason): Decision {
  return { kind: "all-clear", ...reason };
}

/** These items, in this order. `leavesAlone` names what a reader might fear is touched and is not. */
export function plan(
  reason: Reason & { readonly leavesAlone?: readonly string[] },
  items: readonly PlanItem[],
): Decision {
  const { leavesAlone = [], ...rest } = reason;
  return { kind: "plan", ...rest, items, leavesAlone };
}

/** A person must take it from here; `leads` are runbooks that fit, the most urgent first. */
export function escalate(reason: Reason & { readonly leads?: readonly Lead[] }): Decision {
  return { kind: "escalate", ...reason };
}

/** Another runbook is the right one; it makes its own plan and asks for its own approval. */
export function handOver(
  runbook: { readonly id: string },
  params: Readonly<Record<string, unknown>>,
  reason: Reason,
): Decision {
  return { kind: "hand-over", runbook: runbook.id, params, ...reason };
}
