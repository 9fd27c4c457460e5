import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { elasticLogs } from "#adapters/elasticsearch/logs.ts";
import { fileLogs } from "#adapters/log-files/logs.ts";
import { parseLine } from "#kit/log-lines.ts";
import type { Service } from "#kit/ports.ts";
import type { ElasticsearchStandin } from "#sandbox/standins/start-elasticsearch-standin.ts";
import { logLinesContract, type UnitLogWorld, type UnitTexts } from "#test/contracts/log-lines.ts";
import { cloudWatch, elastic, files, group, mood } from "#test/contracts/log-services.ts";
import { asked, failure, lines, logContract } from "#test/contracts/logs.ts";

/** Services as an environment file names them. */
const services = ["api", "intake"].map((name) => ({
  name,
  url: `http://${name}.internal`,
  instances: [],
  firewallGroups: [],
  logGroup: group,
  floor: 1,
})) satisfies readonly Service[];
const [api, intake] = [services[0], services[1]];
if (api === undefined || intake === undefined) throw new Error("two services");
const both = [api, intake] as const;

/** One folder per unit, beside files that are no log. */
async function unitFolders(units: UnitTexts): Promise<UnitLogWorld> {
  const dir = mkdtempSync(join(tmpdir(), "csrd-unit-logs-"));
  for (const [unit, texts] of units) {
    mkdirSync(join(dir, unit));
    writeFileSync(join(dir, unit, "application.ndjson"), `${texts.join("\n")}\n`);
    writeFileSync(join(dir, unit, "notes.txt"), texts.join("\n"));
  }
  return {
    logs: fileLogs({ dir }),
    services: both,
    keepsOtherLines: true,
    close: async () => rmSync(dir, { recursive: true, force: true }),
  };
}

logLinesContract("CloudWatch Logs", async (units) => ({
  ...(await cloudWatch([], units)).world,
  services: both,
  keepsOtherLines: true,
}));
logLinesContract("Elasticsearch", async (units) => {
  const indexed = [...units].flatMap(([unit, texts]) =>
    texts.map((text) => {
      const line = parseLine(text);
      return line === undefined ? text : JSON.stringify({ ...line, host: { name: unit } });
    }),
  );
  return { ...(await elastic(indexed)).world, services: both, keepsOtherLines: false };
});
logLinesContract("files", unitFolders);

logContract("CloudWatch Logs Insights", async (given) => (await cloudWatch(given)).world);
logContract("Elasticsearch", async (given) => (await elastic(given)).world);
logContract("files", files);

describe("CloudWatch Logs Insights", () => {
  let opened: Awaited<ReturnType<typeof cloudWatch>>;
  beforeAll(async () => {
    opened = await cloudWatch(lines);
  });
  afterAll(() => opened.world.close());
  const called = (action: string) => opened.standin.calls.filter((call) => call.action === action).length;

  test("a query is started once, asked after until it is complete, and not stopped then", async () => {
    const before = [called("StartQuery"), called("GetQueryResults"), called("StopQuery")];

    await opened.world.logs.query(group, asked("errors"), "20s");

    const after = [called("StartQuery"), called("GetQueryResults"), called("StopQuery")];
    expect(after.map((count, at) => count - (before[at] ?? 0))).toEqual([1, 2, 0]);
  });

  test("one that is not complete in time is stopped, and given as far as it came", async () => {
    mood.runningFor = 1_000;
    const before = called("StopQuery");

    const answer = await opened.world.logs.query(group, asked("slowest-reports"), "1s");
    mood.runningFor = 1;

    expect(answer.incomplete).toBe("stopped after 1s, before all was searched");
    expect(answer.rows).toHaveLength(5);
    expect(called("StopQuery")).toBe(before + 1);
  });

  test("throttled calls are made again, and the answer is whole", async () => {
    opened.standin.faults.add({ action: "StartQuery", kind: "throttled", times: 3 });
    opened.standin.faults.add({ action: "GetQueryResults", kind: "throttled", times: 3 });

    const answer = await opened.world.logs.query(group, asked("failed-reports"), "20s");

    expect(answer).toMatchObject({ incomplete: undefined });
    expect(answer.rows).toHaveLength(2);
  });

  test.for([
    ["the manual's comment", "-- Find failed reports\nfields @timestamp"],
    ["no such command", "feilds @timestamp"],
    ["a word too many", 'filter level = "ERROR" "CRITICAL"'],
    ["no value", "filter level ="],
    ["an open bracket", 'filter (level = "ERROR"'],
    ["a limit of nothing", "limit 0"],
    ["an unknown function", "stats avg(context.x) by level"],
  ])("a malformed query is refused: %s", async ([, insights]) => {
    const error = await failure(
      opened.world.logs.query(group, { ...asked("errors"), insights: insights ?? "" }, "5s"),
    );

    expect(error).toMatchObject({
      code: "tool-refused",
      summary: expect.stringContaining("MalformedQueryException"),
    });
  });

  test("no group is a question that is refused, not an answer of nothing", async () => {
    const { logs } = opened.world;
    const before = opened.standin.calls.length;

    const refused = await Promise.all([
      failure(logs.query("", asked("errors"), "5s")),
      failure(logs.errors("", { since: "1h", limit: 5 })),
    ]);

    for (const error of refused)
      expect(error).toMatchObject({ code: "tool-refused", hint: expect.stringContaining("logGroup") });
    expect(opened.standin.calls.length).toBe(before);
  });

  test("a group that does not exist is refused", async () => {
    const error = await failure(opened.world.logs.query("/aws/nobody", asked("errors"), "5s"));

    expect(error).toMatchObject({ code: "tool-refused" });
  });
});

