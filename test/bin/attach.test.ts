import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { openSqliteJournal } from "#adapters/journal-sqlite/journal.ts";
import { foldRun } from "#kit/fold.ts";
import { entryLine } from "#kit/render/ndjson.ts";
import { reflows, rowsOf, tailLines } from "#kit/render/live.ts";
import type { JournalEntry } from "#kit/timeline.ts";
import { screenOf } from "#test/kit/render/screens.ts";
import { situations } from "#test/scenarios/runs/index.ts";
import { freshOps } from "./ops.ts";

const launcher = join(import.meta.dirname, "../../bin/ops.js");
const hasTmux = spawnSync("tmux", ["-V"]).status === 0;
if (!hasTmux) process.stderr.write("skipped: narrowing a terminal needs tmux(1)\n");

/** A journal with a run as far as the entries go, driven by this test while its lease lasts. */
async function driven(entries: readonly JournalEntry[], leaseMs = 60_000) {
  const { ops, stateDir } = freshOps();
  const journal = openSqliteJournal(join(stateDir, "journal.db"));
  onTestFinished(() => journal.close());
  const [first, ...rest] = entries;
  if (first?.event.type !== "run.asked") throw new Error("the situation changed");
  const { lease } = await journal.begin("r-7f2a", first.event, "desk:1:aaaaaa", leaseMs);
  const go = async (more: readonly JournalEntry[]) => {
    for (const { event } of more) await journal.append(lease, event);
  };
  await go(rest);
  return { ops, stateDir, journal, go };
}

