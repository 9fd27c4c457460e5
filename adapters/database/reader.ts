import { OpsError } from "#kit/errors.ts";
import type { DatabaseReader, Session } from "#kit/ports.ts";
import { plainText } from "../foreign-text.ts";
import { type Database, openDatabase } from "../postgres/database.ts";
import { platformDatabase } from "../postgres/fault.ts";
import type { DatabaseBinding } from "./binding.ts";
import { alwaysProtected, clients, limits } from "./sessions.ts";

type Row = {
  readonly pid: number;
  readonly started_at: string;
  readonly application: string;
  readonly username: string;
  readonly state: string | null;
  readonly state_for: number | null;
  readonly transaction_for: number | null;
  readonly waits_for: string | null;
  readonly blocked_by: readonly number[];
  readonly protected: string | null;
};

/** The platform's database as its own server describes it, asked with the looking role. */
export function databaseReader(binding: DatabaseBinding): DatabaseReader {
  let opened: Database | undefined;
  const database = () => (opened ??= openPlatformDatabase(binding, "read"));
  return {
    connections: () =>
      database().transact("list its sessions", async (ask) => {
        const [rights] = await ask<{ sees: boolean }>(
          "select pg_has_role(current_user, 'pg_read_all_stats', 'usage') as sees",
        );
        if (rights?.sees !== true) throw blind();
        const [limit] = await ask<{ most: number; used: number }>(limits, [binding.users]);
        const rows = await ask<Row>(clients, patternsOf(binding));
        return { sessions: rows.map(sessionOf), most: limit?.most ?? 0, used: limit?.used ?? rows.length };
      }),
  };
}

/** A connection to the platform's database as the role that looks, or as the one that acts. */
export function openPlatformDatabase(binding: DatabaseBinding, as: "read" | "act"): Database {
  const { tls, timeout } = binding;
  return openDatabase({ url: binding[as], tls, timeout }, platformDatabase(as));
}

/** The values for `clients`: the platform's users, and the patterns of what is protected. */
export function patternsOf({
  users,
  protect,
}: DatabaseBinding): readonly [readonly string[], readonly string[]] {
  const literal = (name: string) => `${name.replaceAll(/[\\%_]/g, "\\$&")}%`;
  return [users, [...alwaysProtected, ...protect.map(literal)]];
}

/** Names are the clients' own words, and foreign. */
function sessionOf(row: Row): Session {
  return {
    pid: row.pid,
    startedAt: row.started_at,
    application: plainText(row.application, 63) || "(no name)",
    user: plainText(row.username, 63),
    state: stateOf(row.state),
    stateFor: Math.max(0, row.state_for ?? 0),
    transactionFor: row.transaction_for === null ? undefined : Math.max(0, row.transaction_for),
    waitsFor: row.waits_for ?? undefined,
    blockedBy: row.blocked_by,
    protected: row.protected === null ? undefined : plainText(row.protected, 120),
  };
}

function stateOf(state: string | null): Session["state"] {
  if (state === "active" || state === "idle") return state;
  return state?.startsWith("idle in transaction") === true ? "idle in transaction" : "other";
}

function blind(): OpsError {
  return new OpsError("tool-refused", {
    summary: "The looking role sees only its own sessions of the platform's database.",
    hint: "Make it a member of pg_monitor: ops permissions --part database prints the SQL.",
  });
}
