import { expect, test } from "vitest";
import { oidcOf } from "#platform/service/settings/auth.ts";
import { agentSettings, serveSettings } from "#platform/service/settings.ts";

const good = {
  CSRD_DATABASE_URL: "postgresql://csrd:pw@db:5432/csrd",
  CSRD_REDIS_URL: "redis://redis:6379",
  CSRD_ARTIFACTS_DIR: "/srv/artifacts",
};
const oidc = { CSRD_OIDC_ISSUER: "https://id.example/realms/esg", CSRD_OIDC_AUDIENCE: "csrd" };

test("tokens are read as the settings say, and as nothing when no issuer is set", () => {
  const settings = serveSettings({
    ...good,
    ...oidc,
    CSRD_OIDC_SCOPES: "urn:esg:a=b=read, esg.admin=admin",
    CSRD_OIDC_KEY_ORIGINS: "https://keys.example:8443",
  });

  expect(oidcOf(settings)).toEqual({
    issuer: oidc.CSRD_OIDC_ISSUER,
    audience: "csrd",
    tenantClaim: "tenant",
    scopeClaim: "scope",
    scopes: [
      { claim: "urn:esg:a=b", scope: "read" },
      { claim: "esg.admin", scope: "admin" },
    ],
    keyOrigins: ["https://keys.example:8443"],
    cooldownMs: 30_000,
  });
  expect(oidcOf(serveSettings(good))).toBeUndefined();
});

test.for([
  ["CSRD_OIDC_ISSUER", "http://id.example", /CSRD_OIDC_ISSUER must be an https URL/],
  ["CSRD_OIDC_ISSUER", "https://user:pw@id.example", /CSRD_OIDC_ISSUER must be an https URL/],
  ["CSRD_OIDC_ISSUER", "https://id.example/?x=1", /CSRD_OIDC_ISSUER must be an https URL/],
  ["CSRD_OIDC_ISSUER", "file:///etc/passwd", /CSRD_OIDC_ISSUER must be an https URL/],
  ["CSRD_OIDC_ISSUER", undefined, /CSRD_OIDC_ISSUER must be set when CSRD_OIDC_AUDIENCE is/],
  ["CSRD_OIDC_AUDIENCE", undefined, /CSRD_OIDC_AUDIENCE must be set when CSRD_OIDC_ISSUER is/],
  ["CSRD_OIDC_TENANT_CLAIM", "two words", /CSRD_OIDC_TENANT_CLAIM must be the name of a claim/],
  ["CSRD_OIDC_SCOPES", "csrd.read=everything", /CSRD_OIDC_SCOPES must be entries like csrd.read=read/],
  ["CSRD_OIDC_KEY_ORIGINS", "https://keys.example/path", /CSRD_OIDC_KEY_ORIGINS must be origins/],
  ["CSRD_OIDC_COOLDOWN_S", "0", /CSRD_OIDC_COOLDOWN_S must be at least 1/],
  ["CSRD_REDIS_CACHE_URL", "http://x", /CSRD_REDIS_CACHE_URL must be a redis/],
  ["CSRD_TRUSTED_PROXIES", "balancer.internal", /CSRD_TRUSTED_PROXIES must be addresses or networks/],
  ["CSRD_TRUSTED_PROXIES", "10.0.0.0/0", /CSRD_TRUSTED_PROXIES must be addresses or networks/],
  ["CSRD_TRUSTED_PROXIES", "10.0.0.0/33", /CSRD_TRUSTED_PROXIES must be addresses or networks/],
  ["CSRD_RATE_LIMIT_UPLOADS", "none", /CSRD_RATE_LIMIT_UPLOADS must be a number/],
  ["CSRD_RATE_LIMIT_TENANT", "0", /CSRD_RATE_LIMIT_TENANT must be at least 1/],
  ["CSRD_RATE_LIMIT_REFUSED", "-1", /CSRD_RATE_LIMIT_REFUSED must be at least 1/],
  ["CSRD_PROBE_TOKEN", "short", /CSRD_PROBE_TOKEN must be at least 20 characters/],
] as const)("%s=%s is refused in a sentence", ([name, value, sentence]) => {
  expect(() => serveSettings({ ...good, ...oidc, [name]: value })).toThrow(
    expect.objectContaining({ code: "settings-invalid", summary: expect.stringMatching(sentence) }),
  );
});

test.for(["127.0.0.1", "localhost", "::1"])("an agent on %s starts without the internal token", (host) => {
  expect(agentSettings("intake", { CSRD_ARTIFACTS_DIR: "/srv", CSRD_HOST: host }).CSRD_HOST).toBe(host);
});
