import { CsrdError } from "../../errors.ts";
import { messageOf, vendorCode } from "../../service/error-facts.ts";
import { storageFull } from "../disk-errors.ts";
import { isCodedError } from "#kit/errors.ts";

/** What of the vendor's error tells cases apart: its code, and the status of the answer where one came. */
export type S3Refusal = { readonly name: string; readonly status: number | undefined };

const full =
  /^(QuotaExceeded|InsufficientStorage|InsufficientCapacity|XMinioStorageFull|XMinioAdminBucketQuotaExceeded)$/;
const spoiled = /^(BadDigest|InvalidDigest|XAmzContentSHA256Mismatch|XAmzContentChecksumMismatch)$/;
const busy = /^(SlowDown|Throttling|ThrottlingException|TooManyRequests|RequestLimitExceeded)/;
const transient = /^(RequestTimeout|ConditionalRequestConflict|OperationAborted|NoSuchUpload)$/;

/** Code and status of what the SDK threw. */
export function refusalOf(error: unknown): S3Refusal {
  if (!(error instanceof Error)) return { name: "Error", status: undefined };
  const code = "Code" in error && typeof error.Code === "string" ? error.Code : error.name;
  const metadata = "$metadata" in error ? error.$metadata : undefined;
  const status =
    typeof metadata === "object" && metadata !== null && "httpStatusCode" in metadata
      ? metadata.httpStatusCode
      : undefined;
  return { name: code, status: typeof status === "number" ? status : undefined };
}

/** True when the object asked for is not there; a bucket that is not there is something else. */
export function isNoSuchKey(error: unknown): boolean {
  const { name, status } = refusalOf(error);
  return name === "NoSuchKey" || (status === 404 && name === "NotFound");
}

/** Throws what the SDK threw as `storage-full`, `artifact-damaged`, `files-refused` or `files-unreachable`; a defect of ours as it is. */
export function tellS3(error: unknown): never {
  if (isCodedError(error)) throw error;
  const { name, status } = refusalOf(error);
  const details = plain(`${name}${status === undefined ? "" : ` (${status})`}: ${messageOf(error)}`);
  if (full.test(name) || status === 507) throw storageFull(error);
  if (spoiled.test(name))
    throw new CsrdError("artifact-damaged", {
      summary: `The bytes changed on their way to the store of the reports' files (${plain(name)}).`,
      hint: "Nothing was stored; do the same again, and look at proxies between here and CSRD_S3_ENDPOINT.",
      details,
      cause: error,
    });
  if (/CredentialsProviderError|ProviderError/.test(name))
    throw new CsrdError("files-refused", {
      summary: "The store of the reports' files was not asked: no credentials were found.",
      hint: "Set CSRD_S3_ACCESS_KEY_ID and CSRD_S3_SECRET_ACCESS_KEY, or give this machine a role.",
      details,
      cause: error,
    });
  const isTransient = transient.test(name) || busy.test(name) || status === 429;
  if (status !== undefined && (status < 500 || status === 501) && status >= 300 && !isTransient)
    throw new CsrdError("files-refused", {
      summary: `The store of the reports' files refused: ${plain(name)}.`,
      hint: "Compare CSRD_FILES_URL, CSRD_S3_REGION, CSRD_S3_ENDPOINT and the credentials with the store.",
      details,
      cause: error,
    });
  const why = busy.test(name) || status === 429 ? "it throttles" : silence(error, name, status);
  if (why === undefined) throw error;
  throw new CsrdError("files-unreachable", {
    summary: `The store of the reports' files did not answer: ${why}.`,
    hint: "Look at the store and at the network from here to it; what waits goes on by itself.",
    details,
    cause: error,
  });
}

/** Why no usable answer came; undefined when it was not the line's fault. */
function silence(error: unknown, name: string, status: number | undefined): string | undefined {
  if (status !== undefined) return plain(`status ${status}, ${name}`);
  if (name === "TimeoutError" || name === "AbortError") return "no answer in time";
  const code = vendorCode(error) ?? codeWithin(error);
  if (code !== undefined && /^(E[A-Z_]+|UND_|HPE_|ERR_(STREAM|SOCKET|SSL|TLS))/.test(code))
    return plain(code);
  return /socket|hang up|aborted|deseriali[sz]ation|unexpected end/i.test(messageOf(error))
    ? "the connection broke"
    : undefined;
}

/** Several addresses were tried: the first one's code. */
function codeWithin(error: unknown): string | undefined {
  return error instanceof AggregateError ? vendorCode(error.errors[0]) : undefined;
}

function plain(text: string): string {
  return text.replaceAll(/[^\u0020-\u007e]+/g, " ").slice(0, 300);
}
