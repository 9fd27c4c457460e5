import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openSqliteJournal } from "#adapters/journal-sqlite/journal.ts";
import { entryHash, type Journal } from "#kit/journal.ts";
import { redactingJournal } from "#kit/redact/journal.ts";
import { createRedactor } from "#kit/redact/redactor.ts";
import type { PlannedStep } from "#kit/plan.ts";
import type { RunEvent } from "#kit/timeline.ts";
import { journalContract } from "../../contracts/journal.ts";
import { locksContract } from "../../contracts/locks.ts";
import { situations } from "../../scenarios/runs/index.ts";

const value = "hunter2-hunter2";

const lena = { name: "lena", host: "desk", via: "terminal" } as const;

const startedWith = (input: unknown): RunEvent => ({
  type: "step.started",
  key: "2",
  title: "x",
  attempt: 1,
  before: undefined,
  withinMs: 1,
  input,
});

const undoWith = (input: unknown): RunEvent => ({
  type: "undo.asked",
  by: lena,
  stays: [],
  steps: situations.richPlan.flatMap(({ event }) =>
    event.type === "plan.made"
      ? event.plan.steps
          .filter(({ kind }) => kind === "step")
          .map((step) => ({ ...step, input }) as PlannedStep)
      : [],
  ),
});

async function inOneFile() {
  const folder = mkdtempSync(join(tmpdir(), "ops-redacting-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  let now = Date.parse("2026-11-21T03:12:00.000Z");
  const redactor = createRedactor();
  redactor.add(value);
  return {
    pass: (ms: number) => {
      now += ms;
    },
    async open() {
      const journal = openSqliteJournal(join(folder, "journal.db"), { now: () => new Date(now) });
      onTestFinished(() => journal.close());
      return redactingJournal(journal, redactor);
    },
  };
}

journalContract("the redacting journal", inOneFile);
locksContract("the redacting journal", inOneFile);

describe("the redacting journal", () => {
  it("stores every event of a whole run as it is when nothing in it is secret", async () => {
    const under = await inOneFile();
    const journal = await under.open();

    const stored = await record(
      journal,
      situations.approvedAndSolved.map(({ event }) => event),
    );

    expect(stored.map(({ event }) => event)).toEqual(situations.approvedAndSolved.map(({ event }) => event));
  });

  it.for([
    [
      "parameters of a hand-over",
      { type: "handed.over", child: "r-1", runbook: "x", params: { word: value } },
    ],
    ["a signal's value", { type: "signal.received", signal: "x", by: lena, value: { word: value } }],
    ["an input filled with a secret", startedWith({ word: value })],
    ["an input filled with a mask", startedWith({ word: "[secret PASSWORD]" })],
    ["an undo made of a mask", undoWith({ was: "x [secret] y" })],
  ] as const)("refuses what would be acted on: %s", async ([, event]) => {
    const under = await inOneFile();
    const journal = await under.open();
    const [asked] = situations.approvedAndSolved;

    const recorded = record(journal, [...(asked === undefined ? [] : [asked.event]), event]);

    await expect(recorded).rejects.toThrow(/secret/);
  });

  it("hashes what it stores", async () => {
    const under = await inOneFile();
    const journal = await under.open();
    const [asked] = situations.approvedAndSolved;

    const stored = await record(journal, [
      ...(asked === undefined ? [] : [asked.event]),
      { type: "note.added", by: { name: "lena", host: "desk", via: "terminal" }, text: `it is ${value}` },
    ]);

    const last = stored.at(-1);
    expect(last?.event).toMatchObject({ text: "it is [secret]" });
    expect(last === undefined ? "" : entryHash(last)).toBe(last?.hash);
    expect(await journal.verify("r-1")).toEqual({ intact: true, entries: 2 });
  });

  it("refuses a secret in parameters and in inputs, from which a run would be resumed", async () => {
    const under = await inOneFile();
    const journal = await under.open();
    const events = situations.approvedAndSolved.map(({ event }) => event);
    const asked = events.find((event) => event.type === "run.asked");
    const made = events.find((event) => event.type === "plan.made");
    if (asked?.type !== "run.asked" || made?.type !== "plan.made") throw new Error("the situation changed");
    const { lease } = await journal.begin("r-1", asked, "a", 10_000);
    const [first, ...rest] = made.plan.steps;
    if (first?.kind !== "step") throw new Error("the situation changed");
    const leaky = {
      ...made,
      plan: { ...made.plan, steps: [{ ...first, input: { token: { value } } }, ...rest] },
    };

    await expect(
      journal.begin("r-2", { ...asked, params: { word: btoa(value) } }, "a", 10_000),
    ).rejects.toMatchObject({
      code: "params-invalid",
    });
    await expect(journal.append(lease, leaky)).rejects.toMatchObject({ code: "guard-refused" });
    expect((await journal.read("r-1")).length).toBe(1);
    expect(await journal.row("r-2")).toBeUndefined();
  });

  it("writes nothing before the secrets are known", async () => {
    const under = await inOneFile();
    const redactor = createRedactor();
    const journal = redactingJournal(await under.open(), redactor, async () => {
      await Promise.resolve();
      redactor.add("late-but-in-time");
    });
    const [asked] = situations.approvedAndSolved;
    if (asked?.event.type !== "run.asked") throw new Error("the situation changed");

    const { entry } = await journal.begin("r-1", { ...asked.event, reason: "late-but-in-time" }, "a", 10_000);

    expect(entry.event).toMatchObject({ reason: "[secret]" });
  });
});

async function record(journal: Journal, events: readonly RunEvent[]) {
  const [first, ...rest] = events;
  if (first?.type !== "run.asked") throw new Error("a run begins with what was asked");
  const { lease, entry } = await journal.begin("r-1", first, "a", 10_000);
  const stored = [entry];
  for (const event of rest) stored.push(await journal.append(lease, event));
  return stored;
}
