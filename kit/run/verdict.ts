import { formatMs } from "../duration.ts";
import type { RunState, StepState } from "../fold.ts";
import type { Fault, Outcome } from "../timeline.ts";
import { reviewOwed } from "./glass.ts";

/** Exit status of each outcome; source: docs/tour.md, "Exit codes". */
export const outcomeExits: Readonly<Record<Outcome, number>> = {
  solved: 0,
  "all-clear": 0,
  planned: 10,
  escalated: 3,
  "handed-over": 3,
  "not-verified": 4,
  "step-failed": 4,
  "approval-refused": 5,
  "approval-expired": 5,
  guarded: 6,
  unknown: 7,
  interrupted: 130,
  undone: 8,
  defect: 1,
};

/** The one sentence that terminal, Slack, PagerDuty and post-mortem all show. */
export function verdictOf(state: RunState, outcome: Outcome, fault: Fault | undefined, now: Date): string {
  const verdict = howItEnded(state, outcome, fault, now);
  if (!reviewOwed(state)) return verdict;
  return `${verdict} ${state.glass?.by.name ?? "Somebody"} broke the glass for it: somebody else has to review it.`;
}

function howItEnded(state: RunState, outcome: Outcome, fault: Fault | undefined, now: Date): string {
  const took = formatMs(Math.max(0, now.getTime() - Date.parse(state.askedAt)));
  const all = [...state.earlier, ...state.steps];
  const done = all.filter((step) => step.state === "done").length;
  const progress = `${done} of ${all.length} ${all.length === 1 ? "step" : "steps"} done${state.round > 1 ? ` in ${state.round} rounds` : ""}`;
  const changed = all.some(mayHaveChanged) ? `${progress}.` : "Nothing was changed.";
  const checks = (state.verify?.checks ?? []).map((check) => lowerFirst(check.title)).join(" and ");
  switch (outcome) {
    case "solved":
      return `Solved in ${took}: ${checks}, steady for ${formatMs(state.verify?.steadyMs ?? 0)}; ${progress}.`;
    case "all-clear":
      return `All clear: ${state.decision?.because ?? "nothing to do"}. Nothing was changed.`;
    case "planned":
      return `Planned ${state.steps.length} ${state.steps.length === 1 ? "step" : "steps"} because ${state.decision?.because ?? "of the findings"}. Nothing was changed.`;
    case "escalated":
      return `Needs a person: ${trimmed(fault?.summary ?? state.decision?.because ?? "nothing explains it")}. ${changed}`;
    case "handed-over":
      if (state.child?.ended !== undefined)
        return `Handed over to ${state.child.runbook} (${state.child.run}): ${state.child.ended.verdict}${ownProof(state)}`;
      return `Another runbook fits: ${state.decision?.handOver?.runbook ?? "?"}, because ${state.decision?.because ?? ""}. ${changed}`;
    case "not-verified":
      return `Acted but not verified: ${fault?.summary ?? worstCheck(state)} ${progress}.`;
    case "step-failed": {
      const failed = state.steps.find((step) => step.state === "failed");
      return `Stopped at step ${failed?.key ?? "?"} of ${state.steps.length}, ${failed?.title ?? ""}: ${fault?.summary ?? failed?.fault?.summary ?? ""} ${progress}.`;
    }
    case "approval-refused":
      if (fault !== undefined && state.refusal === undefined) return `${fault.summary} ${changed}`;
      return `Refused by ${state.refusal?.by.name ?? "an approver"}: ${state.refusal?.reason ?? "no reason given"}. ${changed}`;
    case "approval-expired":
      return `Nobody approved in time. ${changed}`;
    case "guarded":
      return `${fault?.summary ?? "A guard refused."} ${changed}`;
    case "unknown": {
      const unclear = state.steps.find((step) => step.state === "unknown" || step.state === "running");
      if (fault?.code === "lock-lost" && unclear === undefined)
        return `${fault.summary} Look before retrying. ${progress}.`;
      const why = fault?.code === "lock-lost" ? ` ${fault.summary}` : "";
      return `Unknown whether "${unclear?.title ?? "the last step"}" happened; look before retrying.${why} ${progress}.`;
    }
    case "interrupted":
      return state.interrupted === undefined && fault !== undefined
        ? `Stopped: ${fault.summary} ${changed}`
        : `Stopped by ${state.interrupted ?? "a signal"}. ${changed}`;
    case "undone": {
      const back = all.filter((step) => step.state === "undone").length;
      const stays = all.filter(
        (step) => step.kind === "step" && step.state === "done" && step.undoes === undefined,
      );
      const why = fault === undefined ? "" : `, because ${lowerFirst(trimmed(fault.summary))}`;
      return `Undone: ${back} ${back === 1 ? "step" : "steps"} taken back${why}${stays.length === 0 ? "" : `; not taken back: ${stays.map((step) => step.title).join(", ")}`}.`;
    }
    case "defect":
      return `${fault?.summary ?? "The tool itself failed."} ${changed}`;
  }
}

/** Done, under way, not known, or accepted and then failed; a refused call changed nothing. */
function mayHaveChanged({ state, kind, acted }: StepState): boolean {
  if (state === "done") return true;
  if (kind !== "step") return false;
  return state === "running" || state === "unknown" || (state === "failed" && acted === true);
}

function worstCheck(state: RunState): string {
  const bad = state.verify?.checks.find((check) => check.health?.state !== "healthy");
  return bad === undefined
    ? "a check did not hold."
    : `${lowerFirst(bad.title)} is not so: ${bad.health?.says ?? "not looked at"};`;
}

/** What the parent's own checks said after the child. */
function ownProof({ verify }: RunState): string {
  if (verify === undefined) return "";
  const checks = verify.checks.map((check) => lowerFirst(check.title)).join(" and ");
  return verify.state === "held" ? ` Proven here too: ${checks}.` : ` Not proven here: ${checks}.`;
}

function trimmed(sentence: string): string {
  return sentence.replace(/[.]$/, "");
}

function lowerFirst(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}
