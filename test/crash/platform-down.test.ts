import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openSqliteJournal } from "#adapters/journal-sqlite/journal.ts";
import { foldRun } from "#kit/fold.ts";
import { setTimeout as sleep } from "node:timers/promises";

const life = join(import.meta.dirname, "one-life.ts");

/** How many entries a life without a crash writes; the first test proves it. */
const wholeLife = 28;

type Death = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
};

function live(folder: string, crashAt: string): Promise<Death> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [life, folder], {
      env: { ...process.env, CRASH_AT: crashAt },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.on("close", (code, signal) => resolve({ code, signal, output }));
  });
}

/** What the journal and the world say after some lives in one folder. */
async function remains(folder: string) {
  const effectsFile = join(folder, "effects.log");
  const effects = existsSync(effectsFile) ? readFileSync(effectsFile, "utf8").trim().split("\n") : [];
  const journal = openSqliteJournal(join(folder, "journal.db"));
  try {
    const runs = await journal.runs();
    const run = runs[0]?.run ?? "";
    const entries = await journal.read(run);
    const [chain, locks] = [await journal.verify(run), await journal.locks()];
    return {
      effects,
      runs,
      chain,
      locks,
      state: foldRun(entries),
      events: entries.map((entry) => entry.event),
    };
  } finally {
    journal.close();
  }
}

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "ops-crash-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test("a life without a crash writes as many entries as the places that are killed below", async () => {
  const { events } = await inFolder(async (folder) => {
    await live(folder, "never:0");
    return remains(folder);
  });

  expect(events).toHaveLength(wholeLife);
});

describe.concurrent("platform-down killed by SIGKILL and resumed by another process", () => {
  const places = [
    // After entry 1 up to the one before `run.ended`; killed after the end there is nothing to resume.
    ...Array.from({ length: wholeLife - 1 }, (_, index) => `entry:${index + 1}`),
    "before-effect:1",
    "after-effect:1",
    "before-effect:2",
    "after-effect:2",
  ];

  test.for(places)("at %s: solved, each effect once, chain intact, lock free", async (place) => {
    const { first, second, effects, runs, chain, state, events, locks } = await inFolder(async (folder) => {
      const first = await live(folder, place);
      // The dead process still holds its leases; whoever comes next waits them out, as a person would.
      await sleep(350);
      const second = await live(folder, "never:0");
      return { first, second, ...(await remains(folder)) };
    });

    expect(first.signal, first.output).toBe("SIGKILL");
    expect(second.output).toMatch(/^solved /);
    expect(runs).toHaveLength(1);
    expect(chain.intact).toBe(true);
    expect(locks).toEqual([]);
    expect(state?.ended?.outcome).toBe("solved");
    expect([...new Set(effects)].sort()).toEqual(["reboot api-1", "reboot api-2"]);
    // An effect may be repeated only after somebody looked and found it not done.
    const repeats = effects.length - new Set(effects).size;
    const settledNotDone = events.filter(
      (event) => event.type === "step.settled" && event.outcome === "not-done",
    ).length;
    expect(repeats).toBe(0);
    expect(settledNotDone).toBeLessThanOrEqual(1);
  });
});
