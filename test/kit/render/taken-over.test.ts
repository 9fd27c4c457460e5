import { describe, expect, test } from "vitest";
import { renderThread } from "#adapters/slack/thread.ts";
import { foldRun, step, type RunState } from "#kit/fold.ts";
import type { LockRow, RunRow } from "#kit/journal.ts";
import { ghostLines } from "#kit/render/alive.ts";
import { eventLines } from "#kit/render/line-mode.ts";
import { finishedLines } from "#kit/render/live.ts";
import { renderLocks } from "#kit/render/locks.ts";
import { renderRuns, runsTsv } from "#kit/render/runs.ts";
import { renderTimeline } from "#kit/render/timeline.ts";
import type { JournalEntry } from "#kit/timeline.ts";
import { journalOf } from "#test/scenarios/runs/journal.ts";
import * as told from "#test/scenarios/runs/platform-down.ts";
import { screenOf } from "./screens.ts";

const screen = screenOf({ columns: 100 });
const now = new Date("2026-11-21T03:20:00.000Z");

/** A run that was resumed from a dead owner, under a lock that another dead run had. */
const takenOver = journalOf("r-7f2a", [
  ...told.asked,
  ...told.looked,
  ...told.planned,
  ...told.waiting,
  [
    "03:14:40",
    {
      type: "run.resumed",
      by: told.omar,
      fence: 3,
      tookOver: { owner: "desk:99", until: "2026-11-21T03:14:31.000Z" },
    },
  ],
  [
    "03:14:41",
    {
      type: "lock.taken",
      lock: "production/deploy",
      fence: 8,
      until: "2026-11-21T03:15:41.000Z",
      tookOver: { run: "r-1a2b", owner: "desk:412", until: "2026-11-21T03:14:20.000Z" },
    },
  ],
]);

/** What a surface that shows entry by entry says in all. */
function toldBy(show: (entry: JournalEntry, state: RunState) => readonly string[]): string {
  let state: RunState | undefined;
  const lines = takenOver.flatMap((entry) => {
    state = step(state, entry);
    return state === undefined ? [] : show(entry, state);
  });
  return flat(lines);
}

const flat = (lines: readonly string[]) => lines.join(" ").replaceAll(/\s+/g, " ");

describe("a takeover is explained", () => {
  test.for([
    ["the timeline", () => flat(renderTimeline(screen, takenOver))],
    ["line mode", () => toldBy((entry, state) => eventLines(screen, entry, state))],
    ["the live view", () => toldBy((entry, state) => finishedLines(screen, entry, state))],
    ["the Slack thread", () => JSON.stringify(renderThread(takenOver, 0))],
  ] as const)("in %s: whose lease had ended when, and the fence before and after", ([, text]) => {
    const said = text();

    expect(said).toContain(
      "r-1a2b's owner desk:412 stopped renewing, its lease ended at 03:14:20; fence 7 → 8",
    );
    expect(said).toContain("its owner desk:99 stopped renewing, its lease ended at 03:14:31; fence 2 → 3");
  });

  test("in the state of the run, for every surface to come", () => {
    expect(foldRun(takenOver)?.lock?.tookOver).toMatchObject({ run: "r-1a2b", owner: "desk:412" });
  });
});

const row: RunRow = {
  run: "r-7f2a",
  runbook: "platform-down",
  environment: "production",
  askedAt: "2026-11-21T03:12:00.000Z",
  askedBy: "lena",
  planOnly: false,
  lastAt: "2026-11-21T03:14:01.000Z",
  owner: "desk:412",
  leaseUntil: "2026-11-21T03:14:20.000Z",
  alive: false,
};

describe("a run that nobody works on", () => {
  test("is never shown as running", () => {
    const ghost = { row, phase: "acting" };

    expect(flat(renderRuns(screen, [ghost]))).toContain("no owner");
    expect(runsTsv([ghost], false)[0]?.split("\t")[5]).toBe("no owner");
    expect(flat(renderRuns(screen, [{ row: { ...row, alive: true }, phase: "acting" }]))).toContain(
      "running",
    );
  });

  test("says since when and why under its record, and how it goes on", () => {
    const said = ghostLines(screen, row, now);

    expect(flat(said)).toContain(
      "Nobody is working on it since 03:14:20: its owner desk:412 stopped renewing; last entry 5 min 59 s ago. ops resume r-7f2a",
    );
    expect(ghostLines(screen, { ...row, alive: true }, now)).toEqual([]);
    expect(ghostLines(screen, { ...row, endedAt: row.lastAt }, now)).toEqual([]);
  });

  test("and that was let go says since its last entry", () => {
    const { owner: _owner, leaseUntil: _until, ...free } = row;

    expect(flat(ghostLines(screen, free, now))).toContain("Nobody is working on it since 03:14:01; last");
  });
});

describe("ops locks says", () => {
  const lock: LockRow = {
    lock: "production/deploy",
    run: "r-1a2b",
    owner: "desk:412",
    reason: "Blue-green deploy",
    kind: "automatic",
    fence: 7,
    takenAt: "2026-11-21T03:12:00.000Z",
    until: "2026-11-21T03:14:20.000Z",
    staysUntil: "2026-11-21T03:14:20.000Z",
    state: "over",
  };
  const kept = { kind: "sticky", state: "kept", staysUntil: "2026-11-22T03:14:20.000Z" } as const;

  test.for<readonly [string, Partial<LockRow>, string]>([
    ["that a held lock is renewed", { state: "held" }, "renewed until 03:14:20 UTC; automatic"],
    [
      "that an expired one is anybody's",
      {},
      "nobody works on it: desk:412 renewed it last until 03:14:20 UTC, so the next run takes it over",
    ],
    [
      "until when a sticky one is kept",
      kept,
      "kept for a person to look at what it left, until 2026-11-22 03:14 UTC; sticky",
    ],
    [
      "who holds one by hand",
      { kind: "by-hand", state: "held", run: "by-hand:lena" },
      "by-hand:lena (Blue-green deploy), since 03:12:00 UTC, 8 min ago; by hand until 2026-11-21 03:14 UTC",
    ],
  ])("%s", ([, changes, words]) => {
    expect(flat(renderLocks(screen, [{ ...lock, ...changes }], now))).toContain(words);
  });

  test("the command that gives back what nobody works on, and none for what somebody does", () => {
    const said = (changes: Partial<LockRow>) => flat(renderLocks(screen, [{ ...lock, ...changes }], now));

    expect(said(kept)).toContain("ops locks free production/deploy");
    expect(said({ state: "held" })).not.toContain("ops locks free");
  });
});
