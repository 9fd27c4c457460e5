import type { Health } from "../check.ts";
import type { JournalEntry } from "../timeline.ts";

/** One attempt to prove that the trouble is gone. */
export type Proof = {
  readonly startedAt: string;
  readonly withinMs: number;
  readonly steadyMs: number;
  readonly checks: readonly { readonly id: string; readonly title: string; readonly health?: Health }[];
  /** How it ended; absent when the record stops before. */
  readonly end?:
    | { readonly held: true; readonly at: string; readonly says: string; readonly steadyMs: number }
    | { readonly held: false; readonly at: string; readonly check: string; readonly health: Health };
};

/** Every proof that was begun, in order. */
export function proofsOf(entries: readonly JournalEntry[]): readonly Proof[] {
  const proofs: Proof[] = [];
  for (const { event, at } of entries) {
    const last = proofs.at(-1);
    if (event.type === "verify.started") {
      const { withinMs, steadyMs, checks } = event;
      proofs.push({ startedAt: at, withinMs, steadyMs, checks });
    } else if (last !== undefined && event.type === "verify.sampled") {
      const checks = last.checks.map((check) =>
        check.id === event.check ? { ...check, health: event.health } : check,
      );
      proofs[proofs.length - 1] = { ...last, checks };
    } else if (last !== undefined && event.type === "verify.held")
      proofs[proofs.length - 1] = {
        ...last,
        end: { held: true, at, says: event.says, steadyMs: event.steadyMs },
      };
    else if (last !== undefined && event.type === "verify.failed")
      proofs[proofs.length - 1] = {
        ...last,
        end: { held: false, at, check: event.check, health: event.health },
      };
  }
  return proofs;
}
