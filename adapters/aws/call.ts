import { setTimeout as pause } from "node:timers/promises";
import { OpsError } from "#kit/errors.ts";
import { plainText } from "../foreign-text.ts";
import type { AwsClients, AwsService } from "./clients.ts";

/** One call by name: what a sentence about it needs. */
export type AwsCall = { readonly service: AwsService; readonly action: string };

const waitsMs = [200, 600] as const;

/** Makes a reading call; whatever goes wrong becomes `tool-unreachable` or `tool-refused` with the call and host named. */
export async function look<T>(clients: AwsClients, call: AwsCall, send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    throw translate(clients.host(call.service), call, error, false);
  }
}

/**
 * Makes a changing call. Only what the vendor turned away unheard (throttling) is tried again, at most twice;
 * a call that went out and got no answer is `state-unknown`, because it may have happened.
 */
export async function act<T>(clients: AwsClients, call: AwsCall, send: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await send();
    } catch (error) {
      const waitMs = waitsMs[attempt];
      if (waitMs === undefined || !isThrottled(error))
        throw translate(clients.host(call.service), call, error, true);
      await pause(waitMs);
    }
  }
}

/** What of a vendor's error is worth reading. */
type VendorError = {
  readonly name: string;
  readonly message: string;
  readonly code?: string | undefined;
  readonly status?: number | undefined;
};

function translate(host: string, call: AwsCall, error: unknown, changes: boolean): OpsError {
  if (OpsError.is(error)) return error;
  const vendor = read(error);
  const what = `AWS ${call.action} at ${host}`;
  const details = plainText(`${vendor.name}: ${vendor.message}`, 1_000);

  if (vendor.name === "CredentialsProviderError" || vendor.name === "ProviderError")
    return new OpsError("tool-refused", {
      summary: `${what} was not sent: no credentials were found.`,
      hint: "Look at the credentials of the aws binding, and at the profile or role of this machine.",
      details,
    });
  if (isThrottled(error))
    return new OpsError("tool-unreachable", {
      summary: `${what} was throttled, also when tried again.`,
      hint: "Nothing was changed by it. Wait a minute; something else may be using up the account's request rate.",
      details,
    });
  if (vendor.status !== undefined && vendor.status < 500)
    return new OpsError("tool-refused", {
      summary: `${what} was refused: ${plainText(vendor.name, 80)}, ${sentence(plainText(vendor.message, 200))}`,
      hint: refusalHint(vendor.name),
      details,
    });

  const why = vendor.status === undefined ? silence(vendor) : `status ${vendor.status}, ${vendor.name}`;
  if (changes && !neverLeft.has(vendor.code ?? vendor.name))
    return new OpsError("state-unknown", {
      summary: `${what} went out but got no usable answer (${plainText(why, 120)}); it may have happened.`,
      hint: "Look at the target before doing anything again.",
      details,
    });
  return new OpsError("tool-unreachable", {
    summary: `${what} did not answer (${plainText(why, 120)}).`,
    hint: "Look at the network from here to that host, and at the vendor's status page.",
    details,
  });
}

/** Failures before a connection stood: the call cannot have reached anyone. */
const neverLeft = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);

const throttles = new Set([
  "RequestLimitExceeded",
  "Throttling",
  "ThrottlingException",
  "TooManyRequestsException",
  "RequestThrottled",
  "RequestThrottledException",
  "SlowDown",
]);

function isThrottled(error: unknown): boolean {
  const { name, status } = read(error);
  return throttles.has(name) || status === 429;
}

function read(error: unknown): VendorError {
  if (!(error instanceof Error)) return { name: "Error", message: String(error) };
  const code = "code" in error ? error.code : undefined;
  const queryCode = "Code" in error ? error.Code : undefined;
  const inner = error instanceof AggregateError ? read(error.errors[0]) : undefined;
  return {
    name: typeof queryCode === "string" ? queryCode : error.name,
    message: error.message === "" ? (inner?.message ?? "") : error.message,
    code: typeof code === "string" ? code : inner?.code,
    status: statusOf(error),
  };
}

/** The status of the answer, where one came. */
function statusOf(error: Error): number | undefined {
  const metadata = "$metadata" in error ? error.$metadata : undefined;
  if (typeof metadata !== "object" || metadata === null || !("httpStatusCode" in metadata)) return undefined;
  return typeof metadata.httpStatusCode === "number" ? metadata.httpStatusCode : undefined;
}

function silence({ name, message, code }: VendorError): string {
  if (code === "ECONNREFUSED") return "connection refused";
  if (code === "ECONNRESET" || code === "EPIPE") return "connection reset";
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "its name was not found";
  if (name === "TimeoutError") return "no answer within the limit";
  return `${name}: ${message}`;
}

function sentence(text: string): string {
  return /[.…!?]$/.test(text) ? text : `${text}.`;
}

function refusalHint(name: string): string {
  if (/UnauthorizedOperation|AccessDenied/.test(name))
    return "Allow that call to these credentials, or bind others in the environment file.";
  if (/AuthFailure|InvalidClientToken|Signature|UnrecognizedClient|ExpiredToken|MissingAuth/.test(name))
    return "The credentials are wrong, expired or for another region; check the binding and this machine's clock.";
  if (/NotFound/.test(name))
    return "The environment file names something this account and region do not have; correct it there.";
  return "Compare the environment file with what this account and region hold.";
}