/** `ops attach` as a process, with what it has said so far. */
function attached(stateDir: string, ...args: readonly string[]) {
  const child = spawn(process.execPath, [launcher, "attach", "r-7f2a", ...args], {
    env: { PATH: process.env["PATH"], HOME: stateDir, OPS_STATE_DIR: stateDir },
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
  const over = new Promise<number | null>((resolve) => child.once("close", resolve));
  const says = async (text: string) => {
    while (!said.includes(text)) await pause(50);
  };
  return { child, over, says, said: () => said };
}

const { acting, approvedAndSolved, stepFailed, waitsForApproval } = situations;

describe("a run that is over is shown whole, and its status is the run's", () => {
  test.for([
    ["solved", approvedAndSolved, 0, "Solved in 9 min 17 s"],
    ["failed", stepFailed, 4, "Stopped at step 2 of 2"],
  ] as const)("%s", async ([, entries, status, verdict]) => {
    const { ops } = await driven(entries);
    const { code, stdout } = await ops(["attach", "r-7f2a"]);

    expect(code).toBe(status);
    expect(stdout).toContain("Asked     production: Platform down");
    expect(stdout).toContain(verdict);
  });
});

test("a run that goes on is followed to its end, each entry once, byte for byte with --json", async () => {
  const { stateDir, journal, go } = await driven(acting);
  const watching = attached(stateDir, "--json");
  await watching.says('"step.started"');
  await go(approvedAndSolved.slice(acting.length));

  expect(await watching.over).toBe(0);
  const [version, ...lines] = watching.said().trimEnd().split("\n");
  expect(JSON.parse(version ?? "")).toMatchObject({ type: "version" });
  expect(lines).toEqual((await journal.read("r-7f2a")).map((entry) => entryLine(entry)));
});

test("Ctrl-C leaves the run alone: status 130, and who drives it is said", async () => {
  const { stateDir, journal, go } = await driven(acting);
  const watching = attached(stateDir, "--plain");
  await watching.says("Restart api-2");
  watching.child.kill("SIGINT");

  expect(await watching.over).toBe(130);
  expect(watching.said()).toContain("You left r-7f2a; it goes on, driven by desk:1:aaaaaa.");
  await go(approvedAndSolved.slice(acting.length));
  expect(foldRun(await journal.read("r-7f2a"))?.ended?.outcome).toBe("solved");
});

describe("a run that nobody drives is not waited for", () => {
  test.for([
    ["left in the middle", acting, 7],
    ["waiting for approval", waitsForApproval, 9],
  ] as const)("%s", async ([, entries, status]) => {
    const { ops } = await driven(entries, -1_000);
    const { code, stdout } = await ops(["attach", "r-7f2a"]);

    expect(code).toBe(status);
    expect(stdout).toMatch(/r-7f2a: nobody is working on it since \d\d:\d\d:\d\d/);
    expect(stdout).toContain("ops resume r-7f2a");
  });

  test("not even after its driver dies under the eyes of the watcher", async () => {
    const { stateDir } = await driven(acting, 3_000);
    const watching = attached(stateDir);

    expect(await watching.over).toBe(7);
    expect(watching.said()).toContain("nobody is working on it");
  });
});

test("ops timeline --follow goes on where the record ends", async () => {
  const { stateDir, go } = await driven(acting);
  const child = spawn(process.execPath, [launcher, "timeline", "r-7f2a", "--follow"], {
    env: { PATH: process.env["PATH"], HOME: stateDir, OPS_STATE_DIR: stateDir },
  });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
  while (!said.includes("asked")) await pause(50);
  await go(approvedAndSolved.slice(acting.length));
  const code = await new Promise((resolve) => child.once("close", resolve));

  expect(code).toBe(0);
  expect(said.match(/Approved by omar|approved {2}by omar/g)).toHaveLength(1);
  expect(said).toContain("Solved    Solved in 9 min 17 s");
});

test("a watcher's tail says what Ctrl-C does here, also while others are waited for", () => {
  for (const entries of [acting, waitsForApproval]) {
    const state = foldRun(entries);
    if (state === undefined) throw new Error("not a run");
    const tail = tailLines(screenOf({}), state, { now: new Date(state.lastAt), attached: true });
    expect(tail.at(-1)).toContain("Ctrl-C leaves it running");
  }
});

/** `ops attach` in a terminal of its own, and a look at its screen. */
async function attachedInTmux(width: number) {
  const { stateDir, ...rest } = await driven(waitsForApproval);
  const tmux = (...args: readonly string[]) =>
    spawnSync("tmux", ["-S", join(stateDir, "tmux"), "-f", "/dev/null", ...args], { encoding: "utf8" })
      .stdout;
  onTestFinished(() => {
    tmux("kill-server");
  });
  const command = `env -u NO_COLOR -u CI OPS_STATE_DIR='${stateDir}' LANG=C.UTF-8 '${process.execPath}' '${launcher}' attach r-7f2a; stty -a; sleep 60`;
  tmux("new-session", "-d", "-x", String(width), "-y", "40", command);
  const screen = async (until: RegExp) => {
    for (;;) {
      const seen = tmux("capture-pane", "-p");
      if (until.test(seen)) return seen;
      await pause(100);
    }
  };
  return { ...rest, tmux, screen };
}

describe("a terminal made narrower", () => {
  test("breaks lines into as many rows as they need", () => {
    expect(rowsOf(["x".repeat(90), "y".repeat(60), ""], 90)).toBe(3);
    expect(rowsOf(["x".repeat(90), "y".repeat(60), ""], 60)).toBe(4);
    expect(rowsOf(["\u001b[31m".concat("x".repeat(90), "\u001b[39m")], 40)).toBe(3);
  });

  test("unless it is one that cuts them", () => {
    expect(reflows({ TERM: "xterm-256color" })).toBe(true);
    expect(reflows({ TERM: "xterm", XTERM_VERSION: "XTerm(370)" })).toBe(false);
    expect(reflows({ TERM: "rxvt-unicode" })).toBe(false);
    expect(reflows({ TERM: "screen", STY: "1.pts" })).toBe(false);
    expect(reflows({ TERM: "screen", TMUX: "/tmp/tmux" })).toBe(true);
  });

  test.skipIf(!hasTmux)("keeps no stale line of the tail", async () => {
    const { tmux, screen } = await attachedInTmux(100);
    await screen(/Ctrl-C leaves it running/);
    tmux("resize-window", "-x", "44");
    // Laid out anew once the expiry stands on a line of its own width.
    const narrow = await screen(/Waits [^\n]{1,40}\n[^\n]*\n[^]*Ctrl-C leaves it running/);
    await pause(600);

    expect(narrow.match(/Waits /g)).toHaveLength(1);
    expect(tmux("capture-pane", "-p").match(/Ctrl-C leaves it running|ops approve r-7f2a/g)).toHaveLength(2);
  });
});

test.skipIf(!hasTmux).for(["q", "C-c"])(
  "%s leaves the run alone, and the terminal as it was",
  async (key) => {
    const { tmux, screen, journal } = await attachedInTmux(100);
    await screen(/q or Ctrl-C leaves it running/);
    tmux("send-keys", "x", "Up");
    await pause(300);

    tmux("send-keys", key);
    const left = await screen(/-?icanon/);

    expect(left).toContain("You left r-7f2a; it goes on");
    expect(left).toMatch(/(^|\s)icanon/);
    expect(left).toMatch(/(^|\s)echo\s/);
    expect((await journal.row("r-7f2a"))?.endedAt).toBeUndefined();
  },
);
