import { Argument, Command } from "commander";
import {
  isSandboxUp,
  sandboxBreak,
  sandboxDown,
  sandboxInbox,
  sandboxMend,
  sandboxStatus,
  sandboxUp,
} from "#sandbox/client.ts";
import { formatMs } from "#kit/duration.ts";
import { decideAscii, decideColor } from "#kit/render/palette.ts";
import { type Screen, usableColumns } from "#kit/render/screen.ts";
import { renderPagerDuty, renderSlack } from "#sandbox/screens/inbox-pages.ts";
import { renderProgress } from "#sandbox/screens/progress.ts";
import { renderStatus } from "#sandbox/screens/status-table.ts";
import { sandboxDir } from "#sandbox/state-dir.ts";

/** Where these commands print. */
function screenNow(): Screen {
  const out = process.stdout;
  return {
    columns: usableColumns(out.columns),
    rows: out.rows ?? 24,
    color: decideColor(undefined, process.env, out.isTTY).color,
    ascii: decideAscii(process.env),
    suffix: " --env sandbox",
  };
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** `ops sandbox …`: a practice production on this machine, everything real except the vendors' clouds. */
export function sandboxCommand(): Command {
  const sandbox = new Command("sandbox").description("A practice production on this machine");
  sandbox.command("up").description("Start it, or mend what was broken on purpose").action(up);
  sandbox
    .command("status")
    .description("What runs, where, and how it is")
    .option("--json", "one JSON document")
    .action(status);
  sandbox.command("down").description("End it and everything it started").action(down);
  sandbox
    .command("break")
    .description("Break one thing on purpose")
    .argument("[fault]", "which; --list names them")
    .option("--list", "name every fault with its sentence")
    .action(breakIt);
  sandbox.command("mend").description("Undo every fault and wait until all is well").action(mendIt);
  sandbox
    .command("inbox")
    .description("What people see in the practice Slack and PagerDuty")
    .addArgument(new Argument("[which]", "one of the two").choices(["slack", "pagerduty"]))
    .option("--json", "one JSON document")
    .action(inbox);
  return sandbox;
}

async function up(): Promise<void> {
  const dir = sandboxDir();
  if (isSandboxUp(dir) && (await sandboxStatus(dir)).broken.length > 0) return mendIt();
  const screen = screenNow();
  const began = performance.now();
  await sandboxUp({
    dir,
    lifetime: "own",
    onMessage: (message) => {
      for (const line of renderProgress(message, screen)) print(line);
    },
  });
  print(`\nThe practice production is up after ${formatMs(performance.now() - began)}.`);
  print("Next  ops sandbox status    ops sandbox break --list    ops sandbox down");
}

async function status({ json }: { readonly json?: boolean }): Promise<void> {
  const seen = await sandboxStatus(sandboxDir());
  print(json ? JSON.stringify(seen) : renderStatus(seen.rows, seen.broken, screenNow()));
}

async function down(): Promise<void> {
  const began = performance.now();
  await sandboxDown(sandboxDir());
  print(`Everything is stopped after ${formatMs(performance.now() - began)}.`);
}

async function breakIt(fault: string | undefined, { list }: { readonly list?: boolean }): Promise<void> {
  if (list || fault === undefined) {
    const { faults } = await import("#sandbox/faults.ts");
    for (const [name, { title }] of Object.entries(faults)) print(`${name.padEnd(18)} ${title}`);
    return;
  }
  const { title } = await sandboxBreak(sandboxDir(), fault);
  print(title);
  print("Undo  ops sandbox mend");
}

async function inbox(which: string | undefined, { json }: { readonly json?: boolean }): Promise<void> {
  const { slack, pagerduty } = await sandboxInbox(sandboxDir());
  const wanted = {
    ...(which === "pagerduty" ? {} : { slack }),
    ...(which === "slack" ? {} : { pagerduty }),
  };
  if (json) return print(JSON.stringify(wanted));
  const pages = [
    ...(wanted.slack === undefined ? [] : [renderSlack(wanted.slack, screenNow())]),
    ...(wanted.pagerduty === undefined ? [] : [renderPagerDuty(wanted.pagerduty, screenNow())]),
  ];
  print(pages.join("\n\n"));
}

async function mendIt(): Promise<void> {
  const began = performance.now();
  const mended = await sandboxMend(sandboxDir());
  const what = mended.length === 0 ? "Nothing was broken on purpose" : `Mended ${mended.join(", ")}`;
  print(`${what}; every process is ready after ${formatMs(performance.now() - began)}.`);
}
