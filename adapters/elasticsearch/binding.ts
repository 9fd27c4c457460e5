import { z } from "zod";
import { isDuration, type Duration } from "#kit/duration.ts";
import { SecretRef } from "#kit/environment.ts";
import { OpsError } from "#kit/errors.ts";

/** The `elasticsearch` binding of an environment file: where the platform's lines are indexed, and a key that may read them and nothing else. */
export const ElasticsearchBinding = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).refine((url) => new URL(url).password === "", {
    error: "must not carry a password; name an API key by apiKey",
  }),
  /** An API key with the privilege `read` on the index, base64 as Elasticsearch gives it. */
  apiKey: SecretRef.optional(),
  /** Index, alias, data stream or pattern that holds the lines. */
  index: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._*-]{0,120}$/, { error: "is not an index or a pattern such as csrd-platform-*" })
    .default("csrd-platform-*"),
  timeout: z.custom<Duration>(isDuration, { error: 'is not a duration like "5s"' }).default("5s"),
});
export type ElasticsearchBinding = z.infer<typeof ElasticsearchBinding>;

/** Checks the `elasticsearch` part of an environment's bindings; throws `environment-invalid` with each fault named. */
export function parseElasticsearchBinding(binding: unknown): ElasticsearchBinding {
  const parsed = ElasticsearchBinding.safeParse(binding);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(
    (issue) => `${["elasticsearch", ...issue.path].join(".")} ${issue.message}`,
  );
  throw new OpsError("environment-invalid", {
    summary: `The environment's elasticsearch binding is not usable: ${faults.join("; ")}.`,
    hint: "It takes url, apiKey ({env: NAME} or {file: path}), index and timeout.",
  });
}
