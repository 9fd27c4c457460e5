import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { type TokenCheck, tokenCheck } from "#platform/api/auth/oidc.ts";
import type { OidcSettings } from "#platform/service/settings/auth.ts";
import { type OidcStandin, startOidcStandin } from "#sandbox/standins/oidc.ts";

const audience = "https://csrd.example";
const acme = {
  id: "acme-importer",
  secret: "a made-up secret",
  claims: { tenant: "acme", scope: "openid csrd.read csrd.write" },
};
const scopes = [
  { claim: "csrd.read", scope: "read" },
  { claim: "csrd.write", scope: "write" },
] as const;

let issuer: OidcStandin;
const told: string[] = [];

beforeAll(async () => {
  issuer = await startOidcStandin(audience, [acme]);
});
afterAll(() => issuer?.stop());

function settingsFor(of: OidcStandin, extra: Partial<OidcSettings> = {}): OidcSettings {
  return {
    issuer: of.issuer,
    audience,
    tenantClaim: "tenant",
    scopeClaim: "scope",
    scopes,
    keyOrigins: [],
    cooldownMs: 30_000,
    ...extra,
  };
}

const checkOf = (of: OidcStandin, extra?: Partial<OidcSettings>): TokenCheck =>
  tokenCheck(settingsFor(of, extra), (error) => void told.push(error.message));

async function ownIssuer(): Promise<OidcStandin> {
  const own = await startOidcStandin(audience, [acme]);
  onTestFinished(() => own.stop());
  return own;
}

const now = () => Math.floor(Date.now() / 1_000);
const good = (of: OidcStandin = issuer) => ({
  iss: of.issuer,
  aud: audience,
  sub: "acme-importer",
  tenant: "acme",
  scope: "csrd.read",
  iat: now(),
  exp: now() + 60,
});
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

test("a token that the issuer gave for a client's secret proves its tenant, subject and rights", async () => {
  const response = await fetch(`${issuer.issuer}/token`, {
    method: "POST",
    headers: { authorization: `Basic ${Buffer.from(`${acme.id}:${acme.secret}`).toString("base64")}` },
    body: new URLSearchParams({ grant_type: "client_credentials" }),
  });
  const { access_token: token } = (await response.json()) as { access_token: string };

  const caller = await checkOf(issuer)(token);

  expect(response.status).toBe(200);
  expect(caller).toEqual({ tenant: "acme", actor: "oidc:acme-importer", scopes: ["read", "write"] });
});

test("the issuer gives no token for a wrong secret", async () => {
  const response = await fetch(`${issuer.issuer}/token`, {
    method: "POST",
    body: new URLSearchParams({ grant_type: "client_credentials", client_id: acme.id, client_secret: "no" }),
  });

  expect(response.status).toBe(401);
});

const hostile: readonly (readonly [string, () => string])[] = [
  ["of algorithm none", () => `${encode({ alg: "none", typ: "at+jwt" })}.${encode(good())}.`],
  ["of algorithm none and a signature", () => issuer.forge(good(), { alg: "none" })],
  ["of algorithm nOnE", () => issuer.forge(good(), { alg: "nOnE" })],
  [
    "signed as HS256 with the public key as the secret",
    () => {
      const { pem, kid } = issuer.publicKey();
      const body = `${encode({ alg: "HS256", typ: "at+jwt", kid })}.${encode(good())}`;
      return `${body}.${createHmac("sha256", pem).update(body).digest("base64url")}`;
    },
  ],
  ["of another audience", () => issuer.forge({ ...good(), aud: "https://other.example" })],
  ["of no audience", () => issuer.forge({ ...good(), aud: undefined })],
  ["of another issuer", () => issuer.forge({ ...good(), iss: "https://evil.example" })],
  ["of the issuer with a slash more", () => issuer.forge({ ...good(), iss: `${issuer.issuer}/` })],
  ["expired a minute ago", () => issuer.forge({ ...good(), exp: now() - 60 })],
  ["that never expires", () => issuer.forge({ ...good(), exp: undefined })],
  ["whose end is no number", () => issuer.forge({ ...good(), exp: "tomorrow" })],
  ["that begins in an hour", () => issuer.forge({ ...good(), nbf: now() + 3_600 })],
  ["of no subject", () => issuer.forge({ ...good(), sub: undefined })],
  ["whose subject would break a log line", () => issuer.forge({ ...good(), sub: "a\nb" })],
  ["of no tenant", () => issuer.forge({ ...good(), tenant: undefined })],
  ["of two tenants", () => issuer.forge({ ...good(), tenant: ["acme", "other"] })],
  ["whose tenant is a path", () => issuer.forge({ ...good(), tenant: "../other" })],
  ["whose tenant is SQL", () => issuer.forge({ ...good(), tenant: "acme' or '1'='1" })],
  ["that is a logout token", () => issuer.forge(good(), { typ: "logout+jwt" })],
  ["with a critical extension that nobody knows", () => issuer.forge(good(), { crit: ["b64"], b64: false })],
  [
    "whose payload was changed",
    () => issuer.forge(good()).replace(/\.[^.]+\./, `.${encode({ ...good(), tenant: "other" })}.`),
  ],
  ["whose signature was cut off", () => issuer.forge(good()).replace(/[^.]+$/, "")],
  ["of a key id that is a path", () => issuer.forge(good(), { kid: "../../../../etc/passwd" })],
  ["of a key id that is SQL", () => issuer.forge(good(), { kid: "' union select key from api_keys --" })],
];

