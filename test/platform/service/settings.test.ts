import { expect, test } from "vitest";
import { agentSettings, serveSettings, workSettings } from "#platform/service/settings.ts";

const key = "a".repeat(64);
const good = {
  CSRD_DATABASE_URL: "postgresql://csrd:pw@db:5432/csrd",
  CSRD_REDIS_URL: "redis://redis:6379",
  CSRD_ARTIFACTS_DIR: "/srv/artifacts",
  CSRD_API_KEYS: `acme:read+write:${key}, audit-firm:read:${key}`,
  CSRD_AGENT_URLS: "intake=http://a:8001/,intake=http://b:8001,audit=https://c",
};

test("reads what it was given and fills in the contract's ports", () => {
  const settings = serveSettings(good);

  expect(settings).toMatchObject({
    CSRD_HOST: "127.0.0.1",
    CSRD_PORT: 8000,
    CSRD_LOG_LEVEL: "INFO",
    CSRD_RATE_LIMIT: 600,
  });
  expect(settings.CSRD_API_KEYS).toEqual([
    { owner: "acme", scopes: ["read", "write"], sha256: key },
    { owner: "audit-firm", scopes: ["read"], sha256: key },
  ]);
  expect(settings.CSRD_AGENT_URLS).toMatchObject({
    intake: ["http://a:8001", "http://b:8001"],
    audit: ["https://c"],
    calculator: ["http://127.0.0.1:8002"],
    materiality: ["http://127.0.0.1:8004"],
  });
  expect(workSettings(good)).toMatchObject({
    CSRD_PORT: 8010,
    CSRD_CONCURRENCY: 10,
    CSRD_GLOBAL_CONCURRENCY: 10,
  });
  expect(agentSettings("reporting", good)).toMatchObject({ CSRD_PORT: 8006 });
});

test("without keys the list is empty, so nobody gets in", () => {
  const { CSRD_API_KEYS: _, ...rest } = good;

  expect(serveSettings(rest).CSRD_API_KEYS).toEqual([]);
});

test.for([
  ["CSRD_DATABASE_URL", undefined, "CSRD_DATABASE_URL must be a postgresql:// URL."],
  ["CSRD_DATABASE_URL", "", "CSRD_DATABASE_URL must be a postgresql:// URL."],
  ["CSRD_DATABASE_URL", "mysql://x", "CSRD_DATABASE_URL must be a postgresql:// URL."],
  ["CSRD_REDIS_URL", "http://x", "CSRD_REDIS_URL must be a redis:// or rediss:// URL."],
  ["CSRD_ARTIFACTS_DIR", undefined, "CSRD_ARTIFACTS_DIR or CSRD_FILES_URL must be set."],
  ["CSRD_PORT", "eighty", "CSRD_PORT must be a TCP port."],
  ["CSRD_PORT", "70000", "CSRD_PORT must be a TCP port, 0 to 65535."],
  ["CSRD_NICE", "-5", "CSRD_NICE must be a whole number from 0 to 19."],
  ["CSRD_LOG_LEVEL", "LOUD", "CSRD_LOG_LEVEL must be DEBUG, INFO, WARNING, ERROR or CRITICAL."],
  [
    "CSRD_AGENT_URLS",
    "intake",
    "CSRD_AGENT_URLS must be entries like intake=http://host:8001, separated by commas.",
  ],
  [
    "CSRD_AGENT_URLS",
    "writer=http://a",
    "CSRD_AGENT_URLS must be entries like intake=http://host:8001, separated by commas.",
  ],
  [
    "CSRD_AGENT_URLS",
    "intake=file:///etc/passwd",
    "CSRD_AGENT_URLS must be entries like intake=http://host:8001, separated by commas.",
  ],
  [
    "CSRD_API_KEYS",
    "acme:read:tooshort",
    "CSRD_API_KEYS must be entries like acme:read+write:<SHA-256 of the key in hex>, separated by commas.",
  ],
  [
    "CSRD_API_KEYS",
    `acme:admin:${key}`,
    "CSRD_API_KEYS must be entries like acme:read+write:<SHA-256 of the key in hex>, separated by commas.",
  ],
  ["CSRD_INSTANCE", "a b", "CSRD_INSTANCE must be 1 to 63 letters, digits, dots, dashes or underscores."],
  ["CSRD_UPLOADS", "0", "CSRD_UPLOADS must be at least 1."],
  ["CSRD_UPLOADS_PER_TENANT", "many", "CSRD_UPLOADS_PER_TENANT must be a number."],
  ["CSRD_UPLOAD_LEAST_RATE", "-1", "CSRD_UPLOAD_LEAST_RATE must be at least 0."],
  ["CSRD_DISK_RESERVE_MB", "1.5", "CSRD_DISK_RESERVE_MB must be a whole number."],
  ["CSRD_EVENT_STREAMS", "20000", "CSRD_EVENT_STREAMS must be at most 10000."],
  ["CSRD_EVENT_STREAMS_PER_TENANT", "0", "CSRD_EVENT_STREAMS_PER_TENANT must be at least 1."],
  ["CSRD_CONNECTIONS", "100000", "CSRD_CONNECTIONS must be at most 65535."],
  ["CSRD_DRAIN_MS", "1h", "CSRD_DRAIN_MS must be a number of milliseconds."],
  ["CSRD_LLM_URL", "javascript:alert(1)", "CSRD_LLM_URL must be an http or https URL."],
] as const)("%s=%s is refused in a sentence", ([name, value, sentence]) => {
  const environment = { ...good, [name]: value };

  expect(() => serveSettings(environment)).toThrow(
    expect.objectContaining({ code: "settings-invalid", summary: sentence }),
  );
});

test("several mistakes are told at once, and no value is repeated", () => {
  const environment = { ...good, CSRD_PORT: "hunter2", CSRD_REDIS_URL: "hunter2" };

  expect(() => serveSettings(environment)).toThrow(
    expect.objectContaining({
      summary: expect.stringMatching(/CSRD_REDIS_URL .*\. CSRD_PORT|CSRD_PORT .*\. CSRD_REDIS_URL/),
    }),
  );
  expect(() => serveSettings(environment)).not.toThrow(/hunter2/);
});
