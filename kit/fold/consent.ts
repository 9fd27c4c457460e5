import { samePerson } from "../identity.ts";
import type { RunEvent } from "../timeline.ts";
import { hasActed, type Change, type RunState } from "./state.ts";

type Told = Extract<
  RunEvent,
  {
    readonly type:
      | "approval.asked"
      | "approval.given"
      | "approval.refused"
      | "approval.expired"
      | "approval.revoked"
      | "approval.escalated"
      | "glass.broken"
      | "review.done";
  }
>;

/** Approvals, broken glass and its review. */
export function consentChange(state: RunState, event: Told, at: string): Change {
  switch (event.type) {
    case "approval.asked":
      return {
        phase: "waiting",
        approvalAsked: { at, expiresAt: event.expiresAt, ifSilent: event.ifSilent },
      };
    case "approval.given":
      return event.digest === state.plan?.digest
        ? { approvals: [...state.approvals, { by: event.by, at }] }
        : {};
    case "approval.refused":
      return event.digest === state.plan?.digest && !hasActed(state)
        ? { refusal: { by: event.by, at, reason: event.reason } }
        : {};
    case "approval.expired":
      return { expired: true };
    case "approval.revoked":
      // Once something was done it is too late: from then on there is undo.
      return event.digest === state.plan?.digest && !hasActed(state)
        ? {
            approvals: state.approvals.filter(({ by }) =>
              event.of === undefined ? !samePerson(by, event.by) : !event.of.includes(by.name),
            ),
            revoked: [...state.revoked, { by: event.by, at, reason: event.reason }],
          }
        : {};
    case "approval.escalated":
      return { escalations: [...state.escalations, { to: event.to, at }] };
    case "glass.broken": {
      const { by, reason, skips, expiresAt } = event;
      return { glass: { by, at, reason, skips, expiresAt } };
    }
    case "review.done":
      return { reviewed: { by: event.by, at, text: event.text } };
  }
}
