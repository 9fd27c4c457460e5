import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { renderNotes } from "#adapters/pagerduty/render.ts";
import { renderParent } from "#adapters/slack/render.ts";
import { renderThread } from "#adapters/slack/thread.ts";
import { openDoor } from "#bin/ops/door.ts";
import { commandEntries } from "#bin/ops/commands.ts";
import { globalFlags, globalsOf } from "#bin/ops/globals.ts";
import { foldRun, step, type RunState } from "#kit/fold.ts";
import { attachEnd } from "#kit/render/attach.ts";
import { eventLines } from "#kit/render/line-mode.ts";
import { finishedLines } from "#kit/render/live.ts";
import { entryLine } from "#kit/render/ndjson.ts";
import { renderScenarios } from "#kit/render/rehearsal.ts";
import type { Screen } from "#kit/render/screen.ts";
import { displayWidth } from "#kit/render/width.ts";
import type { JournalEntry, Outcome, RunEvent } from "#kit/timeline.ts";
import { screenOf } from "#test/kit/render/screens.ts";
import { situations } from "#test/scenarios/runs/index.ts";
import { journalOf } from "#test/scenarios/runs/journal.ts";
import { openSqliteJournal } from "#adapters/journal-sqlite/journal.ts";
import { freshOps } from "./ops.ts";
import { expectParses } from "./parses.ts";

const root = join(import.meta.dirname, "../..");
const launcher = join(root, "bin/ops.js");
const hasScript = spawnSync("script", ["--version"]).status === 0;
if (!hasScript) process.stderr.write("skipped: pager and width tests need util-linux script(1)\n");

// ----- One sentence, five surfaces (UX §7.8, §8) -----

const text = (lines: readonly string[]) => lines.join(" ").replace(/\s+/g, " ");

/** Every entry of a run as a renderer of single entries shows it. */
function replay(
  entries: readonly JournalEntry[],
  show: (screen: Screen, entry: JournalEntry, state: RunState) => readonly string[],
): string {
  let state: RunState | undefined;
  const lines: string[] = [];
  for (const entry of entries) {
    state = step(state, entry);
    if (state !== undefined) lines.push(...show(screenOf({}), entry, state));
  }
  return text(lines);
}

const surfaces: Readonly<Record<string, (entries: readonly JournalEntry[], state: RunState) => string>> = {
  terminal: (entries) => replay(entries, finishedLines),
  "line mode": (entries) => replay(entries, eventLines),
  json: (entries) => {
    const last: JournalEntry = JSON.parse(
      entryLine(entries.findLast(({ event }) => event.type === "run.ended")!),
    );
    return last.event.type === "run.ended" ? last.event.verdict : "";
  },
  "Slack message": (_, state) => text(strings(renderParent(state))),
  "Slack thread": (entries) => text(strings(renderThread(entries, 0))),
  "PagerDuty note": (entries) => text(renderNotes(entries, 0).map(({ content }) => content)),
};

/** Every text in a message, whatever block it stands in. */
function strings(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap((member) => strings(member));
}

/** Ends that none of the shared stories has. */
const ending = (outcome: Outcome, exit: number, verdict: string): readonly JournalEntry[] => {
  const told = situations.acting.map(({ at, event }): [string, RunEvent] => [at.slice(11, 19), event]);
  return journalOf("r-7f2a", [...told, ["03:20:00", { type: "run.ended", outcome, exit, verdict }]]);
};
const stories: Readonly<Record<string, readonly JournalEntry[]>> = {
  ...situations,
  interrupted: ending("interrupted", 130, "Interrupted by SIGINT after step 1 of 2; 1 of 2 steps done."),
  defect: ending("defect", 1, "The tool itself failed: it lost its place. 1 of 2 steps done."),
};
const over = Object.entries(stories).flatMap(([name, entries]) => {
  const state = foldRun(entries);
  // `ops plan` tells nobody, and its screen is the plan.
  return state?.ended === undefined || state.ended.outcome === "planned"
    ? []
    : [{ name, entries, state, ended: state.ended }];
});

describe("the verdict is one sentence, the same on every surface", () => {
  test.for(over)("$ended.outcome: $name", ({ entries, state, ended }) => {
    const verdict = text([ended.verdict]);
    const silent = Object.entries(surfaces).filter(([, show]) => !show(entries, state).includes(verdict));

    expect(silent.map(([name]) => name)).toEqual([]);
  });

  test("and no way to end is left out", () => {
    const every: Readonly<Record<Outcome, true>> = {
      solved: true,
      "all-clear": true,
      planned: true,
      escalated: true,
      "handed-over": true,
      "not-verified": true,
      "step-failed": true,
      "approval-refused": true,
      "approval-expired": true,
      guarded: true,
      unknown: true,
      interrupted: true,
      undone: true,
      defect: true,
    };
    const shown = new Set(over.map(({ ended }) => ended.outcome));

    expect(
      Object.keys(every).filter((outcome) => outcome !== "planned" && !shown.has(outcome as Outcome)),
    ).toEqual([]);
  });
});

