import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { type Cluster, startCluster } from "#test/cluster/cluster.ts";
import { run } from "../running.ts";

// A platform of real processes; its agents only hash, so that what is looked at is the platform and not the statement.
let cluster: Cluster;
let root: string;

beforeAll(async () => {
  root = mkdtempSync(path.join(tmpdir(), "csrd-probe-"));
  cluster = await startCluster({
    apis: 1,
    workers: 1,
    instances: 1,
    agents: { slowMs: 10 },
    settings: { CSRD_RATE_LIMIT: "100000" },
  });
});
afterAll(async () => {
  await cluster?.stop();
  rmSync(root, { recursive: true, force: true });
});

async function csrd(
  ...args: readonly string[]
): Promise<{ readonly exit: number | string; readonly said: string }> {
  const process = run("bin/csrd.js", args, {
    CSRD_API_KEY: cluster.key,
    CSRD_STATE_DIR: path.join(root, "state"),
    OPS_ENVIRONMENTS: root,
    HOME: root,
  });
  await new Promise((resolve) => process.child.once("close", resolve));
  return { exit: process.child.exitCode ?? "signal", said: process.output() };
}

test("smoke finds what works and what does not: reports without documents fail it", async () => {
  const { exit, said } = await csrd("smoke", "--url", cluster.url, "--json");
  const { passed, checks } = JSON.parse(said);
  const states = Object.fromEntries(checks.map((check: any) => [check.title, check.state]));

  expect({ exit, passed }).toEqual({ exit: 1, passed: false });
  expect(states).toEqual({
    "/livez answers": "passed",
    "/readyz and /health/ready answer": "passed",
    "/health is healthy": "passed",
    "Six agents are healthy": "passed",
    "/metrics has what alerts need": "passed",
    "Refused without a key": "passed",
    "Refused with a key that nobody has": "passed",
    "The key is let in": "passed",
    "A trial report is accepted": "passed",
    "Sent again, it is the same report": "passed",
    "It goes through the six agents": "passed",
    "Its documents open and hold facts and an audit": "failed",
    "Another tenant does not see it": "skipped",
  });
  expect(said).not.toContain(cluster.key);
});

test("production gets no trial report without consent, and no load", async () => {
  const environment = {
    name: "live",
    tier: "production",
    identity: {},
    bindings: { platform: { apiKey: { env: "CSRD_API_KEY" } } },
    services: [{ name: "api", url: cluster.url, instances: ["i-1"], floor: 1 }],
    times: {
      restart: "1m",
      poll: "1s",
      steady: "1m",
      verify: "1m",
      planExpiry: "1m",
      lease: "1m",
      freshDeploy: "1h",
    },
    locks: "host",
  };
  mkdirSync(root, { recursive: true });
  writeFileSync(path.join(root, "live.yaml"), stringify(environment));

  const smoke = await csrd("smoke", "--env", "live", "--json");
  const load = await csrd("load", "--env", "live", "--json");
  const bench = await csrd("bench", "--env", "live", "--json");

  const trial = JSON.parse(smoke.said).checks.at(-1);
  expect(smoke.exit).toBe(0);
  expect(trial).toMatchObject({ state: "skipped" });
  expect(trial.says).toContain("--yes");
  expect([load.exit, JSON.parse(load.said).code]).toEqual([1, "load-refused"]);
  expect([bench.exit, JSON.parse(bench.said).code]).toEqual([1, "load-refused"]);
});

test("load counts every report to its end, and bench takes the times that the platform recorded", async () => {
  const file = path.join(root, "bench.json");
  const load = await csrd(
    "load",
    "--url",
    cluster.url,
    "--concurrent",
    "5",
    "--reports",
    "12",
    "--sample",
    "northlight-components",
    "--json",
  );
  const bench = await csrd(
    "bench",
    "--url",
    cluster.url,
    "--iterations",
    "3",
    "--requests",
    "20",
    "--out",
    file,
    "--json",
  );
  const again = await csrd(
    "bench",
    "--url",
    cluster.url,
    "--iterations",
    "1",
    "--requests",
    "20",
    "--against",
    file,
  );

  expect(load.exit).toBe(0);
  expect(JSON.parse(load.said)).toMatchObject({
    sent: 12,
    accepted: 12,
    ends: { completed: 12, failed: 0, "dead-letter": 0, unfinished: 0 },
    durations: { count: 12 },
  });
  expect(bench.exit).toBe(0);
  const agent = JSON.parse(readFileSync(file, "utf8")).lines.find((line: any) => line.what === "audit agent");
  expect(agent).toMatchObject({ verdict: "held", figures: { count: 3 } });
  expect(agent.figures.min).toBeGreaterThanOrEqual(10);
  expect(again.said).toContain("1 now, 3 before: fewer than 3 prove nothing");
});

test("a load that is called off takes back what has not ended, and leaves nothing running", async () => {
  const process = run(
    "bin/csrd.js",
    ["load", "--url", cluster.url, "--concurrent", "200", "--reports", "200", "--json"],
    {
      CSRD_API_KEY: cluster.key,
      CSRD_STATE_DIR: path.join(root, "state"),
    },
  );
  const headers = { authorization: `Bearer ${cluster.key}` };
  const unfinished = async (): Promise<number> => {
    const answer = await fetch(`${cluster.url}/api/v1/reports?limit=200&status=queued`, { headers });
    return ((await answer.json()) as { reports: unknown[] }).reports.length;
  };
  while ((await unfinished()) < 10) await new Promise((resolve) => setTimeout(resolve, 50));

  process.child.kill("SIGINT");
  await new Promise((resolve) => process.child.once("close", resolve));

  const said = JSON.parse(process.output());
  expect(process.child.exitCode).toBe(1);
  expect(said.stopped).toMatch(/^Stopped before it was done\. \d+ taken back\.$/);
  expect(await unfinished()).toBe(0);
});

test.for([
  [["load", "--concurrent", "0"], "--concurrent takes a whole number"],
  [["load", "--reports", "9999999"], "--reports takes a whole number"],
  [["smoke", "--within", "soon"], "is not a length of time"],
  [["smoke", "--url", "http://user:pass@127.0.0.1:1"], "without a name or password"],
  [["smoke", "--url", "file:///etc/passwd"], "--url takes an http or https address"],
] as const)("what makes no sense is refused with a sentence: %s", async ([args, sentence]) => {
  const { exit, said } = await csrd(
    ...args,
    ...(args.some((arg) => arg === "--url") ? [] : ["--url", cluster.url]),
  );

  expect(exit).toBe(1);
  expect(said.replaceAll(/\s+/g, " ")).toContain(sentence);
  expect(said).not.toContain("user:pass");
});
