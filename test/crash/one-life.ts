/**
 * One life of a process that runs platform-down, until it is over or until it kills itself at the place CRASH_AT names:
 * `entry:N` after the N-th journal entry, `before-effect:N` and `after-effect:N` around the N-th call of an operator.
 * The world it works on is a file of effects, so that they outlive the process, as real ones do.
 */
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { openSqliteJournal } from "#adapters/journal-sqlite/journal.ts";
import { systemClock } from "#kit/clock.ts";
import { createEngine } from "#kit/engine.ts";
import type { Service } from "#kit/ports.ts";
import { loadPolicy } from "#bin/policy.ts";
import { platformDown } from "#runbooks/platform-down.ts";
import { rollback } from "#runbooks/rollback.ts";
import { fakeWorld } from "#test/fakes/world.ts";

const folder = process.argv[2] ?? "";
const [place, number] = (process.env["CRASH_AT"] ?? "never:0").split(":");
const effectsFile = join(folder, "effects.log");
const effects = () => (existsSync(effectsFile) ? readFileSync(effectsFile, "utf8").trim().split("\n") : []);
const die = () => process.kill(process.pid, "SIGKILL");

const world = fakeWorld(systemClock, {
  bootMs: 20,
  times: { restart: "5s", poll: "10ms", steady: "30ms", verify: "5s", lease: "300ms" },
});
for (const machine of world.machines) {
  const rebooted = effects().includes(`reboot ${machine.name}`);
  machine.mood = rebooted ? "booting" : "dead";
}

let calls = 0;
const operators = {
  ...world.operators,
  workloadAdmin: {
    ...world.operators.workloadAdmin,
    async restart(service: Service, id: string, how: "graceful" | "forced") {
      calls += 1;
      if (place === "before-effect" && calls === Number(number)) die();
      appendFileSync(
        effectsFile,
        `reboot ${world.machines.find((machine) => machine.id === id)?.name ?? "?"}\n`,
      );
      if (place === "after-effect" && calls === Number(number)) die();
      await world.operators.workloadAdmin.restart(service, id, how);
    },
  },
};

const journal = openSqliteJournal(join(folder, "journal.db"));
let entries = 0;
const engine = createEngine({
  journal,
  locks: journal,
  clock: systemClock,
  readers: world.readers,
  operators: async () => operators,
  environment: {
    name: "production",
    tier: "production",
    identity: { account: "000012345678" },
    approvers: ["omar"],
  },
  policy: loadPolicy(),
  owner: `desk:${process.pid}`,
  // Vital signs are sampled by time; without them the N-th entry is the same in every life.
  runbooks: [{ ...platformDown, vitals: [] }, rollback],
  onEntry(entry, state) {
    entries += 1;
    if (place === "entry" && entries === Number(number)) die();
    if (entry.event.type === "approval.asked")
      void journal.note(state.run, {
        type: "approval.given",
        digest: entry.event.digest,
        by: { name: "omar", host: "desk", via: "terminal" },
        lookedAgain: "same",
      });
  },
});

const by = { name: "lena", host: "desk", via: "terminal" } as const;
const [open] = await journal.runs({ open: true });
const runbook = { ...platformDown, vitals: [] };
const state =
  open === undefined ? await engine.run(runbook, {}, { by }) : await engine.resume(open.run, { by });
journal.close();
process.stdout.write(`${state.ended?.outcome ?? "not ended"} ${state.run}\n`);
process.exitCode = state.ended?.exit ?? 9;
