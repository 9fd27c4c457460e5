import { z } from "zod";
import { type Duration, toMs } from "#kit/duration.ts";
import { OpsError } from "#kit/errors.ts";
import { plainText } from "../foreign-text.ts";
import { request } from "../request.ts";
import { readSecret } from "../secret.ts";
import type { ElasticsearchBinding } from "./binding.ts";

/** An answer is read up to here; ten thousand lines are far less. */
const largest = 64 * 1024 * 1024;
const waitsMs = [250, 1_000] as const;

const Hit = z.object({ _index: z.string(), _id: z.string(), _source: z.record(z.string(), z.unknown()) });
const Bucket = z.object({ key: z.union([z.string(), z.number()]), doc_count: z.number() });
const Found = z.object({
  timed_out: z.boolean(),
  _shards: z.object({ total: z.number(), failed: z.number() }),
  hits: z.object({ hits: z.array(Hit) }),
  aggregations: z
    .object({ by: z.object({ buckets: z.array(Bucket), sum_other_doc_count: z.number().optional() }) })
    .optional(),
});
/** What a search found. */
export type Found = z.infer<typeof Found>;

const Refusal = z.object({
  error: z.union([z.string(), z.object({ type: z.string(), reason: z.string().nullish() })]),
});

/** One search of the binding's index; a search changes nothing, so one that is turned away for load is made again, at most twice. */
export async function search(
  binding: ElasticsearchBinding,
  body: Readonly<Record<string, unknown>>,
  within: Duration = binding.timeout,
): Promise<Found> {
  const until = performance.now() + toMs(within);
  const host = new URL(binding.url).host;
  const headers = {
    ...(await authorization(binding)),
    "content-type": "application/json",
    accept: "application/json",
  };
  // The server stops by itself a little earlier and gives what it has.
  const patience = Math.max(100, Math.round(toMs(within) * 0.9));
  const address = `${binding.url.replace(/\/+$/, "")}/${binding.index}/_search?ignore_unavailable=false&allow_no_indices=false`;
  for (let attempt = 0; ; attempt += 1) {
    const reply = await request(address, {
      method: "POST",
      headers,
      body: JSON.stringify({ ...body, timeout: `${patience}ms` }),
      signal: AbortSignal.timeout(Math.max(1, Math.round(until - performance.now()))),
      most: largest,
    }).catch((error: unknown) => {
      throw silence(host, within, error);
    });
    if (reply.status === 200) return read(host, reply.body);
    const waitMs = waitsMs[attempt];
    const busy = reply.status === 429 || reply.status === 503;
    if (!busy || waitMs === undefined || performance.now() + waitMs > until)
      throw refusal(host, reply.status, reply.body);
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
}

async function authorization({ apiKey }: ElasticsearchBinding): Promise<Readonly<Record<string, string>>> {
  return apiKey === undefined ? {} : { authorization: `ApiKey ${(await readSecret(apiKey)).reveal()}` };
}

function read(host: string, body: string): Found {
  try {
    return Found.parse(JSON.parse(body));
  } catch (cause) {
    throw new OpsError("tool-refused", {
      summary: `What answers at ${host} is not the search of an Elasticsearch.`,
      hint: "Look at elasticsearch.url in the environment's file.",
      details: plainText(body, 500),
      cause,
    });
  }
}

function refusal(host: string, status: number, body: string): OpsError {
  const { type, reason } = reasonOf(body);
  const details = plainText(`${status} ${type}: ${reason}`, 1_000);
  if (status === 429 || status >= 500)
    return new OpsError("tool-unreachable", {
      summary: `Elasticsearch at ${host} was too busy or broken (status ${status}), also when asked again.`,
      hint: "Nothing was changed by it. Wait a minute, or ask for a shorter time.",
      details,
    });
  const hint =
    status === 401 || status === 403
      ? "Give the environment an API key with the privilege read on that index: ops permissions prints it."
      : status === 404
        ? "Look at elasticsearch.index in the environment's file."
        : "Look at the query in data/log-queries.yaml.";
  return new OpsError("tool-refused", {
    summary: `Elasticsearch at ${host} refused the search: ${plainText(type, 80)}, ${plainText(reason, 200)}.`,
    hint,
    details,
  });
}

function reasonOf(body: string): { readonly type: string; readonly reason: string } {
  try {
    const { error } = Refusal.parse(JSON.parse(body));
    return typeof error === "string"
      ? { type: error, reason: "" }
      : { type: error.type, reason: error.reason ?? "" };
  } catch {
    return { type: "unreadable", reason: body.slice(0, 200) };
  }
}

function silence(host: string, within: Duration, error: unknown): OpsError {
  const timedOut = error instanceof Error && /abort|timeout/i.test(`${error.name} ${error.message}`);
  const code = error instanceof Error && "code" in error ? String(error.code) : "no answer";
  return new OpsError("tool-unreachable", {
    summary: `Elasticsearch at ${host} did not answer (${timedOut ? `nothing within ${within}` : plainText(code, 60)}).`,
    hint: "Look at the network from here to that host, and at elasticsearch.url in the environment's file.",
    cause: error,
  });
}
