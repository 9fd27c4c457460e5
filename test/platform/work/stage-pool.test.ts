import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { agentSettings } from "#platform/service/settings.ts";
import { watchSwitches } from "#platform/service/switches.ts";
import { newReportId } from "#platform/storage/report-files.ts";
import type { StageNews } from "#platform/work/stage-messages.ts";
import { type StageRunner, stagesInProcesses } from "#platform/work/stage-pool.ts";

async function pool(name: string, extra: Readonly<Record<string, string>> = {}) {
  const root = mkdtempSync(path.join(tmpdir(), "csrd-stages-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const settings = agentSettings("calculator", {
    CSRD_ARTIFACTS_DIR: root,
    CSRD_REPORT_MEMORY_MB: "192",
    CSRD_AGENT_CONCURRENCY: "2",
    ...extra,
  });
  const switches = await watchSwitches({ sources: [], ttlMs: 10_000 });
  const source = { module: import.meta.resolve("./greedy-agents.ts"), name };
  const stages = stagesInProcesses({ source, settings, switches, models: undefined });
  onTestFinished(async () => {
    await stages.close();
    await switches.close();
  });
  const id = newReportId(new Date());
  return { stages, id, folder: path.join(root, "reports", id) };
}

const ask = (
  stages: StageRunner,
  reportId: string,
  { limitMs = 60_000, signal = new AbortController().signal, news = [] as StageNews[] } = {},
) =>
  stages.run({
    reportId,
    now: "2026-11-21T12:00:00.000Z",
    limitMs,
    signal,
    hear: (one) => news.push(one),
  });

test("a stage in its own process does its work, and its log, counts and progress are heard", async () => {
  const { stages, id, folder } = await pool("calm");
  const news: StageNews[] = [];

  const first = await ask(stages, id, { news });
  const second = await ask(stages, id);

  expect(first).toMatchObject({ kind: "result", result: { summary: "1 pieces" } });
  expect(second).toEqual(first);
  expect(readFileSync(path.join(folder, "calm.txt"), "utf8")).toBe("calm\n");
  expect(news.map(({ kind }) => kind)).toEqual(["started", "log", "measure", "progress"]);
});

test.for(["objects", "arrays", "buffers"])(
  "a stage that takes memory without end (%s) ends alone, with the figures",
  async (name) => {
    const { stages, id } = await pool(name);

    const outcome = await ask(stages, id);

    expect(outcome).toMatchObject({
      kind: "refused",
      code: "memory-limit",
      retry: false,
      message: expect.stringMatching(/more than the 192 MB that one report may use \((\d+ MB|its heap)/),
    });
    expect(stages.load()).toEqual({ running: 0, waiting: 0 });
  },
);

test("a stage that computes without end is ended after its time, and this process answers meanwhile", async () => {
  const { stages, id } = await pool("spinning");
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 10);

  const outcome = await ask(stages, id, { limitMs: 1_500 });
  clearInterval(timer);

  expect(outcome).toMatchObject({ kind: "refused", code: "time-limit", retry: false });
  expect(turns).toBeGreaterThan(20);
});

test("a stage that is stopped publishes nothing from then on", async () => {
  const { stages, id, folder } = await pool("publishing");
  const stopping = new AbortController();
  const pieces = path.join(folder, "pieces");

  const work = ask(stages, id, { signal: stopping.signal });
  await vi.waitUntil(() => existsSync(pieces) && readdirSync(pieces).length > 2, { timeout: 20_000 });
  stopping.abort();
  const outcome = await work;
  const then = readdirSync(pieces).length;
  await pause(500);

  expect(outcome).toEqual({ kind: "stopped" });
  expect(readdirSync(pieces)).toHaveLength(then);
});

test("no more stages run than are allowed; who gives up waiting does not take another's turn", async () => {
  const { stages, id } = await pool("publishing", { CSRD_AGENT_CONCURRENCY: "1" });
  const [first, second, third] = [1, 2, 3].map(() => new AbortController());
  const news: StageNews[] = [];

  const one = ask(stages, id, { signal: first?.signal as AbortSignal });
  const two = ask(stages, id, { signal: second?.signal as AbortSignal });
  const three = ask(stages, id, { signal: third?.signal as AbortSignal, news });
  await vi.waitUntil(() => stages.load().waiting === 2, { timeout: 15_000 });
  second?.abort();
  first?.abort();
  const ends = [await one, await two];
  await vi.waitUntil(() => news.length > 0, { timeout: 20_000 });
  third?.abort();

  expect(ends).toEqual([{ kind: "stopped" }, { kind: "stopped" }]);
  expect(await three).toEqual({ kind: "stopped" });
});

test.for(["cpu", "memory"] as const)(
  "a profile of %s is taken of a stage that computes without looking up, by its function's name, and the stage goes on",
  async (kind) => {
    const { stages, id } = await pool("kneading", { CSRD_REPORT_MEMORY_MB: "1024" });
    const stopping = new AbortController();
    const news: StageNews[] = [];
    const work = ask(stages, id, { signal: stopping.signal, news });
    await vi.waitFor(() => expect(news.map((one) => one.kind)).toContain("progress"), { timeout: 20_000 });

    const taken = await stages.profile?.({ kind, seconds: 1 });

    expect(stages.load().running).toBe(1);
    expect(taken).toHaveLength(1);
    expect(taken?.[0]).toMatchObject({ what: "stage", kind });
    expect(JSON.stringify(taken)).toContain('"functionName":"kneadDough"');
    expect(JSON.stringify(taken)).toContain('"url":"test/platform/work/greedy-agents.ts"');
    // Neither what it works with nor where it is on this machine.
    expect(JSON.stringify(taken)).not.toMatch(/Very Private|file:|"\//);
    stopping.abort();
    expect(await work).toEqual({ kind: "stopped" });
  },
);

test("no stage runs: no profile of one", async () => {
  const { stages } = await pool("calm");

  expect(await stages.profile?.({ kind: "cpu", seconds: 1 })).toEqual([]);
});
