import type { Command } from "commander";
import type { Screen } from "#kit/render/screen.ts";
import { mark } from "#kit/render/states.ts";
import { hang } from "#kit/render/width.ts";
import type { BackfillProgress } from "#platform/storage/backfill.ts";
import type { Database } from "#platform/storage/database.ts";
import type { MigrationPlan, MigrationState } from "#platform/storage/migration-status.ts";
import { CsrdError } from "#platform/errors.ts";
import { print, terminal } from "./terminal.ts";
import { withDatabase } from "./with-database.ts";

type Options = {
  readonly expand?: true;
  readonly backfill?: true;
  readonly contract?: true;
  readonly plan?: true;
  readonly grants?: string;
  readonly json?: true;
};

/** `csrd migrate`: where the database's schema is, and its three ways forward. */
export function register(program: Command): void {
  program
    .command("migrate")
    .description("show the database's schema, or bring it forward: expand, backfill, contract")
    .option("--expand", "add what this release adds; also done by every service as it starts")
    .option("--backfill", "fill what was added, in batches; Ctrl-C stops it, and it goes on where it stopped")
    .option("--contract", "take away what nobody running knows any more")
    .option("--plan", "show the SQL of what is pending, and the locks that it takes")
    .option("--grants <role>", "print the least rights that the platform's role needs, as SQL")
    .option("--json", "one JSON object")
    .addHelpText(
      "after",
      "\nWithout an option it shows and changes nothing. The database is that of CSRD_DATABASE_URL.\nExit codes: 0 done, or nothing is pending · 1 refused or failed · 2 something is pending (looking, --plan), or a backfill was stopped",
    )
    .action(run);
}

async function run(options: Options): Promise<void> {
  const asked = [options.expand, options.backfill, options.contract, options.plan, options.grants].filter(
    Boolean,
  );
  if (asked.length > 1)
    throw new CsrdError("csrd-usage", {
      summary: "--expand, --backfill, --contract, --plan and --grants are asked for one at a time.",
      hint: "Their order is: --expand, the new release everywhere, --backfill, --contract.",
    });
  if (options.grants !== undefined) return grants(options.grants);
  await withDatabase("migrate", process.env, async (database) => {
    if (options.plan === true) return plan(database, options);
    const applied =
      options.expand === true
        ? await expand(database)
        : options.backfill === true
          ? await backfill(database, options)
          : options.contract === true
            ? await contract(database)
            : undefined;
    await status(database, options, applied);
  });
}

async function grants(role: string): Promise<void> {
  const { leastGrants } = await import("#platform/storage/grants.ts");
  print(leastGrants(role).map((sql) => `${sql};`));
}

async function expand(database: Database): Promise<readonly string[]> {
  return (await import("#platform/storage/migrate.ts")).migrate(database);
}

async function contract(database: Database): Promise<readonly string[]> {
  return (await import("#platform/storage/contract-migrations.ts")).runContracts(database);
}

async function backfill(database: Database, { json }: Options): Promise<readonly string[]> {
  const { runBackfills } = await import("#platform/storage/backfill.ts");
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort()).once("SIGTERM", () => stop.abort());
  let told = 0;
  const onProgress = ({ name, rows, cursor, done }: BackfillProgress): void => {
    // A line every two seconds is enough to see that it moves.
    if (json === true || done || performance.now() - told < 2_000) return;
    told = performance.now();
    print([`${name}  ${rows.toLocaleString("en")} rows, up to ${cursor ?? "the beginning"}`]);
  };
  const all = await runBackfills(database, { signal: stop.signal, onProgress });
  return all.flatMap(({ name, done }) => (done ? [name] : []));
}

function phaseOf({ expand, backfill, contract }: Options): MigrationState["phase"] | undefined {
  if (expand === true) return "expand";
  if (backfill === true) return "backfill";
  return contract === true ? "contract" : undefined;
}

