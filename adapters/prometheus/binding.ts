import { z } from "zod";
import { isDuration, type Duration } from "#kit/duration.ts";
import { SecretRef } from "#kit/environment.ts";
import { OpsError } from "#kit/errors.ts";

/** The `prometheus` binding of an environment file: what answers the Prometheus HTTP API (Prometheus, Thanos, Mimir, VictoriaMetrics). */
export const PrometheusBinding = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).refine((url) => new URL(url).password === "", {
    error: "must not carry a password; name a token by token",
  }),
  /** Bearer token that may query, where one is needed. */
  token: SecretRef.optional(),
  timeout: z.custom<Duration>(isDuration, { error: 'is not a duration like "5s"' }).default("5s"),
});
export type PrometheusBinding = z.infer<typeof PrometheusBinding>;

/** Checks the `prometheus` part of an environment's bindings; throws `environment-invalid` with each fault named. */
export function parsePrometheusBinding(binding: unknown): PrometheusBinding {
  const parsed = PrometheusBinding.safeParse(binding);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(
    (issue) => `${["prometheus", ...issue.path].join(".")} ${issue.message}`,
  );
  throw new OpsError("environment-invalid", {
    summary: `The environment's prometheus binding is not usable: ${faults.join("; ")}.`,
    hint: "It takes url, token ({env: NAME} or {file: path}) and timeout.",
  });
}
