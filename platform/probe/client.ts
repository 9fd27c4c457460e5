import { z } from "zod";
import { setTimeout as sleep } from "node:timers/promises";
import { agentNames, routes } from "../contract.ts";
import { CsrdError } from "../errors.ts";
import { messageOf, vendorCode } from "../service/error-facts.ts";
import type { Sample } from "./sample.ts";

/** A running platform as a customer reaches it. `signal` ends whatever is under way. */
export type PlatformAt = {
  /** Without a slash at the end. */
  readonly url: string;
  readonly key: string | undefined;
  readonly signal: AbortSignal;
};

/** What came back, whole. */
export type Answer = {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
  /** From the request to the last byte. */
  readonly ms: number;
};

/** One request. */
type Asking = {
  readonly method?: "GET" | "POST" | "DELETE";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: FormData | string;
  readonly withinMs?: number;
  /** Goes on when the platform's `signal` ends: what was sent must be known, so that it can be taken back. */
  readonly unbroken?: true;
};

const largestAnswer = 256 * 1024 * 1024;

const Stage = z.object({
  agent: z.enum(agentNames),
  status: z.string(),
  summary: z.string().optional(),
  duration_ms: z.number().optional(),
});

/** `GET …/status` and the answer to a new report, as far as a caller from outside relies on it. */
export const ReportStatus = z.object({
  id: z.string(),
  status: z.string(),
  outcome: z.string().optional(),
  accepted_at: z.iso.datetime(),
  finished_at: z.iso.datetime().optional(),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
  stages: z.array(Stage),
});
export type ReportStatus = z.infer<typeof ReportStatus>;

/** One page of `GET …/reports`. */
export const ReportPage = z.object({
  reports: z.array(z.object({ id: z.string(), status: z.string() })),
  next: z.string().optional(),
});

/** True for a status in which nothing more happens by itself. */
export function isOver(status: string): boolean {
  return status === "completed" || status === "failed" || status === "cancelled" || status === "dead-letter";
}

/** Asks once; every status is an answer. Throws `platform-unreachable` when none comes. */
export async function ask(at: PlatformAt, route: string, asking: Asking = {}): Promise<Answer> {
  const { method = "GET", headers = {}, body, withinMs = 20_000 } = asking;
  const from = performance.now();
  try {
    const response = await fetch(`${at.url}${route}`, {
      method,
      // Keys go to the address they were given for, and nowhere else.
      redirect: "manual",
      headers: { ...(at.key === undefined ? {} : { authorization: `Bearer ${at.key}` }), ...headers },
      ...(body === undefined ? {} : { body }),
      signal: AbortSignal.any([
        ...(asking.unbroken === true ? [] : [at.signal]),
        AbortSignal.timeout(withinMs),
      ]),
    });
    const bytes = await whole(response);
    return { status: response.status, headers: response.headers, body: bytes, ms: performance.now() - from };
  } catch (error) {
    if (asking.unbroken !== true) at.signal.throwIfAborted();
    throw unreachable(at.url, method, route, withinMs, error);
  }
}

