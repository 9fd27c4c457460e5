import { type Command, Option } from "commander";
import type { Redis } from "ioredis";
import { clean, hang } from "#kit/render/width.ts";
import { CsrdError } from "#platform/errors.ts";
import { operatorSettings } from "#platform/service/settings.ts";
import {
  keepReport,
  limitQueue,
  mostAtOnce,
  pauseQueue,
  type QueuePlaces,
  requeueOne,
} from "#platform/operate/queue.ts";
import { readQueueControl } from "#platform/storage/queue-control.ts";
import {
  findQueued,
  type ListedState,
  listedStates,
  listQueued,
  lookAtQueue,
  type QueuedReport,
} from "#platform/storage/queue-look.ts";
import type { ActAnswer } from "#platform/storage/report-ends.ts";
import { isReportId } from "#platform/storage/report-files.ts";
import { runningVersions } from "#platform/storage/running-versions.ts";
import { readSwitches } from "#platform/storage/switches.ts";
import { openReportQueue } from "#platform/work/report-queue.ts";
import { operator, reasonOf, withRedis } from "./operator.ts";
import { print, terminal } from "./terminal.ts";
import { withDatabase } from "./with-database.ts";

type Json = { readonly json?: true };
type Act = Json & { readonly reason?: string };

/** `csrd queue`: the reports that wait and are worked on, and what an operator may do with them. */
export function register(program: Command): void {
  const queue = program
    .command("queue")
    .description("look at the reports that wait, and act on them (CSRD_DATABASE_URL, CSRD_REDIS_URL)")
    .addHelpText(
      "after",
      "\nNothing here deletes the queue: a report leaves it by being finished, cancelled, or kept and released.\nExit codes: 0 done · 1 refused or failed · 2 status: paused, or reports that were given up",
    );
  const json = () => new Option("--json", "one JSON object");
  const reason = () => new Option("--reason <text>", "why; kept in the audit log");
  queue.command("status").description("depth, age, what runs where").addOption(json()).action(status);
  queue
    .command("list")
    .description("the reports, next one first")
    .addOption(new Option("--state <state>", "only those").choices(listedStates))
    .option("--limit <number>", "how many, at most 500", "50")
    .addOption(json())
    .action(list);
  queue
    .command("show")
    .description("one report and its last events")
    .argument("<id>")
    .addOption(json())
    .action(show);
  for (const [name, isPaused, what] of [
    ["pause", true, "let no worker take another report; those in hand go on"],
    ["resume", false, "let workers take reports again"],
  ] as const)
    queue
      .command(name)
      .description(what)
      .addOption(reason())
      .addOption(json())
      .action((options: Act) => pause(isPaused, options));
  for (const [name, isHeld, what] of [
    ["quarantine", true, "take a report out of the queue and keep it"],
    ["release", false, "put a kept report back"],
  ] as const)
    queue
      .command(name)
      .description(what)
      .argument("<id>")
      .addOption(reason())
      .addOption(json())
      .action((id: string, options: Act) => quarantine(id, isHeld, options));
  queue
    .command("requeue")
    .description("put a report back that was given up, from its last finished stage")
    .argument("[id]")
    .option("--dead-letter", "all that were given up, at most 500")
    .option("--only <why>", "of these, only those given up for this reason, such as memory-limit")
    .addOption(reason())
    .addOption(json())
    .action(requeue);
  queue
    .command("concurrency")
    .description("how many reports are worked on at once over all workers, 1 to 50")
    .argument("<number>")
    .addOption(json())
    .action(concurrency);
  for (const verb of queue.commands) verb.exitOverride().configureOutput({ writeErr: () => undefined });
}

/** Runs an act on database and queue; when Redis is away the act holds all the same, and the sweep tells the queue. */
async function onBoth<T>(work: (places: QueuePlaces) => Promise<T>): Promise<T> {
  const { CSRD_REDIS_URL } = operatorSettings("queue", process.env);
  return withDatabase("queue", process.env, (database) =>
    withRedis(CSRD_REDIS_URL, "queue", async (redis: Redis) => {
      const queue = openReportQueue(redis);
      try {
        return await work({ database, queue });
      } finally {
        await queue.close();
      }
    }),
  );
}

