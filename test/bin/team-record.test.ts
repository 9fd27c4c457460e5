import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { PostgresServer } from "#sandbox/backends/postgres.ts";
import { postgresForTests } from "#test/backends/postgres.ts";
import { freshOps } from "./ops.ts";
import { waitingRun } from "./waiting-run.ts";

let server: PostgresServer;
beforeAll(async () => {
  server = await postgresForTests();
});
afterAll(() => server.stop());

/** A second host of the team: nothing of its own but a state folder. */
function otherHost(): string {
  const folder = mkdtempSync(join(tmpdir(), "ops-other-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test("a run that one host asked for is seen, approved and carried on from another; its restarts help nothing in this cloud, and both hosts know it", async () => {
  const { ops, env: alone } = await waitingRun();
  const team = {
    ...alone,
    OPS_DATABASE_URL: server.url,
    OPS_DATABASE_TLS: "off",
    OPS_DATABASE_SCHEMA: "team_1",
  };
  const there = { ...team, OPS_STATE_DIR: otherHost() };

  const asked = await ops(["run", "platform-down", "--as", "lena", "--no-wait"], { env: team });
  const listed = await ops(["runs", "--no-header"], { env: there });
  const [run = ""] = /r-[0-9a-f]+/.exec(listed.stdout) ?? [];
  const [digest = ""] = /[0-9a-f]{4}-[0-9a-f]{4}/.exec(listed.stdout) ?? [];
  const approved = await ops(["approve", run, "--as", "omar", "--plan", digest, "--yes"], { env: there });
  const ended = await ops(["resume", run, "--as", "lena"], { env: there });
  const told = await ops(["timeline", run], { env: team });
  const situation = await ops([], { env: team });
  const host = await ops(["runs", "--no-header"], { env: { ...alone, OPS_STATE_DIR: there.OPS_STATE_DIR } });

  expect(asked.code).toBe(9);
  expect(approved.code).toBe(0);
  expect(ended.code).toBe(4);
  expect(told.stdout).toMatch(/approved +by omar[\s\S]+resumed +by lena[\s\S]+step 1\.1 of 4/);
  expect(situation.stdout).toContain(run);
  expect(host.stdout.trim()).toBe("");
}, 120_000);

test("a team's record that does not answer is a refusal with a sentence, and says how to go on alone", async () => {
  const { ops } = freshOps();
  const env = { OPS_DATABASE_URL: "postgresql://ops:hunter2secret@127.0.0.1:9/ops", OPS_DATABASE_TLS: "off" };

  const answer = await ops(["runs"], { env });
  const bare = await ops([], { env });

  expect(answer.code).toBe(6);
  expect(answer.stderr.replace(/\s+/g, " ")).toContain("connection refused");
  expect(answer.stderr).toContain("OPS_DATABASE_URL");
  expect(`${answer.stdout}${answer.stderr}${bare.stdout}${bare.stderr}`).not.toContain("hunter2secret");
});

test.for<[name: string, value: string]>([
  ["OPS_DATABASE_SCHEMA", "public; drop table x"],
  ["OPS_DATABASE_TLS", "maybe"],
])("%s that cannot be is refused as wrong usage", async ([name, value]) => {
  const { ops } = freshOps();

  const answer = await ops(["runs"], { env: { OPS_DATABASE_URL: server.url, [name]: value } });

  expect(answer.code).toBe(2);
  expect(answer.stderr).toContain(name);
});
