import type { RunState } from "../fold.ts";
import { shortDigest } from "../plan.ts";
import { isTypable, opsCommand, type Suggestion } from "./command.ts";
import type { Screen } from "./screen.ts";

/** What can be typed now: at most four, safest first, none that would be refused or could not be copied as it is. */
export function nextCommands(screen: Screen, state: RunState): readonly Suggestion[] {
  const words = [
    state.runbook,
    ...paramWords(state),
    ...paramWords({ params: state.decision?.handOver?.params ?? {} }),
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
  if (state.ended === undefined) {
    if (state.phase !== "waiting" || state.plan === undefined)
      return [evidence, suggest("goes on where it stopped", "resume", run)];
    return [suggest(`reads plan ${shortDigest(state.plan.digest)} and asks`, "approve", run), evidence];
  }
  switch (state.ended.outcome) {
    case "solved":
    case "planned":
    case "all-clear":
      return [evidence];
    case "step-failed":
      return [look, evidence, suggest("tries the failed step again", "resume", run), again];
    case "unknown":
      return [look, evidence, suggest("looks whether it happened, then goes on", "resume", run)];
    case "interrupted":
      return [look, again, suggest("goes on with the next step", "resume", run)];
    case "not-verified":
      return [look, again, suggest("verifies again; finished steps stay", "resume", run), evidence];
    case "escalated":
      return [look, suggest("the facts so far, to paste", "timeline", run, "--md"), again];
    case "handed-over":
      return [...handOver(screen, state), evidence];
    case "guarded":
      return state.ended.fault?.code === "lock-held"
        ? [suggest("what runs now", "runs", "--open"), again]
        : [again, evidence];
    case "approval-refused":
    case "approval-expired":
    case "undone":
      return [again, evidence];
    case "defect":
      return [evidence, again];
  }
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
