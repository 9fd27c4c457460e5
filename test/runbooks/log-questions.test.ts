import { describe, expect, onTestFinished, test } from "vitest";
import { savedLogQueries } from "#bin/log-queries.ts";
import { inventoryOf } from "#kit/inventory.ts";
import { answerFrom, parseLine } from "#kit/log-lines.ts";
import type { LogQuestion } from "#kit/log-query.ts";
import type { LogReader, Service } from "#kit/ports.ts";
import { unboundReaders } from "#kit/unbound.ts";
import { codesText, errorsByCode, reportSizes, sizesOf } from "#runbooks/actions/log-questions.ts";
import { apiErrorCodes, errorCodes } from "#runbooks/probes/errors.ts";
import { cloudWatch, elastic, files } from "#test/contracts/log-services.ts";
import { failure, lines } from "#test/contracts/logs.ts";
import { productionTimes } from "#test/fakes/world.ts";

const soon = () => new Date(Date.now() + 1_000);
const service = (name: string, logGroup?: string): Service => ({
  name,
  url: `http://${name}.internal`,
  instances: [],
  firewallGroups: [],
  floor: 1,
  ...(logGroup === undefined ? {} : { logGroup }),
});
const asker = (logs: LogReader, services: readonly Service[]) => ({
  logs,
  inventory: inventoryOf("production", services, {}, savedLogQueries),
  now: soon,
});

describe("an environment whose lines are all in one place names no log group", () => {
  const services = [service("api"), service("worker"), service("reporting")];

  test.for([
    ["Elasticsearch", async () => (await elastic(lines)).world],
    ["files", () => files(lines)],
  ] as const)("and runbooks read them all the same: %s", async ([, open]) => {
    const world = await open();
    onTestFinished(() => world.close());
    const who = asker(world.logs, services);

    expect(codesText(await errorsByCode(who, services, "1d"))).toBe("dead-letter 2, stage-failed 1");
    expect(sizesOf(await reportSizes(who, service("reporting"), "1d"))).toEqual({
      recent: 900,
      typical: 300,
    });
  });

  test("where lines are kept by group that is not known to be no errors: it is not known", async () => {
    const { world } = await cloudWatch(lines);
    onTestFinished(() => world.close());

    const error = await failure(errorsByCode(asker(world.logs, services), services, "1d"));

    expect(error).toMatchObject({ code: "tool-refused", hint: expect.stringContaining("logGroup") });
  });
});

describe("services whose lines are in several places", () => {
  const at = new Date().toISOString();
  const failed = (code: string) =>
    JSON.stringify({
      level: "ERROR",
      timestamp: at,
      logger: "csrd_platform.x",
      context: { code },
      message: "x",
    });
  const kept: Readonly<Record<string, readonly string[]>> = {
    "csrd-api": [failed("csrd-defect"), failed("request-refused")],
    "csrd-worker": [failed("memory-limit"), failed("csrd-defect"), failed("memory-limit")],
  };
  const asked: string[] = [];
  /** Lines of each Deployment; one that is not listed does not answer. */
  const byGroup: LogReader = {
    ...unboundReaders().logs,
    async query(group: string, question: LogQuestion) {
      asked.push(group);
      const own = kept[group];
      if (own === undefined) throw new Error(`${group} does not answer`);
      return answerFrom(
        own.map(parseLine).filter((line) => line !== undefined),
        question,
      );
    },
  };
  const api = service("api", "csrd-api");
  const worker = service("worker", "csrd-worker");
  const look = (services: readonly Service[], probe = errorCodes) =>
    probe.look({
      ...unboundReaders(),
      ...asker(byGroup, services),
      times: productionTimes,
      params: {},
      signal: new AbortController().signal,
    });

  test("are asked once for each place, and what they say is added up, most first", async () => {
    asked.length = 0;

    const answer = await look([api, worker, service("worker-2", "csrd-worker"), service("redis")]);

    expect(asked).toEqual(["csrd-api", "csrd-worker"]);
    expect(answer.rows).toEqual([
      ["csrd-defect", 2],
      ["memory-limit", 2],
      ["request-refused", 1],
    ]);
    expect(errorCodes.read(answer)).toEqual({
      state: "note",
      says: "csrd-defect 2, memory-limit 2, request-refused 1",
    });
  });

  test("one that does not answer is said, and hides no other", async () => {
    const answer = await look([api, service("intake", "csrd-intake")]);

    expect(errorCodes.read(answer).says).toBe(
      "csrd-defect 1, request-refused 1; not everything was searched: 1 of 2 log groups answered",
    );
  });

  test("none that answers is not known, never no errors", async () => {
    await expect(look([service("intake", "csrd-intake")])).rejects.toThrow("csrd-intake does not answer");
    expect(errorCodes.read({ columns: [], rows: [], incomplete: "stopped after 5s" })).toEqual({
      state: "note",
      says: "no errors in 10 min; not everything was searched: stopped after 5s",
    });
  });

  test("the API's codes are those of its own lines", async () => {
    expect(codesText(await look([api, worker], apiErrorCodes))).toBe("csrd-defect 1, request-refused 1");
  });
});

test("a question that is not saved is refused by its name", () => {
  expect(() => inventoryOf("production", [], {}, savedLogQueries).logQuery("errors-by-colour")).toThrow(
    'no saved log query "errors-by-colour"',
  );
});
