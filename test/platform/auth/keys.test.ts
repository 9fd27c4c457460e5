import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import type { ApiService } from "#platform/api/api-service.ts";
import { digestOf, isKeyId, newApiKey, readApiKey } from "#platform/api/auth/api-key.ts";
import { keyCache, TooManyWaiting } from "#platform/api/auth/key-cache.ts";
import { createRedactor } from "#kit/redact/redactor.ts";
import { findKey, noteUse, revokeKey } from "#platform/api/auth/key-store.ts";
import { type OidcStandin, startOidcStandin } from "#sandbox/standins/oidc.ts";
import { sha256 } from "../running.ts";
import { ask, print, reportBody, startWorld, type World } from "./world.ts";

describe("an API key", () => {
  test("is told by its shape, its id by the beginning, and a scanner's expression finds it", () => {
    const { id, key } = newApiKey();

    expect(readApiKey(key)).toEqual({ id });
    expect(isKeyId(id)).toBe(true);
    expect(key).toMatch(/^csrd_live_[0-9A-Za-z]{8}_[0-9A-Za-z]{32}$/);
    expect(digestOf(key).toString("hex")).toBe(sha256(key));
  });

  test("is never made twice, and every character is used", () => {
    const made = Array.from({ length: 500 }, () => newApiKey().key);

    expect(new Set(made.map((key) => key.slice(0, 45))).size).toBe(500);
    expect(new Set(made.map((key) => key.slice(19, 45)).join("")).size).toBe(62);
  });

  test("is hidden from every line and every screen by its shape; its id stays", () => {
    const { id, key } = newApiKey();

    const line = createRedactor().text(`could not send ${key}, twice: key=${key}`);

    expect(line).not.toContain(key.slice(19));
    expect(line).toContain(`could not send ${id}_`);
  });

  test("with any one character changed, left out or swapped is mistyped and never another key", () => {
    const { key } = newApiKey();
    const other = fc.constantFrom(
      ..."0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".split(""),
    );

    fc.assert(
      fc.property(
        fc.nat(key.length - 12),
        other,
        fc.constantFrom("change", "drop", "swap"),
        (at, char, how) => {
          const place = 10 + at;
          const text =
            how === "drop"
              ? key.slice(0, place) + key.slice(place + 1)
              : how === "change"
                ? key.slice(0, place) + char + key.slice(place + 1)
                : key.slice(0, place) + key.charAt(place + 1) + key.charAt(place) + key.slice(place + 2);
          fc.pre(text !== key);
          expect(readApiKey(text)).toBe("mistyped");
        },
      ),
    );
  });
});

describe("what a process remembers of keys", () => {
  const parts = { freshMs: 60_000, most: 100, pauseMs: 5, batch: 50, mostWaiting: 500 };

  test("asks once for many who ask for the same", async () => {
    const questions: (readonly string[])[] = [];
    const cache = keyCache<string>({
      ...parts,
      find: async (ids) => {
        questions.push(ids);
        return new Map([["a", "known"]]);
      },
    });

    const answers = await Promise.all(["a", "a", "b", "a", "b"].map((id) => cache.get(id)));
    await cache.get("a");
    await cache.get("b");

    expect(answers).toEqual(["known", "known", undefined, "known", undefined]);
    expect(questions).toEqual([["a", "b"]]);
  });

  test("a thousand unknown ids are few questions, never push a known one out, and more than can wait are turned away", async () => {
    let questions = 0;
    const cache = keyCache<string>({
      ...parts,
      find: async (ids) => {
        questions += 1;
        expect(ids.length).toBeLessThanOrEqual(50);
        return new Map(ids.includes("good") ? [["good", "known"]] : []);
      },
    });
    await cache.get("good");

    const flood = await Promise.allSettled(
      Array.from({ length: 1_000 }, (_, i) => cache.get(`made-up-${i}`)),
    );

    expect(flood.filter(({ status }) => status === "fulfilled")).toHaveLength(500);
    expect(flood.every((one) => one.status === "fulfilled" || one.reason instanceof TooManyWaiting)).toBe(
      true,
    );
    expect(questions).toBe(1 + 500 / 50);
    expect(cache.latest("good")).toBe("known");
  });

  test("a known key that is asked about again goes before a flood of unknown ones", async () => {
    const order: string[] = [];
    const cache = keyCache<string>({
      ...parts,
      freshMs: 0,
      find: async (ids) => {
        order.push(...ids);
        return new Map(ids.includes("good") ? [["good", "known"]] : []);
      },
    });
    await cache.get("good");
    order.length = 0;

    const flood = Array.from({ length: 200 }, (_, i) => cache.get(`made-up-${i}`));
    await Promise.all([...flood, cache.get("good")]);

    expect(order[0]).toBe("good");
  });
});

