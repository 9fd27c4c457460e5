import { toMs } from "../duration.ts";
import { OpsError } from "../errors.ts";
import type { SignalState, StepState } from "../fold.ts";
import type { WaitCall } from "../plan.ts";
import { lockTaken } from "./lease.ts";
import { fail, stepOf, type Acting, type ItemEnd } from "./acting.ts";

/**
 * Waits until a signal of that name is in the journal, from whoever it comes: a person who did a manual step, a webhook, another
 * tool. Silence ends as the plan says.
 */
export async function doWait(acting: Acting, key: string): Promise<ItemEnd> {
  const step = stepOf(acting, key);
  if (step.kind !== "wait") return "done";
  const { input } = step;
  const withinMs = toMs(input.within);
  const over = (since: string | undefined) =>
    since === undefined || acting.clock.now().getTime() >= Date.parse(since) + withinMs;
  // A wait that was silent to its end begins anew when a person resumes the run; one under way keeps its end.
  if (step.state !== "waiting" || over(step.startedAt)) {
    if (acting.stopping()) return "stopped";
    acting.boundary();
    await acting.recorder.record({
      type: "step.started",
      key,
      title: step.title,
      attempt: step.attempts + 1,
      before: undefined,
      withinMs,
    });
  }
  const since = Date.parse(stepOf(acting, key).startedAt ?? acting.recorder.state.lastAt);
  const released = input.lock === "release" && (await letLockGo(acting));
  const answer = await answerTo(acting, step.action, since + withinMs);
  if (released && answer !== "left" && answer !== "stopped") await takeLockBack(acting);
  if (typeof answer !== "string") return said(acting, step, answer, since);
  return answer === "silent" ? silent(acting, step, input.ifSilent, since) : answer;
}

/** Waits for a signal of that name until then; says what else ended the waiting. */
export async function answerTo(
  acting: Acting,
  name: string,
  until: number,
): Promise<SignalState | "silent" | "stopped" | "left"> {
  const { recorder, clock, readers, signal } = acting;
  for (;;) {
    await recorder.sync();
    const answer = recorder.state.signals.find((one) => one.signal === name);
    if (answer !== undefined) return answer;
    acting.boundary();
    if (acting.stopping()) return "stopped";
    if (clock.now().getTime() >= until) return "silent";
    if (!acting.wait) return "left";
    await clock.sleep(Math.min(500, toMs(readers.times.poll)), signal);
  }
}

async function said(acting: Acting, step: StepState, answer: SignalState, since: number): Promise<ItemEnd> {
  const { by, text, value } = answer;
  await acting.recorder.record({
    type: "step.done",
    key: step.key,
    effect: `${by.name} said so${text === undefined ? "" : `: ${text}`}`,
    tookMs: acting.clock.now().getTime() - since,
    result: {
      by: by.name,
      ...(text === undefined ? {} : { text }),
      ...(value === undefined ? {} : { value }),
    },
  });
  return "done";
}

async function silent(
  acting: Acting,
  step: StepState & WaitCall,
  ifSilent: WaitCall["input"]["ifSilent"],
  since: number,
): Promise<ItemEnd> {
  const because = `nobody said "${step.action}" within ${step.input.within}`;
  if (ifSilent === "stop") return "held";
  if (ifSilent === "go-on") {
    await acting.recorder.record({
      type: "step.skipped",
      key: step.key,
      because: `${because}; the plan goes on without`,
    });
    return "done";
  }
  const error = new OpsError("wait-silent", {
    summary: `${because.charAt(0).toUpperCase()}${because.slice(1)}.`,
    hint: "What was done before it is taken back, as the plan says.",
  });
  await fail(acting, step, error, acting.clock.now().getTime() - since);
  return "turn-back";
}

async function letLockGo({ holding, recorder }: Acting): Promise<boolean> {
  const { lock } = holding;
  if (lock === undefined || !(await holding.releaseLock())) return false;
  await recorder.record({ type: "lock.released", lock: lock.lock, why: "while it waits" });
  return true;
}

/** Throws `lock-held` when somebody else works there now; the answer stays in the journal, and `ops resume` goes on. */
async function takeLockBack({ holding, recorder }: Acting) {
  await recorder.record(lockTaken(await holding.retakeLock()));
}
