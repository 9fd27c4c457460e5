import { describe, expect, test } from "vitest";
import { z } from "zod";
import { allClear, defineAction, defineCheck, defineRunbook, eventually, healthy } from "#kit";
import { OpsError } from "#kit/errors.ts";
import type { Readers } from "#kit/ports.ts";
import type { Runbook } from "#kit/runbook.ts";
import {
  exitOfReadiness,
  isStale,
  judgeClock,
  placeHash,
  readinessFor,
  runProbe,
  type CheckedReadiness,
  type ReadinessFinding,
  type ReadyState,
} from "#kit/readiness.ts";
import { drillText, readinessText } from "#kit/render/readiness.ts";
import { systemClock } from "#kit/clock.ts";
import { virtualClock } from "#kit/rehearse/clock.ts";
import { operatorNames, portsOf, readerNames } from "#kit/uses.ts";
import { platformDown } from "#runbooks/platform-down.ts";
import { rollback } from "#runbooks/rollback.ts";

const now = new Date("2026-11-21T12:00:00Z");

describe("a foreign clock", () => {
  test.for([
    [0, 600, "ready"],
    [2_400, 600, "ready"],
    [-2_400, 600, "ready"],
    [2_700, 600, "warning"],
    [-2_700, 600, "warning"],
    [30_500, 600, "warning"],
    [30_700, 600, "not-ready"],
    [-3_600_000, 600, "not-ready"],
  ] as const)("that is %i ms ahead, measured to %i ms, is %s", ([ahead, error, state]) => {
    expect(judgeClock(ahead, error).state).toBe(state);
  });

  test("says which way it is wrong, and the limit", () => {
    expect(judgeClock(45_000, 600).says).toBe("45.0 s ahead of this host's (at most 30 s)");
    expect(judgeClock(-5_000, 600).says).toBe("5.0 s behind this host's (at most 30 s)");
  });
});

describe("one look", () => {
  const probe = (look: () => Promise<never>) => ({ id: "x", what: "X", needs: "every-run" as const, look });

  test("that is refused is not ready, with the error's own sentence and hint", async () => {
    const refused = new OpsError("tool-refused", { summary: "AWS said no.", hint: "Ask for the right." });

    expect(
      await runProbe(
        probe(async () => Promise.reject(refused)),
        systemClock,
        1_000,
      ),
    ).toMatchObject({
      state: "not-ready",
      says: "AWS said no",
      now: "Ask for the right.",
    });
  });

  test("that never ends is unknown after its time", async () => {
    const finding = await runProbe(
      probe(() => new Promise(() => undefined)),
      systemClock,
      20,
    );

    expect(finding).toMatchObject({
      state: "unknown",
      says: expect.stringMatching(/^no answer in \d+ ms$/) as string,
    });
  });

  test.for([
    [true, "ready"],
    [false, "unknown"],
  ] as const)(
    "gets its time once more when we were starved (%s), because that is not the tool's fault",
    async ([starved, state]) => {
      const clock = virtualClock();
      const look = async () => {
        await clock.sleep(30);
        return { state: "ready" as const, says: "fine" };
      };

      const finding = await runProbe(
        { id: "x", what: "X", needs: "every-run", look },
        clock,
        20,
        () => starved,
      );

      clock.stop();
      expect(finding.state).toBe(state);
    },
  );

  test("in which we fail says nothing about the tool", async () => {
    const broken = async () => Promise.reject(new TypeError("undefined is not a function"));

    expect(await runProbe(probe(broken), systemClock, 1_000)).toMatchObject({ state: "unknown" });
  });
});

