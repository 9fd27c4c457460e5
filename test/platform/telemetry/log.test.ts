import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { classOf } from "#platform/telemetry/log-classes.ts";
import { createLog } from "#platform/telemetry/log.ts";
import { learnSecrets } from "#platform/telemetry/redaction.ts";
import { continueTrace, inTrace, traceparent } from "#platform/telemetry/trace.ts";

// The example line of the operations manual, "Structured Logging Format".
const manualKeys = ["context", "level", "logger", "message", "span_id", "timestamp", "trace_id"];

function logInto(lines: string[], level: "DEBUG" | "INFO" = "INFO") {
  return createLog("agents.intake_agent", { level, to: { write: (line) => void lines.push(line) } });
}

test("a line has exactly the manual's keys", () => {
  const lines: string[] = [];

  logInto(lines).info("Data validation completed", { report_id: "CSRD-20241018-001", total_records: 1234 });

  const line = JSON.parse(lines[0] ?? "");
  expect(Object.keys(line).toSorted()).toEqual(manualKeys);
  expect(line).toMatchObject({
    level: "INFO",
    logger: "csrd_platform.agents.intake_agent",
    message: "Data validation completed",
    context: { report_id: "CSRD-20241018-001", total_records: 1234 },
  });
  expect(line.timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  expect(line.trace_id).toMatch(/^[0-9a-f]{32}$/);
  expect(line.span_id).toMatch(/^[0-9a-f]{16}$/);
});

test("the five levels are named as in the manual, and a lower one is left out", () => {
  const lines: string[] = [];
  const log = logInto(lines);

  for (const level of ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] as const)
    log.write(level, "Said", {});

  expect(lines.map((line) => JSON.parse(line).level)).toEqual(["INFO", "WARNING", "ERROR", "CRITICAL"]);
});

test("a line of our own words is like any other", () => {
  const lines: string[] = [];
  const log = logInto(lines).named("access");
  const facts = {
    request_id: "0b8a3e57-7c0e-4d7f-9d9a-0a4c1b1d2e3f",
    method: "GET",
    status: 200,
    duration_ms: 1.5,
  };

  log.info("Request answered", facts);
  log.own("INFO", "Request answered", facts);
  log.own("DEBUG", "Request answered", facts);

  const [looked, own, ...more] = lines.map((line) => ({ ...JSON.parse(line), timestamp: "" }));
  expect(own).toEqual(looked);
  expect(more).toEqual([]);
});

test("foreign text stays inside its one line", () => {
  const lines: string[] = [];

  logInto(lines).info('100 % "done"\n{"level":"ERROR"}', { text: "a\nb\u2028c %s %d" });

  expect(lines).toHaveLength(1);
  expect(lines[0]?.trimEnd()).not.toContain("\n");
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({
    message: '100 % "done"\n{"level":"ERROR"}',
    context: { text: "a\nb\u2028c %s %d" },
  });
});

test("a line is the manual's example, member by member", () => {
  const lines: string[] = [];
  const context = {
    report_id: "CSRD-20241018-001",
    agent: "IntakeAgent",
    company_name: "Acme Manufacturing GmbH",
    total_records: 1234,
    valid_records: 1210,
    invalid_records: 24,
    quality_score: 92.5,
    processing_time_seconds: 15.3,
  };
  const example: Readonly<Record<string, unknown>> = {
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    level: "INFO",
    logger: "csrd_platform.agents.intake_agent",
    message: "Data validation completed",
    context,
    trace_id: expect.stringMatching(/^[0-9a-f]{32}$/),
    span_id: expect.stringMatching(/^[0-9a-f]{16}$/),
  };

  logInto(lines).info("Data validation completed", context);

  const line = JSON.parse(lines[0] ?? "");
  for (const [member, value] of Object.entries(example))
    expect([member, line[member]]).toEqual([member, value]);
  expect(Object.keys(line).toSorted()).toEqual(Object.keys(example).toSorted());
});

const hostile = [
  ["a line break and a forged line", 'x\r\n{"level":"CRITICAL","message":"forged"}'],
  ["terminal colours", "\u001b[31mred\u001b[0m \u009b2J"],
  ["a bell and a backspace", "\u0007\u0008\u007f"],
  ["other line ends", "a\u0085b\u2028c\u2029d\u000be\u000cf"],
  ["turned and hidden text", "\u202egnp.exe\u202c \u200b\u2066x\u2069\ufeff"],
  ["half a character", "\ud800 and \udc00"],
  ["what JSON would be broken by", '"}],\\ \u0000'],
] as const;

test.for(hostile)("no foreign text leaves its line, hides or moves a cursor: %s", ([, text]) => {
  const lines: string[] = [];

  logInto(lines).info(text, { text, [text]: 1, list: [text], deep: { deeper: { text } } });

  const line = lines.join("");
  expect(line.trimEnd()).not.toMatch(
    // oxlint-disable-next-line no-control-regex -- these are what must not be there
    /[\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]/,
  );
  expect(line.endsWith("\n")).toBe(true);
  expect(JSON.parse(line)).toMatchObject({
    message: text.toWellFormed(),
    context: { text: text.toWellFormed() },
  });
});

