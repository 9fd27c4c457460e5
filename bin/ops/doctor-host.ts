import { statfs, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { hear } from "#adapters/http-clock.ts";
import { judgeHeard } from "#adapters/judge-heard.ts";
import { formatMs } from "#kit/duration.ts";
import type { EnvironmentFile } from "#kit/environment.ts";
import { isCodedError } from "#kit/errors.ts";
import type { Journal, LockRow, LockStore } from "#kit/journal.ts";
import type { Outcome, ReadinessProbe } from "#kit/readiness.ts";
import { isOutboxLock } from "#kit/run/deliver.ts";
import { isSchedulerLock } from "#kit/scheduling/lock.ts";
import { lockSentence } from "#kit/render/locks.ts";
import { routes } from "#platform/contract.ts";
import type { Wired } from "../wire.ts";
import { recordPlace } from "../record.ts";

const mebibyte = 1024 * 1024;
/** Under this the journal still fits a run or two; under the other it may not. */
const littleFree = 1024 * mebibyte;
const tooLittleFree = 64 * mebibyte;
const chainsLookedAt = 3;
const neededNode = 24;

/** What every run on this host needs: the program itself, the journal on its disk, the locks; and the services to be looked at. */
export function hostProbes(wired: Wired, file: EnvironmentFile): readonly ReadinessProbe[] {
  const every = (id: string, what: string, look: () => Promise<Outcome>): ReadinessProbe => ({
    id,
    what,
    needs: "every-run",
    look,
  });
  return [
    every("host.versions", "Versions", async () => versions()),
    every("host.definitions", "Definitions", () => definitions(wired)),
    every("journal.disk", "Disk of the journal", () => disk(wired.stateDir)),
    every("journal.write", "Journal", () => journal(() => wired.journal, file.name)),
    every("locks.held", `Locks (${file.locks})`, async () =>
      locks(await wired.locks(), () => wired.journal, file),
    ),
    ...file.services.map(
      ({ name, url }): ReadinessProbe => ({
        id: `service.${name}`,
        what: `${name} (${new URL(url).host})`,
        needs: { ports: ["http"] },
        look: () => service(url),
      }),
    ),
  ];
}

function versions(): Outcome {
  const { node, sqlite = "unknown" } = process.versions;
  const says = `Node ${node} (${neededNode} or newer), SQLite ${sqlite}`;
  return Number(node.split(".")[0]) >= neededNode
    ? { state: "ready", says }
    : {
        state: "not-ready",
        says,
        now: "Run npm ci in this program's folder: it brings a Node that is new enough",
      };
}

/** One file that cannot be loaded stops nothing else, and is seen here before it is needed. */
async function definitions(wired: Wired): Promise<Outcome> {
  const [runbooks, checks, broken] = await Promise.all([wired.runbooks(), wired.checks(), wired.broken()]);
  const says = `${runbooks.length} runbooks and ${checks.length} checks load`;
  const [first] = broken;
  if (first === undefined) return { state: "ready", says };
  const rest = broken.length === 1 ? "" : ` (and ${broken.length - 1} more)`;
  return {
    state: "warning",
    says: `${says}, and ${first.kind} ${first.id} does not${rest}: ${first.error.summary.replace(/\.$/, "")}`,
    now: first.error.hint,
  };
}

async function disk(folder: string): Promise<Outcome> {
  const { bavail, bsize } = await statfs(await existing(folder));
  const free = bavail * bsize;
  const says = `${bytes(free)} free at ${folder} (at least ${bytes(tooLittleFree)})`;
  if (free > littleFree) return { state: "ready", says };
  return {
    state: free > tooLittleFree ? "warning" : "not-ready",
    says,
    now: "Free space there, or set OPS_STATE_DIR to a folder with more: without a record nothing is done",
  };
}

/** The folder, or the nearest one above it that is there already. */
async function existing(folder: string): Promise<string> {
  const there = await stat(folder).then(
    () => true,
    () => false,
  );
  return there ? folder : existing(join(folder, ".."));
}

/** One commit that reaches the disk, as each step of a run needs it, and whether the last records are what was written. */
async function journal(open: () => Journal, environment: string): Promise<Outcome> {
  const opened = open();
  const began = performance.now();
  const lock = `doctor/${environment}`;
  const holder = {
    run: `doctor-${process.pid}`,
    owner: `${hostname()}:${process.pid}`,
    reason: "ops doctor writes",
  };
  const { fence } = await opened.takeLock(lock, holder, 10_000);
  const tookMs = performance.now() - began;
  await opened.releaseLock(lock, holder.run, fence);
  const rows = await opened.runs({ limit: chainsLookedAt });
  for (const { run } of rows) {
    const chain = await opened.verify(run);
    if (!chain.intact)
      return {
        state: "not-ready",
        says: `the record of ${run} was altered at entry ${chain.seq}: ${chain.why}`,
        now: "Keep the journal as it is and find out by whom; set OPS_STATE_DIR to a new folder, without OPS_DATABASE_URL, to go on",
      };
  }
  const place = recordPlace();
  const where = place.kind === "team" ? "in the team's database" : bytes((await stat(place.file)).size);
  const chains = rows.length === 0 ? "no run yet" : `last ${rows.length} of its records intact`;
  return { state: "ready", says: `written to disk in ${formatMs(tookMs)}, ${where}, ${chains}` };
}

async function locks(store: LockStore, open: () => Journal, file: EnvironmentFile): Promise<Outcome> {
  const held = (await store.locks()).filter(
    (row) => row.lock.startsWith(`${file.name}/`) && !isOutboxLock(row.lock) && !isSchedulerLock(row),
  );
  const now = new Date();
  const says = (row: LockRow) => `${held.length} held; ${lockSentence(row, now)}`;
  const left = held.find(({ state }) => state !== "held");
  if (left !== undefined)
    return {
      state: "warning",
      says: says(left),
      now:
        left.kind === "by-hand"
          ? "Nothing: the next run takes it"
          : `Look at what it left: ops timeline ${left.run}   then ops resume ${left.run}, or ops locks free ${left.lock}`,
    };
  const byHand = held.find(({ kind }) => kind === "by-hand");
  if (byHand !== undefined)
    return {
      state: "warning",
      says: says(byHand),
      now: `Runs that need it are refused: ops locks free ${byHand.lock}`,
    };
  for (const row of held)
    if ((await open().row(row.run)) === undefined)
      return {
        state: "warning",
        says: `${says(row)}, by ${row.owner}, a run that this host's journal does not know`,
        now: "Ask whoever works there; runs that need it wait until it is freed",
      };
  const [first] = held;
  return { state: "ready", says: first === undefined ? "none held" : says(first) };
}

/** Any answer shows the way there; what the service says is for runbooks to judge. Silence may be the very outage they are for. */
async function service(url: string): Promise<Outcome> {
  try {
    return judgeHeard(await hear(`${url}${routes.ready}`, "It", 4_000), "answer");
  } catch (error) {
    const { summary } = isCodedError(error) ? error : { summary: String(error) };
    if (/name (not found|could not be looked up)/.test(summary))
      return {
        state: "not-ready",
        says: summary.replace(/\.$/, ""),
        now: "Correct the service's url in the environment's file, or this host's DNS",
      };
    return {
      state: "unknown",
      says: `${summary.replace(/\.$/, "")}: an outage, or no way there from this host`,
      now: "Look: ops check platform-answers",
    };
  }
}

function bytes(size: number): string {
  const units = ["KiB", "MiB", "GiB", "TiB"];
  let value = size / 1024;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value >= 10 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}
