import { parseLine } from "#kit/log-lines.ts";
import { runSearch, SearchError } from "./elasticsearch/search.ts";
import { type Faults, faultQueue, noAnswer } from "./faults.ts";
import { type Asked, type Said, serve } from "./serve.ts";

/** Too busy to search; broken; part of the shards silent; stopped by the search's own time; no answer at all. */
type ElasticFault = "busy" | "broken" | "shard-failed" | "timed-out" | "silent";

/** The stand-in while it runs. */
export type ElasticsearchStandin = {
  readonly url: string;
  /** Searches that came in, whatever became of them. */
  readonly searches: () => number;
  readonly faults: Faults<ElasticFault>;
  readonly stop: () => Promise<void>;
};

/** Speaks `POST /<index>/_search` over lines of log: as strict as Elasticsearch about what it does not know, and only for the one API key. */
export async function startElasticsearchStandin(options: {
  /** The lines there are at this moment. */
  readonly lines: () => Promise<readonly string[]>;
  readonly index: string;
  readonly apiKey: string;
  readonly port?: number;
}): Promise<ElasticsearchStandin> {
  const { lines, index, apiKey, port = 0 } = options;
  const faults = faultQueue<ElasticFault>();
  let searches = 0;
  const answer = async (asked: Asked): Promise<Said> => {
    searches += 1;
    if (asked.headers.authorization !== `ApiKey ${apiKey}`)
      return refused(401, "security_exception", "unable to authenticate with provided credentials");
    const named = /^\/([^/]+)\/_search$/.exec(asked.path)?.[1];
    if (named === undefined || asked.method !== "POST")
      return refused(400, "illegal_argument_exception", `no handler found for uri [${asked.path}]`);
    if (!isMatch(decodeURIComponent(named), index))
      return refused(404, "index_not_found_exception", `no such index [${decodeURIComponent(named)}]`);
    const fault = faults.take("search");
    if (fault === "silent") return noAnswer();
    if (fault === "busy")
      return refused(429, "es_rejected_execution_exception", "rejected execution of search");
    if (fault === "broken") return refused(503, "search_phase_execution_exception", "all shards failed");
    try {
      const found = runSearch(
        (await lines()).map(parseLine).filter((line) => line !== undefined),
        JSON.parse(asked.body.toString("utf8")),
      );
      return said(200, {
        ...found,
        ...(fault === "timed-out" ? { timed_out: true } : {}),
        ...(fault === "shard-failed" ? { _shards: { total: 5, successful: 4, skipped: 0, failed: 1 } } : {}),
      });
    } catch (error) {
      if (error instanceof SearchError) return refused(400, error.type, error.message);
      if (error instanceof SyntaxError)
        return refused(400, "x_content_parse_exception", "unexpected character");
      throw error;
    }
  };
  const { url, stop } = await serve(answer, port);
  return { url, searches: () => searches, faults, stop };
}

function isMatch(pattern: string, index: string): boolean {
  const form = pattern.split("*").map((part) => part.replaceAll(/[.\\+?^${}()|[\]]/g, "\\$&"));
  return new RegExp(`^${form.join(".*")}$`).test(index);
}

function refused(status: number, type: string, reason: string): Said {
  return said(status, { error: { root_cause: [{ type, reason }], type, reason }, status });
}

function said(status: number, body: unknown): Said {
  return { status, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}
