import { z } from "zod";
import { isDuration, type Duration } from "./duration.ts";

const duration = z.custom<Duration>(isDuration, { error: 'is not a duration like "30s" or "5m"' });

/** Where a secret comes from. A secret written into the file itself is refused by this shape. */
export const SecretRef = z.union([
  z.strictObject({ env: z.string().regex(/^[A-Z][A-Z0-9_]*$/) }),
  z.strictObject({ file: z.string().min(1) }),
]);
export type SecretRef = z.infer<typeof SecretRef>;

const name = z.string().regex(/^[a-z][a-z0-9-]{0,30}$/);

/** `data/environments/<name>.yaml`: what an environment is, where its tools are, what may be touched. */
export const EnvironmentFile = z.strictObject({
  name,
  tier: z.enum(["sandbox", "development", "staging", "production"]),
  /** Facts that say which environment this really is; they go into every plan's digest: account, region. */
  identity: z.record(z.string(), z.string()),
  /** How to reach each tool; the adapter of that name checks its own part. */
  bindings: z.record(name, z.unknown()),
  services: z.array(
    z.strictObject({
      name,
      url: z.url(),
      group: z.string().min(1).optional(),
      rule: z.string().min(1).optional(),
      instances: z.array(z.string().min(1)),
      firewallGroups: z.array(z.string().min(1)).default([]),
      logGroup: z.string().optional(),
      port: z.int().min(1).max(65535).optional(),
      floor: z.int().min(0),
    }),
  ),
  times: z.strictObject({
    restart: duration,
    poll: duration,
    steady: duration,
    verify: duration,
    planExpiry: duration,
    lease: duration,
    freshDeploy: duration,
    outage: duration.default("2m"),
  }),
  /** Where this environment's locks live; other than on the one host, the binding of that name says where that is. */
  locks: z.enum(["host", "postgres", "kubernetes-lease"]),
  /** Names of people who may approve here; the policy decides whether the requester is among them. */
  approvers: z.array(z.string().min(1)).default([]),
});
export type EnvironmentFile = z.infer<typeof EnvironmentFile>;
