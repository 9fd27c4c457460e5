import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { chooseEnvironment } from "#bin/environment-names.ts";
import { loadEnvironment } from "#bin/environment.ts";

const good = `name: staging
tier: staging
identity: { account: "000012345678", region: eu-central-1 }
bindings:
  aws: { region: eu-central-1, read: { profile: reader }, act: { profile: operator } }
services:
  - name: api
    url: https://csrd.example.com
    instances: [i-0a1]
    floor: 1
times: { restart: 3m, poll: 5s, steady: 1m, verify: 5m, planExpiry: 15m, lease: 1m, freshDeploy: 1h }
locks: host
approvers: [omar]
`;

describe("an environment file", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "ops-env-"));
    vi.stubEnv("OPS_ENVIRONMENTS", folder);
    vi.stubEnv("OPS_STATE_DIR", folder);
    vi.stubEnv("OPS_ENV", undefined);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });

  const write = (text: string, name = "staging") => writeFileSync(join(folder, `${name}.yaml`), text);

  test("that is in order is read, with what it leaves out filled in", () => {
    write(good);

    expect(loadEnvironment("staging")).toMatchObject({
      tier: "staging",
      times: { outage: "2m" },
      services: [{ firewallGroups: [] }],
    });
  });

  test.for([
    [
      "an unknown field",
      good.replace("locks: host", "locks: host\ncolour: red"),
      /staging\.yaml, line \d+: .*colour/,
    ],
    [
      "a wrong duration",
      good.replace("poll: 5s", "poll: 5 seconds"),
      /line 11: times\.poll: is not a duration/,
    ],
    ["a missing floor", good.replace("    floor: 1\n", ""), /services\.0\.floor/],
    ["an unknown tier", good.replace("tier: staging", "tier: prod"), /line 2: tier/],
    ["another name inside", good.replace("name: staging", "name: other"), /names itself "other"/],
    ["broken YAML", `${good}\n  - [`, /line \d+/],
    ["a duplicate key", `${good}tier: staging\n`, /line 14: .*unique/],
    ["a URL that is none", good.replace("https://csrd.example.com", "csrd"), /line 8: services\.0\.url/],
    ["nothing in it", "", /line 1/],
    [
      "an alias bomb",
      `${good}x: &x [1,1,1,1,1,1,1,1,1,1]\ny: &y [*x,*x,*x,*x,*x,*x,*x,*x,*x,*x]\nz: &z [*y,*y,*y,*y,*y,*y,*y,*y,*y,*y]\nq: [*z,*z,*z,*z,*z,*z,*z,*z]\n`,
      /./,
    ],
    [
      "a time zone that is none",
      good.replace("tier: staging", "tier: staging\nzone: CEST"),
      /line 3: zone: is not a time zone/,
    ],
    [
      "an account that is none",
      good.replace('"000012345678"', '"1234"'),
      /line 3: identity\.account: is not an AWS account number/,
    ],
    [
      "a cluster's name for its uid",
      good
        .replace("region: eu-central-1 }", "clusterUid: production }")
        .replace('account: "000012345678", ', ""),
      /line 3: identity\.clusterUid: is not the uid/,
    ],
    ["a custom tag", good.replace("locks: host", "locks: !!js/function host"), /line 12: Unresolved tag/],
  ] as const)("with %s is refused as a whole, naming the line", ([, text, message]) => {
    write(text);

    expect(() => loadEnvironment("staging")).toThrow(
      expect.objectContaining({
        code: "environment-invalid",
        exit: 2,
        summary: expect.stringMatching(message) as string,
      }),
    );
  });

  test.for([
    ["a token", "slack: { token: hunter2-of-slack, channel: x }", 6, "bindings.slack.token"],
    ["a number", "pagerduty: { routingKey: 12345678 }", 6, "bindings.pagerduty.routingKey"],
    [
      "one level too deep",
      "slack: { token: { value: hunter2 }, channel: x }",
      6,
      "bindings.slack.token.value",
    ],
    ["a database address", "postgres: { url: postgresql://ops:hunter2@db/ops }", 6, "bindings.postgres.url"],
    ["in an address", "slack: { api: https://ops:hunter2@slack.example.com/ }", 6, "bindings.slack.api"],
    ["by its shape", "other: { note: AKIAIOSFODNN7EXAMPLE }", 6, "bindings.other.note"],
  ] as const)(
    "that holds a secret itself, %s, is refused by line, and the secret is not repeated",
    ([, line, at, path]) => {
      write(good.replace("services:\n", `  ${line}\nservices:\n`));

      const refused = expect.objectContaining({
        code: "environment-invalid",
        summary: `staging.yaml, line ${at}: ${path} holds a secret itself; write where it is kept: { env: NAME } or { file: path }.`,
        hint: expect.not.stringContaining("hunter2") as string,
      });
      expect(() => loadEnvironment("staging")).toThrow(refused);
    },
  );

  test("that does not exist is environment-unknown, naming those that do", () => {
    write(good);

    expect(() => loadEnvironment("nope")).toThrow(
      expect.objectContaining({
        code: "environment-unknown",
        hint: expect.stringContaining("staging") as string,
      }),
    );
  });

  test.for(["../staging", "/etc/passwd", "-x", "a\nb", ""])(
    "is never looked for outside its folders: %j",
    (name) => {
      expect(() => loadEnvironment(name)).toThrow(expect.objectContaining({ code: "environment-unknown" }));
    },
  );

  test("is chosen by name, by OPS_ENV, or because it is the only one; never by guessing among several", () => {
    write(good);
    expect(chooseEnvironment(undefined)).toBe("staging");
    write(good, "other");
    expect(() => chooseEnvironment(undefined)).toThrow(
      expect.objectContaining({ code: "environment-unknown" }),
    );
    vi.stubEnv("OPS_ENV", "other");
    expect(chooseEnvironment(undefined)).toBe("other");
    expect(chooseEnvironment("staging")).toBe("staging");
  });

  test("for the sandbox says how to start it when it is not running", () => {
    expect(() => loadEnvironment("sandbox")).toThrow(
      expect.objectContaining({ code: "sandbox-down", hint: "Start it: ops sandbox up" }),
    );
  });
});
