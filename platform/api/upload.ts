import { createHash } from "node:crypto";
import type { FastifyRequest } from "fastify";
import { canonicalJson } from "#kit/canonical.ts";
import { isCodedError } from "#kit/errors.ts";
import { vendorCode } from "../service/error-facts.ts";
import { Problem } from "../service/problem.ts";
import { JsonReport } from "./answers.ts";
import { whyNotPlain } from "./plain-json.ts";
import { inputNames, type Kept, plainName, type ReportFiles } from "../storage/report-files.ts";

/** A report's inputs, kept on disk and not accepted yet. */
export type Upload = {
  readonly company: Readonly<Record<string, unknown>>;
  /** What identifies the data: the bytes of all files together, and the hash of the only one, or of the sorted names and hashes of several. */
  readonly data: { readonly sha256: string; readonly bytes: number };
  /** The same for the same company and the same data, however they were sent. */
  readonly requestSha256: string;
};

/** The company as it was understood, and as it was sent: the second is what is kept. */
type Sent = { readonly company: Readonly<Record<string, unknown>>; readonly text: string };

const Company = JsonReport.shape.company;
/** How many data files one report is made from at most. */
export const mostFiles = 10;
const companyLimit = 256 * 1024;

/** Takes `data` (CSV, JSON or XLSX; in a multipart body up to ten files) and `company` (JSON) from a multipart or a JSON body and keeps them under the report's id. */
export async function takeUpload(
  request: FastifyRequest,
  files: ReportFiles,
  id: string,
  limitBytes: number,
): Promise<Upload> {
  if (request.isMultipart()) return takeMultipart(request, files, id, limitBytes).catch(readable);
  const body = JsonReport.safeParse(request.body);
  if (!body.success)
    throw new Problem(
      "body-invalid",
      "The body is { company, data }: an object, and the CSV or JSON as text.",
    );
  const { company } = body.data;
  requirePlain("The body", body.data);
  const text = `${JSON.stringify(company, undefined, 2)}\n`;
  return keep(files, id, { company, text }, [await files.keep(id, one(body.data.data))]);
}

async function takeMultipart(
  request: FastifyRequest,
  files: ReportFiles,
  id: string,
  limitBytes: number,
): Promise<Upload> {
  const data: Kept[] = [];
  let company: Sent | undefined;
  for await (const part of request.parts()) {
    if (part.type === "file" && part.fieldname === "data" && data.length < mostFiles) {
      const name = plainName(part.filename);
      if (data.some((kept) => kept.name.toLowerCase() === `${inputNames.data}${name}`.toLowerCase()))
        throw new Problem("body-invalid", `Two data files are called ${name}; give each its own name.`);
      const sofar = data.reduce((sum, { bytes }) => sum + bytes, 0);
      data.push(await files.keep(id, atMost(limitBytes - sofar, part.file), name));
    } else if (part.fieldname === "company" && company === undefined) {
      company = companyOf(part.type === "file" ? await textOf(part.file) : fieldText(part));
    } else
      throw new Problem(
        "body-invalid",
        `The parts are data (1 to ${mostFiles} files: CSV, JSON or XLSX) and company (JSON, once).`,
      );
  }
  if (data.length === 0 || data.some(({ bytes }) => bytes === 0))
    throw new Problem("body-invalid", "The part data is missing, or a data file is empty.");
  if (company === undefined) throw new Problem("body-invalid", "The part company is missing.");
  return keep(files, id, company, data);
}

/** The same bytes; refuses as soon as there are more, so that nobody reads the rest. */
async function* atMost(bytes: number, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let left = bytes;
  for await (const chunk of chunks) {
    left -= chunk.byteLength;
    if (left < 0) throw new Problem("body-too-large", "The data is larger than this platform takes.");
    yield chunk;
  }
}

/** What broken multipart throws, as a refusal; a store that is full or away speaks for itself. */
function readable(error: unknown): never {
  if (error instanceof Problem || isCodedError(error) || (error instanceof Error && "statusCode" in error))
    throw error;
  if (vendorCode(error) === undefined || /PREMATURE_CLOSE|ECONNRESET/.test(vendorCode(error) ?? ""))
    throw new Problem("body-invalid", "The multipart body ends early or is malformed.", error);
  throw error;
}

async function keep(
  files: ReportFiles,
  id: string,
  { company, text }: Sent,
  kept: readonly Kept[],
): Promise<Upload> {
  if (Buffer.byteLength(text) > companyLimit)
    throw new Problem("body-too-large", "The company is larger than 256 KiB.");
  const canonical = canonicalJson(company);
  await files.of(id).write(inputNames.company, text);
  const data = {
    sha256:
      kept.length === 1
        ? (kept[0]?.sha256 ?? "")
        : sha256(
            kept
              .map((file) => `${file.name} ${file.sha256}`)
              .toSorted()
              .join("\n"),
          ),
    bytes: kept.reduce((sum, { bytes }) => sum + bytes, 0),
  };
  const requestSha256 = sha256(`${data.sha256}\n${canonical}`);
  return { company, data, requestSha256 };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** A field's text; one that says it is JSON has been parsed on its way, and is written out again. */
function fieldText({
  value,
  valueTruncated,
}: {
  readonly value: unknown;
  readonly valueTruncated: boolean;
}): string {
  if (valueTruncated) throw new Problem("body-too-large", "The part company is larger than 256 KiB.");
  if (typeof value === "string") return value;
  requirePlain("The part company", value);
  return JSON.stringify(value, undefined, 2);
}

function companyOf(text: string): Sent {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch (cause) {
    throw new Problem("body-invalid", "The part company is not a JSON object.", cause);
  }
  // Before anything copies it: what looks like an object may not be a plain one.
  requirePlain("The part company", given);
  const company = Company.safeParse(given);
  if (!company.success) throw new Problem("body-invalid", "The part company is not a JSON object.");
  return { company: company.data, text };
}

function requirePlain(what: string, value: unknown): void {
  const why = whyNotPlain(value);
  if (why !== undefined) throw new Problem("body-invalid", `${what} ${why}.`);
}

async function textOf(file: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of file) {
    bytes += chunk.byteLength;
    if (bytes > companyLimit) throw new Problem("body-too-large", "The part company is larger than 256 KiB.");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

async function* one(text: string): AsyncIterable<string> {
  yield text;
}
