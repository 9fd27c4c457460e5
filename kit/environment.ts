import { z } from "zod";
import { isDuration, type Duration } from "./duration.ts";
import { answering } from "./plan.ts";

const duration = z.custom<Duration>(isDuration, { error: 'is not a duration like "30s" or "5m"' });

/** Where a secret comes from. A secret written into the file itself is refused by this shape. */
export const SecretRef = z.union([
  z.strictObject({ env: z.string().regex(/^[A-Z][A-Z0-9_]*$/) }),
  z.strictObject({ file: z.string().min(1) }),
]);
export type SecretRef = z.infer<typeof SecretRef>;

/** Only names of places: an abbreviation or an offset does not know about summer time. */
const timeZone = z
  .string()
  .refine(isTimeZone, { error: 'is not a time zone like "Europe/Amsterdam" or "UTC"' });

const uid = {
  form: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  error: "is not the uid of a namespace: kubectl get namespace kube-system -o jsonpath={.metadata.uid}",
};

/** Facts that have one form, and what else they would be. */
const facts: Readonly<Record<string, { readonly form: RegExp; readonly error: string }>> = {
  /** Of the acting credentials. */
  account: { form: /^\d{12}$/, error: "is not an AWS account number: twelve digits, quoted in YAML" },
  /** Of the namespace kube-system, in the cluster of the kubernetes and kubernetes-lease bindings. */
  clusterUid: uid,
  /** The same of the kubernetes binding's cluster, where the locks are kept in another one. */
  platformClusterUid: uid,
  /** Of the platform's own database server, the one of the database binding. */
  platformDatabaseId: {
    form: /^[1-9]\d{9,19}$/,
    error:
      "is not a PostgreSQL system identifier, digits quoted in YAML: select system_identifier from pg_control_system()",
  },
  /** Of the server of the postgres binding. */
  databaseSystemId: {
    form: /^[1-9]\d{9,19}$/,
    error:
      "is not a PostgreSQL system identifier, digits quoted in YAML: select system_identifier from pg_control_system()",
  },
};

function checkFacts(identity: Readonly<Record<string, string>>, context: z.RefinementCtx): void {
  for (const [fact, { form, error }] of Object.entries(facts)) {
    const value = identity[fact];
    if (value !== undefined && !form.test(value))
      context.addIssue({ code: "custom", path: [fact], message: error });
  }
}

const name = z.string().regex(/^[a-z][a-z0-9-]{0,30}$/);

/** `data/environments/<name>.yaml`: what an environment is, where its tools are, what may be touched. */
export const EnvironmentFile = z
  .strictObject({
    name,
    tier: z.enum(["sandbox", "development", "staging", "production"]),
    /** Where its people are, by IANA name: "Europe/Amsterdam". Business hours and holidays are theirs; the screen stays in UTC. */
    zone: timeZone.default("UTC"),
    /**
     * Facts that say which environment this really is; they go into every plan's digest. Those that can be asked for are asked for
     * before anything is changed, and another answer refuses (`environment-mismatch`).
     */
    identity: z.record(z.string(), z.string()).superRefine(checkFacts),
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
        workload: z
          .string()
          .regex(/^[A-Za-z0-9][\w.:/@-]{0,254}$/, { error: "is not the name of a group or Deployment" })
          .optional(),
        most: z.int().min(1).optional(),
      }),
    ),
    /** Status pages of vendors that the platform depends on, by the vendor's name: the page's address, Statuspage's API is under it. */
    statusPages: z.record(name, z.url({ protocol: /^https?$/ })).default({}),
    times: z.strictObject({
      restart: duration,
      poll: duration,
      steady: duration,
      verify: duration,
      planExpiry: duration,
      lease: duration,
      freshDeploy: duration,
      outage: duration.default("2m"),
      // PG-02: shorter ones are slow work; longer ones hold locks and keep vacuum from what they might still see.
      stuckTransaction: duration.default("5m"),
      // csrd-production-runbook "Critical Alerts" and "XBRL Generation Slow"; csrd-operations-manual "SLO".
      slowAnswer: duration.default("1s"),
      slowStage: duration.default("5m"),
      slowReport: duration.default("30m"),
      // Half of the time in which csrd-operations-manual "SLO" promises a whole report.
      longWait: duration.default("15m"),
      // A day: every shift has then seen it at a hand-over; a forgotten one blocks no longer.
      stickyLock: duration.default("24h"),
      // Long enough for one repair and its proof, short enough that nobody goes on working behind it.
      brokenGlass: duration.default("1h"),
    }),
    /** Where this environment's locks live; other than on the one host, the binding of that name says where that is. */
    locks: z.enum(["host", "postgres", "kubernetes-lease"]),
    /** Names of people who may approve here; the policy decides whether the requester is among them. */
    approvers: z.array(z.string().min(1)).default([]),
    /** Approvers who answer for something beside running it; steps that need their word wait for one of them. */
    answersFor: z.partialRecord(z.enum(answering), z.array(z.string().min(1)).min(1)).default({}),
    /** Whom silence asks, rung after rung, among those who may approve; source of the first rung: who is on call. */
    onCall: z.array(z.array(z.string().min(1)).min(1)).default([]),
  })
  .superRefine(({ approvers, onCall }, context) => {
    const stranger = onCall.flat().find((name) => !approvers.includes(name));
    if (stranger === undefined) return;
    const message = `names "${stranger}", who is not among the approvers and would be asked in vain`;
    context.addIssue({ code: "custom", path: ["onCall"], message });
  })
  .superRefine(({ approvers, answersFor }, context) => {
    const stranger = Object.values(answersFor)
      .flat()
      .find((name) => !approvers.includes(name));
    if (stranger === undefined) return;
    const message = `names "${stranger}", who is not among the approvers and could not give their word`;
    context.addIssue({ code: "custom", path: ["answersFor"], message });
  });
export type EnvironmentFile = z.infer<typeof EnvironmentFile>;

function isTimeZone(name: string): boolean {
  if (name !== "UTC" && !/^[A-Z][A-Za-z_]+(\/[A-Za-z0-9_+-]+){1,2}$/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}
