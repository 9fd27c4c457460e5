import { Command } from "commander";
import { OpsError } from "#kit/errors.ts";
import type { RunState } from "#kit/fold.ts";
import { document } from "#kit/render/ndjson.ts";
import { mark } from "#kit/render/states.ts";
import { clean, hang } from "#kit/render/width.ts";
import type { MakeCommand } from "./commands.ts";
import { runNamed } from "./runs-known.ts";

type Options = { readonly value?: string; readonly text?: string };

const longestText = 2_000;

/** `ops signal <run> <name>`: says that what a run waits for has happened, or what to do about a watch that could not tell. */
export const signalCommand: MakeCommand = async (door, end) =>
  new Command("signal")
    .description(
      "Says that what a run waits for has happened. For a watch that could not tell, the name is the step's key and the word is go-on or undo.",
    )
    .argument("<run>", "the run that waits")
    .argument("<name>", "the name of what it waits for, or the key of a watch: see ops timeline")
    .argument("[word]", "the answer in one word: go-on, undo")
    .option("--value <json>", "a value for the steps after it, as JSON")
    .option("--text <text>", "what to remember with it")
    .action(async (run: string, signal: string, word: string | undefined, options: Options) => {
      const value = valueOf(word, options.value);
      await runNamed(door, run);
      const wired = await door.wired();
      const engine = await wired.desk();
      const text = options.text === undefined ? undefined : clean(options.text, longestText);
      const after = await engine.signal(run, {
        signal,
        by: wired.identity,
        ...(value === undefined ? {} : { value }),
        ...(text === undefined || text === "" ? {} : { text }),
      });
      door.acted();
      const row = await wired.journal.row(run);
      const next = whatNow(after, signal, row?.alive ?? false);
      if (door.globals.json) door.print(document({ run, signal, accepted: true, seq: after.lastSeq, next }));
      else
        door.print(
          hang(door.screen(), mark(door.screen(), "done"), `Said to ${run}: ${clean(signal, 120)}. ${next}`),
        );
      await wired.tellOwed(5_000);
      end(0);
    });

/** The word, or the JSON; both at once would leave open which one counts. */
function valueOf(word: string | undefined, json: string | undefined): unknown {
  if (json === undefined) return word;
  if (word !== undefined)
    throw new OpsError("usage", {
      summary: "A word and --value were given; only one can be the answer.",
      hint: "Leave one of them out.",
    });
  try {
    return JSON.parse(json) as unknown;
  } catch {
    throw new OpsError("usage", {
      summary: `--value is not JSON: ${json.slice(0, 80)}`,
      hint: `Text goes into --text; as a value it needs its quotes: --value '"done"'.`,
    });
  }
}

/** What the run does with it: at once, when its turn comes, or when somebody takes it up again. */
function whatNow({ run, steps, ended }: RunState, signal: string, alive: boolean): string {
  const step = steps.find((one) => (one.kind === "wait" ? one.action : one.key) === signal);
  if (ended !== undefined || !alive) return `Nobody drives ${run} now; it goes on with: ops resume ${run}`;
  if (step?.state === "next") return `${run} will not wait at step ${step.key} when it comes there.`;
  return `${run} goes on by itself.`;
}
