import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import { runCheck, type AnyCheck } from "#kit/check.ts";
import { systemClock } from "#kit/clock.ts";
import { drillTimes } from "#kit/drill.ts";
import { toMs } from "#kit/duration.ts";
import type { Engine } from "#kit/engine.ts";
import { OpsError } from "#kit/errors.ts";
import { foldRun, type RunState } from "#kit/fold.ts";
import type { Identity } from "#kit/identity.ts";
import type { Journal } from "#kit/journal.ts";
import { drilledAsExpected, renderDrill, renderDrills, type DrillShown } from "#kit/render/drill.ts";
import { document } from "#kit/render/ndjson.ts";
import { clean } from "#kit/render/width.ts";
import type { Runbook } from "#kit/runbook.ts";
import type { JournalEntry } from "#kit/timeline.ts";
import { responseTarget } from "#rules/severity.ts";
import { type CloudKind, cloudKinds } from "#sandbox/cloud-kinds.ts";
import { isSandboxUp, sandboxBreak, sandboxMend } from "#sandbox/client.ts";
import { type Drill, drills, drillsOn } from "#sandbox/drills.ts";
import { faults } from "#sandbox/faults.ts";
import { sandboxDir } from "#sandbox/state-dir.ts";
import { loadSeverity } from "../severity.ts";
import type { End, MakeCommand } from "./commands.ts";
import type { Door } from "./door.ts";
import { didYouMean } from "./nearest.ts";
import { runbookNamed } from "./params.ts";
import { rememberDrill } from "./readiness.ts";
import { watch } from "./watch.ts";

const healthyWithinMs = 20_000;
const seenWithinMs = 60_000;

/** `ops drill <runbook> <drill>`: a real fault in the practice production, the runbook against it, and how long each part took. */
export const drillCommand: MakeCommand = async (door, end) =>
  new Command("drill")
    .description(
      "Breaks the practice production for real, runs the runbook against it, approves its plan as somebody else, takes the times, and mends what it broke.",
    )
    .argument("[runbook]", "which runbook; without one, all drills are listed")
    .argument("[drill]", "against which fault; the runbook's first when left out")
    .action((runbook: string | undefined, name: string | undefined) => drilled(door, end, runbook, name));

async function drilled(
  door: Door,
  end: End,
  id: string | undefined,
  name: string | undefined,
): Promise<void> {
  if (id === undefined) {
    const listed = drills.map(listedOf);
    door.print(door.globals.json ? document({ drills: listed }) : renderDrills(door.screen(), listed));
    return end(0);
  }
  const known = drills.filter((drill) => drill.runbook === id);
  if (!known.some((drill) => name === undefined || drill.name === name)) throw unknown(id, name, known);
  const cloud = await mustBePractice(door);
  const here = drillsOn(cloud).filter((drill) => drill.runbook === id);
  const drill = name === undefined ? here[0] : here.find((one) => one.name === name);
  if (drill === undefined) throw elsewhere(id, name, cloud);
  const runbook = await runbookNamed(door, id);
  const shown = await perform(door, runbook, drill);
  // The last line of the stream that the run itself has written.
  if (door.globals.json) door.print(JSON.stringify({ drill: shown, asExpected: drilledAsExpected(shown) }));
  else door.print(renderDrill(door.screen(), shown));
  end(drilledAsExpected(shown) ? 0 : 4);
}

/** Only where everything is there to be broken; gives back what it runs on. */
async function mustBePractice(door: Door): Promise<CloudKind> {
  const { environment } = await door.wired();
  if (environment.tier !== "sandbox")
    throw new OpsError("guard-refused", {
      summary: `A drill breaks things, and ${environment.name} is no practice production (tier ${environment.tier}).`,
      hint: "Start one and drill there: ops sandbox up, then ops drill with --env sandbox.",
    });
  if (!isSandboxUp(sandboxDir()))
    throw new OpsError("sandbox-down", {
      summary: "No practice production is up to be broken.",
      hint: "ops sandbox up starts one.",
    });
  return environment.bindings["kubernetes"] === undefined ? "aws" : "kubernetes";
}

async function perform(door: Door, runbook: Runbook, drill: Drill): Promise<DrillShown> {
  const wired = await door.wired();
  const dir = sandboxDir();
  await sandboxMend(dir);
  const check = await checkOf(door, runbook, drill);
  await untilHealthy(door, check);
  door.acted();
  const at = Date.now();
  try {
    await sandboxBreak(dir, drill.fault);
    const seen = await untilSeen(door, check);
    const state = await runThrough(door, runbook, drill);
    rememberDrill(state);
    const entries = await chain(wired.journal, state.run);
    const respond = responseTarget(loadSeverity(), runbook.severity);
    return {
      ...listedOf(drill),
      run: state.run,
      severity: runbook.severity,
      outcome: drill.outcome,
      came: { rule: state.decision?.rule ?? "none", outcome: state.ended?.outcome ?? "no end" },
      times: drillTimes({ at, seen }, entries),
      targetMs: respond === undefined ? undefined : toMs(respond),
    };
  } finally {
    await sandboxMend(dir);
  }
}

