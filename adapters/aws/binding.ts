import { z } from "zod";
import { isDuration, type Duration } from "#kit/duration.ts";
import { SecretRef } from "#kit/environment.ts";
import { OpsError } from "#kit/errors.ts";

const Credentials = z.union(
  [
    z.strictObject({
      accessKeyId: SecretRef,
      secretAccessKey: SecretRef,
      sessionToken: SecretRef.optional(),
    }),
    z.strictObject({ profile: z.string().regex(/^[\w.@+-]{1,128}$/) }),
    z.literal("default-chain"),
  ],
  { error: 'must name an access key by {env} or {file}, or a {profile}, or say "default-chain"' },
);

/** Whose rights a client uses: a key pair by reference, a named profile, or the SDK's default chain (instance role, SSO). */
export type AwsCredentials = z.infer<typeof Credentials>;

/** The document of Amazon's own that takes any script; whoever may send it may do anything on a machine. */
export const anyScript = "AWS-RunShellScript";

const document = z
  .string()
  .regex(/^[A-Za-z0-9_.-]{3,128}$/, { error: "is not the name of an SSM document" })
  .default(anyScript);

/** How machines are looked into and their unit is restarted, through the Systems Manager. */
const Machines = z.strictObject({
  /** The systemd unit of the platform, the same on every machine. */
  unit: z
    .string()
    .regex(/^[A-Za-z0-9][\w:.@-]{0,200}$/, {
      error: 'is not the name of a systemd unit like "csrd-platform"',
    })
    .default("csrd-platform"),
  /** A document of one's own that holds the script for looking (`ops permissions` prints it), so that the reading role needs no other. */
  lookDocument: document,
  /** The same for restarting the unit. */
  restartDocument: document,
});

/** How machines are reached through the Systems Manager. */
export type AwsMachines = z.infer<typeof Machines>;

/** The `aws` binding of an environment file. Looking and acting have credentials of their own. */
export const AwsBinding = z.strictObject({
  region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, { error: 'is not a region like "eu-central-1"' }),
  /** Where the calls go instead of Amazon's own endpoints: a VPC endpoint, or the sandbox's stand-in. */
  endpoint: z.url({ protocol: /^https?$/ }).optional(),
  /** Longest wait for one answer. */
  timeout: z.custom<Duration>(isDuration, { error: 'is not a duration like "5s"' }).default("5s"),
  read: Credentials,
  act: Credentials,
  machines: Machines.prefault({}),
});
export type AwsBinding = z.infer<typeof AwsBinding>;

/** Checks the `aws` part of an environment's bindings; throws `binding-missing` without one and `environment-invalid` with each fault named. */
export function parseAwsBinding(binding: unknown): AwsBinding {
  if (binding === undefined)
    throw new OpsError("binding-missing", {
      summary: "This environment has no aws binding.",
      hint: "Add bindings.aws with region, read and act to its file in data/environments/.",
    });
  const parsed = AwsBinding.safeParse(binding);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${["aws", ...issue.path].join(".")} ${issue.message}`);
  throw new OpsError("environment-invalid", {
    summary: `The environment's aws binding is not usable: ${faults.join("; ")}.`,
    hint: "Secrets stand there as {env: NAME} or {file: path}, never as values.",
  });
}
