import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { expect, test } from "vitest";
import { parseAwsBinding } from "#adapters/aws/binding.ts";
import { parsePagerDutyBinding } from "#adapters/pagerduty/binding.ts";
import { parseSlackBinding } from "#adapters/slack/binding.ts";
import { EnvironmentFile } from "#kit/environment.ts";

test("the shipped production example is a valid environment, and every adapter accepts its part", () => {
  const text = readFileSync("data/environments/production.example.yaml", "utf8");

  const file = EnvironmentFile.parse(parse(text));

  expect(file).toMatchObject({ name: "production", tier: "production" });
  expect(parseAwsBinding(file.bindings["aws"]).region).toBe(file.identity["region"]);
  expect(parseSlackBinding(file.bindings["slack"]).channel).toBe("incidents");
  expect(parsePagerDutyBinding(file.bindings["pagerduty"]).api).toBe("https://api.pagerduty.com");
});
