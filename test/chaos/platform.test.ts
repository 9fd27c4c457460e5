import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { agentNames } from "#platform/contract.ts";
import { faultKinds, faultsFrom } from "./platform-faults.ts";
import {
  brokenByEvents,
  brokenByReports,
  brokenByResumes,
  type EventRow,
  type ReportRow,
  resumes,
} from "./platform-invariants.ts";
import { playPlatform } from "./platform-play.ts";

const row: ReportRow = { id: "R", status: "completed", error: null, acceptedAt: 0, finishedAt: 100 };
const event = (
  kind: string,
  at: number,
  agent: string | null = null,
  worker: string | null = "w1",
): EventRow => ({
  reportId: "R",
  at,
  kind,
  agent,
  worker,
});
const story: readonly EventRow[] = [
  event("accepted", 0, null, null),
  ...agentNames.flatMap((agent, at) => [
    event("agent-started", 10 * at + 1, agent),
    event("agent-completed", 10 * at + 9, agent),
  ]),
  event("completed", 99, null, null),
];

test("the faults follow from the seed, and each kind is among them", () => {
  const faults = faultsFrom(7, 30_000, faultKinds);

  expect(faultsFrom(7, 30_000, faultKinds)).toEqual(faults);
  expect(faultsFrom(8, 30_000, faultKinds)).not.toEqual(faults);
  expect(new Set(faults.map(({ kind }) => kind))).toEqual(new Set(faultKinds));
  expect(faults.every(({ at }) => at >= 0 && at <= 30_000)).toBe(true);
});

test("a story that went well breaks no promise", () => {
  expect(brokenByReports([{ id: "R" }], [row])).toEqual([]);
  expect(brokenByEvents([row], story)).toEqual([]);
});

test.for([
  ["a lost report", [{ id: "R" }, { id: "S" }], [row], "S was accepted and is lost"],
  ["a report of nobody", [], [row], "promised to nobody"],
  ["one that never ends", [{ id: "R" }], [{ ...row, status: "running", finishedAt: null }], "never ended"],
  ["one given up without a reason", [{ id: "R" }], [{ ...row, status: "dead-letter" }], "without a reason"],
  [
    "one that failed for no fault of its own",
    [{ id: "R" }],
    [{ ...row, status: "failed", error: { code: "report-given-up" } }],
    "nothing was wrong with it",
  ],
  ["two promises for one report", [{ id: "R" }, { id: "R" }], [row], "some are the same report"],
] as const)("%s is found", ([, promised, rows, sentence]) => {
  expect(brokenByReports(promised, rows).join()).toContain(sentence);
});

test.for([
  ["a stage that counts twice", [...story.slice(0, 3), story[2], ...story.slice(3)], "with the results of"],
  ["a stage that is missing", story.filter(({ agent }) => agent !== "audit"), "with the results of"],
  ["two ends", [...story, event("completed", 120, null, null)], "ended 2 times"],
  ["a result after the end", [...story.slice(0, -2), story.at(-1), story.at(-2)], "a result after its end"],
] as const)("%s is found", ([, events, sentence]) => {
  const all = events.flatMap((one) => one ?? []);

  expect(brokenByEvents([row], all).join()).toContain(sentence);
});

test("a dead worker's report counts from the kill to the next worker's event, without what both had to wait for", () => {
  const events = [
    event("accepted", 0, null, null),
    event("agent-started", 1_000, "intake", "w1"),
    event("agent-started", 31_000, "intake", "w2"),
  ];
  const death = { kind: "worker-killed", life: "w1", from: 2_000, to: 4_000 } as const;
  const outage = { kind: "redis-killed", life: "redis", from: 5_000, to: 17_000 } as const;

  const [alone] = resumes(events, [death]);
  const [excused] = resumes(events, [death, outage]);

  expect(alone).toMatchObject({ ms: 29_000, netMs: 29_000, disturbed: false });
  expect(excused).toMatchObject({ ms: 29_000, netMs: 17_000 });
  expect(brokenByResumes([alone].filter((one) => one !== undefined))).toHaveLength(1);
  expect(brokenByResumes([excused].filter((one) => one !== undefined))).toEqual([]);
  expect(resumes(events, [{ ...death, life: "w9" }])).toEqual([]);
});

test("workers, agents, Redis and PostgreSQL are killed while reports run, and every promise is kept", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "csrd-chaos-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const said: string[] = [];

  const result = await playPlatform(
    {
      seed: 20261121,
      folder,
      reports: 15,
      lengthMs: 3_000,
      workers: 2,
      instances: 1,
      agents: "small",
      verify: 0,
      kinds: ["worker-killed", "agent-killed", "redis-killed", "postgres-killed"],
    },
    (text) => said.push(text),
  );

  expect({ broken: result.broken, said: result.broken.length === 0 ? [] : said }).toEqual({
    broken: [],
    said: [],
  });
  expect(result.ends).toEqual(new Map([["completed", 15]]));
  expect(new Set(result.done.map(({ kind }) => kind)).size).toBeGreaterThanOrEqual(3);
});
