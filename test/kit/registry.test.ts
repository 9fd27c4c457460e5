import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { handOver } from "#kit";
import { loadDefinitions, type Home } from "#kit/registry.ts";
import { decide } from "#kit/run/decide.ts";
import { platformDown } from "#runbooks/platform-down.ts";
import { sandboxTimes } from "#sandbox/times.ts";

/** A home of definition files, by path; gone when the test is over. */
function home(files: Readonly<Record<string, string>>, label = "ours/"): Home {
  const root = mkdtempSync(join(tmpdir(), "ops-home-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return { root, label };
}

const check = (id: string) =>
  `{ id: "${id}", title: "t", every: "30s", timeout: "5s", look: async () => 1, judge: () => ({ state: "healthy", says: "fine" }) }`;

const alert = (name: string) =>
  `{ name: "${name}", title: "t", expr: "x > 1", severity: "P2", team: "t", summary: "s", description: "d", watches: ${check("w")} }`;

/** The file of a runbook; `members` replace its own. */
function runbook(id: string, members: Readonly<Record<string, string>> = {}): string {
  const all: Readonly<Record<string, string>> = {
    id: `"${id}"`,
    title: `"Title of ${id}"`,
    summary: '"What it is for."',
    severity: '"P2"',
    owner: '"us"',
    implements: "[]",
    symptoms: "[]",
    trigger: "[]",
    params: "{}",
    lock: '"deploy"',
    within: '"5m"',
    diagnose: '{ q: { ask: "?", look: async () => 1, read: () => ({ state: "note", says: "1" }) } }',
    rules: "{}",
    decide: "() => ({})",
    mitigate: "{}",
    vitals: "[]",
    verify: `[{ check: ${check("proof")}, within: "1m", steadyFor: "5s" }]`,
    afterwards: "[]",
    ...members,
  };
  const lines = Object.entries(all).map(([name, value]) => `  ${name}: ${value},`);
  return `export const it = {\n${lines.join("\n")}\n};\n`;
}

/** What loading these files leaves: usable runbooks, and the sentences about the rest by id. */
async function load(files: Readonly<Record<string, string>>, withinMs = 2_000) {
  const { runbooks, broken, alerts } = await loadDefinitions([home(files)], withinMs);
  return {
    runbooks: runbooks.map(({ id }) => id),
    alerts: alerts.map(({ name }) => name),
    broken: Object.fromEntries(broken.map(({ id, error }) => [id, error.summary])),
    codes: broken.map(({ error }) => `${error.code} ${error.exit}`),
  };
}

describe("a bad definition takes nothing else with it and is named by file and line:", () => {
  test.for([
    [
      "one that throws",
      `${runbook("bad")}throw new Error("no KEY");\n`,
      /^ours\/runbooks\/bad\.ts.*: it cannot be loaded: no KEY\.$/,
    ],
    [
      "one that throws no error",
      `${runbook("bad")}throw "a word";\n`,
      /^ours\/runbooks\/bad\.ts: it cannot be loaded: a word\.$/,
    ],
    ["one without a runbook", "export const x = 1;\n", /^ours\/runbooks\/bad\.ts: it defines no runbook\.$/],
    [
      "one with two",
      `${runbook("bad")}export const second = { ...it, id: "second" };\n`,
      /it defines 2 runbooks \(bad, second\)\.$/,
    ],
    [
      "one with another id",
      runbook("other"),
      /bad\.ts, line 2: its id is "other", and the file's name says "bad"\.$/,
    ],
    ["one with an empty verify", runbook("bad", { verify: "[]" }), /bad\.ts, line 18: verify is empty/],
    ["one without a title", runbook("bad", { title: "undefined" }), /bad\.ts, line 3: title is missing\.$/],
    [
      "one whose limit is no duration",
      runbook("bad", { within: '"5 minutes"' }),
      /bad\.ts, line 12: within must be a duration/,
    ],
    ["one that asks nothing", runbook("bad", { diagnose: "{}" }), /bad\.ts, line 13: diagnose asks nothing/],
    [
      "one that hands over to nobody",
      runbook("bad", { handsOverTo: '["gone"]' }),
      /line 20: it hands over to "gone", and there is no such runbook\.$/,
    ],
    [
      "one that hands over to itself",
      runbook("bad", { handsOverTo: '["bad"]' }),
      /hand-overs go in a circle: bad → bad\.$/,
    ],
  ] as const)("%s", async ([, text, sentence]) => {
    const loaded = await load({ "runbooks/bad.ts": text, "runbooks/good.ts": runbook("good") });

    expect(loaded.runbooks).toEqual(["good"]);
    expect(loaded.broken["bad"]).toMatch(sentence);
    expect(loaded.codes).toEqual(["definition-invalid 2"]);
  });

  test("one that never finishes loading, after its time and no later", async () => {
    const loaded = await load(
      {
        "runbooks/bad.ts": `${runbook("bad")}await new Promise(() => undefined);\n`,
        "runbooks/good.ts": runbook("good"),
      },
      500,
    );

    expect(loaded.runbooks).toEqual(["good"]);
    expect(loaded.broken["bad"]).toMatch(
      /^ours\/runbooks\/bad\.ts, line 21: it was not loaded within 0\.5 s/,
    );
  });
});

describe("hand-overs", () => {
  const to = (id: string, target: string) =>
    [`runbooks/${id}.ts`, runbook(id, { handsOverTo: `["${target}"]` })] as const;

  test("in a circle break all on it, and nobody who only leads there", async () => {
    const loaded = await load(Object.fromEntries([to("a", "b"), to("b", "c"), to("c", "b")]));

    expect(loaded.runbooks).toEqual(["a"]);
    expect(loaded.broken["b"]).toContain("b → c → b");
    expect(loaded.broken["c"]).toContain("c → b → c");
  });

  test("may follow each other three times, not four", async () => {
    const chain = [
      to("a", "b"),
      to("b", "c"),
      to("c", "d"),
      to("d", "e"),
      ["runbooks/e.ts", runbook("e")] as const,
    ];

    const loaded = await load(Object.fromEntries(chain));

    expect(loaded.runbooks).toEqual(["b", "c", "d", "e"]);
    expect(loaded.broken["a"]).toContain("up to 4 hand-overs could follow each other (a → b → c → d → e)");
  });
});

test("a hand-over that the runbook does not declare is refused when it is decided", () => {
  const runbook = {
    ...platformDown,
    diagnose: {},
    optional: {},
    decide: () => handOver({ id: "rollback" }, {}, { rule: "r", because: "b" }),
  };
  const context = { now: "2026-11-21T03:12:00.000Z", times: sandboxTimes, round: 1, tried: [] };

  expect(decide(runbook, {}, {}, context)).toMatchObject({ kind: "hand-over", runbook: "rollback" });
  expect(() => decide({ ...runbook, handsOverTo: [] }, {}, {}, context)).toThrow(
    expect.objectContaining({
      code: "definition-invalid",
      summary: expect.stringContaining(
        "hand over to rollback, which its handsOverTo does not name",
      ) as string,
    }),
  );
});

describe("of two with one name the one that was there stays:", () => {
  test("runbooks, also when the first is broken; checks; alerts", async () => {
    const first = home(
      {
        "runbooks/a.ts": runbook("a"),
        "runbooks/b.ts": "throw new Error('x');\n",
        "checks/c.ts": `export const c = ${check("c")};\n`,
        "alerts/d.ts": `export const d = ${alert("Down")};\n`,
      },
      "",
    );
    const second = home({
      "runbooks/a.ts": runbook("a", { title: '"Ours"' }),
      "runbooks/b.ts": runbook("b"),
      "checks/c.ts": `export const c = ${check("c")};\n`,
      "alerts/e.ts": `export const e = ${alert("Down")};\n`,
    });

    const { runbooks, checks, alerts, broken, homeOf } = await loadDefinitions([first, second]);

    expect(runbooks.map(({ title }) => title)).toEqual(["Title of a"]);
    expect(homeOf("a")).toBe(first);
    expect(checks).toHaveLength(1);
    expect(alerts).toHaveLength(1);
    expect(broken.filter(({ file }) => file.startsWith("ours/")).map(({ error }) => error.summary)).toEqual([
      'ours/runbooks/a.ts, line 2: there already is a runbook "a" in runbooks/a.ts, which stays in use.',
      'ours/runbooks/b.ts, line 2: there already is a runbook "b" in runbooks/b.ts, which stays in use.',
      expect.stringContaining('there already is a check "c" in checks/c.ts'),
      expect.stringContaining('there already is an alert "Down" in alerts/d.ts'),
    ]);
  });

  test("a check brought along under the name of another", async () => {
    const loaded = await load({
      "checks/proof.ts": `export const proof = ${check("proof")};\n`,
      "runbooks/bad.ts": runbook("bad"),
    });

    expect(loaded.broken["bad"]).toContain(
      'it brings a check "proof" of its own, and ours/checks/proof.ts defines another',
    );
  });
});

describe("an alert", () => {
  test("without a runbook is named, and still alarms", async () => {
    const loaded = await load({ "alerts/a.ts": `export const a = ${alert("Lonely")};\n` });

    expect(loaded.alerts).toEqual(["Lonely"]);
    expect(loaded.broken["Lonely"]).toMatch(
      /^ours\/alerts\/a\.ts, line 1: no runbook that can be used has the alert Lonely/,
    );
  });

  test("starts one runbook, the first", async () => {
    const trigger = `[${alert("Down")}]`;

    const loaded = await load({
      "alerts/a.ts": `export const a = ${alert("Down")};\n`,
      "runbooks/one.ts": runbook("one", { trigger }),
      "runbooks/two.ts": runbook("two", { trigger }),
    });

    expect(loaded.runbooks).toEqual(["one"]);
    expect(loaded.broken["two"]).toContain("the alert Down already starts one");
  });
});

const schedule = (members: Readonly<Record<string, string>> = {}) => {
  const all: Readonly<Record<string, string>> = {
    id: '"nightly"',
    title: '"Every night"',
    cron: '"0 2 * * *"',
    timeZone: '"Europe/Amsterdam"',
    in: '["production"]',
    run: "book",
    params: "{}",
    as: '"us"',
    missed: '"run-once"',
    overlap: '"skip"',
    freeze: '"look"',
    ...members,
  };
  const lines = Object.entries(all).map(([name, value]) => `  ${name}: ${value},`);
  return `import { it as book } from "../runbooks/book.ts";\nexport const nightly = {\n${lines.join("\n")}\n};\n`;
};

describe("a schedule", () => {
  const withRunbook = (text: string) =>
    load({ "runbooks/book.ts": runbook("book"), "schedules/nightly.ts": text });

  test("is loaded with its runbook, from whatever home", async () => {
    const { schedules, broken, homeOfSchedule } = await loadDefinitions([
      home({ "runbooks/book.ts": runbook("book"), "schedules/nightly.ts": schedule() }),
    ]);

    expect(broken).toEqual([]);
    expect(schedules.map(({ id, run }) => [id, run.id])).toEqual([["nightly", "book"]]);
    expect(homeOfSchedule("nightly")?.label).toBe("ours/");
  });

  test.for([
    ["without a rule for what is missed", { missed: "undefined" }, "line 11: missed is missing"],
    [
      "that may be caught up for a time that is none",
      { missed: '{ runOnceWithin: "soon" }' },
      "missed must be",
    ],
    ["with seconds", { cron: '"0 0 2 * * *"' }, 'line 5: "0 0 2 * * *" has not the five fields'],
    ["that never fires", { cron: '"0 2 31 2 *"' }, "names no day that ever comes"],
    ["of no time zone", { timeZone: '"Mars/Olympus"' }, 'line 6: "Mars/Olympus" is no time zone'],
    ["of nowhere", { in: "[]" }, "names no environment or tier"],
    [
      "with parameters that its runbook refuses",
      { params: "{ service: 1 }" },
      "book does not take these params",
    ],
    [
      "that brings a runbook of its own",
      { run: '{ ...book, id: "book" }' },
      'a "book" that is not the runbook of that name',
    ],
    [
      "whose runbook is nowhere",
      { run: '{ ...book, id: "other" }' },
      'it runs "other", and there is no such runbook',
    ],
    ["whose hours never come", { window: '{ from: "03:00", to: "05:00" }' }, "instants lies in its hours"],
    [
      "that may start as late as the next one",
      { jitter: '"25h"' },
      "a fire could start as late as the next one",
    ],
    ["named unlike its file", { id: '"daily"' }, "its id is"],
  ] as const)("%s is broken, and says why", async ([, members, says]) => {
    const loaded = await withRunbook(schedule(members));

    expect(loaded.broken["nightly"]).toContain(says);
    expect(loaded.runbooks).toEqual(["book"]);
  });

  test("of a broken runbook is broken too", async () => {
    const loaded = await load({
      "runbooks/book.ts": runbook("book", { verify: "[]" }),
      "schedules/nightly.ts": schedule(),
    });

    expect(loaded.broken["nightly"]).toContain("there is no such runbook that can be used");
  });
});