async function whole(response: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > largestAnswer) throw new Error(`the answer is larger than ${largestAnswer} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The same, waiting when the platform says that it has been asked too often; at most `patienceMs` in all. */
export async function askPatiently(
  at: PlatformAt,
  route: string,
  asking: Asking & { readonly patienceMs?: number; readonly onHeldBack?: () => void } = {},
): Promise<Answer> {
  const until = Date.now() + (asking.patienceMs ?? 90_000);
  for (;;) {
    const answer = await ask(at, route, asking);
    const waitMs = Math.max(1, Number(answer.headers.get("retry-after") ?? 1)) * 1_000;
    if (answer.status !== 429 || Number.isNaN(waitMs) || Date.now() + waitMs > until) return answer;
    asking.onHeldBack?.();
    await sleep(waitMs, undefined, { signal: at.signal });
  }
}

/** Sends a report; the same `idempotencyKey` and sample give the same report. */
export async function sendReport(
  at: PlatformAt,
  sample: Sample,
  idempotencyKey: string,
  onHeldBack?: () => void,
): Promise<Answer> {
  const form = new FormData();
  for (const { name, bytes } of sample.data) form.append("data", new Blob([bytes]), name);
  form.append("company", new Blob([sample.company], { type: "application/json" }), "company.json");
  return askPatiently(at, routes.reports, {
    method: "POST",
    headers: { "idempotency-key": idempotencyKey },
    body: form,
    withinMs: 60_000,
    unbroken: true,
    ...(onHeldBack === undefined ? {} : { onHeldBack }),
  });
}

/** Where a report is; throws `platform-answer` when the answer is not a status. */
export async function reportStatus(at: PlatformAt, id: string): Promise<ReportStatus> {
  const route = `${routes.reports}/${id}/status`;
  return statusIn(await askPatiently(at, route), route);
}

/** The status in an answer; throws `platform-answer` for anything else. */
export function statusIn(answer: Answer, route: string): ReportStatus {
  const parsed = answer.status < 300 ? ReportStatus.safeParse(jsonOf(answer)) : undefined;
  if (parsed?.success === true) return parsed.data;
  throw new CsrdError("platform-answer", {
    summary: `${route} was answered with ${answer.status}${sentenceIn(answer)}.`,
    hint: "Is this the address of a csrd platform, and is the key one of its own? `csrd smoke` says which part fails.",
  });
}

/** Looks again and again until nothing more happens to the report; `onLook` sees every look. */
export async function followReport(
  at: PlatformAt,
  id: string,
  onLook: (status: ReportStatus) => void = () => undefined,
  everyMs = 250,
): Promise<ReportStatus> {
  for (;;) {
    const seen = await reportStatus(at, id);
    onLook(seen);
    if (isOver(seen.status)) return seen;
    await sleep(everyMs, undefined, { signal: at.signal });
  }
}

/** Takes reports back that are not finished; what has ended meanwhile stays. Gives the ids that could not be taken back. */
export async function takeBack(
  at: Omit<PlatformAt, "signal">,
  ids: readonly string[],
  withinMs: number,
): Promise<readonly string[]> {
  const there: PlatformAt = { ...at, signal: AbortSignal.timeout(withinMs) };
  const left: string[] = [];
  const next = ids.values();
  const taking = async (): Promise<void> => {
    for (const id of next) {
      const answer = await ask(there, `${routes.reports}/${id}`, { method: "DELETE" }).catch(() => undefined);
      // 409: it has ended by itself.
      if (answer === undefined || (answer.status >= 400 && answer.status !== 409)) left.push(id);
    }
  };
  await Promise.all(Array.from({ length: 8 }, taking));
  return left;
}

/** The answer's body as JSON; undefined for anything else. */
export function jsonOf({ body }: Answer): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString("utf8"));
  } catch {
    return undefined;
  }
}

const Problem = z.object({ code: z.string(), detail: z.string().optional() });

/** What the answer's problem document says, as the end of a sentence. */
export function sentenceIn(answer: Answer): string {
  const problem = Problem.safeParse(jsonOf(answer)).data;
  return problem === undefined
    ? ""
    : ` (${problem.code}${problem.detail === undefined ? "" : `: ${problem.detail.slice(0, 200).replace(/\.$/, "")}`})`;
}

function unreachable(url: string, method: string, route: string, withinMs: number, error: unknown) {
  const late = error instanceof Error && error.name === "TimeoutError";
  const inner = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const why = late ? `nothing within ${withinMs / 1_000} s` : (vendorCode(inner) ?? messageOf(inner));
  return new CsrdError("platform-unreachable", {
    summary: `${method} ${route} had no answer from ${url} (${why}).`,
    hint: "Check that the platform runs and that the address is right: `services` in the environment file, or --url.",
    cause: error,
  });
}
