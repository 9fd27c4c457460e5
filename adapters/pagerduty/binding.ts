import { z } from "zod";
import { SecretRef } from "#kit/environment.ts";
import { OpsError } from "#kit/errors.ts";

/** The `pagerduty` binding of an environment file: one service that is paged, and the REST API for notes on its incidents. */
export const PagerDutyBinding = z.strictObject({
  /** Base of the Events API v2. */
  events: z.url({ protocol: /^https?$/ }).default("https://events.pagerduty.com"),
  /** Base of the REST API v2. */
  api: z.url({ protocol: /^https?$/ }).default("https://api.pagerduty.com"),
  /** Integration key of the service, Events API v2. */
  routingKey: SecretRef,
  /** With a token, the timeline is written as notes on the incident; `from` is the user they are written as. */
  notes: z.strictObject({ token: SecretRef, from: z.email() }).optional(),
});
export type PagerDutyBinding = z.infer<typeof PagerDutyBinding>;

/** Checks the `pagerduty` part of an environment's bindings; throws `environment-invalid` with each fault named. */
export function parsePagerDutyBinding(binding: unknown): PagerDutyBinding {
  const parsed = PagerDutyBinding.safeParse(binding);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(
    (issue) => `${["pagerduty", ...issue.path].join(".")} ${issue.message}`,
  );
  throw new OpsError("environment-invalid", {
    summary: `The environment's pagerduty binding is not usable: ${faults.join("; ")}.`,
    hint: "It needs routingKey as {env: NAME} or {file: path}; notes need token and from.",
  });
}
