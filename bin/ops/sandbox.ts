import { Argument, Command, Option } from "commander";
import { formatMs } from "#kit/duration.ts";
import {
  isSandboxUp,
  sandboxBreak,
  sandboxDown,
  sandboxInbox,
  sandboxMend,
  sandboxStatus,
  sandboxUp,
} from "#sandbox/client.ts";
import { type CloudKind, cloudKinds } from "#sandbox/cloud-kinds.ts";
import { type FilesKind, filesKinds } from "#sandbox/files-kinds.ts";
import { renderPagerDuty, renderSlack } from "#sandbox/screens/inbox-pages.ts";
import { renderProgress } from "#sandbox/screens/progress.ts";
import { renderStatus } from "#sandbox/screens/status-table.ts";
import { sandboxDir } from "#sandbox/state-dir.ts";
import type { MakeCommand } from "./commands.ts";
import type { Door } from "./door.ts";

/** `ops sandbox …`: a practice production on this machine, everything real except the vendors' clouds. */
export const sandboxCommand: MakeCommand = async (door) => {
  const sandbox = new Command("sandbox").description("A practice production on this machine");
  sandbox
    .command("up")
    .description("start it, or mend what was broken on purpose")
    .addOption(
      new Option("--files <where>", "where reports' files are kept: a folder, or the stand-in for S3")
        .choices(filesKinds)
        .default("folder"),
    )
    .addOption(
      new Option("--cloud <which>", "what it runs on: instances on AWS, or pods on Kubernetes")
        .choices(cloudKinds)
        .default("aws"),
    )
    .option("--replica", "let a standby follow the database from the beginning")
    .action((options: UpOptions) => up(door, options));
  sandbox
    .command("status")
    .description("what runs, where, and how it is")
    .action(() => status(door));
  sandbox
    .command("down")
    .description("end it and everything it started")
    .action(() => down(door));
  sandbox
    .command("break")
    .description("break one thing on purpose")
    .argument("[fault]", "which; --list names them")
    .option("--list", "name every fault with its sentence")
    .action((fault: string | undefined, { list }: { readonly list?: boolean }) =>
      list === true || fault === undefined ? listFaults(door) : breakIt(door, fault),
    );
  sandbox
    .command("mend")
    .description("undo every fault and wait until all is well")
    .action(() => mend(door));
  sandbox
    .command("inbox")
    .description("what people see in the practice Slack and PagerDuty")
    .addArgument(new Argument("[which]", "one of the two").choices(["slack", "pagerduty"]))
    .action((which: string | undefined) => inbox(door, which));
  return sandbox;
};

type UpOptions = { readonly files: FilesKind; readonly cloud: CloudKind; readonly replica?: boolean };

async function up(door: Door, { files, cloud, replica = false }: UpOptions): Promise<void> {
  const dir = sandboxDir();
  if (isSandboxUp(dir) && (await sandboxStatus(dir)).broken.length > 0) return mend(door);
  const began = performance.now();
  const json = door.globals.json;
  await sandboxUp({
    dir,
    lifetime: "own",
    files,
    cloud,
    replica,
    onMessage: (message) => {
      if (json) return door.print(JSON.stringify(message));
      for (const line of renderProgress(message, door.screen())) door.print(line);
    },
  });
  door.acted();
  if (json) return;
  door.print(["", `The practice production is up after ${formatMs(performance.now() - began)}.`]);
  door.print("Next  ops sandbox status    ops sandbox break --list    ops sandbox down");
}

async function status(door: Door): Promise<void> {
  const seen = await sandboxStatus(sandboxDir());
  door.print(door.globals.json ? JSON.stringify(seen) : renderStatus(seen.rows, seen.broken, door.screen()));
}

async function down(door: Door): Promise<void> {
  const began = performance.now();
  await sandboxDown(sandboxDir());
  door.acted();
  door.print(`Everything is stopped after ${formatMs(performance.now() - began)}.`);
}

async function listFaults(door: Door): Promise<void> {
  const { faults } = await import("#sandbox/faults.ts");
  const named = Object.entries(faults).map(([name, { title }]) => ({ name, title }));
  if (door.globals.json) return door.print(JSON.stringify(named));
  const { hang } = await import("#kit/render/width.ts");
  const screen = door.screen();
  for (const { name, title } of named) door.print(hang(screen, name.padEnd(17), title));
}

async function breakIt(door: Door, fault: string): Promise<void> {
  const { title } = await sandboxBreak(sandboxDir(), fault);
  door.acted();
  door.print([title, "Undo  ops sandbox mend"]);
}

async function mend(door: Door): Promise<void> {
  const began = performance.now();
  const mended = await sandboxMend(sandboxDir());
  door.acted();
  const what = mended.length === 0 ? "Nothing was broken on purpose" : `Mended ${mended.join(", ")}`;
  door.print(`${what}; every process is ready after ${formatMs(performance.now() - began)}.`);
}

async function inbox(door: Door, which: string | undefined): Promise<void> {
  const { slack, pagerduty } = await sandboxInbox(sandboxDir());
  const screen = door.screen();
  if (door.globals.json) {
    const wanted =
      which === "slack" ? { slack } : which === "pagerduty" ? { pagerduty } : { slack, pagerduty };
    return door.print(JSON.stringify(wanted));
  }
  if (which !== "pagerduty") door.print(renderSlack(slack, screen));
  if (which === undefined) door.print("");
  if (which !== "slack") door.print(renderPagerDuty(pagerduty, screen));
}
