import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { listenOnLoopback } from "#sandbox/loopback.ts";
import { startPrometheus } from "#sandbox/prometheus.ts";

const Answer = z.object({
  data: z.object({ result: z.array(z.object({ value: z.tuple([z.number(), z.string()]) })) }),
});

test("what was measured before a mend is not found after it, and measuring goes on", async ({ skip }) => {
  const dir = mkdtempSync(join(tmpdir(), "prometheus-"));
  const errors = createServer((_, response) => response.end("errors_total 7\n"));
  const port = await listenOnLoopback(errors);
  writeFileSync(join(dir, "token"), "t");
  const prometheus = await startPrometheus({
    dir,
    api: { "api-1": port },
    others: {},
    token: join(dir, "token"),
  });
  onTestFinished(async () => {
    await prometheus?.stop();
    errors.close();
    errors.closeAllConnections();
    rmSync(dir, { recursive: true, force: true });
  });
  if (prometheus === undefined) return skip("Prometheus is not installed here");
  const samples = async (): Promise<number> => {
    const asked = new URLSearchParams({ query: "count_over_time(errors_total[10m])" });
    const answer = await fetch(`${prometheus.url}/api/v1/query?${asked.toString()}`);
    return Number(Answer.parse(await answer.json()).data.result[0]?.value[1] ?? 0);
  };
  await expect.poll(samples, { timeout: 30_000 }).toBeGreaterThanOrEqual(3);

  await prometheus.forget();

  expect(await samples()).toBeLessThan(3);
  await expect.poll(samples, { timeout: 30_000 }).toBeGreaterThanOrEqual(1);
});
