import { z } from "zod";
import { plainText } from "../foreign-text.ts";
import { silence } from "../silence.ts";
import type { Reply } from "./transport.ts";

/** What a server says of a call that it did not carry out. */
export const Status = z.object({
  kind: z.literal("Status"),
  message: z.string().default(""),
  reason: z.string().default(""),
  details: z
    .object({
      name: z.string().optional(),
      kind: z.string().optional(),
      retryAfterSeconds: z.number().optional(),
      causes: z.array(z.object({ reason: z.string().optional() })).optional(),
    })
    .optional(),
});

/** What came back of a call; its body as it came, or read already. */
export type Answered = Omit<Reply, "body"> & { readonly body: unknown };

/** An answer that is no success. */
export type Refused = {
  readonly code: number;
  /** Undefined: in no form of Kubernetes. */
  readonly status: z.infer<typeof Status> | undefined;
  /** The server has no time for it now, or failed: it may be asked again. */
  readonly isBusy: boolean;
  /** It may have been carried out all the same. */
  readonly mayBeDone: boolean;
  /** After which pause the server wants to be asked again; undefined when it does not say. */
  readonly waitMs: number | undefined;
  /** The server's own words, or the start of what came instead; foreign. */
  readonly text: string;
  /** All of it in one plain line. */
  readonly details: string;
};

/** Reads an answer that is no success. */
export function readRefusal({ status: code, headers, body }: Answered): Refused {
  const read = Status.safeParse(typeof body === "string" ? asJson(body) : body);
  const status = read.success ? read.data : undefined;
  const came = typeof body === "string" ? body.slice(0, 500) : "";
  const text = status === undefined || status.message === "" ? came : status.message;
  const header = Number(headers["retry-after"]);
  const seconds = status?.details?.retryAfterSeconds ?? (header > 0 ? header : undefined);
  return {
    code,
    status,
    isBusy: code === 429 || code >= 500,
    // Too many requests are turned away before they are looked at; a server that failed may have failed afterwards.
    mayBeDone: code >= 500,
    waitMs: seconds === undefined ? undefined : 1_000 * seconds,
    text,
    details: plainText(`${code} ${status?.reason ?? ""} ${text}`, 1_000),
  };
}

/**
 * Why a call got no answer. `untrusted`: the server's certificate proves nothing. `unsent`: it never came to asking, because of the credentials or
 * of a program that gets them. `late` and `broken`: it went out, and what became of it is not known. `unreachable`: nobody was there to hear it.
 */
export type Unanswered = {
  readonly kind: "untrusted" | "unsent" | "late" | "broken" | "unreachable";
  /** In words for people. */
  readonly why: string;
  /** All of it in one plain line. */
  readonly details: string;
};

const untrusted = /CERT|SIGNED|TLS|SSL/;
const late = /^UND_ERR_(CONNECT|HEADERS|BODY)_TIMEOUT$/;
const broken = /^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/;
/** Said by the network. A program that is missing is `ENOENT`, which is none of these. */
const unreachable =
  /^(ECONN(REFUSED|ABORTED)|E(HOST|NET)(UNREACH|DOWN)|ENETRESET|ETIMEDOUT|ENOTFOUND|EAI_[A-Z]+|EADDRNOTAVAIL|EPROTO)$/;

/** Sorts a call that threw in place of an answer. */
export function readSilence(error: unknown): Unanswered {
  const { code, name, message, syscall } = innermost(error);
  const details = plainText(`${code} ${name}: ${message}`.trim(), 1_000);
  const said = plainText(message, 160);
  if (untrusted.test(code)) return { kind: "untrusted", why: said, details };
  if (name === "TimeoutError" || late.test(code))
    return { kind: "late", why: "no answer within the time limit", details };
  if (!broken.test(code) && !unreachable.test(code)) return { kind: "unsent", why: said, details };
  // The same code says that nobody was reached, or that a connection which stood was lost.
  const stood = broken.test(code) || syscall === "read" || syscall === "write";
  return { kind: stood ? "broken" : "unreachable", why: silence(error), details };
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** fetch wraps what happened; the inside says it best. */
function innermost(error: unknown): {
  readonly code: string;
  readonly name: string;
  readonly message: string;
  readonly syscall: string;
} {
  let current: unknown = error;
  for (let depth = 0; depth < 8; depth += 1) {
    if (current instanceof AggregateError && current.errors.length > 0) current = current.errors[0];
    else if (current instanceof Error && current.cause instanceof Error) current = current.cause;
    else break;
  }
  if (!(current instanceof Error)) return { code: "", name: "Error", message: String(current), syscall: "" };
  const { code, name, message, syscall }: NodeJS.ErrnoException = current;
  return { code: typeof code === "string" ? code : "", name, message, syscall: syscall ?? "" };
}
