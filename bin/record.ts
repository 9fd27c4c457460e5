import { existsSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { openPostgresJournal, type PostgresJournalPlace } from "#adapters/journal-postgres/journal.ts";
import { openPostgresLedger } from "#adapters/journal-postgres/ledger.ts";
import { openSqliteJournal } from "#adapters/journal-sqlite/journal.ts";
import { openSqliteLedger } from "#adapters/journal-sqlite/ledger.ts";
import { type Duration, toMs } from "#kit/duration.ts";
import { OpsError } from "#kit/errors.ts";
import type { Journal } from "#kit/journal.ts";
import type { Ledger } from "#kit/scheduling/ledger.ts";
import { stateDir } from "#sandbox/state-dir.ts";

/** Where the record is kept: by this host alone, or by a team in the database that `OPS_DATABASE_URL` names. */
export type RecordPlace = { readonly kind: "host"; readonly file: string } | { readonly kind: "team" };

/** Says where the record is kept, without looking there. */
export function recordPlace(env: NodeJS.ProcessEnv = process.env): RecordPlace {
  return env["OPS_DATABASE_URL"]
    ? { kind: "team" }
    : { kind: "host", file: join(stateDir(env), "journal.db") };
}

/** True unless the record would be a file that nobody has begun yet. */
export function hasRecord(): boolean {
  const place = recordPlace();
  return place.kind === "team" || existsSync(place.file);
}

/**
 * Opens the record; a team's is not asked before it is used. `patience` is the longest wait for somebody else who holds it, or for the
 * database's answer: 5 s where nothing is said. Throws `usage` for settings that cannot be.
 */
export function openRecord(patience: Duration = "5s", env: NodeJS.ProcessEnv = process.env): Journal {
  const place = recordPlace(env);
  if (place.kind === "host") return openSqliteJournal(place.file, { busyMs: toMs(patience) });
  return openPostgresJournal(teamPlace(patience, env));
}

/** Opens the ledger of schedules, which lies where the record does. */
export function openLedger(patience: Duration = "5s", env: NodeJS.ProcessEnv = process.env): Ledger {
  const place = recordPlace(env);
  if (place.kind === "host") return openSqliteLedger(place.file, { busyMs: toMs(patience) });
  return openPostgresLedger(teamPlace(patience, env));
}

function teamPlace(patience: Duration, env: NodeJS.ProcessEnv): PostgresJournalPlace {
  const schema = env["OPS_DATABASE_SCHEMA"] || "csrd_ops";
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema))
    throw unusable("OPS_DATABASE_SCHEMA", "is not a schema name: small letters, digits and underscores");
  return {
    url: { env: "OPS_DATABASE_URL" },
    schema,
    tls: tlsOf(env["OPS_DATABASE_TLS"] || "system"),
    timeout: patience,
  };
}

function tlsOf(said: string): "system" | "off" | { readonly ca: string } {
  if (said === "system" || said === "off") return said;
  if (isAbsolute(said)) return { ca: said };
  throw unusable(
    "OPS_DATABASE_TLS",
    "is neither system nor off nor the absolute path of an authority's certificate",
  );
}

function unusable(name: string, why: string): OpsError {
  return new OpsError("usage", { summary: `${name} ${why}.`, hint: "Correct the variable, or unset it." });
}
