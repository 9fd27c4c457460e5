import type { JWTPayload, JWTVerifyGetKey } from "jose";
import { Problem } from "../../service/problem.ts";
import type { OidcSettings } from "../../service/settings/auth.ts";
import type { Caller } from "../caller.ts";
import { IssuerAway, issuerKeys } from "./issuer-keys.ts";

/** Who a token proves, or why it does not. Throws `unavailable` when the issuer would have to be asked and does not answer. */
export type TokenCheck = (token: string) => Promise<Caller | { readonly refused: string }>;

/** Signatures by public keys only: no secret that both sides know, and never "none". */
const algorithms = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
];
const types = ["jwt", "at+jwt", "application/at+jwt"];
/** Seconds by which two clocks may differ. */
const clockTolerance = 30;

/** The check of OpenID Connect access tokens (RFC 9068 where the issuer follows it); loads its library on first use. */
export function tokenCheck(settings: OidcSettings, onAway: (error: Error) => void): TokenCheck {
  const keys = issuerKeys({
    issuer: settings.issuer,
    keyOrigins: settings.keyOrigins,
    cooldownMs: settings.cooldownMs,
    onAway,
  });

  return async (token) => {
    const jose = await import("jose");
    const keyFor: JWTVerifyGetKey = async (header, input) => {
      // What a token says of where its key is (jku, x5u, jwk, x5c) is never followed.
      try {
        return await jose.createLocalJWKSet(await keys.current())(header, input);
      } catch (error) {
        if (!(error instanceof jose.errors.JWKSNoMatchingKey)) throw error;
        return jose.createLocalJWKSet(await keys.again())(header, input);
      }
    };
    try {
      const { payload, protectedHeader } = await jose.jwtVerify(token, keyFor, {
        issuer: settings.issuer,
        audience: settings.audience,
        algorithms,
        clockTolerance,
        requiredClaims: ["exp", "sub", "iss", "aud"],
      });
      const { typ } = protectedHeader;
      if (typ !== undefined && !types.includes(typ.toLowerCase()))
        return { refused: "It is a token of another kind." };
      return callerOf(payload, settings);
    } catch (error) {
      if (error instanceof IssuerAway)
        throw new Problem("unavailable", "Tokens cannot be checked right now; try again shortly.", error);
      if (error instanceof jose.errors.JWTExpired) return { refused: "It has expired." };
      if (error instanceof jose.errors.JWTClaimValidationFailed)
        return { refused: `Its claim ${error.claim} is not accepted.` };
      if (error instanceof jose.errors.JOSEError)
        return { refused: "Its signature or form is not accepted." };
      throw error;
    }
  };
}

function callerOf(payload: JWTPayload, settings: OidcSettings): Caller | { readonly refused: string } {
  const { sub } = payload;
  const tenant = payload[settings.tenantClaim];
  if (typeof tenant !== "string" || !/^[A-Za-z0-9._-]{1,63}$/.test(tenant))
    return { refused: `Its claim ${settings.tenantClaim} does not name a tenant.` };
  if (sub === undefined || !/^[\u0020-\u007e]{1,200}$/.test(sub))
    return { refused: "Its subject is not usable." };
  const given = payload[settings.scopeClaim];
  const words = Array.isArray(given) ? given : typeof given === "string" ? given.split(" ") : [];
  const scopes = settings.scopes.filter(({ claim }) => words.includes(claim)).map(({ scope }) => scope);
  return { tenant, actor: `oidc:${sub}`, scopes: [...new Set(scopes)] };
}
