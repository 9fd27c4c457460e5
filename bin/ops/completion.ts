import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Argument, Command } from "commander";
import type { MakeCommand } from "./commands.ts";
import { grammar } from "./grammar.ts";

const shells = ["bash", "zsh", "fish"] as const;

/** `ops completion <shell>`: the script that a shell loads; what it offers is asked of `ops` itself, quickly. */
export const completionCommand: MakeCommand = async (door, end) =>
  new Command("completion")
    .description("The completion script of a shell, to be loaded by it; its first lines say how.")
    .addArgument(new Argument("<shell>", "bash, zsh or fish").choices(shells))
    .action(async (shell: (typeof shells)[number]) => {
      const script = join(import.meta.dirname, "completion-scripts", `ops.${shell}`);
      door.print(readFileSync(script, "utf8").trimEnd());
      // Worked out now, so that the first Tab is as quick as the next.
      await grammar(door);
      end(0);
    });
