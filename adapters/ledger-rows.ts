import type { Identity } from "#kit/identity.ts";
import type { Fire, FireState, Hold, KnownSchedule } from "#kit/scheduling/ledger.ts";

/** Records that say that nothing ran, as SQL; only these can give way to another. */
export const nothingRan = "('missed', 'skipped', 'elsewhere')";

/** A record is of a wrong clock when it was written more than this after now. */
const toleranceMs = 60_000;

/** From when on a record's date lies too far ahead of this instant to be true. */
export function ahead(at: string): string {
  return new Date(Date.parse(at) + toleranceMs).toISOString();
}

type Row = Readonly<Record<string, unknown>>;

/** A schedule from its columns. */
export function toKnown(row: Row): KnownSchedule {
  return {
    environment: String(row["environment"]),
    schedule: String(row["schedule"]),
    title: String(row["title"]),
    cron: String(row["cron"]),
    timeZone: String(row["zone"]),
    since: String(row["since"]),
    ...(typeof row["dir"] === "string" ? { dir: row["dir"] } : {}),
  };
}

const states: readonly FireState[] = [
  "queued",
  "starting",
  "ran",
  "failed",
  "skipped",
  "missed",
  "elsewhere",
];

/** A fire from its columns. */
export function toFire(row: Row): Fire {
  return {
    environment: String(row["environment"]),
    schedule: String(row["schedule"]),
    at: String(row["at"]),
    state: states.find((state) => state === row["state"]) ?? "failed",
    decidedAt: String(row["decided_at"]),
    ...(typeof row["through"] === "string" ? { through: row["through"] } : {}),
    ...(typeof row["run"] === "string" ? { run: row["run"] } : {}),
    ...(typeof row["because"] === "string" ? { because: row["because"] } : {}),
  };
}

/** A person's word from its columns. */
export function toHold(row: Row): Hold {
  return {
    environment: String(row["environment"]),
    schedule: String(row["schedule"]),
    paused: row["paused"] === 1 || row["paused"] === true,
    at: String(row["at"]),
    by: identityIn(String(row["by"])),
    why: String(row["why"]),
  };
}

const doors: readonly Identity["via"][] = [
  "terminal",
  "cron",
  "slack",
  "alert",
  "webhook",
  "serve",
  "sandbox",
];

/** Without a schema library, which a Tab would have to load. */
function identityIn(json: string): Identity {
  const by: unknown = JSON.parse(json);
  const of = (member: string) =>
    typeof by === "object" && by !== null ? String(new Map(Object.entries(by)).get(member) ?? "") : "";
  return { name: of("name"), host: of("host"), via: doors.find((door) => door === of("via")) ?? "terminal" };
}
