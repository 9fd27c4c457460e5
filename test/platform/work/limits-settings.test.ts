import { expect, test } from "vitest";
import { agentSettings, operatorSettings, workSettings } from "#platform/service/settings.ts";

const good = {
  CSRD_ARTIFACTS_DIR: "/srv/csrd",
  CSRD_DATABASE_URL: "postgresql://csrd@127.0.0.1/csrd",
  CSRD_REDIS_URL: "redis://127.0.0.1:6379",
};

test.for([
  ["CSRD_REPORT_MEMORY_MB", "32", "CSRD_REPORT_MEMORY_MB must be at least 64."],
  ["CSRD_REPORT_MEMORY_MB", "2 GB", "CSRD_REPORT_MEMORY_MB must be a number of megabytes."],
  ["CSRD_AGENT_CONCURRENCY", "0", "CSRD_AGENT_CONCURRENCY must be at least 1."],
  ["CSRD_STAGE_TIMEOUT_MS", "half an hour", "CSRD_STAGE_TIMEOUT_MS must be a number of milliseconds."],
  ["CSRD_SWITCHES_TTL_MS", "100", "CSRD_SWITCHES_TTL_MS must be at least 2000 ms."],
  ["CSRD_REDIS_URL", "redis.internal", "CSRD_REDIS_URL must be a redis:// or rediss:// URL."],
] as const)("an agent refuses %s=%s in a sentence", ([name, value, summary]) => {
  expect(() => agentSettings("calculator", { ...good, [name]: value })).toThrow(
    expect.objectContaining({ code: "settings-invalid", summary }),
  );
});

test.for([
  ["CSRD_GLOBAL_CONCURRENCY", "51", "CSRD_GLOBAL_CONCURRENCY must be at most 50."],
  ["CSRD_REPORT_TIMEOUT_MS", "10", "CSRD_REPORT_TIMEOUT_MS must be at least 1000 ms."],
] as const)("a worker refuses %s=%s in a sentence", ([name, value, summary]) => {
  expect(() => workSettings({ ...good, [name]: value })).toThrow(
    expect.objectContaining({ code: "settings-invalid", summary }),
  );
});

test("what nobody sets is bounded: memory, time, stages at once; and an operator needs both addresses", () => {
  expect(agentSettings("audit", good)).toMatchObject({
    CSRD_REPORT_MEMORY_MB: 2_048,
    CSRD_STAGE_TIMEOUT_MS: 1_800_000,
    CSRD_SWITCHES_TTL_MS: 30_000,
  });
  expect(agentSettings("audit", good).CSRD_AGENT_CONCURRENCY).toBeGreaterThanOrEqual(2);
  expect(workSettings(good)).toMatchObject({ CSRD_REPORT_TIMEOUT_MS: 7_200_000 });
  expect(() => operatorSettings("queue", { CSRD_DATABASE_URL: good.CSRD_DATABASE_URL })).toThrow(
    expect.objectContaining({ hint: "Correct the environment of csrd queue and start it again." }),
  );
});