describe("Elasticsearch", () => {
  let opened: Awaited<ReturnType<typeof elastic>>;
  let standin: ElasticsearchStandin;
  beforeAll(async () => {
    opened = await elastic(lines);
    ({ standin } = opened);
  });
  afterAll(() => opened.world.close());
  const query = (changes: object = {}) =>
    opened.world.logs.query(group, { ...asked("errors"), ...changes }, "3s");

  test("a search that is turned away for load is made again", async () => {
    standin.faults.add({ action: "search", kind: "busy", times: 2 });
    const before = standin.searches();

    const answer = await query();

    expect(answer.rows).toHaveLength(7);
    expect(standin.searches()).toBe(before + 3);
  });

  test.for([
    ["shard-failed", "1 of 5 shards did not answer"],
    ["timed-out", "stopped after 3s, before all was searched"],
  ] as const)("an answer of a part says so: %s", async ([kind, incomplete]) => {
    standin.faults.add({ action: "search", kind, times: 1 });

    expect(await query()).toMatchObject({ incomplete });
  });

  test("one that never answers is given up in time", async () => {
    standin.faults.add({ action: "search", kind: "silent", times: 1 });

    const error = await failure(opened.world.logs.query(group, asked("errors"), "1s"));

    expect(error).toMatchObject({
      code: "tool-unreachable",
      summary: expect.stringContaining("nothing within 1s"),
    });
  });

  test.for([
    ["an unknown clause", { query: { matches: { level: "ERROR" } } }],
    ["an unknown member", { query: { match_all: {} }, from_here: 1 }],
    ["two fields in one match", { query: { match: { level: "ERROR", logger: "x" } } }],
    ["sorting by text", { query: { match_all: {} }, sort: [{ level: { order: "asc" } }] }],
  ] as const)("what Elasticsearch does not know is refused: %s", async ([, elasticsearch]) => {
    expect(await failure(query({ elasticsearch }))).toMatchObject({ code: "tool-refused" });
  });

  test("a wrong key is refused, and is not in what is said", async () => {
    process.env["OPS_LOGS_TEST_WRONG"] = "d3JvbmctYXBpLWtleS13cm9uZy1hcGkta2V5";
    const logs = elasticLogs({ ...opened.binding, apiKey: { env: "OPS_LOGS_TEST_WRONG" } });

    const error = await failure(logs.query(group, asked("errors"), "3s"));

    expect(error).toMatchObject({ code: "tool-refused", hint: expect.stringContaining("API key") });
    expect(JSON.stringify([error.message, error.details])).not.toContain("d3JvbmctYXBpLWtleS13cm9uZy");
  });

  test("an index that does not exist is refused", async () => {
    const logs = elasticLogs({ ...opened.binding, index: "other-*" });

    expect(await failure(logs.query(group, asked("errors"), "3s"))).toMatchObject({ code: "tool-refused" });
  });
});

test("a parameter that is not a number never becomes words of a query", () => {
  for (const value of ["80 or 1 = 1", '80"', "", "1e999", "{{threshold}}"])
    expect(() => asked("data-quality-issues", { threshold: value })).toThrow("must be a number");
  expect(() => asked("data-quality-issues", { limit: 1 })).toThrow("has no parameter");
  expect(asked("data-quality-issues", { threshold: "-3.5" }).insights).toContain("< -3.5");
});

test("a folder that is not there is said, not taken for silence", async () => {
  const error = await failure(
    fileLogs({ dir: join(tmpdir(), "csrd-no-such-folder") }).query(group, asked("errors"), "5s"),
  );

  expect(error).toMatchObject({ code: "tool-unreachable" });
});
