import { z } from "zod";
import { isDuration, type Duration } from "#kit/duration.ts";
import { SecretRef } from "#kit/environment.ts";
import { OpsError } from "#kit/errors.ts";

const role = z.string().regex(/^[A-Za-z_][A-Za-z0-9_$-]{0,62}$/, { error: "is not the name of a role" });
const application = z.string().regex(/^[\w ./:-]{1,63}$/, { error: "is not the name of an application" });

/**
 * The `database` binding of an environment file: the platform's own database server, looked at with one role and acted on with another.
 * Both need connections of their own when the platform's users have none left: give those users a limit (`alter role … connection limit`).
 */
export const DatabaseBinding = z.strictObject({
  /** Address of the role that looks: member of pg_monitor, nothing else. */
  read: SecretRef,
  /** Address of the role that ends sessions: member of pg_monitor and pg_signal_backend. */
  act: SecretRef,
  /** Users of the platform; sessions of any other are never ended. */
  users: z.array(role).min(1),
  /** Applications whose sessions are never ended, beside backups, migrations, poolers and this tool. */
  protect: z.array(application).default([]),
  /** Every server of it, each at an address of its own, for database-down: the primary and those that follow it. */
  servers: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[a-z][a-z0-9-]{0,30}$/, { error: "is not a name like db-1" }),
        /** The same two roles, at this server. */
        read: SecretRef,
        act: SecretRef,
        /** The EC2 instance that it runs on; without it nobody here can stop it, and nothing is promoted. */
        instance: z
          .string()
          .regex(/^i-([0-9a-f]{8}|[0-9a-f]{17})$/, { error: "is not the id of an EC2 instance" })
          .optional(),
      }),
    )
    .default([]),
  /** What leads the platform to the primary, where it is ours to move: one IP address, routed to a server's instance in these tables. */
  address: z
    .strictObject({
      routeTables: z
        .array(
          z.string().regex(/^rtb-([0-9a-f]{8}|[0-9a-f]{17})$/, { error: "is not the id of a route table" }),
        )
        .min(1),
      destination: z
        .string()
        .regex(/^(\d{1,3}\.){3}\d{1,3}\/32$/, { error: "is not one address like 10.99.0.10/32" }),
    })
    .optional(),
  /** How the server proves who it is: by a certificate that this system trusts, by one signed by `ca`, or not at all. */
  tls: z
    .union([z.enum(["system", "off"]), z.strictObject({ ca: z.string().min(1) })], {
      error: 'is "system", "off" or { ca: file }',
    })
    .default("system"),
  /** Longest wait for a connection, and for one answer. */
  timeout: z.custom<Duration>(isDuration, { error: 'is not a duration like "5s"' }).default("5s"),
});
export type DatabaseBinding = z.infer<typeof DatabaseBinding>;

/** Checks the `database` part of an environment's bindings; throws `binding-missing` without one and `environment-invalid` with each fault named. */
export function parseDatabaseBinding(binding: unknown): DatabaseBinding {
  if (binding === undefined)
    throw new OpsError("binding-missing", {
      summary: "This environment has no database binding.",
      hint: "Add bindings.database with read, act and users to its file in data/environments/; ops permissions --part database prints the roles.",
    });
  const parsed = DatabaseBinding.safeParse(binding);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(
    (issue) => `${["database", ...issue.path].join(".")} ${issue.message}`,
  );
  throw new OpsError("environment-invalid", {
    summary: `The environment's database binding is not usable: ${faults.join("; ")}.`,
    hint: "It needs read and act as {env: NAME} or {file: path}, and users as a list of role names.",
  });
}
