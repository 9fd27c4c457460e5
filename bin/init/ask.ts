import { createInterface } from "node:readline";
import type { Answers, Question } from "./answers.ts";

/** A person at a terminal who answers one question after the other. */
export type Asking = {
  /** The line typed, trimmed; undefined when the person leaves (Ctrl-C, end of input). */
  line(prompt: string): Promise<string | undefined>;
  say(text: string): void;
  close(): void;
};

/** Lines typed ahead are kept for the questions to come. */
export function askingAt(input: NodeJS.ReadableStream, output: NodeJS.WritableStream): Asking {
  const terminal = createInterface({ input, output, terminal: true });
  const typed: string[] = [];
  let waiting: ((line: string | undefined) => void) | undefined;
  let left = false;
  terminal.on("line", (line) => {
    const answer = waiting;
    waiting = undefined;
    if (answer === undefined) typed.push(line);
    else answer(line);
  });
  const leave = () => {
    left = true;
    waiting?.(undefined);
  };
  terminal.on("SIGINT", leave);
  terminal.on("close", leave);
  return {
    async line(prompt) {
      terminal.setPrompt(prompt);
      terminal.prompt();
      const ahead = typed.shift();
      if (ahead !== undefined) return ahead.trim();
      if (left) return undefined;
      const line = await new Promise<string | undefined>((resolve) => {
        waiting = resolve;
      });
      return line?.trim();
    },
    say: (text) => output.write(`${text}\n`),
    close: () => terminal.close(),
  };
}

/** Thrown when the person leaves before the end. */
export class Left extends Error {}

/** One question until its answer can be taken. */
export async function askOne(
  asking: Asking,
  ask: string,
  fallback: string | undefined,
  fault: (text: string) => string | undefined,
): Promise<string> {
  for (;;) {
    const line = await asking.line(
      `${ask}${fallback === undefined || fallback === "" ? "" : ` [${fallback}]`}: `,
    );
    if (line === undefined) throw new Left();
    if (line === "" && fallback !== undefined) return fallback;
    const why = line === "" ? "needs an answer" : fault(line);
    if (why === undefined) return line;
    asking.say(`  That ${why}.`);
  }
}

/** Answers to questions, those that are given already left as they are. */
export async function askAll(
  asking: Asking,
  questions: readonly Question[],
  given: Answers,
  indent = "",
): Promise<Answers> {
  let so: Answers = given;
  for (const { key, ask, fallback, fault, when } of questions) {
    if (so[key] !== undefined || when?.(so) === false) continue;
    so = { ...so, [key]: await askOne(asking, `${indent}${ask}`, fallback?.(so), fault) };
  }
  return so;
}
