import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createLog } from "#platform/telemetry/log.ts";
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
