import { Command } from "commander";
import { contentHash } from "#kit/content.ts";
import { isCodedError, OpsError } from "#kit/errors.ts";
import type { EnvironmentFile } from "#kit/environment.ts";
import { foldRun, type RunState } from "#kit/fold.ts";
import { opsStream, type ChainVerdict } from "#kit/journal.ts";
import type { Why, WhyContext } from "#kit/postmortem/why/context.ts";
import { couldBeApprovedBy } from "#kit/postmortem/why/approve.ts";
import { topicOf, whyTopics } from "#kit/postmortem/why/topics.ts";
import { whyOf } from "#kit/postmortem/why/why.ts";
import { opsCommand, suggestionLines, type Suggestion } from "#kit/render/command.ts";
import { document } from "#kit/render/ndjson.ts";
import { nextCommands } from "#kit/render/next.ts";
import { mark } from "#kit/render/states.ts";
import { renderWhy } from "#kit/render/why.ts";
import { clean, hang } from "#kit/render/width.ts";
import type { JournalEntry } from "#kit/timeline.ts";
import type { End, MakeCommand } from "./commands.ts";
import type { Door } from "./door.ts";
import { runbookNamed } from "./params.ts";
import { environmentOr, readinessOf } from "./readiness.ts";
import { beyondReading, mustVerify, recordOf } from "./record-of.ts";

/** `ops why <run>`: why it decided, waits, was refused, from the record; `ops why <runbook>`: whether it can run here. */
export const whyCommand: MakeCommand = async (door, end) =>
  new Command("why")
    .description(
      "Answers from the record: why it decided so, waits, was refused, or may not be approved. Without a question, what helps most now. Changes nothing.",
    )
    .argument("<run>", "which run; or a runbook: whether it can run here")
    .argument("[question...]", `in your own words, or one of: ${whyTopics.join(", ")}`)
    .action((run: string, question: readonly string[]) => why(door, end, run, question.join(" ")));

async function why(door: Door, end: End, run: string, question: string): Promise<void> {
  const topic = question === "" ? undefined : topicOf(question);
  if (question !== "" && topic === undefined)
    throw new OpsError("usage", {
      summary: `What is asked by "${clean(question, 60)}" is not clear.`,
      hint: `Ask about one of: ${whyTopics.join(", ")}. Or leave the question out.`,
    });
  const wired = await door.wired();
  if ((await wired.runbooks()).some(({ id }) => id === run)) return end(await whyRunbook(door, run));
  const { entries, chain } = await recordOf(door, run);
  const state = readable(entries);
  if (state === undefined) throw beyondReading(run, chain);
  const context = await contextOf(door, state, entries);
  const answer = whyOf(entries, state, context, topic);
  const next = nextOf(door, state, answer, context);
  if (door.globals.json) door.print(document({ run, ...answer, next, chain }));
  else door.print([...alarmLines(door, chain), ...renderWhy(door.screen(), answer, next)]);
  mustVerify(run, chain);
  end(0);
}

/** What was altered may not have the shape of an event. */
function readable(entries: readonly JournalEntry[]): RunState | undefined {
  try {
    return foldRun(entries);
  } catch {
    return undefined;
  }
}

function alarmLines(door: Door, chain: ChainVerdict): readonly string[] {
  if (chain.intact) return [];
  const says = `The record does not verify: entry ${chain.seq}, ${chain.why}. What follows is not to be trusted.`;
  return [...hang(door.screen(), mark(door.screen(), "failed"), says), ""];
}

async function contextOf(door: Door, state: RunState, entries: readonly JournalEntry[]): Promise<WhyContext> {
  const wired = await door.wired();
  const { file, why } = environmentOr(state.environment["name"]);
  const row = await wired.journal.row(state.run);
  return {
    now: new Date(),
    you: wired.identity,
    ...(row === undefined ? {} : { row }),
    rules: await rulesOf(door, state),
    approvers:
      file === undefined
        ? { known: false, because: why ?? "its environment has no file here" }
        : { known: true, names: file.approvers },
    locks: await locksOf(door, state, file),
    refusals: await refusalsOf(door, state, entries),
  };
}

