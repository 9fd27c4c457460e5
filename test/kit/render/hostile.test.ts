import { describe, expect, test } from "vitest";
import { foldRun, step, type RunState } from "#kit/fold.ts";
import { errorLines } from "#kit/render/error.ts";
import { renderApproval } from "#kit/render/approve.ts";
import { renderChecks } from "#kit/render/checks.ts";
import { endLines } from "#kit/render/end.ts";
import { eventLines } from "#kit/render/line-mode.ts";
import { finishedLines, tailLines } from "#kit/render/live.ts";
import { renderPlan } from "#kit/render/plan.ts";
import { renderResume } from "#kit/render/resume.ts";
import { renderTimeline, timelineMarkdown } from "#kit/render/timeline.ts";
import { clean, displayWidth, truncate, wrap } from "#kit/render/width.ts";
import { OpsError } from "#kit/errors.ts";
import type { JournalEntry } from "#kit/timeline.ts";
import { omar } from "#test/scenarios/runs/platform-down.ts";
import { situations } from "#test/scenarios/runs/index.ts";
import { screenOf } from "./screens.ts";

const now = new Date("2026-11-21T03:16:00.000Z");

// Clears the screen, sets the title, hides itself, turns the line round, breaks the line, and is long.
const poison =
  "\u001b[2J\u001b]0;owned\u0007\u009b31m\r\nFAKE  ✔ Solved\u202eevil\u2066\u200b\u2028\u{e0041}\u0000<!channel> [x](http://e) `rm -rf /` 測試🎉" +
  "A".repeat(3_000);

/** The same journal with every text that came from outside poisoned; words that the code switches on stay. */
function poisoned(value: unknown, key = ""): unknown {
  const fixed = new Set([
    "type",
    "state",
    "kind",
    "risk",
    "strength",
    "severity",
    "via",
    "outcome",
    "decision",
    "phase",
    "digest",
    "at",
    "expiresAt",
    "madeAt",
    "until",
    "since",
    "strictest",
    "key",
    "hash",
    "prev",
    "content",
    "run",
    "probe",
    "name",
  ]);
  const answers = new Set(["pass", "fail", "inconclusive", "stop", "undo", "go-on", "hold", "release"]);
  if (typeof value === "string") return fixed.has(key) || answers.has(value) ? value : poison;
  if (Array.isArray(value)) return value.map((item) => poisoned(item, key));
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, poisoned(member, name)]));
  return value;
}

const names = Object.keys(situations) as (keyof typeof situations)[];

describe("text from outside never reaches a terminal as more than text", () => {
  test.for(names)("in every view of %s", (name) => {
    const entries = poisoned(situations[name]) as readonly JournalEntry[];
    const state = foldRun(entries);
    if (state === undefined) throw new Error("not a run");
    for (const columns of [40, 80]) {
      const screen = screenOf({ columns, rows: 60 });
      const lines = [
        ...renderPlan(screen, state, { full: true }),
        ...renderApproval(screen, state, omar, now, now),
        ...renderTimeline(screen, entries),
        ...renderResume(screen, state),
        ...endLines(screen, state),
        ...tailLines(screen, state, { now }),
        ...replay(entries, (entry, at) => finishedLines(screen, entry, at)),
        ...replay(entries, (entry, at) => eventLines(screen, entry, at)),
        ...timelineMarkdown(entries).split("\n"),
      ];
      expect(lines.filter((line) => isDangerous(line))).toEqual([]);
    }
  });

  test("in a check, an error and its details", () => {
    const screen = screenOf({});
    const error = new OpsError("tool-refused", { summary: poison, hint: poison, details: poison });
    const lines = [
      ...errorLines(screen, error, { nothingChanged: true }),
      ...renderChecks(screen, [{ id: "x", title: poison, health: { state: "unhealthy", says: poison } }]),
    ];
    expect(lines.filter((line) => isDangerous(line))).toEqual([]);
  });

  test("and in markdown it neither formats, links, mentions nor embeds", () => {
    const entries = poisoned(situations.stepFailed) as readonly JournalEntry[];
    const markdown = timelineMarkdown(entries);
    expect(markdown).not.toContain("<!channel>");
    expect(markdown).not.toContain("[x](http");
    expect(markdown).not.toContain(" `rm -rf");
  });
});

describe("widths", () => {
  test("are those of the terminal, not of the string", () => {
    expect([
      displayWidth("abc"),
      displayWidth("測試"),
      displayWidth("🎉"),
      displayWidth("e\u0301"),
      displayWidth("\u001b[31mred\u001b[39m"),
    ]).toEqual([3, 4, 2, 1, 3]);
  });

  test("a cut is visible and fits", () => {
    expect(truncate(screenOf({}), "測試測試測試", 7)).toBe("測試測…");
    expect(truncate(screenOf({ ascii: true }), "abcdefghij", 7)).toBe("abcd...");
  });

  test("wrapping loses nothing, also in words longer than a line", () => {
    const text = `one ${"x".repeat(50)} two`;
    const lines = wrap(text, 20);
    expect(lines.join("").replaceAll(" ", "")).toBe(text.replaceAll(" ", ""));
    expect(lines.every((line) => displayWidth(line) <= 20)).toBe(true);
  });

  test("cleaning caps by characters, not inside one", () => {
    expect(clean("🎉".repeat(10), 5)).toBe("🎉🎉🎉🎉…");
  });
});

test("nothing of a destructive step is lost at any width from 40", () => {
  const state = foldRun(situations.plannedOnly);
  if (state?.plan === undefined) throw new Error("no plan");
  const target = `database-${"x".repeat(60)}-eu-central-1`;
  const steps = [
    { ...state.plan.steps[0]!, title: `Drop ${target}`, risk: "destructive" as const, targets: [target] },
  ];
  for (const columns of [40, 47, 60, 80, 120, 200]) {
    const text = renderPlan(screenOf({ columns }), { ...state, plan: { ...state.plan, steps } })
      .join("\n")
      .replace(/\s+/g, "");
    expect(text).toContain("destructive");
    expect(text).toContain(target);
    expect(text).toContain("cannotbeundone");
  }
});

function isDangerous(line: string): boolean {
  // oxlint-disable-next-line no-control-regex -- exactly the characters that must not come through
  return /[\u0000-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]|[\u{e0000}-\u{e007f}]/u.test(
    line,
  );
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
