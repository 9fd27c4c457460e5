import { plainText } from "../foreign-text.ts";
import { request, type Reply } from "../request.ts";
import { readSecret } from "../secret.ts";
import { silence } from "../silence.ts";
import type { PagerDutyBinding } from "./binding.ts";
import { PagerDutyFailure, retryAfterMs } from "./failure.ts";

/** One event for the Events API v2, without the routing key; source: PagerDuty developer docs, "Events API v2". */
export type PagerEvent =
  | {
      readonly event_action: "trigger";
      readonly dedup_key: string;
      readonly client: string;
      readonly payload: {
        readonly summary: string;
        readonly source: string;
        readonly severity: "critical" | "error" | "warning" | "info";
        readonly timestamp: string;
        readonly component: string;
        readonly group: string;
        readonly class: string;
        readonly custom_details: Readonly<Record<string, unknown>>;
      };
    }
  | { readonly event_action: "acknowledge" | "resolve"; readonly dedup_key: string };

const timeoutMs = 4_000;

/** Sends one event; resolves when it was accepted (202). Throws a `PagerDutyFailure`: final for 400, except for a wrong key, which somebody will put right; to be tried later for the rest. */
export async function sendEvent(binding: PagerDutyBinding, event: PagerEvent): Promise<void> {
  const routingKey = await readSecret(binding.routingKey);
  const url = new URL("/v2/enqueue", binding.events);
  const what = `PagerDuty ${event.event_action} at ${url.host}`;
  let reply: Reply;
  try {
    reply = await request(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ routing_key: routingKey.reveal(), ...event }),
      signal: AbortSignal.timeout(timeoutMs),
      most: 4_096,
    });
  } catch (error) {
    throw new PagerDutyFailure(`${what} did not answer: ${silence(error)}.`, { final: false });
  }
  if (reply.status === 202) return;
  const retryAfter = reply.headers["retry-after"];
  throw new PagerDutyFailure(`${what} answered ${reply.status}: ${plainText(reply.body, 200)}.`, {
    final: reply.status === 400 && !/routing.key/i.test(reply.body),
    retryAfterMs: retryAfterMs(typeof retryAfter === "string" ? retryAfter : null),
  });
}