async function status({ json }: Json): Promise<void> {
  const now = await onBoth(async ({ database, queue }) => {
    const [look, switches, control, jobs, told, processes] = await Promise.all([
      lookAtQueue(database),
      readSwitches(database),
      readQueueControl(database),
      queue.depth(),
      queue.control(),
      runningVersions(database),
    ]);
    const workers = processes.filter(({ name }) => name.startsWith("csrd-worker/"));
    return {
      ...look,
      off: switches.filter(({ off }) => off),
      control,
      jobs,
      told,
      workers: workers.map(({ name }) => name.slice("csrd-worker/".length)),
    };
  });
  const dead = now.byStatus["dead-letter"] ?? 0;
  process.exitCode = now.control.paused !== undefined || dead > 0 ? 2 : 0;
  if (json === true) {
    print([
      JSON.stringify({
        paused: now.control.paused ?? false,
        switched_off: now.off.map(({ scope }) => scope),
        concurrency: now.told.concurrency,
        reports: now.byStatus,
        quarantined: now.quarantined,
        oldest_ms: now.oldestMs,
        jobs: now.jobs,
        workers: now.workers,
        active: now.active,
        ended: now.ended,
      }),
    ]);
    return;
  }
  const { screen } = terminal();
  const { paused } = now.control;
  print([
    ...(paused === undefined
      ? ["Workers take reports."]
      : hang(
          screen,
          "",
          `PAUSED since ${paused.at.toISOString()} by ${paused.by}: ${clean(paused.reason, 300)} (csrd queue resume)`,
        )),
    ...now.off.flatMap(({ scope, at, by, reason }) =>
      hang(screen, "", `OFF: ${scope}, since ${at} by ${by}: ${clean(reason, 300)} (csrd switch)`),
    ),
    `queued ${now.byStatus["queued"] ?? 0} · running ${now.byStatus["running"] ?? 0} · waiting ${now.byStatus["waiting"] ?? 0} (${now.quarantined} kept by an operator) · given up ${dead}`,
    `oldest that waits: ${now.oldestMs === undefined ? "none" : age(now.oldestMs)} · at once: ${now.told.concurrency ?? "no limit"} · workers: ${now.workers.length === 0 ? "none" : now.workers.join(", ")}`,
    `ended in the last 5 min: ${ended(now.ended, "in5")} · 15 min: ${ended(now.ended, "in15")}`,
    ...(now.active.length === 0
      ? []
      : [
          "",
          `${"REPORT".padEnd(26)}${"STAGE".padEnd(13)}${"FOR".padEnd(8)}WORKER`,
          ...now.active.map(
            ({ id, stage, forMs, worker }) =>
              `${id.padEnd(26)}${stage.padEnd(13)}${age(forMs).padEnd(8)}${clean(worker, 60)}`,
          ),
        ]),
    ...(dead === 0 ? [] : ["", "Reports were given up: csrd queue list --state dead-letter says why."]),
  ]);
}

async function list(options: Json & { readonly state?: ListedState; readonly limit: string }): Promise<void> {
  const limit = whole(options.limit, 500, "--limit");
  const reports = await withDatabase("queue", process.env, (database) =>
    listQueued(database, options.state, limit),
  );
  if (options.json === true) return print([JSON.stringify({ reports: reports.map(told) })]);
  if (reports.length === 0) return print(["No reports."]);
  const { screen } = terminal();
  print([
    `${"REPORT".padEnd(26)}${"STATE".padEnd(13)}${"STAGE".padEnd(13)}${"AGE".padEnd(8)}TENANT, WHY`,
    ...reports.flatMap((report) =>
      hang(
        screen,
        `${report.id.padEnd(26)}${stateOf(report).padEnd(13)}${(report.stage ?? "").padEnd(13)}${age(Date.now() - report.acceptedAt.getTime()).padEnd(8)}`,
        `${report.tenant}${report.error === undefined ? "" : `: ${clean(report.error.message, 300)}`}`,
      ),
    ),
    ...(reports.length === limit ? [`The first ${limit}; --limit shows more.`] : []),
  ]);
}

async function show(id: string, { json }: Json): Promise<void> {
  const found = await onBoth(async ({ database, queue }) => {
    const report = await findQueued(database, checked(id));
    return report === undefined ? undefined : { report, job: await queue.state(id) };
  });
  if (found === undefined) throw unknown(id);
  const { report, job } = found;
  if (json === true)
    return print([JSON.stringify({ ...told(report), events: report.events, job: job.state })]);
  const { screen } = terminal();
  print([
    `${report.id} of ${report.tenant}: ${stateOf(report)}${report.stage === undefined ? "" : `, stage ${report.stage}`}`,
    `accepted ${report.acceptedAt.toISOString()}, turn ${report.turn}, in the queue: ${job.state}, attempts ${job.attemptsMade}`,
    ...(report.error === undefined
      ? []
      : hang(
          screen,
          "",
          `${report.error.code}: ${clean(report.error.message, 400)} ${clean(report.error.hint, 300)}`,
        )),
    ...(report.quarantine === undefined
      ? []
      : hang(
          screen,
          "",
          `kept since ${report.quarantine.at.toISOString()} by ${report.quarantine.by}: ${clean(report.quarantine.reason, 300)}`,
        )),
    "",
    ...report.events.flatMap(({ at, kind, detail }) =>
      hang(screen, `${at.toISOString()}  `, `${kind} ${clean(JSON.stringify(detail), 300)}`),
    ),
  ]);
}

async function pause(isPaused: boolean, options: Act): Promise<void> {
  const reason = isPaused ? reasonOf(options.reason, "Pausing") : (options.reason ?? "");
  const changed = await onBoth((places) => pauseQueue(places, isPaused, { by: operator(), reason }));
  const word = isPaused ? "paused" : "resumed";
  say(
    options,
    { paused: isPaused, changed },
    changed ? `The queue is ${word}.` : `The queue is ${word} already.`,
  );
}

