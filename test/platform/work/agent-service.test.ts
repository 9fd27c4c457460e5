import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import type { FastifyInstance } from "fastify";
import { expect, onTestFinished, test } from "vitest";
import type { Agent } from "#platform/agent.ts";
import { CsrdError } from "#platform/errors.ts";
import { agentSettings } from "#platform/service/settings.ts";
import { folderFiles, newReportId } from "#platform/storage/report-files.ts";
import { createLog } from "#platform/telemetry/log.ts";
import { agentService } from "#platform/work/agent-service.ts";
import { smallAgent } from "./small-agent.ts";
import { stagesHere } from "./stages-here.ts";

type Room = { readonly app: FastifyInstance; readonly root: string; readonly id: string; runs: number };

async function room(
  change: Partial<Agent> = {},
  environment: Readonly<Record<string, string>> = {},
): Promise<Room> {
  const root = mkdtempSync(path.join(tmpdir(), "csrd-agent-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const id = newReportId(new Date());
  await folderFiles(root).keep(id, Readable.from(["a,b\n1,2\n"]));
  await folderFiles(root).of(id).write("company.json", "{}");
  const agent = { ...smallAgent("intake", 50), ...change };
  const counted: Agent = {
    ...agent,
    run: (work) => {
      made.runs += 1;
      return agent.run(work);
    },
  };
  const settings = agentSettings("intake", { CSRD_ARTIFACTS_DIR: root, ...environment });
  const log = createLog("agents.intake_agent", { level: "INFO", to: { write: () => undefined } });
  const app = await agentService(counted, settings, log, { stages: () => stagesHere(counted, root) });
  onTestFinished(() => app.close());
  const made: Room = { app, root, id, runs: 0 };
  return made;
}

async function ask(
  { app, id }: Room,
  headers: Readonly<Record<string, string>> = {},
  body: object = {},
): Promise<any> {
  const answer = await app.inject({
    method: "POST",
    url: "/run",
    headers: { "idempotency-key": `${id}/intake`, ...headers },
    payload: { reportId: id, now: "2026-11-21T10:00:00.000Z", ...body },
  });
  const lines = answer.body.trim().split("\n");
  return { status: answer.statusCode, last: JSON.parse(lines.at(-1) ?? ""), lines };
}

test("runs, keeps a receipt, and tells when it last succeeded", async () => {
  const agent = await room();

  const before = await agent.app.inject("/health");
  const answer = await ask(agent);
  const after = await agent.app.inject("/health");

  expect(before.json()).toEqual({
    status: "healthy",
    chain_position: 1,
    stages_running: 0,
    stages_waiting: 0,
  });
  expect(answer.last).toMatchObject({
    kind: "result",
    repeated: false,
    result: { status: "ok", wrote: ["chain/intake.json"] },
  });
  expect(JSON.parse(answer.lines[0])).toEqual({ kind: "working", running: true });
  expect(JSON.parse(answer.lines[1])).toEqual({ kind: "working", done: 1, total: 2, what: "halves" });
  expect(after.json()).toEqual({
    status: "healthy",
    last_successful_run: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    chain_position: 1,
    stages_running: 0,
    stages_waiting: 0,
  });
});

test("a verdict against the report is a successful run of the agent", async () => {
  const agent = await room({
    run: async (work) => ({ ...(await smallAgent("intake", 50).run(work)), status: "failed" }),
  });

  const answer = await ask(agent);
  const health = await agent.app.inject("/health");

  expect(answer.last).toMatchObject({ kind: "result", result: { status: "failed" } });
  expect(health.json()).toMatchObject({ last_successful_run: expect.stringMatching(/Z$/) });
});

test("the same request again gives the same result without running again, also while it runs", async () => {
  const agent = await room();

  const together = await Promise.all([ask(agent), ask(agent)]);
  const later = await ask(agent);

  expect(agent.runs).toBe(1);
  expect([...together, later].map((answer) => answer.last.result)).toEqual(
    Array.from({ length: 3 }, () => together[0]?.last.result),
  );
  expect(later.last.repeated).toBe(true);
});

test("a refusal names its code and whether trying again can help, and leaves no receipt", async () => {
  const agent = await room({
    run: async () => {
      throw new CsrdError("column-missing", { summary: "There is no column amount.", hint: "Add it." });
    },
  });

  const answer = await ask(agent);
  await ask(agent);

  expect(answer.last).toEqual({
    kind: "refused",
    code: "column-missing",
    message: "There is no column amount.",
    hint: "Add it.",
    retry: false,
  });
  expect(agent.runs).toBe(2);
});

test("a defect may be tried again", async () => {
  const agent = await room({
    run: async () => {
      throw new TypeError("undefined is not a function");
    },
  });

  expect((await ask(agent)).last).toMatchObject({ kind: "refused", code: "csrd-defect", retry: true });
});

test("an agent that could not work says so: unhealthy, not ready, alive", async () => {
  const agent = await room({
    health: async () => {
      throw new CsrdError("catalogue-broken", { summary: "The catalogue is empty.", hint: "Reinstall." });
    },
  });

  const health = await agent.app.inject("/health");

  expect(health.statusCode).toBe(503);
  expect(health.json()).toEqual({ status: "unhealthy", reason: "The catalogue is empty." });
  expect((await agent.app.inject("/health/ready")).json()).toEqual({
    status: "not ready",
    checks: { artifacts: "ok", agent: "The catalogue is empty." },
  });
  expect((await agent.app.inject("/livez")).statusCode).toBe(200);
});

test.for([
  ["a key of another stage", { "idempotency-key": "x/audit" }, {}, 400, "idempotency-key-invalid"],
  ["a report id that is a path", {}, { reportId: "../../etc" }, 400, "body-invalid"],
  ["a time that is none", {}, { now: "yesterday" }, 400, "body-invalid"],
  ["something more in the body", {}, { path: "/etc/passwd" }, 400, "body-invalid"],
] as const)("%s is refused before anything runs", async ([, headers, body, status, code]) => {
  const agent = await room();

  const answer = await ask(agent, headers, body);

  expect(answer).toMatchObject({ status, last: { code } });
  expect(agent.runs).toBe(0);
});

test("where a token is set, only its bearer may ask", async () => {
  const token = "token-0123456789-0123456789";
  const agent = await room({}, { CSRD_INTERNAL_TOKEN: token });

  expect(await ask(agent)).toMatchObject({ status: 401, last: { code: "key-unknown" } });
  expect(await ask(agent, { authorization: "Bearer wrong" })).toMatchObject({ status: 401 });
  expect(agent.runs).toBe(0);
  expect(await ask(agent, { authorization: `Bearer ${token}` })).toMatchObject({ status: 200 });
});

test("the report's own time reaches the agent, so another attempt makes the same bytes", async () => {
  const agent = await room();

  await ask(agent);

  const made = readFileSync(path.join(agent.root, "reports", agent.id, "chain/intake.json"), "utf8");
  expect(JSON.parse(made).at).toBe("2026-11-21T10:00:00.000Z");
});
