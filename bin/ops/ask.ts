import { createInterface } from "node:readline/promises";
import type { RunState } from "#kit/fold.ts";
import { answerNeeded, approvalQuestion } from "#kit/render/approve.ts";
import type { Door } from "./door.ts";
import type { Watch } from "./watch.ts";

/** What was typed at the question; silence in any form is "nothing". */
export type Answer = "approve" | "refuse" | "nothing";

/** Asks once. Enter alone, end of input, a closed terminal, Ctrl-C and the plan's expiry are all "nothing". */
export async function ask(door: Door, state: RunState): Promise<Answer> {
  const left = Date.parse(state.plan?.expiresAt ?? state.lastAt) - Date.now();
  if (left <= 0) return "nothing";
  const said = await typed(approvalQuestion(door.screen(), state), left);
  if (said === undefined) {
    door.print("");
    return "nothing";
  }
  if (said === answerNeeded(state)) return "approve";
  return /^(n|no)$/i.test(said) ? "refuse" : "nothing";
}

/** One line typed at the terminal; undefined for end of input, a closed terminal, Ctrl-C, or when the time is up. */
export async function typed(question: string, withinMs: number): Promise<string | undefined> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout, terminal: true });
  const closed = new AbortController();
  terminal.once("close", () => closed.abort());
  terminal.once("SIGINT", () => closed.abort());
  try {
    const expiry = AbortSignal.timeout(Math.min(withinMs, 2 ** 31 - 1));
    const line = await terminal.question(question, { signal: AbortSignal.any([expiry, closed.signal]) });
    return line.trim();
  } catch {
    return undefined;
  } finally {
    terminal.close();
  }
}

/** The same inside `ops run`, for a requester who may approve: the tail steps aside for the question. */
export async function askAtTerminal(
  door: Door,
  view: Watch,
  state: RunState,
): Promise<"given" | { readonly refused: string } | undefined> {
  view.pause();
  const answer = await ask(door, state);
  view.goOn();
  if (answer === "approve") return "given";
  if (answer === "refuse") return { refused: "refused at the terminal by the person who asked" };
  door.tell("Not approved. It waits until the plan expires; Ctrl-C leaves it waiting.");
  return undefined;
}