describe("a runbook is judged by what it needs", () => {
  const finding = (needs: ReadinessFinding["needs"], state: ReadyState): ReadinessFinding => ({
    id: "f",
    what: "The tool",
    needs,
    state,
    says: "is so",
    tookMs: 1,
  });

  const needing = (runbook: Runbook) => ({ id: runbook.id, uses: portsOf(runbook) });

  test.for([
    ["every run, not ready", "every-run", "not-ready", "not-ready", "not-ready"],
    ["every run, unknown", "every-run", "unknown", "unknown", "unknown"],
    ["every run, a warning", "every-run", "warning", "ready", "ready"],
    ["telling others", "telling", "not-ready", "ready", "ready"],
    ["restarting", { ports: ["workloadAdmin"] }, "not-ready", "not-ready", "ready"],
    ["moving traffic", { ports: ["balancerAdmin"] }, "not-ready", "ready", "not-ready"],
    ["one runbook by name", { runbooks: ["rollback"] }, "not-ready", "ready", "not-ready"],
    ["log reading, unknown", { ports: ["logs"] }, "unknown", "unknown", "ready"],
  ] as const)("%s", ([, needs, state, down, back]) => {
    const findings = [finding("every-run", "ready"), finding(needs, state)];

    expect(readinessFor(needing(platformDown), findings).state).toBe(down);
    expect(readinessFor(needing(rollback), findings).state).toBe(back);
  });

  test("what is known not to be ready comes before what is not known, in words and in the exit", () => {
    const findings = [finding("every-run", "unknown"), finding("every-run", "not-ready")];

    expect(readinessFor(needing(rollback), findings)).toEqual({
      state: "not-ready",
      because: "The tool: is so",
    });
    expect(exitOfReadiness(findings)).toBe(3);
    expect(exitOfReadiness(findings.slice(0, 1))).toBe(7);
    expect(exitOfReadiness([finding("every-run", "warning")])).toBe(0);
  });
});

describe("what was last seen", () => {
  const place = placeHash({ name: "sandbox" });
  const checked = (changes: Partial<CheckedReadiness> = {}): CheckedReadiness => ({
    state: "ready",
    because: "18 findings",
    at: "2026-11-21T11:48:00.000Z",
    place,
    ...changes,
  });

  test.for([
    [undefined, "never checked in sandbox"],
    [checked(), "ready in sandbox (checked 12 min ago)"],
    [
      checked({ state: "not-ready", because: "AWS act role: may not restart" }),
      "not ready in sandbox: AWS act role: may not restart (checked 12 min ago)",
    ],
    [
      checked({ state: "unknown", because: "AWS: no answer in 5.0 s" }),
      "unknown whether ready in sandbox: AWS: no answer in 5.0 s (checked 12 min ago)",
    ],
    [checked({ at: "2026-11-18T12:00:00.000Z" }), "not checked in sandbox for 3 d; it was ready then"],
    [
      checked({ place: placeHash({ name: "another" }) }),
      "not checked in sandbox since its file was changed (last 12 min ago)",
    ],
  ] as const)("%o reads: %s", ([seen, text]) => {
    expect(readinessText("sandbox", place, seen, now)).toBe(text);
  });

  test("is stale after a day and not before", () => {
    expect(isStale(checked({ at: "2026-11-20T12:00:00.000Z" }), now)).toBe(false);
    expect(isStale(checked({ at: "2026-11-20T11:59:59.000Z" }), now)).toBe(true);
  });

  test("a drill says when it was and how long it took", () => {
    const drill = { run: "r-7f2a", environment: "sandbox", at: "2026-11-18T12:00:00.000Z", tookMs: 41_000 };

    expect(drillText(drill, now)).toBe("last drill 3 d ago, solved in 41.0 s");
    expect(drillText(undefined, now)).toBe("never drilled");
  });
});

