import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OpsError } from "#kit/errors.ts";
import { createRedactor } from "#kit/redact/redactor.ts";
import { leaks } from "./leaks.ts";

const value = "hunter2-hunter2";

describe("redacted data", () => {
  it("holds no secret in keys, values, Maps, Sets, bytes or numbers", () => {
    const redactor = withSecret();
    redactor.add("1234567890");
    const data = {
      [value]: 1,
      [`x${value}`]: [value, { deep: `a ${value}` }],
      map: new Map<unknown, unknown>([[value, value]]),
      pairs: new Map<unknown, unknown>([[{ key: value }, 1]]),
      set: new Set([value]),
      url: new URL(`https://u:${value}@example.com/`),
      bytes: Buffer.from(value),
      buffer: JSON.parse(JSON.stringify(Buffer.from(value))) as unknown,
      number: 1_234_567_890,
      big: 1_234_567_890n,
      at: new Date("2026-11-21T03:12:00Z"),
      json: { toJSON: () => ({ inside: value }) },
    };

    const shown = redactor.value(data);

    expect(leaks(JSON.stringify(shown), value)).toEqual([]);
    expect(shown).toMatchObject({
      "[secret]": 1,
      "x[secret]": ["[secret]", { deep: "a [secret]" }],
      map: { "[secret]": "[secret]" },
      pairs: [[{ key: "[secret]" }, 1]],
      bytes: "[15 bytes]",
      buffer: { type: "Buffer", data: ["[secret]"] },
      number: "[secret]",
      big: "[secret]",
      at: "2026-11-21T03:12:00.000Z",
      json: { inside: "[secret]" },
    });
  });

  it("keeps both values when two keys become the same", () => {
    const redactor = withSecret();
    redactor.add("other-secret-1");

    expect(redactor.value({ [value]: 1, "other-secret-1": 2 })).toEqual({ "[secret]": 1, "[secret] 2": 2 });
  });

  it("hides what a secret name holds, and shows references", () => {
    const shown = createRedactor().value({
      password: "x",
      apiToken: 12,
      "db-password": "",
      token: { env: "SLACK_BOT_TOKEN" },
      credentials: ["a"],
      nextToken: true,
    });

    expect(shown).toEqual({
      password: "[secret]",
      apiToken: "[secret]",
      "db-password": "",
      token: { env: "SLACK_BOT_TOKEN" },
      credentials: ["a"],
      nextToken: true,
    });
  });

  it("shows Errors with their causes and members, and none of their secrets", () => {
    const cause = new AggregateError([new Error(`one ${value}`), `two ${value}`], `all ${value}`);
    const error = new OpsError("tool-refused", {
      summary: `Refused ${value}.`,
      hint: `Try ${value}.`,
      details: `body ${Buffer.from(`Basic u:${value}`).toString("base64")}`,
      cause,
    });

    const shown = withSecret().value({ error });

    expect(leaks(JSON.stringify(shown), value)).toEqual([]);
    expect(shown).toMatchObject({
      error: {
        name: "OpsError",
        code: "tool-refused",
        summary: "Refused [secret].",
        cause: {
          name: "AggregateError",
          message: "all [secret]",
          errors: [{ message: "one [secret]" }, "two [secret]"],
        },
      },
    });
  });

  it("never throws and always gives JSON", () => {
    const circle: Record<string, unknown> = { value };
    circle["self"] = circle;
    let deep: unknown = value;
    for (let depth = 0; depth < 5_000; depth += 1) deep = [deep];
    const hostile = [
      circle,
      deep,
      Object.defineProperty({}, "bad", {
        enumerable: true,
        get: () => {
          throw new Error(value);
        },
      }),
      new Proxy(
        {},
        {
          ownKeys: () => {
            throw new Error(value);
          },
        },
      ),
      {
        toJSON: () => {
          throw new Error(value);
        },
      },
      Object.create(null),
      JSON.parse(`{"__proto__":{"x":"${value}"}}`),
      [Number.NaN, Symbol(value), () => value, undefined, null],
      Object.assign(new Error("x"), { cause: circle }),
    ];

    for (const one of hostile)
      expect(leaks(JSON.stringify(withSecret().value(one)) ?? "", value)).toEqual([]);
  });

  it("gives JSON without secrets back as it is", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (data) => {
        const plain: unknown = JSON.parse(JSON.stringify(data));

        expect(withSecret().value(plain)).toEqual(plain);
      }),
      { numRuns: 300, seed: 20261121 },
    );
  });
});

function withSecret() {
  const redactor = createRedactor();
  redactor.add(value);
  return redactor;
}
