import { Command } from "commander";
import {
  isSandboxUp,
  sandboxBreak,
  sandboxDown,
  sandboxMend,
  sandboxStatus,
  sandboxUp,
} from "#sandbox/client.ts";
import { formatMs } from "#kit/duration.ts";
import { paintFor } from "#sandbox/screens/paint.ts";
import { renderProgress } from "#sandbox/screens/progress.ts";
import { renderStatus } from "#sandbox/screens/status-table.ts";
import { sandboxDir } from "#sandbox/state-dir.ts";

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
  return sandbox;
}

async function up(): Promise<void> {
  const dir = sandboxDir();
  if (isSandboxUp(dir) && (await sandboxStatus(dir)).broken.length > 0) return mendIt();
  const paint = paintFor(process.stdout);
  const began = performance.now();
  await sandboxUp({
    dir,
    lifetime: "own",
    onMessage: (message) => {
      const line = renderProgress(message, paint);
      if (line !== undefined) print(line);
    },
  });
  print(`\nThe practice production is up after ${formatMs(performance.now() - began)}.`);
  print("Next  ops sandbox status    ops sandbox break --list    ops sandbox down");
}

async function status({ json }: { readonly json?: boolean }): Promise<void> {
  const seen = await sandboxStatus(sandboxDir());
  print(json ? JSON.stringify(seen) : renderStatus(seen.rows, seen.broken, paintFor(process.stdout)));
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

async function mendIt(): Promise<void> {
  const began = performance.now();
  const mended = await sandboxMend(sandboxDir());
  const what = mended.length === 0 ? "Nothing was broken on purpose" : `Mended ${mended.join(", ")}`;
  print(`${what}; every process is ready after ${formatMs(performance.now() - began)}.`);
}
