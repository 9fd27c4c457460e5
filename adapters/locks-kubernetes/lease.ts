import { createHash } from "node:crypto";
import type { V1Lease } from "@kubernetes/client-node";
import { z } from "zod";
import { OpsError } from "#kit/errors.ts";
import type { LockHolder, LockKind, LockRow } from "#kit/journal.ts";
import { plainText } from "../foreign-text.ts";

/** Marks the Leases that are locks of ours. */
export const labels = { "app.kubernetes.io/managed-by": "csrd-ops" } as const;

/** A `V1Lease` may only be made from the vendor's own date, which writes six digits; the constructor arrives with the SDK. */
export type MicroTime = new (at: Date) => NonNullable<NonNullable<V1Lease["spec"]>["renewTime"]>;

/** The SDK leaves these as the server's text, though its types say otherwise. */
const instant = z.union([z.date(), z.iso.datetime({ offset: true }).transform((text) => new Date(text))]);

/** What of a Lease counts for a lock. Who holds it is `holderIdentity`, which is the run; the fence is `leaseTransitions`. */
const LeaseAnswer = z.object({
  metadata: z.object({
    name: z.string(),
    resourceVersion: z.string().min(1),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
  spec: z
    .object({
      holderIdentity: z.string().optional(),
      leaseDurationSeconds: z.int().positive().optional(),
      acquireTime: instant.optional(),
      renewTime: instant.optional(),
      leaseTransitions: z.int().min(0).default(0),
    })
    .default({ leaseTransitions: 0 }),
});

/** A Lease that was read: the version that a change of it must name, its fence, and the lock as it is held, where it is. */
export type Seen = {
  readonly version: string;
  readonly fence: number;
  /** All but its state, which is a matter of the clock: `observer.ts`. */
  readonly held: Omit<LockRow, "state"> | undefined;
  /** How long the lease is; 0 where nobody holds it. */
  readonly leaseMs: number;
  /** How long it stays taken after its lease; 0 for other than a sticky one. */
  readonly staysMs: number;
};

/**
 * The name of a lock's Lease: readable, and never the same for two locks, because it ends in a hash of the whole name.
 * `production/deploy` is `csrd-ops-production-deploy-` and ten hexadecimal digits.
 */
export function leaseName(lock: string): string {
  const readable = lock
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, 48)
    .replaceAll(/^-+|-+$/g, "");
  const hash = createHash("sha256").update(lock).digest("hex").slice(0, 10);
  return ["csrd-ops", readable, hash].filter((part) => part !== "").join("-");
}

/** Reads a Lease as a lock; throws `tool-refused` for one that is none of ours or lacks what a held lock has. */
export function readLease(lease: V1Lease, lock?: string): Seen {
  const parsed = LeaseAnswer.safeParse(lease);
  if (!parsed.success) throw unreadable(lease.metadata?.name, plainText(z.prettifyError(parsed.error), 200));
  const { metadata, spec } = parsed.data;
  const { annotations } = metadata;
  const named = annotations[keys.lock];
  if (named === undefined || (lock !== undefined && named !== lock))
    throw unreadable(metadata.name, `it is not marked as the lock ${lock ?? "of anything"}`);
  const seen = { version: metadata.resourceVersion, fence: spec.leaseTransitions };
  const { holderIdentity, leaseDurationSeconds, acquireTime, renewTime } = spec;
  if (holderIdentity === undefined || holderIdentity === "")
    return { ...seen, held: undefined, leaseMs: 0, staysMs: 0 };
  if (leaseDurationSeconds === undefined || renewTime === undefined)
    throw unreadable(metadata.name, "it has a holder and no end");
  const leaseMs = leaseDurationSeconds * 1_000;
  const staysMs = Number(annotations[keys.stays] ?? 0);
  if (!Number.isSafeInteger(staysMs) || staysMs < 0)
    throw unreadable(metadata.name, "how long it stays is no number");
  const until = renewTime.getTime() + leaseMs;
  return {
    ...seen,
    leaseMs,
    staysMs,
    held: {
      lock: named,
      run: holderIdentity,
      owner: annotations[keys.owner] ?? "",
      reason: annotations[keys.reason] ?? "",
      kind: kindOf(annotations[keys.kind]),
      fence: spec.leaseTransitions,
      takenAt: (acquireTime ?? renewTime).toISOString(),
      until: new Date(until).toISOString(),
      staysUntil: new Date(until + staysMs).toISOString(),
    },
  };
}

function kindOf(annotation: string | undefined): LockKind {
  return annotation === "sticky" || annotation === "by-hand" ? annotation : "automatic";
}

const keys = {
  lock: "csrd-ops/lock",
  run: "csrd-ops/run",
  reason: "csrd-ops/reason",
  owner: "csrd-ops/owner",
  kind: "csrd-ops/kind",
  stays: "csrd-ops/stays-ms",
};

/** A Lease that says who holds the lock. What others wrote on the object before stays there. */
export function heldLease(
  before: V1Lease | undefined,
  lock: string,
  holder: LockHolder & {
    readonly fence: number;
    readonly takenAt: Date;
    readonly renewedAt: Date;
    readonly leaseMs: number;
  },
  Micro: MicroTime,
): V1Lease {
  const { run, owner, reason, fence, takenAt, renewedAt, leaseMs, kind = "automatic", staysMs = 0 } = holder;
  return {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: Object.assign({}, before?.metadata, {
      name: leaseName(lock),
      labels: { ...before?.metadata?.labels, ...labels },
      annotations: {
        ...before?.metadata?.annotations,
        [keys.lock]: lock,
        [keys.run]: run,
        [keys.reason]: reason,
        [keys.owner]: owner,
        [keys.kind]: kind,
        [keys.stays]: String(staysMs),
      },
    }),
    spec: Object.assign({}, before?.spec, {
      holderIdentity: run,
      // Whole seconds are all that a Lease knows; up, so that nobody is thrown out early.
      leaseDurationSeconds: Math.max(1, Math.ceil(leaseMs / 1_000)),
      acquireTime: new Micro(takenAt),
      renewTime: new Micro(renewedAt),
      leaseTransitions: fence,
    }),
  };
}

/** The same Lease without a holder. It stays, because its fence must not be forgotten. */
export function freedLease(before: V1Lease): V1Lease {
  const {
    [keys.run]: _run,
    [keys.reason]: _reason,
    [keys.owner]: _owner,
    [keys.kind]: _kind,
    [keys.stays]: _stays,
    ...annotations
  } = before.metadata?.annotations ?? {};
  const {
    holderIdentity: _holder,
    leaseDurationSeconds: _duration,
    acquireTime: _acquired,
    renewTime: _renewed,
    ...spec
  } = before.spec ?? {};
  return Object.assign({}, before, { metadata: Object.assign({}, before.metadata, { annotations }), spec });
}

function unreadable(name: string | undefined, why: string): OpsError {
  return new OpsError("tool-refused", {
    summary: `The Lease ${plainText(name ?? "without a name", 253)} cannot be read as a lock: ${why}.`,
    hint: "No lock is assumed. Look at it (kubectl get lease -o yaml) and at who else writes in that namespace.",
  });
}