test("a line has a length, whatever it is given", () => {
  const lines: string[] = [];
  const log = logInto(lines);
  const circle: Record<string, unknown> = {};
  circle["circle"] = circle;
  let deep: unknown = "end";
  for (let each = 0; each < 1_000; each += 1) deep = { deep };

  log.info("a".repeat(10_000_000), {});
  log.info("many", Object.fromEntries(Array.from({ length: 50_000 }, (_, at) => [`name_${at}`, "value"])));
  log.info("long", {
    text: "b".repeat(10_000_000),
    list: Array.from({ length: 100_000 }, () => "c".repeat(100)),
  });
  log.info("odd", {
    circle,
    deep,
    big: 10n ** 30n,
    nothing: null,
    not: Number.NaN,
    when: new Date(0),
    why: new Error("because"),
  });
  log.info("throws", {
    get text(): string {
      throw new Error("no");
    },
  });

  expect(lines).toHaveLength(5);
  for (const line of lines) {
    expect(line.length).toBeLessThan(70_000);
    expect(JSON.parse(line).level).toBe("INFO");
  }
});

test("secrets are masked by their value, by their name and by their shape, in the message and at every depth", () => {
  const lines: string[] = [];
  const password = "p4ss/w0rd of the database";
  learnSecrets({
    CSRD_DATABASE_URL: `postgresql://csrd:${encodeURIComponent(password)}@db/csrd`,
    CSRD_INTERNAL_TOKEN: "canary-token-0123456789",
    OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20x,x-key=canary-header-value",
  });
  const canaries = [
    password,
    encodeURIComponent(password),
    "canary-token-0123456789",
    "canary-header-value",
    "hunter2-hunter2",
  ];

  const log = logInto(lines);
  log.error(`could not reach postgresql://csrd:${encodeURIComponent(password)}@db/csrd`, {
    error_message: `password authentication failed (${password})`,
    headers: { authorization: "Bearer canary-token-0123456789", "x-api-key": "hunter2-hunter2" },
    list: [{ token: "hunter2-hunter2" }, "canary-header-value"],
    "canary-token-0123456789": 1,
    url: "https://u:hunter2-hunter2@example.com/",
    cause: new Error("canary-token-0123456789"),
    aws: "AKIAIOSFODNN7EXAMPLE",
    split: "canary-token-\n0123456789",
  });
  log.info(`${"x".repeat(8_180)}canary-token-0123456789`, {});

  const written = lines.join("");
  for (const canary of [...canaries, "AKIAIOSFODNN7EXAMPLE", "canary-tok"])
    expect(written).not.toContain(canary);
  expect(JSON.parse(lines[0] ?? "").context.aws).toBe("[secret aws-access-key-id]");
});

test.for([
  ["csrd_platform.access", "access"],
  ["csrd_platform.security.keys", "security"],
  ["csrd_platform.system", "system"],
  ["csrd_platform.pipeline", "application"],
  ["csrd_platform.agents.intake_agent", "application"],
  ["csrd_platform.accessory", "application"],
] as const)("a line of %s is of class %s", ([logger, name]) => {
  expect(classOf(logger)).toBe(name);
});

test("a named log file receives the same lines", () => {
  const dir = mkdtempSync(path.join(tmpdir(), "csrd-log-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const lines: string[] = [];
  const file = path.join(dir, "deep", "csrd.log");
  const log = createLog("api", { level: "INFO", file, to: { write: (line) => void lines.push(line) } });

  log.named("pipeline").error("Pipeline failed", { report_id: "CSRD-1" });

  expect(readFileSync(file, "utf8")).toBe(lines.join(""));
  expect(JSON.parse(lines[0] ?? "").logger).toBe("csrd_platform.pipeline");
});

test("lines and calls carry the trace they belong to, with a span of their own", () => {
  const lines: string[] = [];
  const header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

  const sent = inTrace(continueTrace(header), () => {
    logInto(lines).info("Inside", {});
    return traceparent();
  });

  const line = JSON.parse(lines[0] ?? "");
  expect(line.trace_id).toBe("4bf92f3577b34da6a3ce929d0e0e4736");
  expect(line.span_id).not.toBe("00f067aa0ba902b7");
  expect(sent).toBe(`00-${line.trace_id}-${line.span_id}-01`);
});

test.for(["", "garbage", "00-00000000000000000000000000000000-00f067aa0ba902b7-01", undefined, ["a"]])(
  "a traceparent of %j starts a new trace",
  (header) => {
    const { traceId } = continueTrace(header);

    expect(traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(traceId).not.toMatch(/^0+$/);
  },
);
