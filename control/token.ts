import { createHmac, timingSafeEqual } from "node:crypto";
import { OpsError } from "#kit/errors.ts";

const shortestKey = 32;

/** The token that lets its holder say one signal to one run, and nothing else: HMAC-SHA256 over both names, hex. */
export function signalToken(key: string, run: string, signal: string): string {
  if (key.length < shortestKey)
    throw new OpsError("environment-invalid", {
      summary: `The control secret has ${key.length} characters; ${shortestKey} are the least.`,
      hint: "Make one with: openssl rand -hex 32",
    });
  return createHmac("sha256", key)
    .update(JSON.stringify(["signal", run, signal]))
    .digest("hex");
}

/** Compares in constant time, whatever was sent. */
export function isSignalToken(key: string, run: string, signal: string, given: string): boolean {
  const expected = Buffer.from(signalToken(key, run, signal));
  const candidate = Buffer.from(given);
  return candidate.length === expected.length && timingSafeEqual(candidate, expected);
}
