import type { RunState } from "../fold.ts";
import type { RunEvent } from "../timeline.ts";
import { glassWord } from "./broken-glass.ts";
import { shownTitle, stepOfKey } from "./items.ts";
import { clockMinute } from "./times.ts";
import { clean } from "./width.ts";

const storyTypes = [
  "round.started",
  "handed.over",
  "child.ended",
  "approval.revoked",
  "approval.escalated",
  "glass.broken",
  "review.done",
  "lock.kept",
  "lock.freed",
  "lock.missing",
  "step.skipped",
  "watch.sampled",
  "watch.judged",
  "signal.received",
  "during.sampled",
] as const satisfies readonly RunEvent["type"][];

/** The events that every surface tells in the same words. */
type StoryEvent = Extract<RunEvent, { readonly type: (typeof storyTypes)[number] }>;

/** Whether an event is told in the same words everywhere; what a surface tells in its own way it asks for before. */
export function isStory(event: RunEvent): event is StoryEvent {
  return (storyTypes as readonly string[]).includes(event.type);
}

/** One sentence of a run's story: a word for the column, a lower-case verb for a timeline, and the text. */
export type Story = {
  readonly word: string;
  readonly verb: string;
  readonly text: string;
  readonly tone: "plain" | "done" | "failed" | "unknown";
  /** False for what only a whole record needs: single samples. */
  readonly notable: boolean;
};

const judged = {
  pass: { word: "Done", tone: "done" },
  fail: { word: "Failed", tone: "failed" },
  inconclusive: { word: "Unknown", tone: "unknown" },
} as const;

/** What happened, in words for any surface; foreign text is cleaned. */
export function storyOf(event: StoryEvent, state: RunState): Story {
  const title = (key: string) => shownTitle(stepOfKey(state, key));
  const name = (by: { readonly name: string }) => clean(by.name, 60);
  const tell = (word: string, verb: string, text: string, more: Partial<Story> = {}): Story => ({
    word,
    verb,
    text,
    tone: "plain",
    notable: true,
    ...more,
  });
  switch (event.type) {
    case "round.started":
      return tell("Again", "again", `round ${event.round}: ${clean(event.because, 300)}`);
    case "handed.over":
      return tell("Handed", "handed", `over to ${clean(event.runbook, 60)}, run ${clean(event.child, 40)}`);
    case "child.ended":
      return tell(
        event.exit === 0 ? "Done" : "Failed",
        "back",
        `from ${clean(event.child, 40)}: ${clean(event.verdict, 600)}`,
        { tone: event.exit === 0 ? "done" : "failed" },
      );
    case "approval.revoked":
      return tell(
        "Revoked",
        "revoked",
        `approval taken back by ${name(event.by)}: ${clean(event.reason, 300)}`,
        { tone: "failed" },
      );
    case "approval.escalated":
      return tell(
        "Waiting",
        "asked",
        `nobody answered; now also asked: ${event.to.map((one) => clean(one, 60)).join(", ")}`,
      );
    case "glass.broken":
      return tell(
        "GLASS",
        "GLASS",
        `${glassWord} by ${name(event.by)}: ${clean(event.reason, 300)}. Skipped: ${event.skips.map((one) => clean(one, 40)).join(", ")}. Until ${clockMinute(event.expiresAt)}; a review is owed`,
        { tone: "failed" },
      );
    case "review.done":
      return tell("Reviewed", "reviewed", `by ${name(event.by)}: ${clean(event.text, 300)}`, {
        tone: "done",
      });
    case "lock.kept":
      return tell(
        "Kept",
        "kept",
        `lock ${clean(event.lock, 80)} until ${clockMinute(event.until)}: ${clean(event.reason, 300)}`,
      );
    case "lock.freed":
      return tell(
        "Unlocked",
        "freed",
        `lock ${clean(event.lock, 80)} by ${name(event.by)}: ${clean(event.reason, 300)}`,
      );
    case "lock.missing":
      return tell(
        "Unlocked",
        "unlocked",
        `goes on without ${clean(event.lock, 80)}: ${clean(event.reason, 300)}`,
        {
          tone: "unknown",
        },
      );
    case "step.skipped":
      return tell("Skipped", "skipped", `${title(event.key)}: ${clean(event.because, 300)}`);
    case "watch.sampled":
      return tell("Running", "saw", `${title(event.key)}: ${clean(event.says, 300)}`, { notable: false });
    case "watch.judged":
      return tell(
        judged[event.verdict].word,
        event.verdict === "pass" ? "passed" : event.verdict === "fail" ? "failed" : "unclear",
        `${title(event.key)}: ${clean(event.because, 300)}`,
        // A pass or a failure is told by the step's own end.
        { tone: judged[event.verdict].tone, notable: event.verdict === "inconclusive" },
      );
    case "signal.received":
      return tell(
        "Signal",
        "signal",
        `${clean(event.signal, 60)} from ${name(event.by)}${event.text === undefined ? "" : `: ${clean(event.text, 300)}`}`,
      );
    case "during.sampled":
      return tell(
        { healthy: "Fine", degraded: "Bad", unhealthy: "Bad", unknown: "Unknown" }[event.health.state],
        "beside",
        `${clean(event.title, 120)}: ${clean(event.health.says, 300)}`,
        { tone: event.health.state === "unhealthy" ? "failed" : "plain" },
      );
  }
}
