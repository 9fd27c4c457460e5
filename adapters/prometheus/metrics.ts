import { z } from "zod";
import { toMs } from "#kit/duration.ts";
import { OpsError } from "#kit/errors.ts";
import type { MetricsReader, Sample } from "#kit/ports.ts";
import { plainText } from "../foreign-text.ts";
import { request } from "../request.ts";
import { readSecret } from "../secret.ts";
import { silence } from "../silence.ts";
import type { PrometheusBinding } from "./binding.ts";

/** An answer is read up to here: some ten thousand series. */
const largest = 8 * 1024 * 1024;

const Value = z.tuple([z.number(), z.string()]);
const Answer = z.discriminatedUnion("resultType", [
  z.object({
    resultType: z.literal("vector"),
    result: z.array(z.object({ metric: z.record(z.string(), z.string()), value: Value })),
  }),
  z.object({ resultType: z.literal("scalar"), result: Value }),
]);
const Reply = z.discriminatedUnion("status", [
  z.object({ status: z.literal("success"), data: Answer }),
  z.object({ status: z.literal("error"), errorType: z.string(), error: z.string() }),
]);

/** Metrics as Prometheus has them now. Source: Prometheus HTTP API, "Instant queries". */
export function prometheusMetrics(binding: PrometheusBinding): MetricsReader {
  return { query: (expression) => ask(binding, expression) };
}

async function ask(binding: PrometheusBinding, expression: string): Promise<readonly Sample[]> {
  const { url, token, timeout } = binding;
  const host = new URL(url).host;
  const authorization =
    token === undefined ? {} : { authorization: `Bearer ${(await readSecret(token)).reveal()}` };
  const reply = await request(`${url.replace(/\/+$/, "")}/api/v1/query`, {
    method: "POST",
    headers: {
      ...authorization,
      "content-type": "application/x-www-form-urlencoded",
      accept: "application/json",
    },
    // The server gives up a little earlier, with a reason.
    body: new URLSearchParams({
      query: expression,
      timeout: `${Math.round(toMs(timeout) * 0.9)}ms`,
    }).toString(),
    signal: AbortSignal.timeout(toMs(timeout)),
    most: largest,
  }).catch((error: unknown) => {
    const reason =
      error instanceof Error && error.name === "TimeoutError" ? `no answer in ${timeout}` : silence(error);
    throw unreachable(host, reason);
  });
  const parsed = parse(reply.body);
  if (parsed?.status === "success" && reply.status === 200) return samplesOf(parsed.data);
  if (reply.status === 401 || reply.status === 403)
    throw refused(host, `it does not let us in (HTTP ${reply.status})`);
  if (parsed?.status === "error" && parsed.errorType !== "bad_data")
    throw unreachable(host, `${parsed.errorType}: ${plainText(parsed.error, 160)}`);
  if (parsed?.status === "error") throw refused(host, plainText(parsed.error, 300));
  if (reply.status >= 500) throw unreachable(host, `HTTP ${reply.status}`);
  throw refused(host, `what answers there is not the API of a Prometheus (HTTP ${reply.status})`);
}

function parse(body: string): z.infer<typeof Reply> | undefined {
  try {
    return Reply.safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
}

function samplesOf(answer: z.infer<typeof Answer>): readonly Sample[] {
  if (answer.resultType === "scalar") return [{ labels: {}, value: numberOf(answer.result[1]) }];
  return answer.result.map(({ metric, value }) => ({ labels: metric, value: numberOf(value[1]) }));
}

/** A sample's text; Prometheus writes infinities with a sign. */
function numberOf(text: string): number {
  if (/^[+-]Inf$/.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
  return Number(text);
}

function unreachable(host: string, reason: string): OpsError {
  return new OpsError("tool-unreachable", {
    summary: `Prometheus at ${host} did not answer (${reason}).`,
    hint: "Without metrics this is not known; look at that server, or at the numbers themselves on /metrics.",
  });
}

function refused(host: string, reason: string): OpsError {
  return new OpsError("tool-refused", {
    summary: `Prometheus at ${host} refused the query: ${reason}.`,
    hint: "Compare prometheus.url and prometheus.token in the environment's file with that server.",
  });
}
