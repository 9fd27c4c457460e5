import { describe, expect, test } from "vitest";
import { foldRun } from "#kit/fold.ts";
import { approvalCommand } from "#kit/render/approve.ts";
import { nextCommands } from "#kit/render/next.ts";
import { situations } from "#test/scenarios/runs/index.ts";
import { screenOf } from "#test/kit/render/screens.ts";
import { expectParses } from "./parses.ts";

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
