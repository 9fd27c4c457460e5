import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { redactor } from "#adapters/redactor.ts";
import { isCodedError, type CodedError } from "#kit/errors.ts";
import { toFault, toOpsError } from "#kit/fault.ts";
import { errorLines, type ErrorContext } from "#kit/render/error.ts";
import { opsCommand } from "#kit/render/command.ts";
import type { Door } from "./door.ts";
import { makeFolder } from "#kit/make-folder.ts";

/** Prints an error as a sentence, records the refusal, and gives the exit status. */
export async function endWith(door: Door, thrown: unknown, argv: readonly string[]): Promise<number> {
  const error = isCodedError(thrown) ? thrown : toOpsError(thrown);
  const crashFile = error.code === "defect" ? await writeCrash(door, thrown) : undefined;
  const nothingChanged = !door.hasActed && error.code !== "defect";
  const context: ErrorContext = {
    nothingChanged,
    ...(error.code === "usage" ? exampleFor(door, argv) : {}),
    ...(crashFile === undefined ? {} : { crashFile }),
  };
  if (door.globals.json) printJson(door, error, nothingChanged);
  else
    door.tell(
      errorLines({ ...door.screen(), color: door.screen().color && process.stderr.isTTY }, error, context),
    );
  if (door.globals.debug && thrown instanceof Error) door.tell(stackOf(thrown));
  await record(door, error, argv);
  return error.exit;
}

function printJson(door: Door, error: CodedError<string>, nothingChanged: boolean) {
  const { code, summary, hint, exit, retry } = error;
  door.printVersion();
  door.print(JSON.stringify({ type: "error", code, summary, hint, exit, retry, nothingChanged }));
}

/** Every refusal is recorded: who tried what, and why it was not done. */
async function record(door: Door, error: CodedError<string>, argv: readonly string[]) {
  const tried = `ops ${argv.map((word) => redactor.text(word).slice(0, 120)).join(" ")}`.slice(0, 400);
  try {
    const wired = await door.wired();
    await wired.refused(tried, error);
  } catch {
    // A journal that cannot be opened is often the very thing refused; the sentence above already says so.
  }
}

const examples: Readonly<Record<string, readonly string[]>> = {
  approve: ["approve", "r-7f2a", "--plan", "9f3c-1e77", "--yes"],
  reject: ["reject", "r-7f2a", "--reason", "wait for ana"],
  plan: ["plan", "platform-down"],
  run: ["run", "platform-down"],
  note: ["note", "r-7f2a", "customer mail answered"],
  list: ["list", "502", "unreachable"],
};

function exampleFor(door: Door, argv: readonly string[]): { readonly example?: string } {
  const verb = argv.find((word) => word in examples);
  const words = verb === undefined ? undefined : examples[verb];
  return words === undefined ? {} : { example: opsCommand(door.screen(), ...words) };
}

/** A defect's whole story in a file beside the journal that only its owner can read, secrets masked. */
async function writeCrash(door: Door, thrown: unknown): Promise<string | undefined> {
  try {
    const { stateDir } = await door.wired();
    const folder = join(stateDir, "crashes");
    makeFolder(folder, 0o700);
    const file = join(folder, `${new Date().toISOString().replaceAll(":", "-")}.txt`);
    const { summary, details } = toFault(thrown);
    writeFileSync(file, redactor.text(`${summary}\n\n${details ?? ""}\n`), { mode: 0o600 });
    return file;
  } catch {
    return undefined;
  }
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : "";
  return `${error.stack ?? error.message}${cause}`;
}
