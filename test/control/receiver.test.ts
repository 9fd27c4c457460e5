import { describe, expect, onTestFinished, test } from "vitest";
import { receiver } from "#control/receiver.ts";
import { signalToken } from "#control/token.ts";
import { OpsError } from "#kit/errors.ts";

const key = "0123456789abcdef0123456789abcdef";
const run = "r-1a2b3c4d";

/** A receiver on a free port, with everything that reached the hand behind it. */
async function listening(refuse?: OpsError) {
  const heard: unknown[] = [];
  const app = await receiver({
    key,
    signal: async (to, signal) => {
      if (refuse !== undefined) throw refuse;
      heard.push([to, signal]);
    },
    ready: async () => {
      if (refuse !== undefined) throw refuse;
    },
    rateLimit: { max: 20, timeWindow: "1 minute" },
  });
  onTestFinished(() => app.close());
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  const post = (path: string, token: string, body = "{}", type = "application/json") =>
    fetch(`${url}${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": type },
      body,
    });
  return { url, post, heard };
}

const path = `/hooks/${run}/dns-switched`;
const token = signalToken(key, run, "dns-switched");

describe("a webhook", () => {
  test("with its own token says its own signal", async () => {
    const { post, heard } = await listening();

    const answer = await post(path, token, JSON.stringify({ value: { ttl: 60 }, text: "done" }));

    expect(answer.status).toBe(202);
    expect(heard).toEqual([
      [
        run,
        {
          signal: "dns-switched",
          by: { name: "webhook:dns-switched", host: "127.0.0.1", via: "webhook" },
          value: { ttl: 60 },
          text: "done",
        },
      ],
    ]);
  });

  test.for<[string, string, string]>([
    ["no token", path, ""],
    ["another run's token", "/hooks/r-ffff/dns-switched", token],
    ["another signal's token", `/hooks/${run}/go-on`, token],
    ["a token of another key", path, signalToken(`${key}x`, run, "dns-switched")],
    ["a path that is none", "/hooks/..%2f..%2fetc/passwd", token],
    ["an id that is none", "/hooks/r-1'%20or%201=1/dns-switched", token],
  ])("without rights is told nothing: %s", async ([, to, given]) => {
    const { post, heard } = await listening();

    const answer = await post(to, given, "{ not even json");

    expect(answer.status).toBe(401);
    expect(await answer.json()).toEqual({ error: "unauthorized" });
    expect(heard).toEqual([]);
  });

  test.for<[string, string, string, number]>([
    ["not JSON", "{", "application/json", 400],
    ["strange fields", '{"yes":1}', "application/json", 400],
    ["a list", "[]", "application/json", 400],
    ["another type", "a=1", "application/x-www-form-urlencoded", 415],
    ["too large", JSON.stringify({ text: "x".repeat(30_000) }), "application/json", 413],
  ])("that is %s is refused and changes nothing", async ([, body, type, status]) => {
    const { post, heard } = await listening();

    expect((await post(path, token, body, type)).status).toBe(status);
    expect(heard).toEqual([]);
  });

  test("that nobody waits for is a conflict, in the engine's own words", async () => {
    const refusal = new OpsError("usage", { summary: "It does not wait for that.", hint: "See it." });
    const { post } = await listening(refusal);

    const answer = await post(path, token);

    expect(answer.status).toBe(409);
    expect(await answer.json()).toEqual({ error: "It does not wait for that.", code: "usage" });
  });

  test("too often is told to wait", async () => {
    const { post } = await listening();

    const answers = await Promise.all(Array.from({ length: 30 }, () => post(path, "0".repeat(64))));

    expect(answers.filter(({ status }) => status === 429).length).toBeGreaterThanOrEqual(10);
  });

  test("readiness is the journal's", async () => {
    const well = await listening();
    const ill = await listening(new OpsError("journal-locked", { summary: "Locked.", hint: "Wait." }));

    expect((await fetch(`${well.url}/readyz`)).status).toBe(200);
    expect((await fetch(`${ill.url}/readyz`)).status).toBe(503);
    expect((await fetch(`${ill.url}/livez`)).status).toBe(200);
  });

  test("a short key makes no tokens", () => {
    expect(() => signalToken("short", run, "x")).toThrow("32 are the least");
  });
});
