import { randomBytes } from "node:crypto";
import { z } from "zod";
import { toMs } from "../duration.ts";
import type { EngineParts, Request } from "../engine.ts";
import { OpsError } from "../errors.ts";
import { foldRun } from "../fold.ts";
import type { Journal, RunLease } from "../journal.ts";
import { digestMatches, shortDigest, type Plan } from "../plan.ts";
import type { ParamShape, Runbook } from "../runbook.ts";
import type { RunEvent } from "../timeline.ts";
import type { Child } from "./live.ts";

/** The values of a runbook's parameters; throws `params-invalid` naming each bad one. */
export function parseParams(
  runbook: Runbook,
  given: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const known = Object.keys(runbook.params);
  const strange = Object.keys(given).filter((name) => !known.includes(name));
  if (strange.length > 0)
    throw new OpsError("params-invalid", {
      summary: `${runbook.id} has no parameter "${strange[0]}".`,
      hint: known.length === 0 ? "It takes none." : `It takes: ${known.join(", ")}.`,
    });
  const shape: ParamShape = runbook.params;
  const parsed = z.strictObject(shape).safeParse(given);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new OpsError("params-invalid", {
    summary: `Parameter "${issue?.path.join(".") ?? "?"}" of ${runbook.id} is not acceptable: ${issue?.message ?? "invalid"}.`,
    hint: `See "ops show ${runbook.id}".`,
  });
}

/** The plan of that digest, made here and still good; throws `plan-unknown` and `plan-stale`. */
export async function findPlan(parts: EngineParts, runbook: Runbook, typed: string): Promise<Plan> {
  for (const row of await parts.journal.runs({ limit: 500, environment: parts.environment.name })) {
    if (row.digest === undefined || row.runbook !== runbook.id || !digestMatches(row.digest, typed)) continue;
    const plan = foldRun(await parts.journal.read(row.run))?.plan;
    if (plan === undefined) continue;
    if (Date.parse(plan.expiresAt) < parts.clock.now().getTime())
      throw new OpsError("plan-stale", {
        summary: `Plan ${shortDigest(plan.digest)} expired at ${plan.expiresAt.slice(11, 16)} UTC.`,
        hint: `Make a new one: ops plan ${runbook.id}`,
      });
    return plan;
  }
  throw new OpsError("plan-unknown", {
    summary: `No plan of ${runbook.id} in ${parts.environment.name} has the digest "${typed.slice(0, 80)}".`,
    hint: `Make one: ops plan ${runbook.id}`,
  });
}

const mostDraws = 3;

/** Begins a run under its given number, or under a fresh one: two processes that draw the same at once draw again. */
export async function beginRun(
  { journal, owner, readers }: EngineParts,
  given: string | undefined,
  asked: (run: string) => RunEvent & { type: "run.asked" },
): Promise<RunLease> {
  for (let draw = 1; ; draw += 1) {
    const run = given ?? (await freshId(journal));
    try {
      return (await journal.begin(run, asked(run), owner, toMs(readers.times.lease))).lease;
    } catch (error) {
      const again = given === undefined && draw < mostDraws;
      if (!again || !OpsError.is(error) || error.code !== "run-busy") throw error;
    }
  }
}

/** A run number that nobody has. */
async function freshId(journal: Journal): Promise<string> {
  for (const bytes of [2, 2, 3, 4, 8]) {
    const id = `r-${randomBytes(bytes).toString("hex")}`;
    if ((await journal.row(id)) === undefined) return id;
  }
  throw new OpsError("journal-unwritable", {
    summary: "No free run number was found.",
    hint: "Archive the journal.",
  });
}

/** What `run.asked` says beside the request. */
type Asking = {
  readonly run: string;
  readonly content: string;
  readonly planOnly: boolean;
  readonly parent: Child["parent"] | undefined;
};

/** The first event of a run. */
export function askedEvent(
  parts: EngineParts,
  runbook: Runbook,
  params: Readonly<Record<string, unknown>>,
  request: Request,
  { run, content, planOnly, parent }: Asking,
): RunEvent & { type: "run.asked" } {
  const { environment } = parts;
  const dir = parts.dirOf?.(runbook.id);
  const { scheduled } = request;
  return {
    type: "run.asked",
    runbook: runbook.id,
    title: runbook.title,
    summary: runbook.summary,
    severity: runbook.severity,
    content,
    environment: { name: environment.name, ...environment.identity },
    tier: environment.tier,
    params,
    by: request.by,
    ...(request.reason === undefined ? {} : { reason: request.reason }),
    ...(request.alert === undefined ? {} : { alert: request.alert }),
    lock: `${environment.name}/${runbook.lock}`,
    withinMs: toMs(runbook.within),
    afterwards: runbook.afterwards.map((task) => task.replaceAll("RUN", run)),
    vitals: runbook.vitals.map((vital) => vital.label),
    planOnly,
    ...(parent === undefined ? {} : { parent }),
    ...(scheduled === undefined ? {} : { schedule: { id: scheduled.schedule, at: scheduled.at } }),
    ...(dir === undefined ? {} : { dir }),
    ...(request.without === undefined || request.without.length === 0 ? {} : { without: request.without }),
  };
}
