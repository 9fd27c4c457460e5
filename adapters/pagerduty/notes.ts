import { z } from "zod";
import { plainText } from "../foreign-text.ts";
import { readSecret } from "../secret.ts";
import { silence } from "../silence.ts";
import type { PagerDutyBinding } from "./binding.ts";
import { PagerDutyFailure, retryAfterMs } from "./failure.ts";

/** An incident as far as we look at it. */
const Incident = z.object({
  id: z.string().regex(/^\w+$/),
  status: z.enum(["triggered", "acknowledged", "resolved"]),
});
type Incident = z.infer<typeof Incident>;

const Incidents = z.object({ incidents: z.array(Incident) });
const Notes = z.object({ notes: z.array(z.object({ content: z.string() })) });
const Refusal = z.object({
  error: z.object({ message: z.string(), errors: z.array(z.string()).optional() }),
});

/** Incidents and their notes over REST v2. */
export type IncidentNotes = {
  /** The newest incident opened under a dedup key; undefined while PagerDuty has not made it yet. */
  find(dedupKey: string): Promise<Incident | undefined>;
  read(incident: string): Promise<readonly string[]>;
  add(incident: string, content: string): Promise<void>;
};

const timeoutMs = 4_000;
/** The SDK waits this long, three times, when it is rate limited; its own default is twenty seconds. */
const rateLimitPauseMs = 500;

/** Notes behind the official client. What that client gets wrong is worked round here and nowhere else. */
export function incidentNotes(
  binding: PagerDutyBinding,
  { token, from }: NonNullable<PagerDutyBinding["notes"]>,
): IncidentNotes {
  const base = new URL(binding.api);

  async function call<T>(
    method: "GET" | "POST",
    path: string,
    answer: z.ZodType<T>,
    data: { readonly query?: Record<string, string>; readonly body?: object } = {},
  ): Promise<T> {
    const what = `PagerDuty ${method} ${path} at ${base.host}`;
    const { api } = await import("@pagerduty/pdjs");
    const secret = await readSecret(token);
    const response = await api({
      // A whole `url`, because `endpoint` would force https and a fixed host.
      url: new URL(path, base).href,
      method,
      token: secret.reveal(),
      headers: { From: from },
      ...(data.query === undefined ? {} : { queryParameters: data.query }),
      ...(data.body === undefined ? {} : { data: data.body }),
      // Its timer aborts nothing and only keeps the process alive; the signal does the work.
      requestTimeout: 0,
      signal: AbortSignal.timeout(timeoutMs),
      retryTimeout: rateLimitPauseMs,
    }).catch((error: unknown) => {
      // It rejects with the response itself when the body is not JSON.
      if (isAnswered(error)) return { status: error.status, headers: error.headers, data: undefined };
      throw new PagerDutyFailure(`${what} did not answer: ${silence(error)}.`, { final: false });
    });
    // `data`, never `resource`: that one is only right for addresses that contain ".com/".
    const body: unknown = response.data;
    const parsed = answer.safeParse(body);
    if (response.status >= 200 && response.status < 300 && parsed.success) return parsed.data;
    const refusal = Refusal.safeParse(body);
    const why = refusal.success
      ? [refusal.data.error.message, ...(refusal.data.error.errors ?? [])].join(": ")
      : "an answer we do not understand";
    throw new PagerDutyFailure(`${what} answered ${response.status}: ${plainText(why, 200)}.`, {
      final: response.status === 400,
      retryAfterMs: retryAfterMs(response.headers.get("retry-after")),
    });
  }

  return {
    async find(dedupKey) {
      const { incidents } = await call("GET", "/incidents", Incidents, {
        query: { incident_key: dedupKey, sort_by: "created_at:desc", limit: "1" },
      });
      return incidents[0];
    },
    async read(incident) {
      return (await call("GET", `/incidents/${incident}/notes`, Notes)).notes.map(({ content }) => content);
    },
    async add(incident, content) {
      await call("POST", `/incidents/${incident}/notes`, z.object({ note: z.object({}) }), {
        body: { note: { content } },
      });
    },
  };
}

function isAnswered(value: unknown): value is Response {
  return typeof value === "object" && value !== null && "status" in value && "headers" in value;
}
