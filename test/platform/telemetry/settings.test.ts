import { expect, test } from "vitest";
import { agentSettings } from "#platform/service/settings.ts";

const least = { CSRD_ARTIFACTS_DIR: "/tmp/artifacts" };

test("logs go to stdout alone and no trace is kept unless told otherwise", () => {
  const settings = agentSettings("intake", least);

  expect(settings).toMatchObject({ CSRD_TRACE_RATIO: 1 });
  expect(
    settings.CSRD_LOG_DIR ?? settings.CSRD_OTLP_URL ?? settings.OTEL_EXPORTER_OTLP_ENDPOINT,
  ).toBeUndefined();
});

test.for([
  ["CSRD_OTLP_URL", "collector:4318", "must be an http or https URL"],
  ["OTEL_EXPORTER_OTLP_ENDPOINT", "file:///etc/passwd", "must be an http or https URL"],
  ["OTEL_EXPORTER_OTLP_HEADERS", "Bearer secret-0123456789", "must be name=value pairs"],
  ["OTEL_EXPORTER_OTLP_HEADERS", "a=b\r\nset-cookie: x", "must be name=value pairs"],
  ["CSRD_TRACE_RATIO", "1.5", "must be a number from 0 to 1"],
  ["CSRD_TRACE_RATIO", "half", "must be a number from 0 to 1"],
] as const)("refuses %s=%j and does not repeat it", ([name, value, why]) => {
  const error = (() => {
    try {
      agentSettings("intake", { ...least, [name]: value });
      return undefined;
    } catch (cause) {
      return cause;
    }
  })();

  expect(error).toMatchObject({
    code: "settings-invalid",
    summary: expect.stringContaining(`${name} ${why}`),
  });
  expect(String(error)).not.toContain("secret-0123456789");
});