describe("over the wire", () => {
  let world: World;
  let one: ApiService;
  let two: ApiService;
  let issuer: OidcStandin;
  const bootstrap = "a-key-of-the-configuration";
  const importer = {
    id: "importer",
    secret: "a made-up secret",
    claims: { org: "tokens", scp: ["esg:report", "other"] },
  };

  beforeAll(async () => {
    world = await startWorld();
    issuer = await startOidcStandin("csrd-api", [importer]);
    const extra = {
      CSRD_OIDC_ISSUER: issuer.issuer,
      CSRD_OIDC_AUDIENCE: "csrd-api",
      CSRD_OIDC_TENANT_CLAIM: "org",
      CSRD_OIDC_SCOPE_CLAIM: "scp",
      CSRD_OIDC_SCOPES: "esg:report=read,esg:report=write",
      CSRD_API_KEYS: `boot:read+write:${sha256(bootstrap)}`,
      CSRD_RATE_LIMIT_REFUSED: "100000",
    };
    [one, two] = await Promise.all([world.api(extra), world.api(extra)]);
  });
  afterAll(async () => {
    await issuer?.stop();
    await world?.stop();
  });

  const reports = (api: ApiService) => `${api.url}/api/v1/reports`;

  test("a key works in every process, as a bearer and as X-API-Key, and nothing but its hash is stored", async () => {
    const { key, record } = await world.key("acme", ["read"]);

    const bearer = await ask(reports(one), key);
    const header = await ask(reports(two), undefined, { headers: { "x-api-key": key } });

    expect([bearer.status, header.status]).toEqual([200, 200]);
    const { rows } = await world.database.query(
      "select to_jsonb(k)::text as row from api_keys k where id = $1",
      [record.id],
    );
    expect(rows[0].row).toContain(sha256(key));
    expect(rows[0].row).not.toContain(key.slice(19));
    expect(world.lines.join("")).not.toContain(key.slice(19));
  });

  test("a token of the issuer sends and reads its tenant's reports; a forged one is refused; none is called wrong while the issuer is away", async () => {
    const response = await fetch(`${issuer.issuer}/token`, {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "client_credentials",
        client_id: importer.id,
        client_secret: importer.secret,
      }),
    });
    const { access_token: token } = (await response.json()) as { access_token: string };
    issuer.behave("away");
    const unknown = await ask(reports(two), token);
    issuer.behave("well");

    const sent = await ask(reports(one), token, reportBody());
    const listed = await ask(reports(one), token);
    const admin = await ask(`${one.url}/api/v1/keys`, token);
    const forged = await ask(reports(one), `${token.slice(0, -8)}AAAAAAAA`);
    const huge = await ask(reports(one), `${token}${"A".repeat(9_000)}`);

    expect(unknown).toMatchObject({ status: 503, json: { code: "unavailable" } });
    expect(sent.status).toBe(202);
    expect(listed.json.reports).toHaveLength(1);
    expect(admin).toMatchObject({ status: 403, json: { code: "right-missing" } });
    expect(forged).toMatchObject({ status: 401, json: { code: "token-refused" } });
    expect(huge.status).toBe(401);
    expect(world.lines.join("")).not.toContain(token.slice(-40));
  });

  test("a revoked key is refused by every process within five seconds, and what it listens to is cut off", async () => {
    const { key, record } = await world.key("acme", ["read", "write"]);
    const { json: report } = await ask(reports(one), key, reportBody());
    const stream = await fetch(`${reports(two)}/${report.id}/events`, {
      headers: { authorization: `Bearer ${key}` },
    });
    const heard = drained(stream);
    expect([(await ask(reports(one), key)).status, (await ask(reports(two), key)).status]).toEqual([
      200, 200,
    ]);
    await revokeKey(world.database, "acme", record.id, { actor: "test" });
    const from = performance.now();

    for (const api of [one, two])
      await vi.waitUntil(async () => (await ask(reports(api), key)).json?.code === "key-revoked", {
        timeout: 10_000,
        interval: 100,
      });
    const took = performance.now() - from;
    await heard;

    print(`revoked key refused by two processes after ${Math.round(took)} ms, its stream cut`);
    expect(took).toBeLessThan(5_000);
  });

  test("a flood of made-up keys costs the database a few questions, and keys that are good go on", async () => {
    const { key } = await world.key("acme", ["read"]);
    await ask(reports(one), key);
    const before = await databaseQuestions(one);
    const from = performance.now();

    const flood = await manyAtOnce(1_000, async () => (await ask(reports(one), newApiKey().key)).json.code);
    const good = await ask(reports(one), key);
    const seconds = (performance.now() - from) / 1_000;
    const questions = (await databaseQuestions(one)) - before;

    print(`1000 made-up keys in ${seconds.toFixed(1)} s: ${questions} questions to the database`);
    expect(new Set(flood)).toEqual(new Set(["key-unknown"]));
    expect(good.status).toBe(200);
    // At most twenty questions a second about keys, thirty audit entries a minute, and what the process asks by itself.
    expect(questions).toBeLessThan(500);
  });

  test("refused logins are counted each, logged, and at most thirty a minute are in the audit log", async () => {
    const { rows } = await world.database.query(
      "select actor, subject, detail from audit_log where action = 'login.refused'",
    );
    const { text } = await ask(`${one.url}/metrics`);
    const security = world.lines.filter((line) => line.includes("csrd_platform.security"));

    expect(
      Number(/csrd_auth_failures_total\{reason="key-unknown"\} (\d+)/.exec(text)?.[1]),
    ).toBeGreaterThanOrEqual(1_000);
    expect(rows.length).toBeGreaterThan(0);
    // Two processes, and a minute may have turned while the test ran.
    expect(rows.length).toBeLessThanOrEqual(4 * 30);
    expect(JSON.parse(rows[0].detail)).toMatchObject({ reason: expect.any(String), address: "127.0.0.1" });
    expect(security.some((line) => line.includes("Login refused") && line.includes("key-revoked"))).toBe(
      true,
    );
    expect(security.length).toBeLessThanOrEqual(4 * 601);
  });

  test("when a key was last used is written once a minute at most", async () => {
    const { record } = await world.key("acme", ["read"]);
    const last = async () => (await findKey(world.database, "acme", record.id))?.lastUsedAt;
    expect(await last()).toBeUndefined();

    await noteUse(world.database, [record.id]);
    const first = await last();
    await noteUse(world.database, [record.id]);

    expect(first).toBeInstanceOf(Date);
    expect(await last()).toEqual(first);
    await world.database.query(
      "update api_keys set last_used_at = now() - interval '2 minutes' where id = $1",
      [record.id],
    );
    await noteUse(world.database, [record.id]);
    expect((await last())?.getTime()).toBeGreaterThanOrEqual(first?.getTime() ?? Number.NaN);
  });

  test("whoever has the right to admin makes, lists, rotates and revokes keys of the own tenant, and each is in the audit log", async () => {
    const { key } = await world.key("self", ["admin"]);
    const keysAt = `${one.url}/api/v1/keys`;
    const send = (where: string, body: object, method = "POST") =>
      ask(where, key, {
        method,
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });

    const made = await send(keysAt, { name: "importer", scopes: ["read", "write"], expires_in_days: 30 });
    const rotated = await send(`${keysAt}/${made.json.id}/rotate`, { overlap_hours: 1 });
    const twice = await ask(`${keysAt}/${made.json.id}/rotate`, key, { method: "POST" });
    const list = await ask(keysAt, key);
    const both = await Promise.all([made, rotated].map(({ json }) => ask(reports(one), json.key)));
    const gone = await ask(`${keysAt}/${rotated.json.id}`, key, { method: "DELETE" });
    const never = await ask(`${keysAt}/csrd_live_00000000`, key, { method: "DELETE" });

    expect(made).toMatchObject({ status: 201, json: { state: "active", scopes: ["read", "write"] } });
    expect(made.headers.get("cache-control")).toBe("no-store");
    expect(rotated).toMatchObject({ status: 201, json: { replaces: made.json.id, name: "importer" } });
    expect(twice).toMatchObject({ status: 409, json: { code: "key-ended" } });
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    expect(list.json.keys.map((one: any) => [one.id, one.state])).toEqual(
      expect.arrayContaining([
        [made.json.id, "ending"],
        [rotated.json.id, "active"],
      ]),
    );
    expect(list.text).not.toContain(made.json.key);
    expect(gone).toMatchObject({ status: 200, json: { state: "revoked" } });
    expect(never.status).toBe(404);
    const { rows } = await world.database.query(
      "select action from audit_log where tenant = 'self' and action like 'key.%' order by at",
    );
    expect(rows.map(({ action }) => action)).toEqual([
      "key.created",
      "key.created",
      "key.rotated",
      "key.revoked",
    ]);
  });

  test.for([
    [{ name: "", scopes: ["read"] }],
    [{ name: "a\nb", scopes: ["read"] }],
    [{ name: "x", scopes: [] }],
    [{ name: "x", scopes: ["root"] }],
    [{ name: "x", scopes: ["read"], tenant: "other" }],
    [{ name: "x", scopes: ["read"], expires_in_days: 0 }],
    [{ name: "x".repeat(101), scopes: ["read"] }],
  ])("a wish for a key like %j is refused", async ([body]) => {
    const { key } = await world.key("wishes", ["admin"]);

    const answer = await ask(`${one.url}/api/v1/keys`, key, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });

    expect(answer).toMatchObject({ status: 400, json: { code: "body-invalid" } });
  });

  test("two rotations of one key at once make one successor", async () => {
    const { record } = await world.key("race", ["read"]);
    const { key } = await world.key("race", ["admin"]);
    const rotate = () =>
      ask(`${one.url}/api/v1/keys/${record.id}/rotate`, key, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: "{}",
      });

    const answers = await Promise.all(Array.from({ length: 5 }, rotate));

    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409, 409, 409, 409]);
  });

  test("csrd keys prints a key once, keeps it in a private file, rotates, shows and revokes", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "csrd-keys-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const file = path.join(folder, "key");
    const csrd = (...args: string[]) =>
      promisify(execFile)(process.execPath, ["bin/csrd.js", "keys", ...args], {
        env: { PATH: process.env["PATH"], CSRD_DATABASE_URL: world.postgres.url },
      }).catch((error: { stdout: string; stderr: string; code: number }) => error);

    const made = await csrd("create", "--tenant", "cli", "--name", "a test");
    const key = made.stdout.trim();
    const [id = ""] = /^csrd_live_\w{8}/.exec(key) ?? [];
    const rotated = await csrd("rotate", id, "--overlap", "7d", "--out", file);
    const again = await csrd("create", "--tenant", "cli", "--name", "a test", "--out", file);
    const shown = await csrd("show", id);
    const pasted = await csrd("show", key);
    const revoked = await csrd("revoke", id, "--json");

    expect(made.stdout.split("\n")).toEqual([key, ""]);
    expect((await ask(reports(one), readFileSync(file, "utf8").trim())).status).toBe(200);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(rotated.stdout).toBe("");
    expect(again.stderr).toContain("is already there");
    expect(shown.stdout).toMatch(/State {7}ending/);
    expect(pasted.stderr).toContain("named by its id");
    expect(`${pasted.stderr}${shown.stdout}`).not.toContain(key);
    expect(JSON.parse(revoked.stdout)).toMatchObject({ id, tenant: "cli", state: "revoked" });
  });

  // Last: it takes the database away.
  test("without the database no key is believed longer than its time, none is called wrong, and those of the configuration go on", async () => {
    const { key } = await world.key("acme", ["read"]);
    expect((await ask(reports(one), key)).status).toBe(200);
    await world.postgres.stop();
    const from = performance.now();

    await vi.waitUntil(
      async () =>
        (await ask(`${reports(one)}/CSRD-20261121-0000000000`, key)).json?.detail.startsWith("Keys"),
      {
        timeout: 15_000,
        interval: 200,
      },
    );
    const took = performance.now() - from;
    const fixed = await ask(reports(one), bootstrap);
    const wrong = await ask(reports(one), newApiKey().key);

    print(`without the database a key is believed for ${Math.round(took)} ms`);
    expect(fixed.json).toMatchObject({
      code: "unavailable",
      detail: expect.stringContaining("Nothing was changed"),
    });
    expect(wrong).toMatchObject({ status: 503, json: { code: "unavailable" } });
    expect((await ask(reports(one), bootstrap.slice(1))).status).toBe(401);
  });
});

/** How often a process has asked its database anything. */
async function databaseQuestions(api: ApiService): Promise<number> {
  const { text } = await ask(`${api.url}/metrics`);
  return Number(/^csrd_database_query_duration_seconds_count (\d+)/m.exec(text)?.[1]);
}

/** Does something many times, forty at a time. */
async function manyAtOnce<T>(times: number, work: () => Promise<T>): Promise<readonly T[]> {
  const answers: T[] = [];
  let begun = 0;
  const worker = async (): Promise<void> => {
    while (begun < times) {
      begun += 1;
      answers.push(await work());
    }
  };
  await Promise.all(Array.from({ length: 40 }, worker));
  return answers;
}

async function drained(response: Response): Promise<void> {
  try {
    for await (const _ of response.body ?? []);
  } catch {
    // A connection that is cut ends in an error: that is how the reader knows.
  }
}
