import { Command } from "commander";
import { countApprovals } from "#kit/approval-counts.ts";
import { approvalsTsv, renderApprovals } from "#kit/render/approvals.ts";
import { document } from "#kit/render/ndjson.ts";
import type { MakeCommand } from "./commands.ts";
import { wholeNumber } from "./numbers.ts";

const dayMs = 86_400_000;
/** Most runs that are read; far beyond what people can be asked in a quarter. */
const most = 10_000;

/** `ops approvals`: how often people were asked per runbook, and what they said. */
export const approvalsCommand: MakeCommand = async (door, end) =>
  new Command("approvals")
    .description("How often people were asked for approval, runbook by runbook, and what they said.")
    .option("--days <count>", "how far back", wholeNumber(1, 3_650), 90)
    .action(async ({ days }: { readonly days: number }) => {
      const { journal } = await door.wired();
      const since = new Date(Date.now() - days * dayMs).toISOString();
      const here = door.globals.env === undefined ? {} : { environment: door.globals.env };
      const rows = (await journal.runs({ limit: most, ...here })).filter(
        ({ askedAt, planOnly, digest }) => askedAt >= since && !planOnly && digest !== undefined,
      );
      const counts = countApprovals(await Promise.all(rows.map(({ run }) => journal.read(run))));
      if (door.globals.json) door.print(document({ days, approvals: counts }));
      else if (door.isPiped) door.print(approvalsTsv(counts, door.globals.header));
      else door.print(renderApprovals(door.screen(), counts, days));
      end(0);
    });
