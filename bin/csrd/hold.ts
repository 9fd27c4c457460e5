import { hostname, userInfo } from "node:os";
import type { Command } from "commander";
import { clean } from "#kit/render/width.ts";
import { CsrdError } from "#platform/errors.ts";
import type { HoldRecord } from "#platform/storage/holds.ts";
import { logClasses } from "#platform/telemetry/log-classes.ts";
import type { Hold } from "#rules/retention.ts";
import { print } from "./terminal.ts";
import { withDatabase } from "./with-database.ts";

type Place = {
  readonly report?: string;
  readonly tenant?: string;
  readonly logs?: string;
  readonly reason: string;
  readonly json?: true;
};
type Lift = { readonly reason: string; readonly json?: true };
type List = { readonly all?: true; readonly json?: true };

/** `csrd hold`: what must be kept whatever its age. */
export function register(program: Command): void {
  const hold = program
    .command("hold")
    .description("keep a report, a tenant's reports or a class of logs, whatever their age");
  hold
    .command("place")
    .description("hold something from now on")
    .option("--report <id>", "one report")
    .option("--tenant <name>", "all reports of a tenant, also those to come")
    .option("--logs <class>", `a class of log files: ${logClasses.join(", ")}`)
    .requiredOption("--reason <text>", "why; kept in the audit log")
    .option("--json", "one JSON object")
    .action(place);
  hold
    .command("lift")
    .description("let something go again")
    .argument("<number>", "the hold's number, as `csrd hold list` shows it")
    .requiredOption("--reason <text>", "why; kept in the audit log")
    .option("--json", "one JSON object")
    .action(lift);
  hold
    .command("list")
    .description("the holds, newest first")
    .option("--all", "also those that were lifted")
    .option("--json", "one JSON object")
    .action(list);
}

function actor(): string {
  return `operator:${userInfo().username}@${hostname()}`.slice(0, 100);
}

function reasonOf(text: string): string {
  const reason = clean(text, 300);
  if (reason.length >= 3) return reason;
  throw new CsrdError("csrd-usage", {
    summary: "A hold needs a reason.",
    hint: 'Say it in words that will be understood in years: --reason "request of the auditor, 21 November 2026".',
  });
}

function subjectOf({ report, tenant, logs }: Place): Hold {
  const given = (
    [
      ["report", report],
      ["tenant", tenant],
      ["logs", logs],
    ] as const
  ).flatMap(([kind, subject]) => (subject === undefined ? [] : [{ kind, subject }]));
  const [only, ...more] = given;
  const isKnown = only?.kind !== "logs" || logClasses.some((name) => name === only.subject);
  if (only !== undefined && more.length === 0 && isKnown && only.subject !== "" && only.subject.length <= 100)
    return only;
  throw new CsrdError("csrd-usage", {
    summary: isKnown
      ? "A hold is on one thing: --report, --tenant or --logs."
      : `There is no class of logs of this name.`,
    hint: `The classes of logs are ${logClasses.join(", ")}.`,
  });
}

async function place(options: Place): Promise<void> {
  const [subject, reason] = [subjectOf(options), reasonOf(options.reason)];
  const { placeHold } = await import("#platform/storage/holds.ts");
  const hold = await withDatabase("hold", process.env, (database) =>
    placeHold(database, { ...subject, reason, actor: actor() }),
  );
  print(options.json === true ? [JSON.stringify(hold)] : [`Held: ${line(hold)}`]);
}

async function lift(text: string, options: Lift): Promise<void> {
  const id = /^[1-9]\d{0,15}$/.test(text) ? Number(text) : 0;
  const reason = reasonOf(options.reason);
  const { liftHold } = await import("#platform/storage/holds.ts");
  const hold = await withDatabase("hold", process.env, (database) =>
    liftHold(database, { id, reason, actor: actor() }),
  );
  if (hold === undefined)
    throw new CsrdError("csrd-usage", {
      summary: `There is no open hold ${clean(text, 20)}.`,
      hint: "`csrd hold list` shows those that are open.",
    });
  print(options.json === true ? [JSON.stringify(hold)] : [`Lifted: ${line(hold)}`]);
}

async function list(options: List): Promise<void> {
  const { listHolds } = await import("#platform/storage/holds.ts");
  const holds = await withDatabase("hold", process.env, (database) =>
    listHolds(database, options.all === true ? "all" : "open"),
  );
  if (options.json === true) print([JSON.stringify({ holds })]);
  else print(holds.length === 0 ? ["Nothing is held."] : holds.map(line));
}

function line({ id, kind, subject, reason, placedBy, placedAt, liftedAt }: HoldRecord): string {
  const until = liftedAt === undefined ? "" : `, lifted ${liftedAt.toISOString().slice(0, 10)}`;
  return `${String(id).padStart(4)}  ${kind} ${clean(subject, 100)}  since ${placedAt.toISOString().slice(0, 10)}${until} by ${clean(placedBy, 100)}: ${clean(reason, 300)}`;
}
