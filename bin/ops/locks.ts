import { Command } from "commander";
import { isDuration, toMs } from "#kit/duration.ts";
import { OpsError } from "#kit/errors.ts";
import type { LockRow } from "#kit/journal.ts";
import { opsCommand } from "#kit/render/command.ts";
import { lockSentence, locksTsv, renderLocks } from "#kit/render/locks.ts";
import { document } from "#kit/render/ndjson.ts";
import { mark } from "#kit/render/states.ts";
import { clean, hang } from "#kit/render/width.ts";
import { isOutboxLock } from "#kit/run/deliver.ts";
import { isSchedulerLock } from "#kit/scheduling/lock.ts";
import { freeLock, heldLock, takeByHand, type LockDesk } from "#kit/run/lock-desk.ts";
import { typed } from "./ask.ts";
import type { End, MakeCommand } from "./commands.ts";
import type { Door } from "./door.ts";

const patienceMs = 5 * 60_000;

/** `ops locks`: what is held in this environment, by whom and why, wherever its locks live; and a person's hand on them. */
export const locksCommand: MakeCommand = async (door, end) => {
  const locks = new Command("locks")
    .description("What is held, by whom, since when and why. A lock whose holder is gone is shown as stale.")
    .action(() => list(door, end));
  locks
    .command("free")
    .description("give back a lock that a run left behind, or that is held by hand")
    .argument("<lock>", "which lock: production/deploy, or deploy")
    .requiredOption("--reason <text>", "why it may be given back")
    .option("--yes", "without typing the lock's name")
    .action((lock: string, options: FreeOptions) => free(door, end, lock, options));
  locks
    .command("take")
    .description("hold a lock by hand, so that nothing works on it meanwhile")
    .argument("<lock>", "which lock: production/deploy, or deploy")
    .requiredOption("--reason <text>", "what for; others read it")
    .requiredOption("--for <duration>", "how long: 30m, 2h")
    .action((lock: string, options: TakeOptions) => take(door, end, lock, options));
  return locks;
};

type FreeOptions = { readonly reason: string; readonly yes?: boolean };
type TakeOptions = { readonly reason: string; readonly for: string };

async function list(door: Door, end: End): Promise<void> {
  const wired = await door.wired();
  const held = (await (await wired.locks()).locks()).filter(
    (lock) => !isOutboxLock(lock.lock) && !isSchedulerLock(lock),
  );
  if (door.globals.json) door.print(document({ locks: held }));
  else if (door.isPiped) door.print(locksTsv(held, door.globals.header));
  else door.print(renderLocks(door.screen(), held, new Date()));
  end(0);
}

async function free(door: Door, end: End, name: string, options: FreeOptions): Promise<void> {
  const wired = await door.wired();
  const desk = await deskOf(door);
  const row = await heldLock(desk, name);
  if (options.yes !== true && !(await confirmed(door, row, options))) {
    door.print(hang(door.screen(), mark(door.screen(), "waiting"), "Not given back; nothing was changed."));
    return end(5);
  }
  door.acted();
  await freeLock(desk, row, wired.identity, options.reason);
  if (door.globals.json) door.print(document({ freed: row, reason: options.reason }));
  else
    door.print(
      hang(
        door.screen(),
        mark(door.screen(), "done"),
        `${clean(row.lock, 80)} is free: it was ${clean(row.run, 60)}'s.`,
      ),
    );
  await wired.tellOwed(5_000);
  end(0);
}

async function confirmed(door: Door, row: LockRow, { reason }: FreeOptions): Promise<boolean> {
  if (!door.canAsk || door.globals.json)
    throw new OpsError("approval-needs-terminal", {
      summary: `Giving ${row.lock} back needs its name typed at a terminal, and here is none.`,
      hint: `Look at what ${row.run} left, then: ${opsCommand(door.screen(), "locks", "free", row.lock, "--reason", reason, "--yes")}`,
    });
  door.print(hang(door.screen(), "", lockSentence(row, new Date())));
  return (await typed(`Type ${clean(row.lock, 80)} to give it back: `, patienceMs)) === row.lock;
}

async function take(door: Door, end: End, name: string, options: TakeOptions): Promise<void> {
  if (!isDuration(options.for))
    throw new OpsError("usage", {
      summary: `"${clean(options.for, 40)}" is no length of time.`,
      hint: "Write 30m or 2h.",
    });
  const wired = await door.wired();
  door.acted();
  const row = await takeByHand(await deskOf(door), name, wired.identity, options.reason, toMs(options.for));
  if (door.globals.json) door.print(document({ taken: row }));
  else {
    const screen = door.screen();
    door.print([
      ...hang(screen, mark(screen, "done"), lockSentence(row, new Date())),
      `  ${opsCommand(screen, "locks", "free", row.lock, "--reason", "...")}`,
    ]);
  }
  end(0);
}

async function deskOf(door: Door): Promise<LockDesk> {
  const wired = await door.wired();
  return { journal: wired.journal, locks: await wired.locks(), environment: wired.environment };
}
