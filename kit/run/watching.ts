import { toMs } from "../duration.ts";
import { OpsError } from "../errors.ts";
import { toFault } from "../fault.ts";
import type { Finding } from "../finding.ts";
import { limitOf, stoppable } from "../limit.ts";
import { pure } from "../pure.ts";
import type { StepState } from "../fold.ts";
import type { AnyWatch, Judgement } from "../watch.ts";
import { fail, stepOf, type Acting, type ItemEnd } from "./acting.ts";
import { limitMs } from "./planning.ts";
import { answerTo } from "./waiting.ts";

const shortestLookMs = 5_000;

/**
 * Looks, journals each sample, and judges all of them so far. Passed: on to the next item. Failed: what was done before is taken
 * back. Inconclusive, or undecided at the end: everything holds, and a person is asked.
 */
export async function doWatch(acting: Acting, key: string): Promise<ItemEnd> {
  const begun = stepOf(acting, key);
  if (begun.judged?.verdict === "inconclusive") return askPerson(acting, begun);
  if (begun.state !== "running") {
    if (acting.stopping()) return "stopped";
    acting.boundary();
    await acting.recorder.record({
      type: "step.started",
      key,
      title: begun.title,
      attempt: begun.attempts + 1,
      before: undefined,
      withinMs: begun.withinMs,
    });
  }
  const watch = watchOf(acting, begun);
  const everyMs = limitMs(watch.every, acting.readers.times);
  // As many samples as the watch was planned with, however long it lay dead in between.
  const most = Math.max(1, Math.floor(begun.withinMs / everyMs) + 1);
  for (;;) {
    const { samples = [] } = stepOf(acting, key);
    const { verdict, because } = judgement(watch, samples, begun, most);
    if (verdict === "pass") return passed(acting, begun, because);
    if (verdict === "fail") return failed(acting, begun, because);
    if (verdict === "inconclusive") {
      await acting.recorder.record({ type: "watch.judged", key, verdict, because });
      return askPerson(acting, begun);
    }
    if (acting.stopping()) return "stopped";
    acting.boundary();
    if (samples.length > 0) await acting.clock.sleep(everyMs, acting.signal);
    const sample = await look(acting, watch, begun, everyMs);
    await acting.recorder.record({ type: "watch.sampled", key, sample, says: saysOf(watch, sample) });
  }
}

function judgement(
  watch: AnyWatch,
  samples: readonly Finding<unknown>[],
  { input, title }: StepState,
  most: number,
): Judgement {
  if (samples.length === 0) return { verdict: "continue", because: "nothing was seen yet" };
  const judged = pure(`The judge of "${title}"`, () => watch.judge(samples, input));
  if (judged.verdict !== "continue" || samples.length < most) return judged;
  return {
    verdict: "inconclusive",
    because: `after ${samples.length} looks it is still undecided: ${judged.because}`,
  };
}

async function look(
  { readers, clock, signal }: Acting,
  watch: AnyWatch,
  { input }: StepState,
  everyMs: number,
): Promise<Finding<unknown>> {
  const limit = limitOf(clock, Math.max(everyMs, shortestLookMs));
  const stop = AbortSignal.any([limit.signal, signal]);
  const at = () => clock.now().toISOString();
  try {
    const looking = watch.look({ ...readers, input, signal: stop });
    return { known: true, value: await stoppable(looking, stop), at: at() };
  } catch (error) {
    if (signal.aborted) throw error;
    return { known: false, reason: error instanceof Error ? error.message : String(error), at: at() };
  } finally {
    limit.clear();
  }
}

function saysOf(watch: AnyWatch, sample: Finding<unknown>): string {
  if (!sample.known) return `not known: ${sample.reason}`;
  try {
    return pure(`The read of "${watch.title}"`, () => watch.read(sample.value));
  } catch (error) {
    return toFault(error).summary;
  }
}

async function passed(acting: Acting, { key }: StepState, because: string): Promise<ItemEnd> {
  await acting.recorder.record({ type: "watch.judged", key, verdict: "pass", because });
  await acting.recorder.record({ type: "step.done", key, effect: because, tookMs: took(acting, key) });
  return "done";
}

async function failed(acting: Acting, step: StepState, because: string): Promise<ItemEnd> {
  const { key, title } = step;
  await acting.recorder.record({ type: "watch.judged", key, verdict: "fail", because });
  const error = new OpsError("watch-failed", {
    summary: `"${title}" failed: ${because}.`,
    hint: "What was done before it is taken back.",
  });
  await fail(acting, step, error, took(acting, key));
  return "turn-back";
}

/** Everything holds until somebody says `go-on` or `undo`, as a signal named after the step's key. */
async function askPerson(acting: Acting, step: StepState): Promise<ItemEnd> {
  const patienceMs = toMs(acting.readers.times.planExpiry);
  const answer = await answerTo(acting, step.key, acting.clock.now().getTime() + patienceMs);
  if (typeof answer === "string") return answer === "silent" ? "held" : answer;
  const word = answer.value ?? answer.text;
  const because = step.judged?.because ?? stepOf(acting, step.key).judged?.because ?? "it was undecided";
  if (word === "go-on") {
    const effect = `${answer.by.name} said go on, although ${because}`;
    await acting.recorder.record({
      type: "step.done",
      key: step.key,
      effect,
      tookMs: took(acting, step.key),
    });
    return "done";
  }
  const error = new OpsError("watch-failed", {
    summary: `${answer.by.name} said undo, because "${step.title}" was undecided: ${because}.`,
    hint: "What was done before it is taken back.",
  });
  await fail(acting, step, error, took(acting, step.key));
  return "turn-back";
}

function took(acting: Acting, key: string): number {
  return (
    acting.clock.now().getTime() - Date.parse(stepOf(acting, key).startedAt ?? acting.recorder.state.lastAt)
  );
}

function watchOf({ runbook }: Acting, { action }: StepState): AnyWatch {
  const watches: Readonly<Record<string, AnyWatch>> = runbook.watches ?? {};
  const watch = watches[action];
  if (watch !== undefined) return watch;
  throw new OpsError("plan-altered", {
    summary: `The runbook no longer has the watch "${action}".`,
    hint: "Make a new plan.",
  });
}
