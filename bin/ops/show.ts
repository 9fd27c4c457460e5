import { Command } from "commander";
import { document } from "#kit/render/ndjson.ts";
import { paramFacts } from "#kit/render/params.ts";
import { actionsOf, questionsOf, renderShow } from "#kit/render/show.ts";
import type { MakeCommand } from "./commands.ts";
import type { Door } from "./door.ts";
import { page } from "./pager.ts";
import { runbookNamed } from "./params.ts";
import { environmentOr, knownReadiness } from "./readiness.ts";

/** `ops show <runbook>`: its manual page, as it stands here. */
export const showCommand: MakeCommand = async (door, end) =>
  new Command("show")
    .description("A runbook's manual page: symptoms, what it looks at, what it may do, who must agree.")
    .argument("<runbook>", "which runbook")
    .action(async (id: string) => {
      await showRunbook(door, id);
      end(0);
    });

/** Prints a runbook's page. */
export async function showRunbook(door: Door, id: string): Promise<void> {
  const runbook = await runbookNamed(door, id);
  const { readiness, checked, drill } = knownReadiness(runbook, environmentOr(door.globals.env));
  if (!door.globals.json) return page(door, renderShow(door.screen(), runbook, { readiness }));
  const { title, summary, severity, owner, symptoms, trigger, lock, within, afterwards, verify } = runbook;
  door.print(
    document({
      id,
      title,
      summary,
      severity,
      owner,
      symptoms,
      alerts: trigger.map(({ name }) => name),
      lock,
      within,
      readiness,
      checked,
      drill,
      questions: questionsOf(runbook),
      actions: actionsOf(runbook).map(([name, action]) => ({
        name,
        title: action.title,
        risk: action.risk,
        undoable: action.undo !== undefined,
      })),
      proof: verify.map(({ check }) => check.id),
      params: paramFacts(runbook),
      afterwards,
      implements: runbook.implements,
    }),
  );
}
