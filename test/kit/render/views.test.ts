import { describe, expect, test } from "vitest";
import { renderApproval } from "#kit/render/approve.ts";
import { endLines } from "#kit/render/end.ts";
import { eventLines, heartbeatLine } from "#kit/render/line-mode.ts";
import { finishedLines, tailLines } from "#kit/render/live.ts";
import { renderPlan } from "#kit/render/plan.ts";
import { renderTimeline, timelineMarkdown } from "#kit/render/timeline.ts";
import type { RunState } from "#kit/fold.ts";
import { foldRun, step } from "#kit/fold.ts";
import type { JournalEntry } from "#kit/timeline.ts";
import type { Screen } from "#kit/render/screen.ts";
import { omar } from "#test/scenarios/runs/platform-down.ts";
import { situations } from "#test/scenarios/runs/index.ts";
import { displayWidth } from "#kit/render/width.ts";
import { screenOf } from "./screens.ts";

const now = new Date("2026-11-21T03:16:00.000Z");

/** Every view of a run as one text. */
const views: Readonly<
  Record<string, (screen: Screen, entries: readonly JournalEntry[]) => readonly string[]>
> = {
  plan: (screen, entries) => renderPlan(screen, folded(entries)),
  scrollback: (screen, entries) => replay(entries, (entry, state) => finishedLines(screen, entry, state)),
  tail: (screen, entries) => tailLines(screen, folded(entries), { now }),
  end: (screen, entries) => endLines(screen, folded(entries)),
  approve: (screen, entries) => renderApproval(screen, folded(entries), omar, now, now),
  timeline: (screen, entries) => renderTimeline(screen, entries),
  "line mode": (screen, entries) => replay(entries, (entry, state) => eventLines(screen, entry, state)),
};

const shown = {
  plan: [
    "plannedOnly",
    "allClear",
    "escalated",
    "handedOver",
    "richPlan",
    "planWithout",
    "secondRoundPlan",
    "brokenGlassActing",
  ],
  scrollback: [
    "approvedAndSolved",
    "stepFailed",
    "resumedAndSolved",
    "watchFailedUndone",
    "watchGoOn",
    "waitAnsweredSolved",
    "handedOverWithChild",
    "brokenGlassReviewed",
    "stickyLockFreed",
  ],
  tail: [
    "stillLooking",
    "waitsForApproval",
    "acting",
    "proving",
    "groupRunning",
    "batchRunning",
    "watchRunning",
    "watchInconclusive",
    "waitOpen",
    "brokenGlassActing",
  ],
  end: [
    "notVerified",
    "unknownWhether",
    "refused",
    "expired",
    "lostLock",
    "guarded",
    "batchFailed",
    "waitSilent",
    "duringFailed",
    "brokenGlass",
    "lockStoreMissing",
    "handedOverWithChild",
  ],
  approve: ["waitsForApproval", "secondRoundPlan", "revoked"],
  timeline: [
    "approvedAndSolved",
    "stepFailed",
    "resumedAndSolved",
    "refused",
    "watchFailedUndone",
    "watchGoOn",
    "twoRounds",
    "waitSilent",
    "handedOverWithChild",
    "brokenGlassReviewed",
    "revoked",
    "lockStoreMissing",
    "duringFailed",
  ],
  "line mode": [
    "approvedAndSolved",
    "stepFailed",
    "watchFailedUndone",
    "watchGoOn",
    "waitSilent",
    "batchFailed",
    "planWithout",
    "revoked",
  ],
} as const satisfies Readonly<Record<string, readonly (keyof typeof situations)[]>>;

const cases = Object.entries(shown).flatMap(([view, names]) => names.map((name) => [view, name] as const));

describe("every view, at 40, 80 and 200 columns", () => {
  test.for(cases)("%s of %s", ([view, name]) => {
    for (const columns of [40, 80, 200])
      expect(views[view]?.(screenOf({ columns }), situations[name]).join("\n")).toMatchSnapshot(
        `${columns} columns`,
      );
  });

  test.for(cases)("%s of %s in colour differs from the plain text by colour codes alone", ([view, name]) => {
    const plain = views[view]?.(screenOf({}), situations[name]).join("\n") ?? "";
    const coloured = views[view]?.(screenOf({ color: true }), situations[name]).join("\n") ?? "";

    // oxlint-disable-next-line no-control-regex -- colour codes begin with ESC
    expect(coloured.replace(/\u001b\[[0-9;]*m/g, "")).toBe(plain);
  });

  test.for(cases)("%s of %s in ASCII uses nothing but ASCII", ([view, name]) => {
    const text = views[view]?.(screenOf({ ascii: true }), situations[name]).join("\n") ?? "";

    expect(text.replaceAll("→", "->")).toMatch(/^[\n\u0020-\u007e]*$/);
  });

  test.for(cases)("%s of %s keeps within the window", ([view, name]) => {
    if (view === "line mode") return;
    for (const columns of [40, 60, 80, 120, 200])
      for (const line of views[view]?.(screenOf({ columns }), situations[name]) ?? [])
        expect(displayWidth(line) <= columns, `${columns}: ${line}`).toBe(true);
  });
});

test("a plan in colour and a tail in ASCII", () => {
  expect(renderPlan(screenOf({ color: true }), folded(situations.plannedOnly)).join("\n")).toMatchSnapshot(
    "colour",
  );
  expect(tailLines(screenOf({ ascii: true }), folded(situations.acting), { now }).join("\n")).toMatchSnapshot(
    "ASCII",
  );
});

test("the timeline as markdown", () => {
  expect(timelineMarkdown(situations.approvedAndSolved)).toMatchSnapshot();
  expect(timelineMarkdown(situations.stepFailed, { failed: true })).toMatchSnapshot();
});

test("a tail is never taller than the window leaves it", () => {
  for (const rows of [5, 8, 24])
    for (const entries of Object.values(situations))
      expect(tailLines(screenOf({ rows }), folded(entries), { now }).length).toBeLessThanOrEqual(
        Math.max(1, Math.min(12, rows - 4)),
      );
});

test("a heartbeat names what is waited for, since when and how long at most", () => {
  expect(heartbeatLine(screenOf({}), folded(situations.acting), now)).toBe(
    '03:16:00  Running   still at "Restart api-2", 22 s of at most 2 min; healthy 1 of 2 (floor 0); 5xx 12/min',
  );
});

function folded(entries: readonly JournalEntry[]): RunState {
  const state = foldRun(entries);
  if (state === undefined) throw new Error("not a run");
  return state;
}

function replay(
  entries: readonly JournalEntry[],
  render: (entry: JournalEntry, state: RunState) => readonly string[],
): readonly string[] {
  let state: RunState | undefined;
  return entries.flatMap((entry) => {
    state = step(state, entry);
    return state === undefined ? [] : render(entry, state);
  });
}