describe("the ports of a runbook are read from what its functions take", () => {
  type Sight = { readonly up: boolean };
  const action = (run: unknown) =>
    defineAction({
      title: "Do",
      input: z.strictObject({}),
      risk: "disruptive",
      label: () => "Do",
      preview: () => "do",
      targets: () => [],
      within: "5s",
      before: async (_input, { instances }) => instances.describe(["i-1"]),
      run: run as () => Promise<void>,
    });
  const probe = (look: unknown) => ({
    ask: "Up?",
    look: look as () => Promise<Sight>,
    read: ({ up }: Sight) => ({ state: up ? ("fine" as const) : ("bad" as const), says: "up" }),
  });
  const check = defineCheck({
    id: "c",
    title: "C",
    every: "30s",
    timeout: "5s",
    look: async ({ http }) => http.get("http://x/"),
    judge: () => healthy("ok"),
  });
  const runbook = (look: unknown, run: unknown) =>
    defineRunbook({
      id: "r",
      title: "R",
      summary: "R",
      severity: "P2",
      owner: "o",
      implements: [],
      symptoms: [],
      trigger: [],
      params: {},
      lock: "x",
      within: "5m",
      diagnose: { sight: probe(look) },
      rules: { fine: "fine" },
      decide: () => allClear({ rule: "fine", because: "fine" }),
      mitigate: { act: action(run) },
      vitals: [],
      verify: [eventually(check, { within: "1m", steadyFor: "1s" })],
      afterwards: [],
    });
  const uses = (look: unknown, run: unknown) => {
    const { readers, operators } = portsOf(runbook(look, run));
    return [[...readers].sort(), [...operators].sort()];
  };
  const noHands = async () => undefined;

  test("members that are taken by name, under another name, with a default, with comments between", () => {
    const look = async ({
      firewall: wall,
      logs = {
        errors: async () => [],
        query: () => Promise.reject(new Error("not asked")),
        lines: () => Promise.reject(new Error("not asked")),
      }, // , balancer
      /* deploys, */ signal,
    }: Partial<Readers> & { readonly signal: AbortSignal }) => [wall, logs, signal];
    // oxlint-disable-next-line no-empty-pattern -- a parameter from which nothing is taken
    const run = async ({}, { instanceAdmin }: { readonly instanceAdmin: unknown }) => instanceAdmin;

    expect(uses(look, run)).toEqual([["firewall", "http", "instances", "logs"], ["instanceAdmin"]]);
  });

  test("methods and plain functions", () => {
    const holder: object = {
      async look({ balancer }: Readers) {
        return balancer;
      },
    };
    const run = async function act(_input: unknown, { balancerAdmin }: { readonly balancerAdmin: unknown }) {
      return balancerAdmin;
    };

    expect(uses(Reflect.get(holder, "look"), run)).toEqual([
      ["balancer", "http", "instances"],
      ["balancerAdmin"],
    ]);
  });

  test("whatever is taken whole may use everything", () => {
    const whole = async (readers: Readers) => readers;
    const rest = async ({ http, ...others }: Readers) => [http, others];
    const all = readerNames.toSorted();

    expect(uses(whole, noHands)[0]).toEqual(all);
    expect(uses(rest, noHands)[0]).toEqual(all);
    expect(uses(noHands, async (_input: unknown, hands: unknown) => hands)[1]).toEqual(
      operatorNames.toSorted(),
    );
  });

  test("an action that looks through the readers it is handed while acting may use all of them", () => {
    const run = async (_input: unknown, { readers }: { readonly readers: Readers }) => readers;

    expect(uses(noHands, run)[0]).toEqual(readerNames.toSorted());
  });

  test("an action that takes them apart at once may use just those", () => {
    const run = async (
      _input: unknown,
      { readers: { logs, inventory } }: { readonly readers: Pick<Readers, "logs" | "inventory"> },
    ) => [logs, inventory];

    expect(uses(noHands, run)[0]).toEqual(["http", "instances", "logs"]);
  });

  test("of the shipped ones are what they say they do", () => {
    expect([...portsOf(rollback).operators]).toEqual(["balancerAdmin"]);
    expect([...portsOf(platformDown).operators]).toEqual(["workloadAdmin"]);
    expect([...portsOf(rollback).readers].sort()).toEqual(["balancer", "http"]);
  });
});