describe("a failure says on every surface what is so, half done, not done and held (UX-24)", () => {
  const failed = over.filter(({ ended }) =>
    ["not-verified", "step-failed", "unknown", "interrupted", "guarded", "escalated"].includes(ended.outcome),
  );
  const four: Readonly<Record<string, readonly string[]>> = {
    terminal: ["State now", "Half done", "Not done", "Held"],
    "line mode": ["State ", "Half done", "Not done", "Held"],
    "Slack thread": ["State now", "Half done", "Not done", "Held"],
    "PagerDuty note": ["State now", "Half done", "Not done", "Held"],
  };

  test.for(failed)("$name", ({ entries, state }) => {
    const missing = Object.entries(four).flatMap(([surface, words]) => {
      const shown = surfaces[surface]?.(entries, state) ?? "";
      return words.filter((word) => !shown.includes(word)).map((word) => `${surface}: ${word}`);
    });

    expect(missing).toEqual([]);
  });
});

// ----- Nobody is shouted at (UX §8) -----

test("a run is one message in the channel, then one call for each question to people and one for the end; nobody is mentioned", () => {
  for (const { name, entries, state } of over) {
    const replies = renderThread(entries, 0);
    const calls = replies.filter(({ broadcast }) => broadcast).length;
    const questions = entries.filter(({ event }) => asksPeople(event, state)).length;

    expect([name, calls]).toEqual([name, questions + 1]);
    if (questions <= 1) expect([name, calls <= 2]).toEqual([name, true]);
    expect(strings([renderParent(state), ...replies]).filter((one) => /<[@!#]/.test(one))).toEqual([]);
  }
});

/** True for an event from which on somebody's word is needed. */
function asksPeople(event: RunEvent, { steps, earlier }: RunState): boolean {
  if (event.type === "watch.judged") return event.verdict === "inconclusive";
  if (event.type === "step.started")
    return [...steps, ...earlier].some(({ key, kind }) => key === event.key && kind === "wait");
  return ["approval.asked", "approval.escalated", "glass.broken"].includes(event.type);
}

// ----- Every command that is named exists (UX-25, §8) -----

/** Verbs and their flags, from the commands themselves. */
async function verbs(): Promise<ReadonlyMap<string, readonly string[]>> {
  const everywhere = globalFlags.flatMap(({ flags }) =>
    flags.split(/,? /).filter((word) => word.startsWith("-")),
  );
  const known = new Map<string, readonly string[]>();
  for (const { name, load } of commandEntries) {
    const make = await load();
    const command = await make(openDoor(globalsOf([])), () => undefined, [name, "platform-down"]);
    const own = [command, ...command.commands].flatMap(({ options }) =>
      options.flatMap(({ long, short }) =>
        [long, short].filter((flag) => flag !== undefined && flag !== null),
      ),
    );
    known.set(name, [...own, ...everywhere, "--help"]);
  }
  return known;
}

/** Commands written in a text: after a quote, a backtick, a colon or in a column of their own. */
function named(content: string): readonly { readonly verb: string; readonly flags: readonly string[] }[] {
  return [...content.matchAll(/(?:["'`]|: | {2,})ops ([a-z]+)\b([^`"'\n;]*)/g)].map(
    ([, verb = "", rest = ""]) => ({
      verb,
      flags: [...rest.matchAll(/(?<=\s)--[a-z][a-z-]*/g)].map(([flag]) => flag),
    }),
  );
}

test("every command that an error, a hint, a page or the manual names is one of ops, flags included", async () => {
  const known = await verbs();
  const files = globSync("{bin,kit,adapters,runbooks,rules,checks,sandbox}/**/*.ts", { cwd: root });
  const pages = globSync("{README.md,docs/*.md,docs/errors/*.md,docs/manual/*.md,data/environments/*.yaml}", {
    cwd: root,
  });
  expect(files.length + pages.length).toBeGreaterThan(200);
  const wrong = [...files, ...pages].flatMap((file) =>
    named(readFileSync(join(root, file), "utf8")).flatMap(({ verb, flags }) => {
      const own = known.get(verb);
      if (own === undefined) return [`${file}: ops ${verb}`];
      return flags.filter((flag) => !own.includes(flag)).map((flag) => `${file}: ops ${verb} ${flag}`);
    }),
  );

  expect(wrong).toEqual([]);
  // What it looks for is found: a verb and a flag that do not exist, in the manner of our own texts.
  expect(named('hint: "See: ops frobnicate r-1 --hard"')).toEqual([
    { verb: "frobnicate", flags: ["--hard"] },
  ]);
});

test("every command on the screens of attach and rehearse is taken by ops as it stands", async () => {
  const { waitsForApproval, acting } = situations;
  const row = {
    run: "r-7f2a",
    runbook: "platform-down",
    environment: "production",
    askedAt: "",
    askedBy: "",
    planOnly: false,
    lastAt: "2026-11-21T03:15:00.000Z",
    alive: false,
  };
  const screen = screenOf({ suffix: " --env production" });
  const lines = [waitsForApproval, acting].flatMap((entries) => {
    const state = foldRun(entries);
    if (state === undefined) throw new Error("not a run");
    const now = new Date(state.lastAt);
    return [
      ...attachEnd(screen, state, row, "left", now).lines,
      ...attachEnd(screen, state, row, "over", now).lines,
    ];
  });
  lines.push(
    ...renderScenarios(screen, [
      { runbook: "rollback", scenario: "bad-version", title: "Bad", rule: "flip-back" },
    ]),
  );
  const commands = lines.flatMap((line) => /^ {2,}(ops .*?)(?: {3}|$)/.exec(line)?.[1] ?? []);

  expect(commands.length).toBeGreaterThan(4);
  for (const command of commands) await expectParses(command);
});

test("help leads with two commands that can be typed as they stand (UX-4)", async () => {
  const { ops } = freshOps();
  const { stdout } = await ops(["--help"]);
  const commands = [...stdout.matchAll(/^ {2}(ops [a-z].*?)(?: {2,}|$)/gm)].map(
    ([, command]) => command ?? "",
  );

  expect(commands.length).toBeGreaterThanOrEqual(2);
  expect(stdout.indexOf(commands[0] ?? "?")).toBeLessThan(stdout.indexOf("--env"));
  for (const command of commands.slice(0, 2)) await expectParses(command);
});

// ----- Terminals (UX-7, UX-12, UX-19, §8) -----

describe.skipIf(!hasScript)("on a terminal", () => {
  const inTerminal = (columns: number, args: string, env: Readonly<Record<string, string>> = {}) => {
    const folder = mkdtempSync(join(tmpdir(), "ops-ux-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const command = `stty cols ${columns} rows 10; exec '${process.execPath}' '${launcher}' ${args}`;
    const { stdout } = spawnSync("script", ["-qefc", command, "/dev/null"], {
      env: {
        PATH: process.env["PATH"],
        HOME: folder,
        OPS_STATE_DIR: folder,
        TERM: "xterm-256color",
        LANG: "C.UTF-8",
        OPS_PAGER: "cat",
        ...env,
      },
      encoding: "utf8",
    });
    return stdout.replaceAll("\r\n", "\n");
  };

  test("of width 0 a whole run has no escape byte and is laid out for 80", () => {
    const run = inTerminal(0, "rehearse platform-down both-gone");

    // oxlint-disable-next-line no-control-regex -- an escape byte is what is looked for
    expect(run).not.toMatch(/\u001b/);
    expect(run).toContain("SOLVED");
    expect(Math.max(...run.split("\n").map((line) => displayWidth(line)))).toBeLessThanOrEqual(80);
  });

  test("of width 40 a whole run fits", () => {
    const run = inTerminal(40, "rehearse platform-down does-not-come-back");

    expect(run.split("\n").filter((line) => displayWidth(line) > 40)).toEqual([]);
  });

  test("a page longer than the window goes through the pager, unless told not to, and a run never does", async () => {
    const { stateDir } = freshOps();
    const pager = join(stateDir, "pager");
    const mark = join(stateDir, "paged");
    writeFileSync(pager, `#!/bin/sh\ncat > '${mark}'\n`);
    chmodSync(pager, 0o755);
    const journal = openSqliteJournal(join(stateDir, "journal.db"));
    const [first, ...rest] = situations.approvedAndSolved;
    if (first?.event.type !== "run.asked") throw new Error("the situation changed");
    const { lease } = await journal.begin("r-7f2a", first.event, "desk:1:aaaaaa", 60_000);
    for (const { event } of rest) await journal.append(lease, event);
    journal.close();
    const paged = (args: string) => {
      rmSync(mark, { force: true });
      inTerminal(80, args, { OPS_PAGER: pager, OPS_STATE_DIR: stateDir });
      return existsSync(mark);
    };

    expect(paged("timeline r-7f2a")).toBe(true);
    expect(paged("timeline r-7f2a --no-pager")).toBe(false);
    expect(paged("timeline r-7f2a --follow")).toBe(false);
    expect(paged("attach r-7f2a")).toBe(false);
  });
});
