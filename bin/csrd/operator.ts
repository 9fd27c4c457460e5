import { hostname, userInfo } from "node:os";
import type { Redis } from "ioredis";
import { clean } from "#kit/render/width.ts";
import { CsrdError } from "#platform/errors.ts";
import { onRedis } from "#platform/operate/places.ts";

/** Who acts on this machine, as the audit log names them. */
export function operator(): string {
  return `operator:${userInfo().username}@${hostname()}`.slice(0, 100);
}

/** The reason of an act, fit to be kept; throws `csrd-usage` when it says nothing. */
export function reasonOf(text: string | undefined, what: string): string {
  const reason = clean(text ?? "", 300).trim();
  if (reason.length >= 3) return reason;
  throw new CsrdError("csrd-usage", {
    summary: `${what} needs a reason${reason === "" ? "" : ` of at least three characters; ${JSON.stringify(reason)} is too short`}.`,
    hint: 'Say it in words for whoever reads the audit log: --reason "INC-123: …".',
  });
}

/** Runs a command's work on the queue's Redis, which must answer within seconds. Throws `queue-unreachable`. */
export async function withRedis<T>(
  url: string,
  command: string,
  work: (redis: Redis) => Promise<T>,
): Promise<T> {
  return onRedis({ url, name: `csrd ${command}` }, work);
}
