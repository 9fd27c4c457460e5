import { Command } from "commander";
import { type Duration, isDuration, toMs } from "#kit/duration.ts";
import { OpsError } from "#kit/errors.ts";
import { askLogs, type LogQuestion, type SavedLogQuery } from "#kit/log-query.ts";
import type { Service } from "#kit/ports.ts";
import { logAnswerTsv, logQueriesTsv, renderLogAnswer, renderLogQueries } from "#kit/render/log-answer.ts";
import { document } from "#kit/render/ndjson.ts";
import { clean } from "#kit/render/width.ts";
import { savedLogQueries } from "../log-queries.ts";
import type { End, MakeCommand } from "./commands.ts";
import type { Door } from "./door.ts";
import { logExportCommand } from "./log-export.ts";
import { searchCommand, viewCommand } from "./log-lines.ts";
import { didYouMean } from "./nearest.ts";
import { collected } from "./params.ts";

/** `ops logs`: asks the platform's logs, wherever this environment keeps them. It only reads. */
export const logsCommand: MakeCommand = async (door, end) => {
  const logs = new Command("logs").description(
    "Asks the platform's logs, wherever this environment keeps them: CloudWatch, Elasticsearch, files. Changes nothing.",
  );
  logs
    .command("queries")
    .description("the saved queries, by the manuals' headings")
    .action(() => list(door, end));
  logs
    .command("query")
    .description("ask a saved query")
    .argument("<query>", "which one: ops logs queries lists them")
    .option("--since <duration>", "how far back: 1h, 24h, 7d; else the query's own")
    .option("--until <duration>", "up to how long ago: 30m; else now")
    .option("--param <name=value>", "a parameter of the query; may be repeated", collected)
    .option("--service <name>", "whose log group, where services have several")
    .option("--within <duration>", "longest wait for the answer", "30s")
    .action((id: string, options: Options) => query(door, end, id, options));
  logs.addCommand(viewCommand(door, end));
  logs.addCommand(searchCommand(door, end));
  logs.addCommand(logExportCommand(door, end));
  return logs;
};

type Options = {
  readonly since?: string;
  readonly until?: string;
  readonly param?: readonly string[];
  readonly service?: string;
  readonly within: string;
};

function list(door: Door, end: End): void {
  const queries = savedLogQueries();
  if (door.globals.json)
    door.print(
      document({
        queries: queries.map(({ id, title, manual, since, parameters, insights, elasticsearch }) => ({
          id,
          title,
          manual,
          since,
          parameters,
          insights,
          elasticsearch,
        })),
      }),
    );
  else if (door.isPiped) door.print(logQueriesTsv(queries, door.globals.header));
  else door.print(renderLogQueries(door.screen(), queries));
  end(0);
}

async function query(door: Door, end: End, id: string, options: Options): Promise<void> {
  const saved = queryNamed(id);
  const within = durationOf("--within", options.within);
  const question = questionOf(saved, options);
  const wired = await door.wired();
  const group = groupOf(wired.environment.services, options.service);
  const answer = await (await wired.logs()).query(group, question, within);
  if (door.globals.json)
    door.print(
      document({
        query: id,
        from: question.from.toISOString(),
        until: question.until.toISOString(),
        params: question.params,
        columns: answer.columns,
        rows: answer.rows.map((row) => row.map((cell) => cell ?? null)),
        complete: answer.incomplete === undefined,
        ...(answer.incomplete === undefined ? {} : { incomplete: answer.incomplete }),
      }),
    );
  else if (door.isPiped) {
    door.print(logAnswerTsv(answer, door.globals.header));
    if (answer.incomplete !== undefined) door.tell(`Incomplete: ${clean(answer.incomplete, 200)}.`);
  } else door.print(renderLogAnswer(door.screen(), question, answer));
  // What was not searched may hold the line that matters: that is for a person to decide.
  end(answer.incomplete === undefined ? 0 : 3);
}

function queryNamed(id: string): SavedLogQuery {
  const queries = savedLogQueries();
  const found = queries.find((known) => known.id === id);
  if (found !== undefined) return found;
  const ids = queries.map((known) => known.id);
  throw new OpsError("usage", {
    summary: `There is no saved query "${clean(id, 60)}".`,
    hint: `${didYouMean(id, ids)} Known are: ${ids.join(", ")}.`.trim(),
  });
}

function questionOf(saved: SavedLogQuery, options: Options): LogQuestion {
  const now = Date.now();
  const since = options.since === undefined ? saved.since : durationOf("--since", options.since);
  const untilMs = options.until === undefined ? 0 : toMs(durationOf("--until", options.until));
  const given = Object.fromEntries(
    (options.param ?? []).map((pair) => {
      const at = pair.indexOf("=");
      if (at < 1)
        throw new OpsError("params-invalid", {
          summary: `"${clean(pair, 60)}" is not a parameter.`,
          hint: "Write --param name=value.",
        });
      return [pair.slice(0, at), pair.slice(at + 1)] as const;
    }),
  );
  return askLogs(saved, given, { from: new Date(now - toMs(since)), until: new Date(now - untilMs) });
}

function durationOf(flag: string, text: string): Duration {
  if (isDuration(text) && toMs(text) > 0) return text;
  throw new OpsError("usage", {
    summary: `${flag} "${clean(text, 40)}" is no length of time.`,
    hint: "Write 30m, 24h or 7d.",
  });
}

/** The log group of the service asked for; the platform's services share one, so without a name the only one there is. */
function groupOf(services: readonly Service[], name: string | undefined): string {
  const asked = name === undefined ? services : services.filter((service) => service.name === name);
  if (name !== undefined && asked.length === 0)
    throw new OpsError("usage", {
      summary: `This environment has no service "${clean(name, 40)}".`,
      hint: `It has ${services.map((service) => service.name).join(", ")}.`,
    });
  const groups = [...new Set(asked.flatMap(({ logGroup }) => (logGroup === undefined ? [] : [logGroup])))];
  if (groups.length > 1)
    throw new OpsError("usage", {
      summary: `The services of this environment have ${groups.length} log groups.`,
      hint: "Say whose with --service.",
    });
  return groups[0] ?? "";
}
