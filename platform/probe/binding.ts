import { z } from "zod";
import { SecretRef } from "#kit/environment.ts";

/**
 * `bindings.platform` of an environment file: the keys with which the platform is asked what it does. They are kept elsewhere, by
 * reference. `smokeApiKey` belongs to a tenant of its own that holds nothing but trial reports; naming it here is the consent that trials
 * may be sent, in production too. `otherApiKey` belongs to yet another tenant, which must not see them.
 */
export const PlatformBinding = z.strictObject({
  apiKey: SecretRef.optional(),
  smokeApiKey: SecretRef.optional(),
  otherApiKey: SecretRef.optional(),
  /** What `/health` and `/metrics` ask for where CSRD_PROBE_TOKEN is set. */
  probeToken: SecretRef.optional(),
});
export type PlatformBinding = z.infer<typeof PlatformBinding>;
