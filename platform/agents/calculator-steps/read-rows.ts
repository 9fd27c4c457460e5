import type { Artifacts } from "../../agent.ts";
import { CsrdError } from "../../errors.ts";
import type { DataPoint } from "../documents.ts";
import { files } from "../documents.ts";

/** Streams the datapoint rows. Each line is checked by hand, since a schema library costs several times the reading of a million lines. */
export async function* datapointsOf(artifacts: Artifacts): AsyncGenerator<readonly DataPoint[]> {
  const decoder = new TextDecoder();
  let rest = "";
  let at = 0;
  for await (const chunk of artifacts.stream(files.datapoints)) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield lines.map(read);
  }
  if (rest !== "") yield [read(rest)];

  function read(line: string): DataPoint {
    at += 1;
    const row = parsed(line);
    if (isDataPoint(row)) return row;
    throw new CsrdError("artifact-broken", {
      summary: `Line ${at} of ${files.datapoints} is not of the shape that the intake stage writes.`,
      hint: "Run the pipeline again from the input file.",
    });
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function isDataPoint(row: unknown): row is DataPoint {
  if (!isRecord(row)) return false;
  const { input, row: number, code, target, value, unit, period, dimensions, typed, as_given } = row;
  return (
    typeof input === "string" &&
    typeof number === "number" &&
    typeof code === "string" &&
    typeof target === "string" &&
    (value === undefined || typeof value === "string") &&
    typeof unit === "string" &&
    isRecord(period) &&
    (typeof period["instant"] === "string" ||
      (typeof period["start"] === "string" && typeof period["end"] === "string")) &&
    areWords(dimensions) &&
    areWords(typed) &&
    (as_given === undefined || areWords(as_given))
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function areWords(value: unknown): boolean {
  if (!isRecord(value)) return false;
  for (const key in value) if (typeof value[key] !== "string") return false;
  return true;
}
