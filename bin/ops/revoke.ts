import { Command } from "commander";
import { consentOf } from "#kit/consent.ts";
import { document } from "#kit/render/ndjson.ts";
import { mark } from "#kit/render/states.ts";
import { hang } from "#kit/render/width.ts";
import type { MakeCommand } from "./commands.ts";
import { runNamed } from "./runs-known.ts";

/** `ops revoke <run> --reason …`: takes an approval back, as long as nothing was done. */
export const revokeCommand: MakeCommand = async (door, end) =>
  new Command("revoke")
    .description(
      "Takes your approval back; without one of your own, every approval of the run. Until the first act; after it there is ops undo.",
    )
    .argument("<run>", "the run that was approved")
    .requiredOption("--reason <text>", "why it does not count any more")
    .action(async (run: string, { reason }: { readonly reason: string }) => {
      await runNamed(door, run);
      const wired = await door.wired();
      const engine = await wired.desk();
      const after = await engine.revoke(run, { by: wired.identity, reason });
      door.acted();
      const { missing } = consentOf(after, wired.environment.approvers);
      const screen = door.screen();
      if (door.globals.json) door.print(document({ run, revoked: true, reason, missing }));
      else
        door.print(
          hang(
            screen,
            mark(screen, "skipped"),
            `Taken back. ${run} needs ${missing} more ${missing === 1 ? "approval" : "approvals"}; nothing was changed.`,
          ),
        );
      await wired.tellOwed(5_000);
      end(0);
    });
