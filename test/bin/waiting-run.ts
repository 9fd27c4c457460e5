import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { openSqliteJournal } from "#adapters/journal-sqlite/journal.ts";
import { openStandinWorld } from "#test/contracts/aws-standin.ts";
import { freshOps } from "./ops.ts";

/** A practice environment with both targets out of service, over the AWS stand-in, and lena's run of platform-down that waits there. */
export async function waitingRun(planExpiry = "15m") {
  const { ops, stateDir } = freshOps();
  const world = await openStandinWorld();
  onTestFinished(() => world.close());
  const [group] = world.groups;
  const targets = world.cloud.state.targets.get(group) ?? [];
  const out = targets.map(
    (target) => ({ ...target, state: "unhealthy", reason: "Target.FailedHealthChecks" }) as const,
  );
  world.cloud.state.targets.set(group, out);
  const key = (role: "READ" | "ACT") =>
    `{ accessKeyId: { env: OPS_TEST_${role}_ID }, secretAccessKey: { env: OPS_TEST_${role}_KEY } }`;
  writeFileSync(
    join(stateDir, "practice.yaml"),
    `name: practice
tier: sandbox
identity: { account: "${world.account}" }
bindings: { aws: { region: eu-central-1, endpoint: "${world.binding.endpoint}", read: ${key("READ")}, act: ${key("ACT")} } }
services:
  - { name: api, url: "http://127.0.0.1:9", group: "${group}", instances: [${world.instances.join(", ")}], floor: 1 }
times: { restart: 1s, poll: 1s, steady: 1s, verify: 1s, planExpiry: ${planExpiry}, lease: 30s, freshDeploy: 1h }
locks: host
approvers: [omar, ana]
onCall: [[omar], [ana]]
`,
  );
  const keys = Object.entries(process.env).filter(([name]) => name.startsWith("OPS_TEST_"));
  const env: Record<string, string> = { OPS_ENVIRONMENTS: stateDir, OPS_ENV: "practice" };
  for (const [name, value] of keys) if (value !== undefined) env[name] = value;
  const asked = await ops(["run", "platform-down", "--as", "lena", "--no-wait"], { env });
  const journal = openSqliteJournal(join(stateDir, "journal.db"));
  const [row] = await journal.runs();
  journal.close();
  if (row?.digest === undefined) throw new Error(`no run waits: ${asked.stdout}${asked.stderr}`);
  const { run, digest } = row;
  const events = async () => {
    const reader = openSqliteJournal(join(stateDir, "journal.db"));
    const types = (await reader.read(run)).map(({ event }) => event.type);
    reader.close();
    return types;
  };
  return { ops, stateDir, env, events, run, digest, world };
}
