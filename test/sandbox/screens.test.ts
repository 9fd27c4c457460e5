import { expect, test } from "vitest";
import type { Screen } from "#kit/render/screen.ts";
import { renderPagerDuty, renderSlack } from "#sandbox/screens/inbox-pages.ts";
import { renderProgress } from "#sandbox/screens/progress.ts";
import { renderStatus } from "#sandbox/screens/status-table.ts";

const screen: Screen = { columns: 80, rows: 24, color: false, ascii: false, suffix: "" };
const inAscii: Screen = { ...screen, ascii: true };

test("status shows what is wrong first, and how to put it right", () => {
  const page = renderStatus(
    [
      { name: "api-1", state: "done", health: "ready", pid: 4711, port: 8000, memoryMiB: 120 },
      { name: "api-2", state: "failed", health: "process is gone", port: 8001 },
    ],
    ["api-one-down"],
    screen,
  );

  expect(page).toBe(
    [
      "   process        seen               pid   port    MiB",
      "✖  api-2          process is gone      -   8001      -",
      "✔  api-1          ready             4711   8000    120",
      "",
      "2 processes, 120 MiB, 1 not well",
      "Broken on purpose: api-one-down",
      "Put it right: ops sandbox mend",
    ].join("\n"),
  );
});

test("status leaves the figures out rather than wrap on a narrow screen", () => {
  const row = { name: "api-1", state: "done", health: "ready", pid: 4711, port: 8000 } as const;

  const lines = renderStatus([row], [], { ...screen, columns: 40 }).split("\n");

  expect(lines.slice(0, 2)).toEqual(["   process        seen", "✔  api-1          ready"]);
});

test("progress is one line per part, with how long it took", () => {
  const message = { kind: "progress", part: "Redis", detail: "127.0.0.1:6379", tookMs: 120 } as const;

  expect(renderProgress(message, inAscii)).toEqual([
    `[ok]   Redis          127.0.0.1:6379${" ".repeat(39)}0.1 s`,
  ]);
  expect(renderProgress({ kind: "progress", part: "Prometheus", detail: "not installed" }, screen)).toEqual([
    "–  Prometheus     not installed",
  ]);
  expect(renderProgress({ kind: "cleaned", names: ["api-1"] }, screen)).toEqual([
    "–  Ended what an earlier one left behind: api-1",
  ]);
  expect(renderProgress({ kind: "up" }, screen)).toEqual([]);
});

test("a Slack thread reads as in Slack: shapes for emoji, marks undone, nothing that steers the terminal", () => {
  const at = (seconds: number) => `${1_795_000_000 + seconds}.000000`;
  const page = renderSlack(
    [
      {
        name: "incidents",
        messages: [
          {
            ts: at(0),
            shown: ":white_check_mark: *Done* · platform-down\nplan `3afd-0ead` :unknown_one:",
            edits: 2,
            broadcast: false,
            replies: [{ ts: at(5), shown: ":x: log said \u001B[2Jred\u202E", edits: 0, broadcast: false }],
          },
        ],
      },
    ],
    screen,
  );

  expect(page.split("\n").slice(1)).toEqual([
    "   ✔ Done · platform-down",
    "   plan 3afd-0ead :unknown_one:",
    "   posted 11:06:40, updated in place 2 times; 1 reply in its thread",
    "   │",
    "   │ ✖ log said red",
  ]);
});

test("a PagerDuty incident tells its log and its notes in the order they happened", () => {
  const page = renderPagerDuty(
    [
      {
        number: 1,
        title: "P0 SANDBOX platform-down",
        severity: "critical",
        status: "resolved",
        createdAt: "2026-11-21T10:00:00Z",
        log: [
          { type: "trigger_log_entry", at: "2026-11-21T10:00:00Z", summary: "Triggered" },
          { type: "annotate_log_entry", at: "2026-11-21T10:00:01Z", summary: "Note added" },
          { type: "resolve_log_entry", at: "2026-11-21T10:00:09Z", summary: "Resolved" },
        ],
        notes: [{ at: "2026-11-21T10:00:01Z", by: "ops", content: "approved by omar\nlooked again" }],
      },
    ],
    inAscii,
  );

  expect(page.split("\n").slice(1)).toEqual([
    "[ok]   #1 P0 SANDBOX platform-down",
    "   resolved, critical",
    "   | 10:00:00  Triggered",
    "   | 10:00:01  approved by omar",
    "   |           looked again",
    "   | 10:00:09  Resolved",
  ]);
});

test("an empty inbox says that it is empty", () => {
  expect(renderSlack([{ name: "incidents", messages: [] }], screen)).toContain("No messages.");
  expect(renderPagerDuty([], screen)).toContain("No incidents.");
});
