import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AwsBinding } from "#adapters/aws/binding.ts";
import { awsPolicies } from "#adapters/aws/permissions.ts";
import { awsReaders } from "#adapters/aws/readers.ts";
import { parseElasticsearchBinding } from "#adapters/elasticsearch/binding.ts";
import { elasticLogs } from "#adapters/elasticsearch/logs.ts";
import { fileLogs } from "#adapters/log-files/logs.ts";
import { parseLine, timeOf } from "#kit/log-lines.ts";
import { startAwsStandin } from "#sandbox/standins/start-aws-standin.ts";
import { startElasticsearchStandin } from "#sandbox/standins/start-elasticsearch-standin.ts";
import { place } from "#test/adapters/least-rights.ts";
import { practiceKeys } from "#test/contracts/aws-standin.ts";
import { memoryCloud } from "#test/sandbox/standins/memory-cloud.ts";
import type { UnitTexts } from "./log-lines.ts";
import type { LogWorld } from "./logs.ts";

// The log services that every question is asked of, each over lines given: stand-ins that speak the vendors' protocols, and files.

/** The log group that they serve. */
export const group = "/aws/csrd-platform";
/** How often CloudWatch says that a query is still running. */
export const mood = { runningFor: 1 };

/** CloudWatch with exactly the rights that `ops permissions` prints for reading logs. */
export async function cloudWatch(given: readonly string[], units: UnitTexts = new Map([["api-1", given]])) {
  const cloud = memoryCloud();
  for (const [stream, texts] of units) {
    let latest = 0;
    for (const message of texts) {
      const parsed = parseLine(message);
      latest = (parsed === undefined ? undefined : timeOf(parsed)) ?? latest;
      cloud.state.logs.push({ stream, timestamp: latest, message });
    }
  }
  const { read, queries } = awsPolicies(place, { readers: new Set(["logs"]), operators: new Set() });
  if (queries === undefined) throw new Error("no policy for queries");
  const standin = await startAwsStandin({
    cloud,
    keys: practiceKeys,
    insights: mood,
    policies: { read: [read, queries], act: [] },
  });
  process.env["OPS_LOGS_TEST_ID"] = practiceKeys.read.accessKeyId;
  process.env["OPS_LOGS_TEST_KEY"] = practiceKeys.read.secretAccessKey;
  const credentials = {
    accessKeyId: { env: "OPS_LOGS_TEST_ID" },
    secretAccessKey: { env: "OPS_LOGS_TEST_KEY" },
  };
  const binding = AwsBinding.parse({
    region: cloud.region,
    endpoint: standin.url,
    read: credentials,
    act: credentials,
  });
  const { logs } = awsReaders(binding, binding.read);
  return { standin, world: { logs, group, close: () => standin.stop() } satisfies LogWorld };
}

/** What the index asks for. */
const apiKey = "c3RhbmQtaW4ta2V5LWZvci1sb2dzOnNlY3JldA==";

/** An index that holds the lines as they are. */
export async function elastic(given: readonly string[]) {
  const standin = await startElasticsearchStandin({
    lines: async () => given,
    index: "csrd-platform-000001",
    apiKey,
  });
  process.env["OPS_LOGS_TEST_API_KEY"] = apiKey;
  const binding = parseElasticsearchBinding({ url: standin.url, apiKey: { env: "OPS_LOGS_TEST_API_KEY" } });
  return {
    standin,
    binding,
    world: { logs: elasticLogs(binding), group, close: () => standin.stop() } satisfies LogWorld,
  };
}

/** Files of lines in a folder, beside one that is no log. */
export async function files(given: readonly string[]): Promise<LogWorld> {
  const dir = mkdtempSync(join(tmpdir(), "csrd-logs-"));
  const half = Math.floor(given.length / 2);
  writeFileSync(join(dir, "application-2026-11-20.ndjson.note"), "not a log");
  writeFileSync(join(dir, "application.ndjson"), `${given.slice(0, half).join("\n")}\n`);
  writeFileSync(join(dir, "security.ndjson"), given.slice(half).join("\n"));
  return { logs: fileLogs({ dir }), group, close: async () => rmSync(dir, { recursive: true, force: true }) };
}