async function status(
  database: Database,
  options: Options,
  applied: readonly string[] | undefined,
): Promise<void> {
  const { migrationStatus } = await import("#platform/storage/migration-status.ts");
  const states = await migrationStatus(database);
  const open = states.filter(({ state }) => state === "pending" || state === "running");
  // An act that did all of its own phase is done, whatever the next phase has still to do.
  const asked = phaseOf(options);
  process.exitCode = open.some(({ phase }) => asked === undefined || phase === asked) ? 2 : 0;
  if (options.json === true) {
    print([JSON.stringify({ applied: applied ?? [], migrations: states })]);
    return;
  }
  const { screen } = terminal();
  const done = (applied ?? []).map((name) => `Applied ${name}.`);
  print([
    ...(applied === undefined ? [] : done.length === 0 ? ["Nothing was applied."] : done),
    ...(applied === undefined ? [] : [""]),
    ...states.flatMap((state) => stateLines(screen, state)),
    "",
    ...nextLines(states),
  ]);
}

const shapes = {
  applied: "done",
  pending: "waiting",
  running: "running",
  "unknown file": "unknown",
} as const;

function stateLines(screen: Screen, one: MigrationState): readonly string[] {
  const when = one.at?.toISOString().slice(0, 16).replace("T", " ") ?? "";
  const rows = one.rows === undefined ? "" : `  ${one.rows.toLocaleString("en")} rows`;
  const first = `${screen.ascii && !screen.color ? "" : mark(screen, shapes[one.state])}${one.state.padEnd(8)} `;
  return [
    ...hang(screen, first, `${when.padEnd(17)}${one.name}${rows}`),
    ...one.refusedBecause.flatMap((reason) => hang(screen, " ".repeat(11), reason, "muted")),
  ];
}

/** What to do about what is pending, in the order in which it can be done. */
function nextLines(states: readonly MigrationState[]): readonly string[] {
  const pending = states.filter(({ state }) => state === "pending" || state === "running");
  const of = (phase: MigrationState["phase"]) => pending.filter((one) => one.phase === phase);
  if (of("expand").length > 0) return [`${count(of("expand").length)} to add: csrd migrate --expand`];
  if (of("backfill").length > 0) return [`${count(of("backfill").length)} to fill: csrd migrate --backfill`];
  const contracts = of("contract");
  if (contracts.length === 0) return ["Nothing is pending."];
  // One after the other: what the first waits for is what all wait for.
  return (contracts[0]?.refusedBecause.length ?? 0) > 0
    ? [`${count(contracts.length)} to take away, when nobody needs it any more.`]
    : [`${count(contracts.length)} to take away: csrd migrate --contract`];
}

function count(number: number): string {
  return number === 1 ? "1 migration" : `${number} migrations`;
}

async function plan(database: Database, { json }: Options): Promise<void> {
  const { migrationPlan } = await import("#platform/storage/migration-status.ts");
  const plans = await migrationPlan(database);
  process.exitCode = plans.length > 0 ? 2 : 0;
  if (json === true) print([JSON.stringify({ pending: plans })]);
  else print(plans.length === 0 ? ["Nothing is pending."] : plans.flatMap(planLines));
}

function planLines({ name, sql, locks, transaction, batches }: MigrationPlan): readonly string[] {
  return [
    name,
    ...(transaction ? [] : ["  outside a transaction, beside readers and writers"]),
    ...(batches === undefined ? [] : [`  ${batches.batch} rows at a time, at most ${batches.rate} a second`]),
    ...(locks.length === 0 ? ["  locks nothing that is there"] : []),
    ...locks.map(
      ({ table, mode, stopsReaders }) =>
        `  locks ${table}: ${mode}${stopsReaders ? ", asked for one second at a time" : ""}`,
    ),
    ...sql.flatMap((statement) => ["", ...`${statement};`.split("\n").map((line) => `    ${line}`)]),
    "",
  ];
}
