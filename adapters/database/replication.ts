import { setTimeout as sleep } from "node:timers/promises";
import { isCodedError } from "#kit/errors.ts";
import type {
  DatabaseAddress,
  DatabaseServer,
  Replication,
  ReplicationReader,
  ReplicationSlot,
} from "#kit/ports/replication.ts";
import { plainText } from "../foreign-text.ts";
import { type Ask, type Database, openDatabase } from "../postgres/database.ts";
import { platformDatabase } from "../postgres/fault.ts";
import type { DatabaseBinding } from "./binding.ts";
import { openPlatformDatabase } from "./reader.ts";

/** A server that has said nothing for so long counts as silent: one that hangs is as good as gone, and looking must not hang with it. */
const patience = "2s";
const longestMs = 4_000;

/** What the binding alone does not know. */
export type ReplicationFacts = {
  /** The system identifier that the environment's file states. */
  readonly expected: string | undefined;
  /** The instance that the address is routed to; undefined where nobody here can ask. */
  readonly routedTo: (() => Promise<string | undefined>) | undefined;
};

type ServerRow = {
  readonly system_id: string;
  readonly standby: boolean;
  readonly timeline: number | null;
  readonly position: number | null;
  readonly unapplied: number | null;
  readonly following: boolean;
};
type SlotRow = { readonly name: string; readonly active: boolean; readonly kept: number | null };

/** Source: PostgreSQL manual, "System Administration Functions" and "Monitoring Database Activity". A primary's timeline begins the name of its log files. */
const whoAreYou = `select s.system_identifier::text as system_id, r.standby,
    case when r.standby
      then coalesce((select received_tli from pg_stat_wal_receiver), (select timeline_id from pg_control_checkpoint()))
      else ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int end as timeline,
    case when r.standby
      then (greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) - '0/0'::pg_lsn)::float8
      else (pg_current_wal_lsn() - '0/0'::pg_lsn)::float8 end as position,
    case when r.standby
      then greatest(0, pg_last_wal_receive_lsn() - pg_last_wal_replay_lsn())::float8 end as unapplied,
    exists (select from pg_stat_wal_receiver where status = 'streaming') as following
  from pg_control_system() s, (select pg_is_in_recovery() as standby) r`;

const slotsKept = `select slot_name as name, active,
    (case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end - restart_lsn)::float8 as kept
  from pg_replication_slots order by slot_name`;

/** The platform's database as a whole: what its address says, and each of its servers asked by itself, with the looking role. */
export function replicationReader(
  binding: DatabaseBinding,
  { expected, routedTo }: ReplicationFacts,
): ReplicationReader {
  const whole = openPlatformDatabase({ ...binding, timeout: patience }, "read");
  const each = binding.servers.map((server) => ({
    ...server,
    database: openDatabase(
      { url: server.read, tls: binding.tls, timeout: patience },
      platformDatabase("read"),
    ),
  }));
  const address = (): Promise<DatabaseAddress> => hear(whole, listen, deaf);
  return {
    address,
    async look(): Promise<Replication> {
      const [heard, instance, ...servers] = await Promise.all([
        address(),
        // A cloud that does not say where the address leads is one that nobody can ask to move it either.
        routedTo?.().catch(() => undefined),
        ...each.map(({ name, instance, database }) =>
          hear(database, (ask) => describe(ask, name, instance), unheard(name, instance)),
        ),
      ]);
      return {
        address: heard,
        leadsTo: each.find((one) => one.instance !== undefined && one.instance === instance)?.name,
        movable: binding.address !== undefined && routedTo !== undefined,
        systemId: expected ?? heard.systemId,
        servers: servers.toSorted((a, b) => a.name.localeCompare(b.name)),
      };
    },
  };
}

async function describe(ask: Ask, name: string, machine: string | undefined): Promise<DatabaseServer> {
  const [row] = await ask<ServerRow>(whoAreYou);
  const slots = await ask<SlotRow>(slotsKept);
  if (row === undefined) return unheard(name, machine)("silent", "it gave no answer");
  return {
    name,
    machine,
    role: row.standby ? "replica" : "primary",
    reason: undefined,
    systemId: row.system_id,
    timeline: row.timeline ?? undefined,
    position: row.position ?? undefined,
    unapplied: row.unapplied ?? undefined,
    following: row.following,
    slots: slots.map(slotOf),
  };
}

function slotOf({ name, active, kept }: SlotRow): ReplicationSlot {
  return { name: plainText(name, 63), active, keptBytes: Math.max(0, kept ?? 0) };
}

/** A commit that is kept, of a transaction that does nothing but have a number: the least that proves that writes are taken. */
async function listen(ask: Ask): Promise<DatabaseAddress> {
  const [row] = await ask<{ system_id: string; standby: boolean }>(
    "select system_identifier::text as system_id, pg_is_in_recovery() as standby from pg_control_system()",
  );
  const systemId = row?.system_id;
  if (row?.standby === true) return { state: "reads-only", systemId, reason: "it is a standby" };
  await ask("select pg_current_xact_id()");
  return { state: "takes-writes", systemId, reason: undefined };
}

type Mood = Exclude<DatabaseAddress["state"], "takes-writes">;

/** Asks, and makes an answer of whatever keeps it from being given. */
async function hear<T>(
  database: Database,
  work: (ask: Ask) => Promise<T>,
  instead: (mood: Mood, reason: string) => T,
): Promise<T> {
  const limit = new AbortController();
  const late = sleep(longestMs, undefined, { signal: limit.signal }).then(() =>
    instead("silent", `no answer within ${longestMs / 1000} s`),
  );
  late.catch(() => undefined);
  try {
    return await Promise.race([database.transact("say how it is", work), late]);
  } catch (error) {
    const { code, reason } = read(error);
    return instead(moodOf(code), reason);
  } finally {
    limit.abort();
  }
}

/** Source: PostgreSQL manual, appendix A. */
function moodOf(code: string): Mood {
  if (code === "53300") return "no-connections";
  if (code === "53100") return "full";
  if (code === "25006") return "reads-only";
  return code === "57P03" || code === "57P01" || code === "57P02" ? "starting" : "silent";
}

function read(error: unknown): { readonly code: string; readonly reason: string } {
  if (!isCodedError(error)) return { code: "", reason: plainText(String(error), 120) };
  const [code = "", ...words] = (error.details ?? "").split(" ");
  const isCode = /^[0-9A-Z]{5}$|^E[A-Z]+$/.test(code);
  return { code, reason: plainText((isCode ? words.join(" ") : error.details) || error.summary, 120) };
}

function deaf(state: Mood, reason: string): DatabaseAddress {
  return { state, systemId: undefined, reason };
}

function unheard(name: string, machine: string | undefined) {
  return (mood: Mood, reason: string): DatabaseServer => ({
    name,
    machine,
    // What is there and lets nobody in may take writes in a moment: it is not silent.
    role: mood === "silent" ? "silent" : "refuses",
    reason,
    systemId: undefined,
    timeline: undefined,
    position: undefined,
    unapplied: undefined,
    following: false,
    slots: [],
  });
}
