import { z } from "zod";
import { faultQueue, noAnswer, type Faults } from "./faults.ts";
import { rest } from "./pagerduty/rest.ts";
import { Event, service, type SeenIncident } from "./pagerduty/service.ts";
import { serve, type Asked, type Said } from "./serve.ts";

/** Rate limited (429), unavailable (503), done with the answer lost, accepted but not visible yet (`incidents` only), never answered, or refused for good (400). */
type PagerDutyFault = "rate-limited" | "unavailable" | "reply-lost" | "not-yet" | "silent" | "refused";

/** What faults are queued under. */
type PagerDutyAction = "enqueue" | "incidents" | "notes" | "log_entries";

/** The stand-in while it runs; it keeps incidents in memory and writes nothing down. */
export type PagerDutyStandin = {
  /** Base of both the Events API and the REST API. */
  readonly url: string;
  /** Method and path of every request, in the order they arrived. */
  readonly calls: readonly string[];
  readonly faults: Faults<PagerDutyFault>;
  /** What people see, oldest first. */
  readonly inbox: () => readonly SeenIncident[];
  readonly stop: () => Promise<void>;
};

const largestEvent = 512 * 1024;

/** Speaks the Events API v2 and the part of REST v2 that the toolkit uses. */
export async function startPagerDutyStandin(options: {
  readonly routingKey: string;
  readonly apiToken: string;
  readonly port?: number;
}): Promise<PagerDutyStandin> {
  const { routingKey, apiToken, port = 0 } = options;
  const calls: string[] = [];
  const faults = faultQueue<PagerDutyFault>();
  const paged = service();

  const enqueue = (asked: Asked): Said => {
    const reject = (...errors: string[]) =>
      json(400, { status: "invalid event", message: "Event object is invalid", errors });
    if (asked.method !== "POST") return json(405, {});
    if (asked.body.length > largestEvent) return reject("Event is larger than 512 KB");
    const parsed = Event.safeParse(parse(asked.body));
    if (!parsed.success)
      return reject(...parsed.error.issues.map((issue) => z.prettifyError({ issues: [issue] })));
    if (parsed.data.routing_key !== routingKey) return reject("Invalid routing key");
    return json(202, { status: "success", message: "Event processed", dedup_key: paged.take(parsed.data) });
  };

  const answer = async (asked: Asked): Promise<Said> => {
    calls.push(`${asked.method} ${asked.path}`);
    const action = actionOf(asked.path);
    const fault = faults.take(action);
    if (fault === "rate-limited")
      return json(429, { error: { message: "Rate Limit Exceeded", code: 2020 } }, { "retry-after": "1" });
    if (fault === "silent") return noAnswer();
    if (fault === "refused")
      return json(400, {
        status: "invalid event",
        message: "Event object is invalid",
        errors: ["payload is not acceptable"],
        error: { message: "Invalid Input Provided", code: 2001, errors: ["Content is not acceptable"] },
      });
    if (fault === "unavailable") return json(503, { error: { message: "Service Unavailable" } });
    const said = action === "enqueue" ? enqueue(asked) : askRest(asked);
    if (fault === "not-yet")
      return json(200, { incidents: [], limit: 1, offset: 0, total: null, more: false });
    return fault === "reply-lost" ? "dropped" : said;
  };

  const askRest = (asked: Asked): Said => {
    if (asked.headers.authorization !== `Token token=${apiToken}`)
      return json(401, { error: { message: "Authentication failed", code: 2006 } });
    const { status, body } = rest(paged, asked);
    return json(status, body);
  };

  const { url, stop } = await serve(answer, port);
  return { url, calls, faults, inbox: () => paged.list({ key: undefined, statuses: [] }), stop };
}

function actionOf(path: string): PagerDutyAction {
  if (path === "/v2/enqueue") return "enqueue";
  if (path.endsWith("/notes")) return "notes";
  return path.endsWith("/log_entries") ? "log_entries" : "incidents";
}

function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Said {
  return {
    status,
    headers: { "content-type": "application/json", ...headers },
    body: body === undefined ? "" : JSON.stringify(body),
  };
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
}
