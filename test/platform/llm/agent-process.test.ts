import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { files, MaterialityDocument } from "#platform/agents/documents.ts";
import { lookAtModels } from "#platform/api/llm-health.ts";
import { openRedis } from "#platform/service/redis.ts";
import { writeMirror } from "#platform/service/switch-sources.ts";
import { folderFiles, newReportId } from "#platform/storage/report-files.ts";
import { faults } from "#sandbox/faults.ts";
import { startModelVendors } from "#sandbox/model-vendors.ts";
import { redisForTests } from "#test/backends/redis.ts";
import { run } from "#test/platform/running.ts";
import { sampleReport } from "./asking.ts";

const dir = mkdtempSync(path.join(tmpdir(), "csrd-llm-agent-"));
const token = "a-token-of-twenty-and-more";
const [vendors, redis] = await Promise.all([startModelVendors(dir), redisForTests()]);
const switchboard = await openRedis({ url: redis.adminUrl, name: "test", onError: () => undefined });
if (switchboard.status !== "ready") await new Promise((resolve) => switchboard.once("ready", resolve));
// What a worker does that knows the database: it says that no switch is off.
await writeMirror(switchboard, []);
const agent = run("bin/csrd.js", ["agent", "materiality"], {
  ...vendors.variables,
  CSRD_ARTIFACTS_DIR: dir,
  CSRD_PORT: "0",
  CSRD_INTERNAL_TOKEN: token,
  CSRD_REDIS_URL: redis.adminUrl,
  CSRD_CACHE_ENABLED: "true",
  CSRD_CACHE_TTL: "600",
  CSRD_LLM_TIMEOUT_MS: "15000",
  CSRD_LLM_IDLE_MS: "2000",
  CSRD_LLM_BUDGET_MS: "12000",
});
const { url } = JSON.parse((await agent.says(/\{[^\n]*Agent service started[^\n]*\}/))[0]).context;
const store = folderFiles(dir);
test.afterAll(async () => {
  await agent.end("SIGTERM");
  switchboard.disconnect();
  await Promise.all([vendors.stop(), redis.stop()]);
  rmSync(dir, { recursive: true, force: true });
});

/** Has the running agent assess a new report of the sample company, and reads what it wrote. */
async function assessed(change: Readonly<Record<string, unknown>> = {}) {
  const id = newReportId(new Date());
  const artifacts = store.of(id);
  for (const [name, content] of (await sampleReport(change)).files) await artifacts.write(name, content);
  const response = await fetch(`${url}/run`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      "idempotency-key": `${id}/materiality`,
    },
    body: JSON.stringify({ reportId: id, now: "2026-03-01T09:00:00.000Z" }),
  });
  const lines = (await response.text())
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const text = Buffer.from(await artifacts.read(files.materiality)).toString("utf8");
  return {
    end: lines.at(-1),
    text: text.replaceAll(id, "this report"),
    document: MaterialityDocument.parse(JSON.parse(text)),
  };
}
const health = async () => (await fetch(`${url}/health`)).json();
const page = async (): Promise<string> => (await fetch(`${url}/metrics`)).text();

describe("the materiality agent as a process, with language models", () => {
  test("assesses with the first model, and its health and metrics say so", async () => {
    // A machine under load reads the vendors' clients for seconds.
    await expect.poll(health, { timeout: 20_000 }).toMatchObject({ llm_api_reachable: true });

    const { document, end } = await assessed();

    expect(end).toMatchObject({ kind: "result", result: { status: "warnings" } });
    expect(document).toMatchObject({ provider: "anthropic", model: "standin-haiku" });
    expect(await health()).toMatchObject({
      status: "healthy",
      last_successful_run: expect.stringMatching(/Z$/),
      llm_api_reachable: true,
      llm_latency_ms: expect.any(Number),
      provider: "anthropic",
      model: "standin-haiku",
      breaker: "closed",
    });
    expect(await lookAtModels([url], undefined)).toBe(true);
    expect(await lookAtModels(["http://127.0.0.1:9"], undefined)).toBeUndefined();
    const metrics = await page();
    expect(metrics).toMatch(/csrd_llm_requests_total\{.*outcome="ok".*\} 10/);
    expect(metrics).toMatch(/csrd_llm_request_duration_seconds_bucket\{le="5",.*\} 10/);
    expect(metrics).toMatch(/csrd_llm_cost_usd_total\{.*\} 0\.\d+/);
    expect(metrics).toMatch(/csrd_guardrail_triggers_total\{guardrail="citation"\} 0/);
    expect(metrics).toMatch(/csrd_circuit_breaker_state\{part="llm",provider="primary"\} 0/);
  });

  test("gives the same bytes to the same question from the cache, without asking", async () => {
    const before = vendors.questions().length;

    const [one, two] = [await assessed(), await assessed()];

    expect(vendors.questions()).toHaveLength(before);
    expect(two.text).toBe(one.text);
  });

  test("completes by the second vendor while the first is overloaded", async () => {
    await faults["llm-529"].inject({ models: vendors });

    const { document } = await assessed({ nace: "C24.1" });
    vendors.faults.clear();

    expect(document.provider).toBe("openai");
    expect(document.assessor?.failed.some(({ name }) => name === "primary")).toBe(true);
  });

  test("completes by the rules within its time while both hang, and says so", async () => {
    await faults["llm-hang"].inject({ models: vendors });

    const { document, end } = await assessed({ nace: "C26.1" });
    vendors.faults.clear();

    expect(end).toMatchObject({ kind: "result", result: { status: "warnings" } });
    expect(document.provider).toBe("offline-rules");
    expect(document.notice).toContain("no language model's answer could be taken");
  });

  test("completes by the rules while neither vendor can be reached, and says so", async () => {
    await faults["llm-down"].inject({ models: vendors });

    const { document, end } = await assessed({ nace: "C27.1" });
    await Promise.all(Object.values(vendors.lines).map((line) => line.restore()));

    expect(document.assessor?.not_taken).toHaveLength(10);
    expect(end.result.warnings.join("\n")).toContain("the offline rules propose there");
    expect(await page()).toMatch(/csrd_circuit_breaker_state\{part="llm",provider="primary"\} 2/);
    expect(await health()).toMatchObject({ status: "degraded", breaker: "open", llm_api_reachable: false });
    expect(await lookAtModels([url], undefined)).toBe(false);
  });

  test("asks nobody once language models are switched off, and the rules assess", async () => {
    const before = vendors.questions().length;
    const record = {
      scope: "llm",
      off: true,
      reason: "drill",
      by: "ops",
      at: "2026-03-01T09:00:00Z",
    } as const;
    await writeMirror(switchboard, [{ ...record, version: 1 }]);
    await expect.poll(page, { timeout: 10_000 }).toMatch(/csrd_switched_off\{scope="llm"\} 1/);

    const { document } = await assessed({ nace: "C29.1" });
    await writeMirror(switchboard, [{ ...record, off: false, version: 2 }]);

    expect(document.provider).toBe("offline-rules");
    expect(document.assessor?.not_taken[0]).toMatchObject({ code: "switched-off" });
    expect(vendors.questions()).toHaveLength(before);
  });

  test("goes on without its cache, and writes no key anywhere", async () => {
    await redis.stop();

    const { document } = await assessed({ nace: "C28.1" });

    expect(document.topics).toHaveLength(10);
    expect(agent.output()).not.toMatch(/sk-[a-z0-9-]{8}/);
  });
});
