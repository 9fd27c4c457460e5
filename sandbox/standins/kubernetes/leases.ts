import { z } from "zod";
import { metadataSchema, validateMetadata } from "./metadata.ts";
import type { Given, Resource } from "./resource.ts";
import type { Cause } from "./status.ts";

/** With exactly six digits, because the server parses by that layout and by no other. */
const microTime = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)$/, {
  error: 'cannot parse as "2006-01-02T15:04:05.000000Z07:00"',
});

const LeaseSpec = z.strictObject({
  holderIdentity: z.string().optional(),
  leaseDurationSeconds: z.int32().optional(),
  acquireTime: microTime.optional(),
  renewTime: microTime.optional(),
  leaseTransitions: z.int32().optional(),
  strategy: z.string().optional(),
  preferredHolder: z.string().optional(),
});

const Lease = z.strictObject({
  apiVersion: z.string().optional(),
  kind: z.string().optional(),
  metadata: metadataSchema.optional(),
  spec: LeaseSpec.optional(),
});

/** `coordination.k8s.io/v1` Leases; source: Kubernetes API reference, "Lease v1". */
export const leases: Resource = {
  group: "coordination.k8s.io",
  version: "v1",
  plural: "leases",
  singular: "lease",
  kind: "Lease",
  schema: Lease,
  unconditionalUpdate: false,
  verbs: ["get", "list", "create", "update", "delete"],
  validate(object: Given): readonly Cause[] {
    const spec = LeaseSpec.parse(object["spec"] ?? {});
    const causes: Cause[] = [...validateMetadata(object)];
    const refuse = (field: string, value: number, rule: string) =>
      causes.push({
        reason: "FieldValueInvalid",
        message: `Invalid value: ${value}: ${rule}`,
        field: `spec.${field}`,
      });
    if (spec.leaseDurationSeconds !== undefined && spec.leaseDurationSeconds <= 0)
      refuse("leaseDurationSeconds", spec.leaseDurationSeconds, "must be greater than 0");
    if (spec.leaseTransitions !== undefined && spec.leaseTransitions < 0)
      refuse("leaseTransitions", spec.leaseTransitions, "must be greater than or equal to 0");
    return causes;
  },
};
