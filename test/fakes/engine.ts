import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqliteJournal } from "#adapters/journal-sqlite/journal.ts";
import { savedLogQueries } from "#bin/log-queries.ts";
import { createEngine, type Engine, type EngineParts } from "#kit/engine.ts";
import type { Identity } from "#kit/identity.ts";
import type { Journal } from "#kit/journal.ts";
import type { JournalEntry } from "#kit/timeline.ts";
import { approvalNeed, parseApprovalRules } from "#rules/approval.ts";
import { parseCalendar } from "#rules/calendar.ts";
import { platformDown } from "#runbooks/platform-down.ts";
import { rollback } from "#runbooks/rollback.ts";
import { virtualClock } from "./clock.ts";
import { fakeWorld, type World } from "./world.ts";

export const lena: Identity = { name: "lena", host: "desk", via: "terminal" };
export const omar: Identity = { name: "omar", host: "desk", via: "terminal" };

const rule = { count: 1, requester: false, type: "environment" } as const;
const rules = parseApprovalRules({
  silence: { P0: "2m", P1: "3m", P2: "5m", P3: "5m" },
  tiers: {
    production: {
      safe: { count: 0, requester: true, type: "none" },
      reversible: { count: 1, requester: true, type: "yes" },
      disruptive: rule,
      destructive: { ...rule, type: "target" },
    },
  },
});
const calendar = parseCalendar({ hours: { days: ["mon"], from: "09:00", to: "17:00" }, holidays: {} });

/** An engine over a fake world, a virtual clock and a real journal in a temporary folder. */
export type Bench = {
  /** Temporary; gone with the bench. */
  readonly folder: string;
  readonly world: World;
  readonly journal: Journal;
  readonly entries: JournalEntry[];
  readonly parts: EngineParts;
  engine(changes?: Partial<EngineParts>): Engine;
  /** Approves as omar as soon as a run waits. */
  approveSoon(): void;
  close(): void;
};

/** Makes a bench; close it when done. Its journal is a file, or lives in memory where many benches are made. */
export function bench(
  options: Parameters<typeof fakeWorld>[1] & { readonly journalIn?: "memory" } = {},
): Bench {
  const folder = mkdtempSync(join(tmpdir(), "ops-bench-"));
  const clock = virtualClock();
  const world = fakeWorld(clock, { logQueries: savedLogQueries, ...options });
  const journal = openSqliteJournal(
    options.journalIn === "memory" ? ":memory:" : join(folder, "journal.db"),
    { now: () => clock.now() },
  );
  const entries: JournalEntry[] = [];
  let approving = false;
  const parts: EngineParts = {
    journal,
    locks: journal,
    clock,
    readers: world.readers,
    operators: async () => world.operators,
    environment: {
      name: "production",
      tier: "production",
      identity: { account: "000012345678", region: "eu-central-1" },
      approvers: ["omar", "ana", "lena"],
      answersFor: { compliance: ["omar"] },
    },
    policy: (question) => approvalNeed(rules, calendar, question),
    owner: "desk:1:aaaaaa",
    runbooks: [platformDown, rollback],
    onEntry(entry, state) {
      entries.push(entry);
      if (approving && entry.event.type === "approval.asked")
        void journal.note(state.run, {
          type: "approval.given",
          digest: entry.event.digest,
          by: omar,
          lookedAgain: "same",
        });
    },
  };
  return {
    folder,
    world,
    journal,
    entries,
    parts,
    engine: (changes = {}) => createEngine({ ...parts, ...changes }),
    approveSoon() {
      approving = true;
    },
    close() {
      clock.stop();
      journal.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
