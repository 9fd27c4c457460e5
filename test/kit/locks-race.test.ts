import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { openSqliteJournal } from "#adapters/journal-sqlite/journal.ts";
import { foldRun } from "#kit/fold.ts";
import type { Journal } from "#kit/journal.ts";
import { childEnvironment } from "#kit/redact/child-environment.ts";

// Three real processes each; a machine under load takes its time to start them.
vi.setConfig({ testTimeout: 120_000 });

const program = join(import.meta.dirname, "one-hand.ts");

/** A place that several processes share, and this one's eye on it. */
function place() {
  const folder = mkdtempSync(join(tmpdir(), "ops-race-"));
  const journal = openSqliteJournal(join(folder, "journal.db"), { busyMs: 20_000 });
  onTestFinished(() => {
    journal.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    folder,
    journal,
    effects: () => readFileSync(join(folder, "effects.log"), "utf8").trim().split("\n"),
  };
}

/** A process that has started and waits for its word; `said` is all it says afterwards. */
async function hand(folder: string, ...words: readonly string[]) {
  const child = spawn(process.execPath, [program, folder, ...words], {
    env: childEnvironment(process.env),
    stdio: ["pipe", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let text = "";
  const ready = new Promise<void>((resolve) =>
    child.stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes("ready\n")) resolve();
    }),
  );
  const said = once(child, "close").then(() => text.replace("ready\n", ""));
  await Promise.race([ready, said]);
  return { go: () => child.stdin.end("go\n"), die: () => child.kill("SIGKILL"), said };
}

/** Waits until so many runs ask for approval; gives them with their plans. */
async function waiting(journal: Journal, count: number) {
  return vi.waitFor(
    async () => {
      const states = await Promise.all(
        (await journal.runs()).map(async ({ run }) => foldRun(await journal.read(run))),
      );
      const asked = states.flatMap((state) =>
        state?.phase === "waiting" && state.plan !== undefined
          ? [{ run: state.run, digest: state.plan.digest }]
          : [],
      );
      expect(asked).toHaveLength(count);
      return asked;
    },
    { timeout: 60_000, interval: 20 },
  );
}

async function approve(journal: Journal, runs: Awaited<ReturnType<typeof waiting>>) {
  const by = { name: "omar", host: "desk", via: "terminal" } as const;
  for (const { run, digest } of runs)
    await journal.note(run, { type: "approval.given", digest, by, lookedAgain: "same" });
}

test("of two processes with a run each and one lock, one acts; the other is refused and changes nothing", async () => {
  const { folder, journal, effects } = place();
  const hands = await Promise.all([hand(folder, "begin"), hand(folder, "begin")]);
  for (const { go } of hands) go();

  await approve(journal, await waiting(journal, 2));
  const said = await Promise.all(hands.map((one) => one.said));

  expect(effects()).toEqual(["reboot api-1", "reboot api-2"]);
  expect(said.filter((words) => words === "solved")).toHaveLength(1);
  // Too early for the lock, or after the other gave it back, with nothing left to do.
  expect(said.filter((words) => /^guarded (lock-held|plan-stale)$/.test(words))).toHaveLength(1);
  expect(await journal.locks()).toEqual([]);
});

test("of two processes that resume one run, one acts; the other is told who has it", async () => {
  const { folder, journal, effects } = place();
  const first = await hand(folder, "begin");
  first.go();
  const asked = await waiting(journal, 1);
  const run = asked[0]?.run ?? "";
  first.die();
  await first.said;
  // As if its lease had ended, which the race need not wait for.
  await journal.letGo({ run, owner: (await journal.row(run))?.owner ?? "", fence: 1 });
  const hands = await Promise.all([hand(folder, "resume", run), hand(folder, "resume", run)]);

  await approve(journal, asked);
  for (const { go } of hands) go();
  const said = await Promise.all(hands.map((one) => one.said));

  expect(effects()).toEqual(["reboot api-1", "reboot api-2"]);
  expect(said.filter((words) => words === "solved")).toHaveLength(1);
  expect(said.filter((words) => /^run-(busy|over)$/.test(words))).toHaveLength(1);
  expect(await journal.verify(run)).toMatchObject({ intact: true });
});
