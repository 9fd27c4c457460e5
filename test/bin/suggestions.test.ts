import { CommanderError } from "commander";
import { describe, expect, test } from "vitest";
import { openDoor } from "#bin/ops/door.ts";
import { globalsOf } from "#bin/ops/globals.ts";
import { buildProgram } from "#bin/ops/program.ts";
import { foldRun } from "#kit/fold.ts";
import { approvalCommand } from "#kit/render/approve.ts";
import { nextCommands } from "#kit/render/next.ts";
import { situations } from "#test/scenarios/runs/index.ts";
import { screenOf } from "#test/kit/render/screens.ts";

const screen = screenOf({ suffix: " --env sandbox" });

describe("every command that a run suggests is one that ops takes", () => {
  const names = Object.keys(situations) as (keyof typeof situations)[];
  test.for(names)("after %s", async (name) => {
    const state = foldRun(situations[name]);
    if (state === undefined) throw new Error("not a run");
    const suggested = nextCommands(screen, state);

    expect(suggested.length).toBeGreaterThan(0);
    expect(suggested.length).toBeLessThanOrEqual(4);
    for (const { command, effect } of suggested) {
      expect(effect).not.toBe("");
      await expectParses(command);
    }
    if (state.plan !== undefined) await expectParses(approvalCommand(screen, state));
  });

  test("and a command that ops does not take is caught by this test", async () => {
    await expect(expectParses("ops timeline")).rejects.toThrow(/missing required argument/);
    await expect(expectParses("ops resume r-1 --faster")).rejects.toThrow(/unknown option/);
  });
});

/** Parses with the real program; its action is replaced, so that nothing happens. */
async function expectParses(command: string): Promise<void> {
  const argv = words(command).slice(1);
  const program = await buildProgram(argv, openDoor(globalsOf(argv)), () => undefined);
  const [child] = program.commands;
  expect(child?.name()).toBe(argv[0]);
  for (const command of [...program.commands, ...(child?.commands ?? [])]) command.action(() => undefined);
  try {
    await program.parseAsync(argv, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) throw new Error(`${command}: ${error.message}`, { cause: error });
    throw error;
  }
}

/** Words as a POSIX shell reads them; only single quotes are ever written. */
function words(command: string): string[] {
  return [...command.matchAll(/(?:'[^']*'|\\'|[^\s'])+/g)].map(([word]) =>
    word.replace(/'([^']*)'|\\(')/g, (_, quoted: string | undefined) => quoted ?? "'"),
  );
}
