import type { Artifacts } from "../../agent.ts";
import { CsrdError } from "../../errors.ts";
import { type ActivityRecord, type DataPoint, files } from "../documents.ts";

/** Streams the datapoint rows, some at a time; throws `artifact-broken`. */
export const datapointsOf = (artifacts: Artifacts): AsyncGenerator<readonly DataPoint[]> =>
  rowsOf(artifacts, files.datapoints, isDataPoint);

/** Streams the activity records, some at a time; throws `artifact-broken`. */
export const activitiesOf = (artifacts: Artifacts): AsyncGenerator<readonly ActivityRecord[]> =>
  rowsOf(artifacts, files.activities, isActivity);

/** Lines are checked by hand, since a schema library costs several times the reading of a million lines. */
async function* rowsOf<T>(
  artifacts: Artifacts,
  name: string,
  isRow: (row: unknown) => row is T,
): AsyncGenerator<readonly T[]> {
  const decoder = new TextDecoder();
  let rest = "";
  let at = 0;
  for await (const chunk of artifacts.stream(name)) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield lines.map(read);
  }
  if (rest !== "") yield [read(rest)];

  function read(line: string): T {
    at += 1;
    const row = parsed(line);
    if (isRow(row)) return row;
    throw new CsrdError("artifact-broken", {
      summary: `Line ${at} of ${name} is not of the shape that the intake stage writes.`,
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

const activityWords = [
  "input",
  "record_id",
  "country",
  "category",
  "activity",
  "amount",
  "unit",
  "period_start",
  "period_end",
  "instrument",
] as const;

function isActivity(row: unknown): row is ActivityRecord {
  if (!isRecord(row)) return false;
  const { row: number, scope, factor, market_factor, biogenic_co2_tonnes, ets, primary_data } = row;
  return (
    activityWords.every((word) => typeof row[word] === "string") &&
    typeof number === "number" &&
    (scope === 1 || scope === 2 || scope === 3) &&
    typeof ets === "boolean" &&
    typeof primary_data === "boolean" &&
    isRecord(factor) &&
    (factor["kind"] === "own" || factor["kind"] === "catalogue") &&
    areWords(factor) &&
    isNumber(row["amount"]) &&
    (factor["kind"] !== "own" || isNumber(factor["kg_co2e"])) &&
    (market_factor === undefined || (areWords(market_factor) && isNumber(market_factor["kg_co2e"]))) &&
    (biogenic_co2_tonnes === undefined || isNumber(biogenic_co2_tonnes))
  );
}

/** Decimal text that the arithmetic can hold: neither infinite nor of a size that stalls it. */
function isNumber(text: unknown): boolean {
  return typeof text === "string" && /^-?\d{1,40}(?:\.\d{1,40})?(?:e[+-]?\d{1,2})?$/i.test(text);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function areWords(value: unknown): value is Readonly<Record<string, string>> {
  if (!isRecord(value)) return false;
  for (const key in value) if (typeof value[key] !== "string") return false;
  return true;
}
