import { z } from "zod";
import { SecretRef } from "#kit/environment.ts";

/** Addresses with which a place is looked at and acted on; each carries its password, so it is named by reference. */
const lookAndAct = z.strictObject({ read: SecretRef, act: SecretRef });

/**
 * `bindings.platform` of an environment file: the keys with which the platform is asked what it does, and the addresses at which its queue
 * and switches are operated. They are kept elsewhere, by reference. `smokeApiKey` belongs to a tenant of its own that holds nothing but trial reports; naming it here is the consent that trials
 * may be sent, in production too. `otherApiKey` belongs to yet another tenant, which must not see them.
 */
export const PlatformBinding = z.strictObject({
  apiKey: SecretRef.optional(),
  smokeApiKey: SecretRef.optional(),
  otherApiKey: SecretRef.optional(),
  /** What `/health` and `/metrics` ask for where CSRD_PROBE_TOKEN is set. */
  probeToken: SecretRef.optional(),
  /** The platform's database, for its queue and switches; `ops permissions --part platform-database` prints the roles. */
  database: lookAndAct.optional(),
  /** The Redis that holds its queue; `ops permissions --part platform-redis` prints the users. */
  redis: lookAndAct.optional(),
});
export type PlatformBinding = z.infer<typeof PlatformBinding>;
