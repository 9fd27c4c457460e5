import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { platformProfiler } from "#adapters/profiler/capture.ts";
import { hottest, merged, ProfileAnswer } from "#adapters/profiler/hottest.ts";
import type { Service } from "#kit/ports.ts";
import { routes } from "#platform/contract.ts";
import { httpServer, listen } from "#platform/service/http-server.ts";
import { createLog } from "#platform/telemetry/log.ts";
import { createMetrics } from "#platform/telemetry/metrics.ts";

const frame = (functionName: string, url = "") => ({
  functionName,
  scriptId: "1",
  url,
  lineNumber: 11,
  columnNumber: 2,
});

const cpu = (pid: number, work: readonly (readonly [string, number])[]) => ({
  what: "stage",
  pid,
  kind: "cpu",
  profile: {
    nodes: [
      { id: 1, callFrame: frame("(root)"), hitCount: 0, children: work.map((_, index) => index + 2) },
      ...work.map(([name], index) => ({
        id: index + 2,
        callFrame: name.startsWith("(") ? frame(name) : frame(name, "platform/xbrl/facts.ts"),
        hitCount: 1,
        children: [],
      })),
    ],
    startTime: 0,
    endTime: 100,
    samples: work.map((_, index) => index + 2),
    timeDeltas: work.map(([, micros]) => micros),
  },
});

describe("the hottest functions", () => {
  test("are shares of the time that was worked, over all processes, largest first", () => {
    const answer = ProfileAnswer.parse({
      seconds: 5,
      processes: [
        cpu(1, [
          ["writeFacts", 600],
          ["(idle)", 9_000],
          ["(garbage collector)", 100],
        ]),
        cpu(2, [
          ["writeFacts", 200],
          ["readTree", 100],
        ]),
      ],
    });

    expect(hottest(answer)).toEqual([
      { what: "writeFacts (platform/xbrl/facts.ts:12)", share: 0.8 },
      { what: "(garbage collector)", share: 0.1 },
      { what: "readTree (platform/xbrl/facts.ts:12)", share: 0.1 },
    ]);
  });

  test("of memory are shares of what is still held", () => {
    const leaf = (name: string, selfSize: number, id: number) => ({
      callFrame: frame(name, "a.ts"),
      selfSize,
      id,
      children: [],
    });
    const head = {
      ...leaf("(root)", 0, 1),
      children: [{ ...leaf("readRows", 300, 2), children: [leaf("toFacts", 700, 3)] }],
    };

    const answer = ProfileAnswer.parse({
      seconds: 5,
      processes: [{ what: "service", pid: 3, kind: "memory", profile: { head } }],
    });

    expect(hottest(answer)).toEqual([
      { what: "toFacts (a.ts:12)", share: 0.7 },
      { what: "readRows (a.ts:12)", share: 0.3 },
    ]);
  });

  test("are none of processes that rested, and ten at most", () => {
    const resting = ProfileAnswer.parse({ seconds: 1, processes: [cpu(1, [["(idle)", 1_000]])] });
    const many = Array.from({ length: 30 }, (_, index) => [`f${index}`, 10] as const);

    expect(hottest(resting)).toEqual([]);
    expect(hottest(ProfileAnswer.parse({ seconds: 1, processes: [cpu(1, many)] }))).toHaveLength(10);
  });

  test("stay the same when the processes are put into one profile, of which every node can be reached", () => {
    const answer = ProfileAnswer.parse({
      seconds: 5,
      processes: [cpu(1, [["writeFacts", 600]]), cpu(2, [["readTree", 300]])],
    });

    const whole = merged(answer);

    const again = ProfileAnswer.parse({
      seconds: 5,
      processes: [{ what: "stage", pid: 1, kind: "cpu", profile: whole }],
    });
    expect(hottest(again)).toEqual(hottest(answer));
    const [one] = again.processes;
    const nodes = one?.kind === "cpu" ? one.profile.nodes : [];
    expect(new Set(nodes.map(({ id }) => id)).size).toBe(nodes.length);
    expect(new Set([1, ...nodes.flatMap(({ children }) => children)])).toEqual(
      new Set(nodes.map(({ id }) => id)),
    );
    expect(nodes.map(({ callFrame }) => callFrame.functionName)).toContain("stage 2");
  });
});

const token = "a-probe-token-of-a-test-1";

async function world(given = token) {
  const folder = mkdtempSync(path.join(tmpdir(), "ops-evidence-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const secret = path.join(folder, "token");
  writeFileSync(secret, given, { mode: 0o600 });
  const app = await httpServer({
    gate: { watcherToken: token },
    log: createLog("test", { level: "INFO", to: { write: () => undefined } }),
    metrics: createMetrics({ service: "worker", instance: "w", version: "0" }),
    needs: {},
    health: async () => ({ status: "healthy", body: {} }),
  });
  onTestFinished(() => app.close());
  const url = await listen(app, "127.0.0.1", 0);
  const service: Service = {
    name: "reporting",
    url,
    instances: [],
    firewallGroups: [],
    floor: 1,
  };
  const profiler = (address = url) =>
    platformProfiler({
      route: routes.profile,
      token: { file: secret },
      folder: path.join(folder, "evidence"),
      addressOf: async () => address,
    });
  return { service, profiler, folder };
}

test("a profile of a real process is kept where only its owner reads it, with the digest that was told", async () => {
  const { service, profiler, folder } = await world();

  const profile = await profiler().capture(service, "../i-0a1 x", "cpu", "1s");

  const kept = readFileSync(profile.file);
  expect(path.dirname(profile.file)).toBe(path.join(folder, "evidence"));
  expect(path.basename(profile.file)).toMatch(
    /^\.\.-i-0a1-x-\d{4}-\d\d-\d\dT\d{4}Z-[0-9a-f]{8}\.cpuprofile$/,
  );
  expect(statSync(profile.file).mode & 0o777).toBe(0o600);
  expect(createHash("sha256").update(kept).digest("hex")).toBe(profile.sha256);
  expect(profile).toMatchObject({ seconds: 1, bytes: kept.length });
  expect(JSON.parse(String(kept))).toMatchObject({ nodes: expect.any(Array), samples: expect.any(Array) });
  expect(profile.hottest.length).toBeGreaterThan(0);
});

test("a wrong token, a closed port and something else that answers are told as what they are", async () => {
  const { service, profiler } = await world("another-token-of-a-test-2");

  await expect(profiler().capture(service, "u", "cpu", "1s")).rejects.toMatchObject({
    code: "tool-refused",
    summary: expect.stringContaining("does not let us in (HTTP 401)"),
  });
  await expect(profiler("http://127.0.0.1:9").capture(service, "u", "cpu", "1s")).rejects.toMatchObject({
    code: "tool-unreachable",
  });
  await expect(profiler(`${service.url}/livez?`).capture(service, "u", "cpu", "1s")).rejects.toMatchObject({
    code: "tool-refused",
  });
});
