/**
 * A process that races others: `begin` starts a run of platform-down, `resume <run>` goes on with one, each as soon as a line comes in
 * on standard input. The world is a file of effects that all of them share, as real ones do; it is read anew at every look.
 * Says the outcome, or the code of the error, on standard output.
 */
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { openSqliteJournal } from "#adapters/journal-sqlite/journal.ts";
import { systemClock } from "#kit/clock.ts";
import { createEngine } from "#kit/engine.ts";
import { OpsError } from "#kit/errors.ts";
import { platformDown } from "#runbooks/platform-down.ts";
import { fakeWorld } from "#test/fakes/world.ts";

const [folder = "", what = "", run = ""] = process.argv.slice(2);
const effectsFile = join(folder, "effects.log");
const effects = () => (existsSync(effectsFile) ? readFileSync(effectsFile, "utf8").split("\n") : []);

const world = fakeWorld(systemClock, {
  times: { restart: "20s", poll: "20ms", steady: "60ms", verify: "20s", lease: "30s" },
});
for (const machine of world.machines)
  Object.defineProperty(machine, "mood", {
    get: () => (effects().includes(`reboot ${machine.name}`) ? "up" : "dead"),
  });
const workloadAdmin = {
  ...world.operators.workloadAdmin,
  async restart(_service: unknown, id: string) {
    const name = world.machines.find((machine) => machine.id === id)?.name ?? "?";
    appendFileSync(effectsFile, `reboot ${name}\n`);
  },
};

const journal = openSqliteJournal(join(folder, "journal.db"), { busyMs: 20_000 });
const engine = createEngine({
  journal,
  locks: journal,
  clock: systemClock,
  readers: world.readers,
  operators: async () => ({ ...world.operators, workloadAdmin }),
  environment: { name: "production", tier: "production", identity: {}, approvers: ["omar"] },
  policy: () => ({ count: 1, requesterMay: false, strength: "yes", rule: "test" }),
  owner: `desk:${process.pid}`,
  runbooks: [platformDown],
});

process.stdout.write("ready\n");
await new Promise((resolve) => process.stdin.once("data", resolve));
process.stdin.destroy();
const by = { name: "lena", host: "desk", via: "terminal" } as const;
try {
  const state =
    what === "begin" ? await engine.run(platformDown, {}, { by }) : await engine.resume(run, { by });
  process.stdout.write(`${state.ended?.outcome ?? "left"} ${state.ended?.fault?.code ?? ""}`.trim());
} catch (error) {
  process.stdout.write(OpsError.is(error) ? error.code : String(error));
}
journal.close();
