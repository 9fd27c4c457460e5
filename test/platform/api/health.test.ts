import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { healthBody, type Looked, lookAtAgents, lookAtExternal, watchAgents } from "#platform/api/health.ts";
import { createLog } from "#platform/telemetry/log.ts";
import type { AgentUrls } from "#platform/service/settings/queue.ts";

const well: Looked = {
  agents: {
    intake: "healthy",
    materiality: "healthy",
    calculator: "healthy",
    aggregator: "healthy",
    reporting: "healthy",
    audit: "healthy",
  },
  inputStorage: true,
  outputStorage: true,
  llm: true,
  xbrlValidator: true,
  resources: { cpuUsage: 45, memoryUsage: 62, diskUsage: 38, memoryFreeBytes: 8e9, diskFreeBytes: 5e10 },
};
const allGroups = ["agents", "storage", "external_dependencies", "resources"];
const at = new Date("2025-10-18T10:00:00.789Z");

// csrd-operations-manual, "Health Check Endpoints", letter by letter; of the second, its comments are left out.
const manual = {
  healthy: `{
  "status": "healthy",
  "timestamp": "2025-10-18T10:00:00Z",
  "version": "1.0.0",
  "checks": {
    "agents": {
      "status": "healthy",
      "details": {
        "intake_agent": "healthy",
        "materiality_agent": "healthy",
        "calculator_agent": "healthy",
        "aggregator_agent": "healthy",
        "reporting_agent": "healthy",
        "audit_agent": "healthy"
      }
    },
    "storage": {
      "status": "healthy",
      "details": {
        "input_storage": "accessible",
        "output_storage": "accessible"
      }
    },
    "external_dependencies": {
      "status": "healthy",
      "details": {
        "llm_api": "reachable",
        "xbrl_validator": "reachable"
      }
    },
    "resources": {
      "status": "healthy",
      "details": {
        "cpu_usage": 45,
        "memory_usage": 62,
        "disk_usage": 38
      }
    }
  }
}`,
  unhealthy: `{
  "status": "unhealthy",
  "timestamp": "2025-10-18T10:00:00Z",
  "version": "1.0.0",
  "checks": {
    "agents": {
      "status": "unhealthy",
      "details": {
        "intake_agent": "healthy",
        "materiality_agent": "degraded",
        "calculator_agent": "healthy",
        "aggregator_agent": "healthy",
        "reporting_agent": "unhealthy",
        "audit_agent": "healthy"
      }
    }
  }
}`,
};

test("is the manual's healthy answer, key by key and in its order", () => {
  expect(JSON.stringify(healthBody(well, "1.0.0", at), undefined, 2)).toBe(manual.healthy);
});

test("is the manual's unhealthy answer, key by key and in its order", () => {
  const looked: Looked = {
    ...well,
    agents: { ...well.agents, materiality: "degraded", reporting: "unhealthy" },
  };

  expect(JSON.stringify(healthBody(looked, "1.0.0", at), undefined, 2)).toBe(manual.unhealthy);
});

test("what hangs holds nobody up: agents and a language model that take the connection and say nothing", async () => {
  const hanging = createServer(() => undefined);
  onTestFinished(() => {
    hanging.closeAllConnections();
    hanging.close();
  });
  await new Promise<void>((resolve) => hanging.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(hanging.address() as AddressInfo).port}`;
  const all = [url];
  const urls = {
    intake: all,
    materiality: all,
    calculator: all,
    aggregator: all,
    reporting: all,
    audit: all,
  };

  const [agents, llm] = await Promise.all([lookAtAgents(urls), lookAtExternal(url)]);

  expect(new Set(Object.values(agents))).toEqual(new Set(["unhealthy"]));
  expect(llm).toBe(false);
});

test("the reason of an agent that limps is told once, and that it is well again", async () => {
  const lines: string[] = [];
  const log = createLog("api", { level: "INFO", to: { write: (line) => void lines.push(line) } });
  const { saw } = watchAgents(log);
  const url = await answering(200, '{"status":"degraded","reason":"the language model is slow"}');
  const urls: AgentUrls = {
    intake: [url],
    materiality: [url],
    calculator: [url],
    aggregator: [url],
    reporting: [url],
    audit: [url],
  };

  await lookAtAgents(urls, undefined, saw);
  await lookAtAgents(urls, undefined, saw);
  saw("materiality", "healthy", undefined);

  const told = lines.map((line) => JSON.parse(line)).filter(({ context }) => context.agent === "materiality");
  expect(told.map(({ message, context }) => [message, context.state, context.reason])).toEqual([
    ["Agent is not healthy", "degraded", "the language model is slow"],
    ["Agent is healthy again", undefined, undefined],
  ]);
});

test.for([
  [
    "healthy",
    "no external dependency is configured",
    { ...well, llm: undefined, xbrlValidator: undefined },
    allGroups,
  ],
  ["degraded", "a configured LLM does not answer", { ...well, llm: false }, ["external_dependencies"]],
  ["degraded", "one agent limps", { ...well, agents: { ...well.agents, audit: "degraded" } }, ["agents"]],
  ["unhealthy", "nothing can come in", { ...well, inputStorage: false }, ["storage"]],
  ["unhealthy", "nothing can go out", { ...well, outputStorage: false }, ["storage"]],
  [
    "unhealthy",
    "the disk is full",
    { ...well, resources: { ...well.resources, diskUsage: 100, diskFreeBytes: 0 } },
    ["resources"],
  ],
] as const)("is %s when %s", ([status, , looked, groups]) => {
  const body = healthBody(looked, "1.0.0", at);

  expect(body.status).toBe(status);
  expect(Object.keys(body.checks)).toEqual(groups);
});

test("says honestly that an external dependency is not configured", () => {
  const { checks } = healthBody({ ...well, llm: undefined, xbrlValidator: undefined }, "1.0.0", at);

  expect(checks["external_dependencies"]?.details).toEqual({
    llm_api: "not configured",
    xbrl_validator: "not configured",
  });
});

test("an agent with one instance gone is degraded, with all gone unhealthy", async () => {
  const url = await answering(200, '{"status":"healthy"}');
  const broken = await answering(200, "<html>");
  const gone = "http://127.0.0.1:9";
  const urls: AgentUrls = {
    intake: [url],
    materiality: [url, gone],
    calculator: [gone],
    aggregator: [broken],
    reporting: [await answering(503, '{"status":"unhealthy","reason":"no catalogue"}')],
    audit: [await answering(200, '{"status":"degraded"}')],
  };

  expect(await lookAtAgents(urls)).toEqual({
    intake: "healthy",
    materiality: "degraded",
    calculator: "unhealthy",
    aggregator: "unhealthy",
    reporting: "unhealthy",
    audit: "degraded",
  });
});

test("an external dependency that refuses our key still answers; one that fails or is gone does not", async () => {
  expect(await lookAtExternal(await answering(401, ""))).toBe(true);
  expect(await lookAtExternal(await answering(502, ""))).toBe(false);
  expect(await lookAtExternal("http://127.0.0.1:9")).toBe(false);
  expect(await lookAtExternal(undefined)).toBeUndefined();
});

async function answering(status: number, body: string): Promise<string> {
  const server = createServer((_, response) => response.writeHead(status).end(body));
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
