import type { SavedLogQuery } from "../log-query.ts";

/** docs/log-queries.md: the saved queries with their text for each log service. */
export function logQueriesPage(queries: readonly SavedLogQuery[]): string {
  return [
    "# Saved log queries",
    "",
    "Generated from `data/log-queries.yaml`; do not edit. The manuals' questions to the logs: `ops logs queries` lists them, `ops logs query <id> --env NAME` asks one, wherever that environment keeps its lines. `--since 7d`, `--until 1h`, `--param name=value`; `--json` for programs. Exit status 0; 3 when not everything could be searched in time.",
    "",
    "The lines themselves, of every unit of every service: `ops logs view` (`--follow`, `--for 10m`), `ops logs search <text>` and `ops logs export <file>` (NDJSON or text, packed when it ends in .gz, with its SHA-256), narrowed by `--service`, `--unit`, `--level`, `--contains`, `--since`, `--until` and `--limit`. What is typed is compared as plain text and never becomes a query. Whose a unit is, is told by its name: that of an instance in the environment's file, or one that begins with the service's or its workload's.",
    "",
    "| Binding in the environment's file | Where the lines are |",
    "|---|---|",
    "| `aws` | CloudWatch Logs Insights, on the service's `logGroup`: StartQuery, then GetQueryResults until it is complete; StopQuery when the time is up. Rights: `ops permissions --part aws-logs` |",
    '| `elasticsearch: { url, apiKey: { env: NAME }, index: "csrd-platform-*", timeout: 5s }` | `_search` of that index, which holds the lines as they are, with `@timestamp` taken from `timestamp` and the default mapping of text. Rights: `ops permissions --part elasticsearch` |',
    "| `log-files: { dir }` | files of JSON lines on this machine, such as the folder of CSRD_LOG_DIR |",
    "",
    ...queries.flatMap((query) => [
      `## ${query.id}`,
      "",
      `${query.title}. Looks back ${query.since} unless told otherwise, at most ${query.limit.toLocaleString("en")} rows. ${query.manual.join("; ")}.`,
      "",
      ...Object.entries(query.parameters).map(
        ([name, { about, number }]) => `- \`--param ${name}=${number}\`: ${about}`,
      ),
      ...(Object.keys(query.parameters).length === 0 ? [] : [""]),
      "```",
      query.insights.trimEnd(),
      "```",
      "",
      "```json",
      JSON.stringify(query.elasticsearch),
      "```",
      "",
    ]),
  ].join("\n");
}
