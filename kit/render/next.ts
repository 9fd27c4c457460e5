import type { RunState } from "../fold.ts";
import { shortDigest } from "../plan.ts";
import { isTypable, opsCommand, type Suggestion } from "./command.ts";
import { asks, shownTitle } from "./items.ts";
import type { Screen } from "./screen.ts";
import { clean } from "./width.ts";

/** What can be typed now: at most four, safest first, none that would be refused or could not be copied as it is. */
export function nextCommands(screen: Screen, state: RunState): readonly Suggestion[] {
  const words = [
    state.runbook,
    ...paramWords(state),
    ...paramWords({ params: state.decision?.handOver?.params ?? {} }),
    ...(state.decision?.leads ?? []).flatMap((lead) => [lead.runbook, ...paramWords(lead)]),
    ...state.steps.filter((step) => step.state === "waiting").flatMap(({ key, action }) => [key, action]),
    state.lock?.name ?? "",
  ];
  return words.every((word) => isTypable(word)) ? suggestions(screen, state) : [];
}

function suggestions(screen: Screen, state: RunState): readonly Suggestion[] {
  const { run, runbook } = state;
  const suggest = (effect: string, ...words: readonly string[]): Suggestion => ({
    command: opsCommand(screen, ...words),
    effect,
  });
  const evidence = suggest("everything that was seen and done", "timeline", run);
  const look = suggest("looks at every check; changes nothing", "check", "--all");
  const again = suggest("looks again and plans; changes nothing", "plan", runbook, ...paramWords(state));
  const answers = answersTo(screen, state);
  if (state.ended === undefined) {
    if (answers.length > 0) return [...answers, evidence];
    if (state.child !== undefined && state.child.ended === undefined)
      return [
        suggest(`what ${clean(state.child.runbook, 60)} did and waits for`, "timeline", state.child.run),
        evidence,
        suggest("goes on once that run is over", "resume", run),
      ];
    if (state.phase !== "waiting" || state.plan === undefined)
      return [evidence, suggest("goes on where it stopped", "resume", run)];
    return [suggest(`reads plan ${shortDigest(state.plan.digest)} and asks`, "approve", run), evidence];
  }
  const back = hasWayBack(state) ? [suggest("takes back what was done, last effect first", "undo", run)] : [];
  switch (state.ended.outcome) {
    case "solved":
    case "planned":
    case "all-clear":
      return state.glass === undefined || state.reviewed !== undefined
        ? [evidence]
        : [evidence, suggest("for somebody else: says what they found in it", "review", run, "...")];
    case "step-failed":
      return [
        look,
        evidence,
        suggest("tries the failed step again", "resume", run),
        freed(screen, state) ?? back[0] ?? again,
      ];
    case "unknown":
      return [look, evidence, suggest("looks whether it happened, then goes on", "resume", run)];
    case "interrupted":
      return [look, ...back, again, suggest("goes on with the next step", "resume", run)];
    case "not-verified":
      return [
        look,
        back[0] ?? again,
        suggest("verifies again; finished steps stay", "resume", run),
        evidence,
      ];
    case "escalated":
      if (answers.length > 0)
        return [...answers, suggest("goes on once it was answered", "resume", run), evidence];
      return [
        ...leads(screen, state),
        look,
        suggest("the facts so far, to paste", "timeline", run, "--md"),
        again,
      ].slice(0, mostSuggested);
    case "handed-over":
      return state.child === undefined
        ? [...handOver(screen, state), evidence]
        : [suggest(`what ${clean(state.child.runbook, 60)} did`, "timeline", state.child.run), evidence];
    case "guarded": {
      const { code } = state.ended.fault ?? {};
      if (code === "lock-held") return [suggest("who holds it, why, and until when", "locks"), again];
      if (code !== "freeze-active" && code !== "window-closed") return [again, evidence];
      const glass = suggest(
        "if it cannot wait; somebody else reviews it",
        "run",
        runbook,
        ...paramWords(state),
        "--break-glass",
        "--reason",
        "...",
      );
      return [suggest("until when, and what comes next", "freezes"), glass, evidence];
    }
    case "approval-refused":
    case "approval-expired":
    case "undone":
      return [again, evidence];
    case "defect":
      return [evidence, again];
  }
}

/** What a person can say to an open question: that it is done, or what to do about a watch that could not tell. */
function answersTo(screen: Screen, { run, steps }: RunState): readonly Suggestion[] {
  const step = steps.find((one) => asks(one));
  if (step === undefined) return [];
  const say = (effect: string, ...words: readonly string[]): Suggestion => ({
    command: opsCommand(screen, "signal", run, ...words),
    effect,
  });
  if (step.kind === "wait") return [say(`says that it is done: ${shownTitle(step, 120)}`, step.action)];
  return [
    say("takes back what was done", step.key, "undo"),
    say("goes on, although the watch could not tell", step.key, "go-on"),
  ];
}

/** How a lock that the run kept is given back, once somebody has looked. */
function freed(screen: Screen, { lock }: RunState): Suggestion | undefined {
  if (lock?.held !== true || lock.kept === undefined) return undefined;
  return {
    command: opsCommand(screen, "locks", "free", lock.name, "--reason", "..."),
    effect: "gives back the lock that it kept, once you have looked",
  };
}

/** Whether something was done that its action can take back. */
function hasWayBack({ earlier, steps }: RunState): boolean {
  return [...earlier, ...steps].some(
    (step) =>
      step.kind === "step" &&
      step.undoable &&
      step.undoes === undefined &&
      (step.state === "done" || step.acted === true),
  );
}

/** Parameters as words of a command line. */
function paramWords({ params }: Pick<RunState, "params">): readonly string[] {
  return Object.entries(params)
    .filter(([, value]) => value !== undefined)
    .flatMap(([name, value]) => [
      "--param",
      `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`,
    ]);
}

const mostSuggested = 4;

/** The runbooks that fit, where the run named some; two are enough at once. */
function leads(screen: Screen, { decision }: RunState): readonly Suggestion[] {
  return (decision?.leads ?? []).slice(0, 2).map(({ runbook, params }, at) => ({
    command: opsCommand(screen, "plan", runbook, ...paramWords({ params })),
    effect: `${at === 0 ? "the runbook that fits" : "and the next"}; looks and plans, changes nothing`,
  }));
}

function handOver(screen: Screen, { decision }: RunState): readonly Suggestion[] {
  if (decision?.handOver === undefined) return [];
  const { runbook, params } = decision.handOver;
  return [
    {
      command: opsCommand(screen, "plan", runbook, ...paramWords({ params })),
      effect: "the runbook that fits; looks and plans, changes nothing",
    },
  ];
}
