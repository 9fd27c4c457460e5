import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { childEnvironment } from "#kit/redact/child-environment.ts";

describe("a child's environment", () => {
  it("has what every program needs and what was named, and nothing else", () => {
    const source = {
      PATH: "/bin",
      LC_ALL: "C",
      HOME: undefined,
      SLACK_BOT_TOKEN: "xoxb-1",
      LESS: "F",
      LESSCHARSET: "utf-8",
      DB_URL: "postgres://u:p@h/d",
    };

    expect(childEnvironment(source, ["LESS*", "DB_URL"])).toEqual({
      PATH: "/bin",
      LC_ALL: "C",
      LESS: "F",
      LESSCHARSET: "utf-8",
      DB_URL: "postgres://u:p@h/d",
    });
  });

  it("is all that a real child sees", () => {
    const seen = execFileSync("/usr/bin/env", {
      env: childEnvironment({ ...process.env, CANARY_TOKEN: "hunter2-hunter2" }),
      encoding: "utf8",
    });

    expect(seen).toContain("PATH=");
    expect(seen).not.toContain("hunter2");
  });
});
