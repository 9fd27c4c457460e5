import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { layoutOf, linesSum, renderUnitLine } from "#kit/render/log-lines.ts";
import { unitTexts } from "#test/contracts/log-lines.ts";
import { lines } from "#test/contracts/logs.ts";
import { freshOps } from "./ops.ts";

const launcher = join(import.meta.dirname, "../../bin/ops.js");

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

/** An environment with two services, whose units write into folders of their own. */
function several() {
  const { ops, stateDir } = freshOps();
  const dir = join(stateDir, "logs");
  for (const [unit, texts] of unitTexts) {
    mkdirSync(join(dir, unit), { recursive: true });
    writeFileSync(join(dir, unit, "application.ndjson"), `${texts.join("\n")}\n`);
  }
  const service = (name: string) =>
    `  - { name: ${name}, url: "http://${name}.internal", instances: [], firewallGroups: [], floor: 0, workload: csrd-${name} }`;
  writeFileSync(
    join(stateDir, "staging.yaml"),
    `name: staging
tier: staging
identity: { account: "000012345678" }
bindings: { log-files: { dir: ${dir} } }
services:
${["api", "intake"].map(service).join("\n")}
times: { restart: 1s, poll: 1s, steady: 1s, verify: 1s, planExpiry: 15m, lease: 30s, freshDeploy: 1h }
locks: host
`,
  );
  const env = { OPS_ENVIRONMENTS: stateDir, OPS_ENV: "staging" };
  return {
    dir,
    env: { ...env, OPS_STATE_DIR: stateDir },
    at: (name: string) => join(stateDir, name),
    ops: (...words: readonly string[]) => ops(["logs", ...words], { env }),
  };
}

