import type { JSONWebKeySet } from "jose";
import { z } from "zod";

/** The issuer cannot be asked, or answers something else than it should. */
export class IssuerAway extends Error {}

/** What is needed to know an issuer's keys. */
export type IssuerParts = {
  readonly issuer: string;
  /** Origins beside the issuer's own from which its keys may be fetched. */
  readonly keyOrigins: readonly string[];
  /** Milliseconds between two questions to the issuer, however many unknown key ids come. */
  readonly cooldownMs: number;
  readonly onAway: (error: Error) => void;
};

/** An issuer's published keys, as last seen. */
export type IssuerKeys = {
  /** The keys; asked for when there are none or they are older than ten minutes. Throws IssuerAway when there are none and none can be had. */
  current(): Promise<JSONWebKeySet>;
  /** Asks again because a key id is unknown, if it was not asked just now; throws IssuerAway when the latest question was not answered. */
  again(): Promise<JSONWebKeySet>;
};

const Discovery = z.object({ issuer: z.string(), jwks_uri: z.string() });
const Keys = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).max(100) });

const freshMs = 600_000;
/** What was published is believed this long while the issuer is away. */
const staleMs = 86_400_000;
const mostBytes = 256 * 1024;

/** The keys of an issuer by OpenID Connect discovery: https (or loopback), no redirects, at most 256 KiB, three seconds for each answer. */
export function issuerKeys(parts: IssuerParts): IssuerKeys {
  let keys: JSONWebKeySet | undefined;
  let seenAt = Number.NEGATIVE_INFINITY;
  let askedAt = Number.NEGATIVE_INFINITY;
  let away: Error | undefined;
  let asking: Promise<void> | undefined;

  const ask = async (): Promise<void> => {
    askedAt = performance.now();
    try {
      keys = await fetchKeys(parts);
      seenAt = performance.now();
      away = undefined;
    } catch (error) {
      away = error instanceof Error ? error : new Error(String(error));
      parts.onAway(away);
    }
  };
  const askOnce = async (): Promise<void> => {
    if (performance.now() - askedAt >= parts.cooldownMs)
      asking ??= ask().finally(() => {
        asking = undefined;
      });
    await asking;
  };
  const seen = (): JSONWebKeySet => {
    if (keys !== undefined && performance.now() - seenAt < staleMs) return keys;
    throw new IssuerAway("The issuer's keys are not known.", { cause: away });
  };
  return {
    current: async () => {
      const age = performance.now() - seenAt;
      // Known keys go on while they are fetched again, so that no request waits for the issuer.
      if (keys !== undefined && age >= freshMs) void askOnce();
      else if (keys === undefined) await askOnce();
      return seen();
    },
    again: async () => {
      await askOnce();
      if (away !== undefined) throw new IssuerAway("The issuer does not answer.", { cause: away });
      return seen();
    },
  };
}

async function fetchKeys({ issuer, keyOrigins }: IssuerParts): Promise<JSONWebKeySet> {
  const discovery = Discovery.parse(
    await fetchJson(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`),
  );
  if (discovery.issuer !== issuer) throw new Error("The discovery document names another issuer.");
  const uri = new URL(discovery.jwks_uri);
  if (![new URL(issuer).origin, ...keyOrigins].includes(uri.origin) || !isSafe(uri))
    throw new Error(`The keys are published at ${uri.origin}, which is not listed.`);
  return Keys.parse(await fetchJson(uri.href));
}

/** True for https, and for http that does not leave this machine. */
function isSafe(url: URL): boolean {
  if (url.username !== "" || url.password !== "" || url.hash !== "") return false;
  return (
    url.protocol === "https:" ||
    (url.protocol === "http:" && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname))
  );
}

async function fetchJson(url: string): Promise<unknown> {
  const response = await fetch(url, {
    redirect: "error",
    headers: { accept: "application/json" },
    signal: AbortSignal.timeout(3_000),
  });
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    throw new Error(`The issuer answered ${response.status}.`);
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.byteLength;
    if (size > mostBytes) throw new Error("The issuer's answer is too large.");
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString("utf8"));
}