test.for(hostile)("a token %s is refused, and the refusal repeats nothing of it", async ([, forge]) => {
  const caller = await checkOf(issuer)(forge());

  expect(caller).toEqual({ refused: expect.stringMatching(/^[A-Z][A-Za-z _]{5,60}\.$/) });
});

test("a token that names its own key, inside it or at an address, is refused and the address is not visited", async () => {
  let visits = 0;
  const trap = createServer((_, response) => {
    visits += 1;
    response.end("{}");
  });
  onTestFinished(() => void trap.close());
  await new Promise<void>((resolve) => trap.listen(0, "127.0.0.1", resolve));
  const elsewhere = `http://127.0.0.1:${(trap.address() as AddressInfo).port}/keys`;
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
  const check = checkOf(issuer);

  for (const header of [
    { jku: elsewhere, kid: "mine" },
    { x5u: elsewhere, kid: "mine" },
    { jwk: publicKey.export({ format: "jwk" }) },
    { jku: elsewhere, jwk: publicKey.export({ format: "jwk" }), kid: issuer.publicKey().kid },
  ]) {
    const body = `${encode({ alg: "RS256", typ: "at+jwt", ...header })}.${encode(good())}`;
    const token = `${body}.${sign("sha256", Buffer.from(body), privateKey).toString("base64url")}`;

    expect(await check(token)).toEqual({ refused: "Its signature or form is not accepted." });
  }
  expect(visits).toBe(0);
});

test("a new key is found by its id, and unknown ids ask the issuer once in the cooldown at most", async () => {
  const own = await ownIssuer();
  const check = checkOf(own, { cooldownMs: 60 });
  await check(own.forge(good(own)));
  own.rotate({ withdraw: false });

  await vi.waitUntil(async () => !("refused" in (await check(own.forge(good(own))))), { timeout: 5_000 });
  const before = own.keyQuestions();
  const slow = checkOf(own, { cooldownMs: 60_000 });
  for (let i = 0; i < 50; i += 1)
    expect(await slow(own.forge(good(own), { kid: `made-up-${i}` }))).toHaveProperty("refused");

  expect(before).toBe(2);
  expect(own.keyQuestions() - before).toBe(1);
});

test("a key that the issuer has withdrawn is refused once its keys have been read again", async () => {
  const own = await ownIssuer();
  const check = checkOf(own, { cooldownMs: 1 });
  const old = own.forge(good(own));
  expect(await check(old)).toMatchObject({ tenant: "acme" });
  own.rotate({ withdraw: true });

  await vi.waitUntil(async () => !("refused" in (await check(own.forge(good(own))))), { timeout: 5_000 });

  expect(await check(old)).toHaveProperty("refused");
});

test.for(["away", "redirecting", "swollen"] as const)(
  "while the issuer is %s, keys that are known go on and unknown ones are unavailable, not refused",
  async (mood) => {
    const own = await ownIssuer();
    const knows = checkOf(own, { cooldownMs: 1 });
    const fresh = checkOf(own, { cooldownMs: 1 });
    const token = own.forge(good(own));
    await knows(token);
    own.behave(mood);
    own.rotate({ withdraw: false });

    expect(await knows(token)).toMatchObject({ tenant: "acme" });
    await expect(knows(own.forge(good(own)))).rejects.toMatchObject({ code: "unavailable" });
    await expect(fresh(token)).rejects.toMatchObject({ code: "unavailable" });
  },
);

test("an issuer that does not answer is waited for three seconds at most", { timeout: 20_000 }, async () => {
  const own = await ownIssuer();
  own.behave("silent");

  await expect(checkOf(own)(own.forge(good(own)))).rejects.toMatchObject({ code: "unavailable" });
});

test("keys are fetched from the issuer's own origin or from one that is listed, and from nowhere else", async () => {
  const own = await ownIssuer();
  const token = issuer.forge({ ...good(), iss: own.issuer });
  own.publishAt(`${issuer.issuer}/keys`);

  await expect(checkOf(own)(token)).rejects.toMatchObject({ code: "unavailable" });
  own.publishAt("http://169.254.169.254/latest/meta-data");
  await expect(checkOf(own, { keyOrigins: ["http://169.254.169.254"] })(token)).rejects.toMatchObject({
    code: "unavailable",
  });
  expect(told.join("\n")).toContain("http://169.254.169.254, which is not listed");
  own.publishAt(`${issuer.issuer}/keys`);
  expect(await checkOf(own, { keyOrigins: [issuer.issuer] })(token)).toMatchObject({ tenant: "acme" });
});