describe("ops logs view, search and export", () => {
  test("defect 8: every unit is read and named, the newest last; a service and a level narrow it", async () => {
    const { ops } = several();

    const all = await ops("view", "--since", "2h");
    const one = await ops("view", "--since", "2h", "--service", "intake", "--level", "ERROR", "--json");

    const rows = all.stdout.trimEnd().split("\n");
    expect(all.code).toBe(0);
    expect(rows[0]?.split("\t")).toEqual(["at", "unit", "service", "level", "logger", "message", "facts"]);
    expect(new Set(rows.slice(1).map((row) => row.split("\t")[1]))).toEqual(new Set(unitTexts.keys()));
    expect(JSON.parse(one.stdout)).toMatchObject({
      units: ["intake-7d9f-x"],
      lines: [{ service: "intake", level: "ERROR", message: "Refused the file" }],
      complete: true,
      more: false,
    });
  });

  test("a search is for text: what looks like a query finds nothing, what is there is found in any case", async () => {
    const { ops } = several();

    const query = await ops("search", "* | fields @message", "--json");
    const text = await ops("search", "POOL is", "--json");

    expect(JSON.parse(query.stdout).lines).toEqual([]);
    expect(JSON.parse(text.stdout).units).toEqual(["api-2"]);
  });

  test("on a screen a line wraps under itself, after its unit, and its sum says what is left out", () => {
    const screen = { columns: 80, rows: 24, color: false, ascii: false, suffix: "" };
    const line = {
      at: "2026-11-21T14:18:57.123Z",
      unit: "csrd-api-7d9f8c6b5-x2x9q",
      service: "api",
      level: "ERROR",
      logger: "csrd_platform.api",
      message: "The connection pool has no connection left and nobody gave one back in time",
      facts: "report_id=CSRD-1",
      context: {},
      trace: undefined,
    };
    const question = { from: new Date(0), until: new Date(60_000), limit: 1 };
    const whole = {
      ...question,
      least: undefined,
      contains: undefined,
      unit: undefined,
      within: "10s",
    } as const;

    expect(renderUnitLine(screen, line, layoutOf(question, [line]))).toEqual([
      "14:18:57  csrd-api-7d9f8c…  ERROR     The connection pool has no connection left",
      "                                      and nobody gave one back in time",
      "                                      report_id=CSRD-1",
    ]);
    expect(
      linesSum(screen, whole, { lines: [line], more: true, incomplete: undefined })
        .join(" ")
        .replaceAll(/\s+/g, " "),
    ).toContain("these are the newest 1, ask for more with --limit");
  });

  test("follows what comes, in a pipe too, shows nothing twice, and ends with 0 when the time is up or at Ctrl-C", async () => {
    const { dir, env } = several();
    const timed = following(["--for", "5s"], env);
    const stopped = following([], env);
    await Promise.all([timed.says("Agent began"), stopped.says("Agent began")]);

    const fresh = `${JSON.stringify({ level: "INFO", timestamp: new Date().toISOString(), logger: "csrd_platform.x", context: {}, message: "Just now" })}\n`;
    appendFileSync(join(dir, "api-2", "application.ndjson"), `${fresh}${fresh}`);
    await Promise.all([timed.says("Just now"), stopped.says("Just now")]);
    stopped.child.kill("SIGINT");

    const codes = await Promise.all([timed.code, stopped.code]);
    expect(codes).toEqual([0, 0]);
    // Two lines that are the same to the letter are two lines.
    expect(timed.text().match(/Just now/g)).toHaveLength(2);
    expect(timed.text().match(/Agent began/g)).toHaveLength(1);
  });

  test("an export counts its lines, is for its owner alone, has the hash it says, and takes no name that is taken", async () => {
    const { ops, at } = several();

    const made = await ops("export", at("all.ndjson.gz"), "--since", "2h", "--json");
    const again = await ops("export", at("all.ndjson.gz"), "--since", "2h");
    const text = await ops("export", at("api.txt"), "--since", "2h", "--service", "api");

    const told = JSON.parse(made.stdout);
    const bytes = readFileSync(at("all.ndjson.gz"));
    const written = gunzipSync(bytes).toString("utf8").trimEnd().split("\n");
    expect([made.code, told.lines, told.complete]).toEqual([0, written.length, true]);
    expect(told.units).toEqual([...unitTexts.keys()].toSorted());
    expect(told.sha256).toBe(createHash("sha256").update(bytes).digest("hex"));
    expect(statSync(at("all.ndjson.gz")).mode & 0o777).toBe(0o600);
    const times = written.map((line): string => JSON.parse(line).at);
    expect(times).toEqual(times.toSorted());
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining("output-exists")]);
    expect(text.stdout).toContain(
      createHash("sha256")
        .update(readFileSync(at("api.txt")))
        .digest("hex"),
    );
    expect(readFileSync(at("api.txt"), "utf8")).toContain("api-gone CRITICAL csrd_platform.api Process ends");
  });

  test("an export that does not hold everything says so, and ends with 3", async () => {
    const { ops, at } = several();

    const cut = await ops("export", at("few.ndjson"), "--since", "2h", "--limit", "2");

    expect(cut.code).toBe(3);
    expect(cut.stdout).toContain("only the newest 2 lines are in it");
  });

  test.for([
    ["an unknown service", ["view", "--service", "apy"], "api"],
    ["a level that is none", ["view", "--level", "FATAL"], "CRITICAL"],
    ["an empty text", ["search", " "], "nothing to look for"],
    ["a number of lines that is none", ["view", "--limit", "all"], "1 to 1000000"],
    ["an end before the beginning", ["view", "--since", "1h", "--until", "2h"], "ends before"],
    ["following the past", ["view", "--follow", "--until", "5m"], "--follow"],
  ] as const)("refuses %s with a sentence", async ([, words, says]) => {
    const { ops } = several();

    const ended = await ops(...words);

    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain(says);
  });
});

function following(words: readonly string[], env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [launcher, "logs", "view", "--since", "2h", "--follow", ...words], {
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => (text += part));
  const code = once(child, "close").then(([status]: readonly unknown[]) => status);
  const says = async (what: string) => {
    while (!text.includes(what)) await once(child.stdout, "data");
  };
  return { child, code, says, text: () => text };
}
