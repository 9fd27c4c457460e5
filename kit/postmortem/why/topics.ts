import type { RunState } from "../../fold.ts";

export const whyTopics = ["decided", "waits", "approve", "refused", "changed", "lock", "failed"] as const;

export type WhyTopic = (typeof whyTopics)[number];

const words: readonly (readonly [WhyTopic, RegExp])[] = [
  ["lock", /\b(lock\w*|held|holds?|busy|fence)\b/i],
  ["changed", /\b(stale|chang\w*|differ\w*|moved|expir\w*|outdated)\b/i],
  ["waits", /\b(wait\w*|stuck|hang\w*|slow|idle)\b/i],
  ["approve", /\b(approv\w*|allowed|may|agree\w*|permi\w*|who)\b/i],
  ["refused", /\b(refus\w*|reject\w*|den(y|ied)|block\w*|guard\w*|forbid\w*)\b/i],
  ["failed", /\b(fail\w*|unknown|verif\w*|stop\w*|undo\w*|interrupt\w*|ended?|wrong)\b/i],
  ["decided", /\b(deci\w*|rule|plan\w*|escalat\w*|hand\w*|choos\w*|chose\w*)\b/i],
];

export function topicOf(question: string): WhyTopic | undefined {
  const named = whyTopics.find((topic) => topic === question.trim().toLowerCase());
  return named ?? words.find(([, pattern]) => pattern.test(question))?.[0];
}

/** What helps most to know where the run stands now. */
export function topicNow(state: RunState): WhyTopic {
  const { ended } = state;
  if (ended === undefined) return "waits";
  switch (ended.outcome) {
    case "solved":
    case "all-clear":
    case "planned":
    case "escalated":
    case "handed-over":
      return ended.fault === undefined ? "decided" : "failed";
    case "approval-refused":
      return "refused";
    case "approval-expired":
      return "changed";
    case "guarded":
      return ended.fault?.code === "lock-held"
        ? "lock"
        : ended.fault?.code === "plan-stale"
          ? "changed"
          : "refused";
    case "step-failed":
    case "not-verified":
    case "unknown":
    case "interrupted":
    case "undone":
    case "defect":
      return "failed";
  }
}
