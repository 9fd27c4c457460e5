import type { RunState } from "../../fold.ts";
import type { JournalEntry } from "../../timeline.ts";
import { whyApprove } from "./approve.ts";
import type { Answerer, Why, WhyContext } from "./context.ts";
import { whyDecided } from "./decided.ts";
import { whyFailed } from "./failed.ts";
import { whyLock } from "./lock.ts";
import { whyChanged, whyRefused } from "./refused.ts";
import { topicNow, type WhyTopic } from "./topics.ts";
import { whyWaits } from "./waits.ts";

export function whyOf(
  entries: readonly JournalEntry[],
  state: RunState,
  context: WhyContext,
  topic: WhyTopic | undefined,
): Why {
  const about = topic ?? topicNow(state);
  const made = answers[about](state, context, entries);
  return { topic: about, rules: [], ...made };
}

const answers: Readonly<Record<WhyTopic, Answerer>> = {
  decided: whyDecided,
  waits: whyWaits,
  approve: whyApprove,
  refused: whyRefused,
  changed: whyChanged,
  lock: whyLock,
  failed: whyFailed,
};