/** Runs it as the person who asks, and answers each question of approval as the first on call who may. */
async function runThrough(door: Door, runbook: Runbook, drill: Drill): Promise<RunState> {
  const wired = await door.wired();
  const view = await watch(door, 0);
  let engine: Engine | undefined;
  const by: Identity = { name: asker(wired.environment.approvers), host: "drill", via: "sandbox" };
  const answers: Promise<unknown>[] = [];
  const refused: string[] = [];
  try {
    engine = await wired.engine((entry, state) => {
      view.onEntry(entry, state);
      const { event } = entry;
      if (event.type !== "approval.asked") return;
      // Whose word is needed comes first.
      const { count, word } = event.need;
      const may = wired.environment.approvers.filter((name) => name !== by.name);
      const who = may
        .toSorted(
          (a, b) => Number(word?.names.includes(b) ?? false) - Number(word?.names.includes(a) ?? false),
        )
        .slice(0, count);
      for (const name of who)
        answers.push(
          engine
            ?.approve(entry.run, { digest: event.digest, by: { ...by, name } })
            .catch((error: unknown) => {
              // Nobody else will answer: the run ends here, with the reason in its record.
              refused.push(reasonOf(error));
              return engine
                ?.reject(entry.run, { by: { ...by, name }, reason: reasonOf(error) })
                .catch(() => undefined);
            }) ?? Promise.resolve(),
        );
    });
    view.guard(engine);
    const state = await engine.run(runbook, drill.params ?? {}, { by, reason: `drill ${drill.name}` });
    if (refused[0] !== undefined)
      throw new OpsError("sandbox-failed", {
        summary: `The drill's own approval was refused: ${refused[0]}`,
        hint: `What the plan rests on moved between question and answer: ops timeline ${state.run}`,
      });
    return state;
  } finally {
    view.end();
    await Promise.all(answers);
  }
}

function reasonOf(error: unknown): string {
  return clean(error instanceof Error ? error.message : String(error), 200);
}

/** Somebody who is no approver, so that the approval is another person's in every case. */
function asker(approvers: readonly string[]): string {
  return ["lena", "drill"].find((name) => !approvers.includes(name)) ?? "drill-run";
}

/** Until the check has not been healthy for as long as an alarm waits before it sounds. */
async function untilSeen(door: Door, check: AnyCheck): Promise<number> {
  const wired = await door.wired();
  const readers = await wired.readers();
  const lasts = toMs(wired.environment.times.outage);
  const deadline = Date.now() + seenWithinMs;
  let since: number | undefined;
  for (;;) {
    const { state } = await runCheck(check, readers, systemClock);
    since = state === "healthy" ? undefined : (since ?? Date.now());
    if (since !== undefined && Date.now() - since >= lasts) return Date.now();
    if (Date.now() > deadline)
      throw new OpsError("sandbox-failed", {
        summary: `${check.id} did not see the fault within ${seenWithinMs / 1000} s.`,
        hint: "Either the fault breaks nothing that it looks at, or it looks at the wrong thing.",
      });
    await sleep(100);
  }
}

/** A drill begins where nothing is wrong: what its check finds afterwards is then the fault's. */
async function untilHealthy(door: Door, check: AnyCheck): Promise<void> {
  const readers = await (await door.wired()).readers();
  const deadline = Date.now() + healthyWithinMs;
  for (;;) {
    const { state, says } = await runCheck(check, readers, systemClock);
    if (state === "healthy") return;
    if (Date.now() > deadline)
      throw new OpsError("sandbox-failed", {
        summary: `${check.id} is ${state} before anything was broken: ${clean(says, 160)}`,
        hint: "Start the practice production anew: ops sandbox down, then ops sandbox up.",
      });
    await sleep(200);
  }
}

async function checkOf(door: Door, runbook: Runbook, { seenBy }: Drill): Promise<AnyCheck> {
  const checks = await (await door.wired()).checks();
  const check = seenBy === undefined ? runbook.verify[0]?.check : checks.find((one) => one.id === seenBy);
  if (check !== undefined) return check;
  throw new OpsError("check-unknown", {
    summary: `There is no check "${clean(seenBy ?? "", 60)}" for the drill of ${runbook.id}.`,
    hint: "sandbox/drills.ts names it.",
  });
}

/** The entries of a run and of those it handed over to, in order of time. */
async function chain(journal: Journal, first: string): Promise<readonly JournalEntry[]> {
  const all: JournalEntry[] = [];
  for (let run: string | undefined = first; run !== undefined; ) {
    const entries: readonly JournalEntry[] = await journal.read(run);
    all.push(...entries);
    run = foldRun(entries)?.child?.run;
  }
  return all.toSorted((a, b) => a.at.localeCompare(b.at));
}

function listedOf({ runbook, name, fault, rule }: Drill) {
  return { runbook, drill: name, breaks: faults[fault].title, rule };
}

function elsewhere(id: string, name: string | undefined, here: CloudKind): OpsError {
  const [other] = cloudKinds.filter((cloud) => cloud !== here);
  return new OpsError("usage", {
    summary: `${name === undefined ? `No drill of ${clean(id, 60)}` : `The drill ${clean(name, 60)} of ${clean(id, 60)}`} can be held on ${here}: there its fault heals by itself, or cannot be.`,
    hint: `Start another practice production: ops sandbox down, then ops sandbox up --cloud ${other}.`,
  });
}

function unknown(id: string, name: string | undefined, known: readonly Drill[]): OpsError {
  const all =
    known.length === 0 ? [...new Set(drills.map(({ runbook }) => runbook))] : known.map((one) => one.name);
  return new OpsError("usage", {
    summary: `There is no drill ${name === undefined || known.length === 0 ? `of "${clean(id, 60)}"` : `"${clean(name, 60)}" of ${clean(id, 60)}`}.`,
    hint: `${didYouMean(name ?? id, all) || `Known are: ${all.join(", ")}.`} See: ops drill`,
  });
}
