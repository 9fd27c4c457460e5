import { timingSafeEqual } from "node:crypto";
import { faultQueue, noAnswer, type Faults } from "./faults.ts";
import { serve, type Asked, type Said } from "./serve.ts";
import { everyScope, lackingScope } from "./slack/scopes.ts";
import { SlackError, workspace, type Args, type SeenChannel } from "./slack/workspace.ts";

/** Rate limited (429 with `Retry-After`), unavailable (503), done with the answer lost, never answered, or this message refused for good. */
type SlackFault = "rate-limited" | "unavailable" | "reply-lost" | "silent" | "refused";

/** The stand-in while it runs; it keeps messages in memory and writes nothing down. */
export type SlackStandin = {
  /** Base of the Web API, as `slackApiUrl` wants it. */
  readonly url: string;
  /** Method names in the order they arrived. */
  readonly calls: readonly string[];
  readonly faults: Faults<SlackFault>;
  /** What people see. */
  readonly inbox: () => readonly SeenChannel[];
  /** Takes away what stands in a channel. */
  readonly forget: (channel: string) => void;
  readonly stop: () => Promise<void>;
};

/** Seconds a rate-limited caller is told to wait. */
const retryAfter = 2;

/** Speaks the part of Slack's Web API that the toolkit uses: form and JSON bodies, `ok: false` with Slack's error codes. */
export async function startSlackStandin(options: {
  readonly token: string;
  readonly channels?: readonly string[];
  readonly port?: number;
  /** What the token may do; everything when left out. */
  readonly scopes?: readonly string[];
}): Promise<SlackStandin> {
  const { token, channels = ["incidents"], port = 0, scopes = everyScope } = options;
  const calls: string[] = [];
  const faults = faultQueue<SlackFault>();
  const { methods, inbox, forget } = workspace(channels);
  // Slack says with every answer what the token may do.
  const granted = { "x-oauth-scopes": scopes.join(",") };

  const answer = async (asked: Asked): Promise<Said> => {
    const method = /^\/api\/([\w.]+)$/.exec(asked.path)?.[1];
    if (method === undefined) return { status: 404, body: "" };
    calls.push(method);
    const fault = faults.take(method);
    if (fault === "rate-limited")
      return json(429, { ok: false, error: "ratelimited" }, { "retry-after": String(retryAfter) });
    if (fault === "unavailable") return { status: 503, body: "" };
    if (fault === "silent") return noAnswer();
    if (fault === "refused") return json(200, { ok: false, error: "invalid_blocks" });
    try {
      const args = readArgs(asked);
      requireToken(asked, args, token);
      const run = Object.hasOwn(methods, method) ? methods[method] : undefined;
      if (run === undefined) throw new SlackError("unknown_method");
      const lacking = lackingScope(method, args, scopes);
      if (lacking !== undefined)
        return json(
          200,
          { ok: false, error: "missing_scope", needed: lacking, provided: scopes.join(",") },
          granted,
        );
      const said = json(200, { ok: true, ...run(args) }, granted);
      return fault === "reply-lost" ? "dropped" : said;
    } catch (error) {
      if (error instanceof SlackError) return json(200, { ok: false, error: error.code });
      throw error;
    }
  };
  const { url, stop } = await serve(answer, port);
  return { url: `${url}/api/`, calls, faults, inbox, forget, stop };
}

function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Said {
  return {
    status,
    headers: { "content-type": "application/json; charset=utf-8", ...headers },
    body: JSON.stringify(body),
  };
}

function readArgs(asked: Asked): Args {
  const query = Object.fromEntries(new URLSearchParams(asked.query));
  const type = (asked.headers["content-type"] ?? "").split(";")[0];
  const body = asked.body.toString("utf8");
  if (type === "application/json") return { ...query, ...parseObject(body) };
  if (body === "" || type === "application/x-www-form-urlencoded")
    return { ...query, ...Object.fromEntries(new URLSearchParams(body)) };
  throw new SlackError("invalid_post_type");
}

function parseObject(body: string): Args {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    throw new SlackError("invalid_json");
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed))
    throw new SlackError("json_not_object");
  return { ...parsed };
}

/** A JSON body must carry its token in the header, as Slack demands; a form may carry it inside. */
function requireToken(asked: Asked, args: Args, token: string): void {
  const header = /^Bearer (.+)$/.exec(asked.headers.authorization ?? "")?.[1];
  const given = header ?? (typeof args["token"] === "string" ? args["token"] : undefined);
  if (given === undefined) throw new SlackError("not_authed");
  const same = given.length === token.length && timingSafeEqual(Buffer.from(given), Buffer.from(token));
  if (!same) throw new SlackError("invalid_auth");
}
