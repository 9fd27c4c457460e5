import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { z } from "zod";
import { agentNames } from "#platform/contract.ts";
import { type S3Standin, startS3Standin } from "#sandbox/standins/start-s3-standin.ts";
import { type Cluster, startCluster } from "../../cluster/cluster.ts";
import { practiceKeys } from "../../contracts/aws-standin.ts";
import { openS3StandinWorld } from "../../contracts/report-files-worlds.ts";

// The platform's own processes, small agents and a bucket: no folder is shared.

const Status = z.object({ id: z.string(), status: z.string(), stages: z.array(z.unknown()) });

let world: Awaited<ReturnType<typeof openS3StandinWorld>>;
let standin: S3Standin;
let cluster: Cluster;

beforeAll(async () => {
  world = await openS3StandinWorld();
  standin = world.standin;
  cluster = await startCluster({
    apis: 1,
    workers: 1,
    instances: 1,
    agents: { slowMs: 300 },
    settings: { ...world.environment, CSRD_ARTIFACTS_DIR: "" },
  });
});
afterAll(async () => {
  await cluster?.stop();
  await standin?.stop().catch(() => undefined);
  await world?.close().catch(() => undefined);
});

const authorization = (): { readonly authorization: string } => ({ authorization: `Bearer ${cluster.key}` });

async function send(key: string): Promise<Response> {
  const form = new FormData();
  form.append("company", '{"name":"Acme"}');
  form.append("data", new Blob(["date,activity\n2025-01-01,gas\n"]), "data.csv");
  return fetch(`${cluster.url}/api/v1/reports`, {
    method: "POST",
    headers: { ...authorization(), "idempotency-key": key },
    body: form,
  });
}

async function get(address: string): Promise<Response> {
  return fetch(`${cluster.url}/api/v1/reports/${address}`, { headers: authorization() });
}

async function until(id: string, wanted: RegExp): Promise<string> {
  return vi.waitUntil(
    async () => {
      const { status } = Status.parse(await (await get(`${id}/status`)).json());
      return wanted.test(status) ? status : false;
    },
    { timeout: 120_000, interval: 200 },
  );
}

test("a report goes through API, worker and six agents over a bucket, also when the bucket is away meanwhile", async () => {
  const sent = await send("over-s3");
  const { id } = Status.parse(await sent.json());
  await vi.waitUntil(() => standin.calls.some(({ key }) => key.endsWith(`${id}/receipts/intake.json`)), {
    timeout: 120_000,
  });
  const { port } = new URL(standin.url);

  await standin.stop();
  const refused = await send("while-away");
  const waiting = await until(id, /waiting/);
  standin = await startS3Standin({
    dir: world.dir,
    bucket: "csrd-reports",
    keys: practiceKeys,
    region: "eu-central-1",
    port: Number(port),
  });
  const end = await until(id, /completed|failed|dead-letter/);
  const document = await get(`${id}/artifacts/chain/audit.json`);

  expect(sent.status).toBe(202);
  expect(refused.status).toBe(503);
  expect(await refused.json()).toMatchObject({ code: "unavailable", reason: "files-unreachable" });
  expect(waiting).toBe("waiting");
  expect(end).toBe("completed");
  expect(document.status).toBe(200);
  const report = world.files.of(id);
  for (const agent of agentNames) expect(await report.exists(`receipts/${agent}.json`)).toBe(true);
  const listed = z.object({ reports: z.array(z.object({ id: z.string() })) });
  const all = listed.parse(
    await (await fetch(`${cluster.url}/api/v1/reports`, { headers: authorization() })).json(),
  );
  expect(all.reports.map((one) => one.id)).toEqual([id]);
  const [intake] = cluster.agents;
  const health = await fetch(`http://127.0.0.1:${intake?.machine.port}/health`);
  expect(await health.json()).toMatchObject({ status: "healthy", last_successful_run: expect.any(String) });
}, 300_000);