async function quarantine(id: string, isHeld: boolean, options: Act): Promise<void> {
  const reason = reasonOf(options.reason, isHeld ? "Keeping a report" : "Releasing a report");
  const answer = await onBoth((places) =>
    keepReport(places, checked(id), isHeld, { by: operator(), reason }),
  );
  const word = acted(id, answer);
  say(
    options,
    { id, quarantined: isHeld, changed: word === "done" },
    word === "already"
      ? `${id} is ${isHeld ? "kept" : "not kept"} already.`
      : isHeld
        ? `${id} is kept; a stage in hand is stopped within seconds.`
        : `${id} is back in the queue.`,
  );
}

async function requeue(
  id: string | undefined,
  options: Act & { readonly deadLetter?: true; readonly only?: string },
): Promise<void> {
  if ((id === undefined) === (options.deadLetter === undefined))
    throw new CsrdError("csrd-usage", {
      summary: "Name one report, or say --dead-letter for all that were given up.",
      hint: "`csrd queue list --state dead-letter` shows them.",
    });
  const reason = reasonOf(options.reason, "Putting back");
  const back = await onBoth(async (places) => {
    const ids =
      id === undefined
        ? (await listQueued(places.database, "dead-letter", 500))
            .filter(({ deadLetter }) => options.only === undefined || deadLetter === options.only)
            .map((report) => report.id)
        : [checked(id)];
    const done: string[] = [];
    for (const one of ids) {
      if (acted(one, await requeueOne(places, one, { by: operator(), reason })) === "already") continue;
      done.push(one);
    }
    return done;
  });
  say(
    options,
    { requeued: back },
    back.length === 0
      ? "Nothing to put back."
      : `${back.length === 1 ? `${back[0]} is` : `${back.length} reports are`} back in the queue.`,
  );
}

async function concurrency(text: string, options: Json): Promise<void> {
  const wanted = whole(text, 1_000_000, "The number", mostAtOnce);
  const most = Math.min(mostAtOnce, wanted);
  await onBoth((places) => limitQueue(places, most, operator()));
  say(
    options,
    { concurrency: most },
    `${most} reports at once over all workers${most < wanted ? `; ${wanted} is more than the platform's peak of ${mostAtOnce}` : ""}.`,
  );
}

function acted(id: string, answer: ActAnswer): "done" | "already" {
  if (answer.kind === "unknown") throw unknown(id);
  if (answer.kind !== "refused") return answer.kind;
  throw new CsrdError("report-finished", {
    summary: `${id} is ${answer.status} and stays as it is.`,
    hint:
      answer.status === "waiting"
        ? "An operator keeps it: csrd queue release."
        : "Send its data as a new report to make it again.",
  });
}

function say(options: Json, body: object, sentence: string): void {
  print([options.json === true ? JSON.stringify(body) : sentence]);
}

function checked(id: string): string {
  if (isReportId(id)) return id;
  throw new CsrdError("csrd-usage", {
    summary: `${JSON.stringify(clean(id, 40))} is no report id.`,
    hint: "An id looks like CSRD-20261121-7K2M9QX4TB; `csrd queue list` shows them.",
  });
}

function unknown(id: string): CsrdError {
  return new CsrdError("report-unknown", {
    summary: `The database has no report ${id}.`,
    hint: "Check CSRD_DATABASE_URL and the id.",
  });
}

function whole(text: string, most: number, what: string, told = most): number {
  const number = /^\d{1,7}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= most) return number;
  throw new CsrdError("csrd-usage", {
    summary: `${what} is a whole number from 1 to ${told}.`,
    hint: "`csrd queue --help` shows the commands.",
  });
}

function stateOf({ status, quarantine: kept, cancelRequestedBy }: QueuedReport): string {
  if (kept !== undefined) return "quarantined";
  return cancelRequestedBy !== undefined && status === "running" ? "cancelling" : status;
}

function told(report: QueuedReport): object {
  const { acceptedAt, updatedAt, deadLetter, cancelRequestedBy, ...rest } = report;
  return {
    ...rest,
    state: stateOf(report),
    accepted_at: acceptedAt.toISOString(),
    updated_at: updatedAt.toISOString(),
    dead_letter: deadLetter,
    cancel_requested_by: cancelRequestedBy,
  };
}

function ended(
  rows: readonly { readonly status: string; readonly in5: number; readonly in15: number }[],
  in_: "in5" | "in15",
): string {
  const said = rows.filter((row) => row[in_] > 0).map((row) => `${row[in_]} ${row.status}`);
  return said.length === 0 ? "none" : said.join(", ");
}

function age(ms: number): string {
  if (ms < 120_000) return `${Math.max(0, Math.round(ms / 1000))}s`;
  return ms < 7_200_000 ? `${Math.round(ms / 60_000)}m` : `${Math.round(ms / 3_600_000)}h`;
}
