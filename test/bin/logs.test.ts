import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { lines } from "#test/contracts/logs.ts";
import { freshOps } from "./ops.ts";

/** An environment whose lines are in files on this machine, and that has no other tool. */
function staging(bindings = "") {
  const { ops, stateDir } = freshOps();
  const dir = join(stateDir, "logs");
  mkdirSync(dir);
  writeFileSync(join(dir, "application.ndjson"), `${lines.join("\n")}\n`);
  writeFileSync(
    join(stateDir, "staging.yaml"),
    `name: staging
tier: staging
identity: { account: "000012345678" }
bindings: { ${bindings === "" ? `log-files: { dir: ${dir} }` : bindings} }
services: []
times: { restart: 1s, poll: 1s, steady: 1s, verify: 1s, planExpiry: 15m, lease: 30s, freshDeploy: 1h }
locks: host
`,
  );
  const env = { OPS_ENVIRONMENTS: stateDir, OPS_ENV: "staging" };
  return (...words: readonly string[]) => ops(["logs", ...words], { env });
}

describe("ops logs", () => {
  test("lists the saved queries with their headings in the manuals, without any environment", async () => {
    const { ops } = freshOps();

    const piped = await ops(["logs", "queries"]);
    const { queries } = JSON.parse((await ops(["logs", "queries", "--json"])).stdout);

    expect(piped.code).toBe(0);
    expect(piped.stdout).toContain("slow-reports\t24h\tseconds=1800\t");
    expect(queries.map(({ id }: { id: string }) => id)).toContain("compliance-failures");
    expect(queries[0].insights).toContain('filter logger = "csrd_platform.pipeline"');
  });

  test("asks one and gives its rows, to programs and to pipes", async () => {
    const ops = staging();

    const json = await ops("query", "slow-reports", "--param", "seconds=1800", "--json");
    const piped = await ops("query", "slow-reports", "--since", "24h");

    const answer = JSON.parse(json.stdout);
    expect(answer).toMatchObject({
      query: "slow-reports",
      params: { seconds: 1800 },
      columns: ["timestamp", "context.report_id", "context.processing_time_seconds"],
      complete: true,
    });
    expect(answer.rows.map((row: readonly unknown[]) => row[2])).toEqual([2_400, 1_801]);
    expect([json.code, piped.code]).toEqual([0, 0]);
    expect(
      piped.stdout
        .split("\n")
        .slice(1, 3)
        .map((row) => row.split("\t")[1]),
    ).toEqual(["CSRD-TIME-2400", "CSRD-TIME-1801"]);
  });

  test.for([
    ["an unknown query", ["query", "slow-report"], "usage", "slow-reports"],
    ["a time that is none", ["query", "errors", "--since", "yesterday"], "usage", "30m, 24h or 7d"],
    [
      "an end before the beginning",
      ["query", "errors", "--since", "1h", "--until", "2h"],
      "params-invalid",
      "ends before",
    ],
    ["an unknown parameter", ["query", "errors", "--param", "level=INFO"], "params-invalid", "level"],
    [
      "a parameter that is no number",
      ["query", "slow-reports", "--param", "seconds=1 or 1"],
      "params-invalid",
      "must be a number",
    ],
    [
      "a parameter without a value",
      ["query", "slow-reports", "--param", "seconds"],
      "params-invalid",
      "name=value",
    ],
    ["an unknown service", ["query", "errors", "--service", "web"], "usage", "web"],
  ] as const)("refuses %s with a sentence", async ([, words, code, says]) => {
    const ops = staging();

    const ended = await ops(...words);

    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain(code);
    expect(ended.stderr).toContain(says);
  });

  test("says which binding is missing where an environment keeps its lines nowhere", async () => {
    const ended = await staging("slack: { token: { env: T }, channel: c }")("query", "errors");

    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain("binding-missing");
  });

  test("a log service that does not answer is said, with exit 3", async () => {
    const ended = await staging("elasticsearch: { url: http://127.0.0.1:9, timeout: 1s }")("query", "errors");

    expect(ended.code).toBe(3);
    expect(ended.stderr).toContain("Elasticsearch at 127.0.0.1:9 did not answer");
  });
});