/** The table here speaks for the run only when the runbook is still the one that decided. */
async function rulesOf(door: Door, state: RunState): Promise<WhyContext["rules"]> {
  const runbook = (await (await door.wired()).runbooks()).find(({ id }) => id === state.runbook);
  if (runbook === undefined)
    return {
      known: false,
      because: `${state.runbook} is not here; the record has the rule that matched, not the table`,
    };
  if (contentHash(runbook) !== state.content)
    return {
      known: false,
      because: `${state.runbook} was edited since; the record has the rule that matched, not the table of then`,
    };
  return { known: true, table: runbook.rules };
}

async function locksOf(
  door: Door,
  state: RunState,
  file: EnvironmentFile | undefined,
): Promise<WhyContext["locks"]> {
  const name = state.environment["name"] ?? "its environment";
  if (file === undefined) return { known: false, because: `the file of ${name} is not on this machine.` };
  try {
    const wired = await door.wired();
    if (file.locks === "host") return { known: true, held: await wired.journal.locks() };
    if (wired.environment.name !== file.name)
      return { known: false, because: `ask with --env ${file.name}.` };
    return { known: true, held: await (await wired.locks()).locks() };
  } catch (error) {
    return { known: false, because: isCodedError(error) ? error.summary : "the lock store did not answer." };
  }
}

/** Commands about this run that were refused, in its own record or beside it. */
async function refusalsOf(
  door: Door,
  state: RunState,
  own: readonly JournalEntry[],
): Promise<WhyContext["refusals"]> {
  const { journal } = await door.wired();
  const word = new RegExp(`(^|\\s)${state.run.replace(/[^\w-]/g, "")}(\\s|$)`);
  return [...(await journal.read(opsStream)), ...own].flatMap(({ event, at, run }) =>
    event.type === "refused" && (run === state.run || word.test(event.tried))
      ? [{ at, tried: event.tried, by: event.by, fault: event.fault }]
      : [],
  );
}

/** What can be typed now; nothing that would be refused. */
function nextOf(door: Door, state: RunState, answer: Why, context: WhyContext): readonly Suggestion[] {
  const screen = door.screen();
  const may = couldBeApprovedBy(state, context);
  const expired = { outcome: "approval-expired", exit: 5, verdict: "", at: state.lastAt } as const;
  const usual = nextCommands(screen, answer.todo === "plan-again" ? { ...state, ended: expired } : state);
  const holder =
    answer.topic === "lock" && context.locks.known
      ? context.locks.held.find(({ lock, run }) => lock === state.lockName && run !== state.run)
      : undefined;
  const first: Suggestion[] = [];
  if (answer.todo === "resume")
    first.push({ command: opsCommand(screen, "resume", state.run), effect: "carries the approved plan out" });
  if (state.child !== undefined && state.child.ended === undefined)
    first.push({
      command: opsCommand(screen, "why", state.child.run),
      effect: "what the run does that took over",
    });
  if (holder !== undefined)
    first.push({ command: opsCommand(screen, "why", holder.run), effect: "what the run that holds it does" });
  return [...first, ...usual.filter(({ command }) => may || !command.startsWith("ops approve "))].slice(0, 4);
}

/** Whether a runbook can run here, and if not, why: exit 6 then, and 7 where that is not known. */
async function whyRunbook(door: Door, id: string): Promise<number> {
  const runbook = await runbookNamed(door, id);
  const says = readinessOf(runbook, environmentOr(door.globals.env));
  const state = says.startsWith("ready") ? "done" : says.startsWith("cannot") ? "failed" : "unknown";
  const exit = { done: 0, failed: 6, unknown: 7 }[state];
  if (door.globals.json) {
    door.print(
      document({ runbook: id, ready: state === "unknown" ? "unknown" : state === "done", answer: says }),
    );
    return exit;
  }
  const screen = door.screen();
  const next =
    state === "done"
      ? { command: opsCommand(screen, "plan", id), effect: "looks and plans; changes nothing" }
      : { command: opsCommand(screen, "show", id), effect: "what it needs" };
  door.print([
    ...hang(screen, mark(screen, state), `${id}: ${clean(says.replace(/\.(?=;|$)/g, ""), 300)}.`),
    "",
    ...suggestionLines(screen, [next]),
  ]);
  return exit;
}
