import { foldRun } from "#kit/fold.ts";
import type { Journal, RunRow } from "#kit/journal.ts";
import type { OpenRun, Record } from "#kit/render/situation.ts";
import { isOutboxLock } from "#kit/run/deliver.ts";
import { isSchedulerLock } from "#kit/scheduling/lock.ts";
import { recall, remember } from "../memory.ts";
import { hasRecord, openRecord, recordPlace } from "../record.ts";
import type { KnownPlace } from "./known-place.ts";

/** Longest wait for another process that holds the journal, or for a team's database; a report that blocks is worse than one that says it could not look. */
const patience = { host: "300ms", team: "2s" } as const;
/** How far back a run behind broken glass is looked for. */
const recent = 40;
/** What a run has not told yet within this time it is just about to tell. */
const justNowMs = 30_000;

const nothing: Record = { open: [], ended: [], locks: [], owed: [], unreviewed: [] };

/** What the journal knows of an environment, or of all where none was chosen. Opens no journal that is not there. */
export async function localRecord(place: KnownPlace | undefined, now: Date): Promise<Record> {
  if (!hasRecord()) return nothing;
  const journal = openRecord(patience[recordPlace().kind]);
  try {
    const here = place === undefined ? {} : { environment: place.name };
    const [rows, open] = await Promise.all([
      journal.runs({ limit: recent, ...here }),
      journal.runs({ limit: 20, open: true, ...here }),
    ]);
    const ended = rows.filter((row) => row.endedAt !== undefined);
    return {
      open: await openRuns(journal, open),
      ended: ended.slice(0, 2),
      locks: await locksOf(journal, place),
      owed: place === undefined ? [] : await owedOf(journal, place, rows, now),
      unreviewed: await unreviewedOf(journal, place?.name ?? "anywhere", ended),
    };
  } finally {
    journal.close();
  }
}

async function openRuns(journal: Journal, rows: readonly RunRow[]): Promise<readonly OpenRun[]> {
  const states = await Promise.all(
    rows.map(async (row) => ({ row, state: foldRun(await journal.read(row.run)) })),
  );
  return states.flatMap(({ row, state }) => (state === undefined ? [] : [{ row, state }]));
}

/** Locks of this host; those of a shared store are not asked for here, because that may take its time. */
async function locksOf(journal: Journal, place: KnownPlace | undefined) {
  if (place !== undefined && place.locks !== "host") return [];
  const mine = (lock: string) => place === undefined || lock.startsWith(`${place.name}/`);
  return (await journal.locks()).filter(
    (row) => mine(row.lock) && !isOutboxLock(row.lock) && !isSchedulerLock(row),
  );
}

async function owedOf(
  journal: Journal,
  { name, destinations }: KnownPlace,
  rows: readonly RunRow[],
  now: Date,
) {
  const owed: Record["owed"][number][] = [];
  for (const destination of destinations) {
    const late: string[] = [];
    let why: string | undefined;
    for (const run of (await journal.undelivered(name, [destination])).slice(0, 50)) {
      const [row, delivery] = await Promise.all([journal.row(run), journal.delivery(run, destination)]);
      const failing = delivery !== undefined && delivery.attempts > 0;
      if (row === undefined || (!failing && now.getTime() - Date.parse(row.lastAt) < justNowMs)) continue;
      late.push(run);
      why ??= delivery?.lastError;
    }
    // Told, but for what the vendor refused for good.
    for (const { run } of rows) {
      const delivery = late.includes(run) ? undefined : await journal.delivery(run, destination);
      if (delivery?.lastError === undefined || delivery.attempts > 0) continue;
      late.push(run);
      why ??= delivery.lastError;
    }
    if (late.length > 0) owed.push({ destination, runs: late, ...(why === undefined ? {} : { why }) });
  }
  return owed;
}

/** What was found about broken glass so far: everything up to an instant was read, and these were not reviewed. */
type Glass = { readonly upTo: string; readonly runs: readonly string[] };

/** Reads only what is new since the last report: a journal of years is not read through for one line. */
async function unreviewedOf(
  journal: Journal,
  name: string,
  ended: readonly RunRow[],
): Promise<Record["unreviewed"]> {
  const known = glassOf(recall(`glass-${name}`));
  const news = ended.filter(({ lastAt }) => lastAt > known.upTo);
  const runs = new Set([...news.map(({ run }) => run), ...known.runs]);
  const found = await Promise.all([...runs].map((run) => brokenGlass(journal, run)));
  const unreviewed = found.filter((one) => one !== undefined);
  const upTo =
    news
      .map(({ lastAt }) => lastAt)
      .sort()
      .at(-1) ?? known.upTo;
  if (news.length > 0) remember(`glass-${name}`, { upTo, runs: unreviewed.map(({ run }) => run) });
  return unreviewed;
}

async function brokenGlass(journal: Journal, run: string) {
  const entries = await journal.read(run);
  if (!entries.some(({ event }) => event.type === "glass.broken")) return undefined;
  const state = foldRun(entries);
  if (state?.glass === undefined || state.reviewed !== undefined) return undefined;
  return { run, by: state.glass.by.name, reason: state.glass.reason };
}

function glassOf(known: unknown): Glass {
  const none: Glass = { upTo: "", runs: [] };
  if (typeof known !== "object" || known === null || !("upTo" in known) || !("runs" in known)) return none;
  const { upTo, runs } = known;
  if (typeof upTo !== "string" || !Array.isArray(runs)) return none;
  return { upTo, runs: runs.filter((run) => typeof run === "string") };
}
