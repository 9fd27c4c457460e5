import { z } from "zod";
import { isDuration, type Duration } from "#kit/duration.ts";
import { SecretRef } from "#kit/environment.ts";
import { OpsError } from "#kit/errors.ts";

/** The `postgres` binding of an environment file: the database in which its locks live, never the platform's own. */
export const PostgresLocksBinding = z.strictObject({
  /** `postgresql://user:password@host:port/database`, whole, because it carries the password. */
  url: SecretRef,
  /** Schema of the lock table; made at first use when the user may. */
  schema: z
    .string()
    .regex(/^[a-z_][a-z0-9_]{0,62}$/, { error: "is not a schema name" })
    .default("csrd_ops"),
  /** How the server proves who it is: by a certificate that this system trusts, by one signed by `ca`, or not at all. */
  tls: z
    .union([z.enum(["system", "off"]), z.strictObject({ ca: z.string().min(1) })], {
      error: 'is "system", "off" or { ca: file }',
    })
    .default("system"),
  /** Longest wait for a connection, and for one answer. */
  timeout: z.custom<Duration>(isDuration, { error: 'is not a duration like "5s"' }).default("5s"),
});
export type PostgresLocksBinding = z.infer<typeof PostgresLocksBinding>;

/** Checks the `postgres` part of an environment's bindings; throws `binding-missing` without one and `environment-invalid` with each fault named. */
export function parsePostgresLocksBinding(binding: unknown): PostgresLocksBinding {
  if (binding === undefined)
    throw new OpsError("binding-missing", {
      summary: "This environment keeps its locks in postgres and has no postgres binding.",
      hint: "Add bindings.postgres with url as {env: NAME} or {file: path} to its file in data/environments/.",
    });
  const parsed = PostgresLocksBinding.safeParse(binding);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(
    (issue) => `${["postgres", ...issue.path].join(".")} ${issue.message}`,
  );
  throw new OpsError("environment-invalid", {
    summary: `The environment's postgres binding is not usable: ${faults.join("; ")}.`,
    hint: "It needs url as {env: NAME} or {file: path}; the address itself never stands in the file, because it carries a password.",
  });
}
