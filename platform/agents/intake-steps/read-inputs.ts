import type { AgentWork } from "../../agent.ts";
import { type Catalogue, type Factors, loadLegacyCodes } from "../../catalogue/load.ts";
import { CsrdError } from "../../errors.ts";
import { type Company, files, type IntakeDocument, type Remark } from "../documents.ts";
import { ActivityRows, activityNames } from "./activity-rows.ts";
import { cellsOf } from "./block.ts";
import { columns } from "./columns.ts";
import { DatapointBytes } from "./datapoint-bytes.ts";
import { datapointColumns } from "./datapoint-columns.ts";
import { DatapointRows, datapointNames } from "./datapoint-rows.ts";
import { Lines } from "./lines.ts";
import { openInput } from "./open-input.ts";
import { wrongCells } from "./read-csv.ts";
import { Rejection } from "./rejection.ts";
import { placed, RejectedRows } from "./refusals.ts";
import { Remarks } from "./remarks.ts";
import { Origins, Row } from "./row.ts";
import { type IntakeCodes, loadAuxiliaries } from "./rules.ts";
import { type Encoding, OtherEncoding, plainName, type Source } from "./source.ts";

/** What is looked up while rows are read. */
export type Reference = {
  readonly company: Company;
  readonly catalogue: Catalogue;
  readonly factors: () => Promise<Factors>;
  readonly codes: IntakeCodes;
};

type InputFacts = IntakeDocument["inputs"][number];
type Kind = InputFacts["holds"];

/** Everything that reading gave, with its drafts still unpublished. */
export type Reading = {
  readonly inputs: readonly InputFacts[];
  readonly datapoints: DatapointRows | undefined;
  readonly activities: ActivityRows | undefined;
  readonly remarks: Remarks;
  readonly origins: Origins;
  /** The first row refused. */
  readonly first: Remark | undefined;
  readonly total: number;
  readonly notes: readonly string[];
  readonly wrote: () => readonly string[];
  publish(): Promise<void>;
  abort(): Promise<void>;
};

/** Reads all inputs once, in the order of their names. A file that turns out not to be UTF-8 makes it begin again, reading that file as windows-1252. */
export async function readInputs(work: AgentWork, reference: Reference): Promise<Reading> {
  const names = (await work.artifacts.list()).filter((name) => name.startsWith(files.inputs)).toSorted();
  if (names.length === 0)
    throw new CsrdError("input-missing", {
      summary: "The report has no data file.",
      hint: "Give at least one CSV, JSON or XLSX file.",
    });
  const encodings = new Map<string, Encoding>();
  for (;;) {
    const attempt = new Attempt(work, reference, names, encodings);
    try {
      return await attempt.read();
    } catch (error) {
      await attempt.abort();
      if (!(error instanceof OtherEncoding) || encodings.has(attempt.current)) throw error;
      encodings.set(attempt.current, "windows-1252");
    }
  }
}

class Attempt {
  readonly #work: AgentWork;
  readonly #reference: Reference;
  readonly #names: readonly string[];
  readonly #encodings: ReadonlyMap<string, Encoding>;
  readonly #origins = new Origins();
  readonly #remarks: Remarks;
  readonly #inputs: InputFacts[] = [];
  readonly #notes: string[] = [];
  readonly #open: Lines[] = [];
  readonly #rejected = new Map<Kind, RejectedRows>();
  #datapoints: DatapointRows | undefined;
  #activities: ActivityRows | undefined;
  #first: Remark | undefined;
  #total = 0;
  current = "";

  constructor(
    work: AgentWork,
    reference: Reference,
    names: readonly string[],
    encodings: ReadonlyMap<string, Encoding>,
  ) {
    this.#work = work;
    this.#reference = reference;
    this.#names = names;
    this.#encodings = encodings;
    this.#remarks = new Remarks(reference.codes);
  }

  async read(): Promise<Reading> {
    const lines = async (name: string): Promise<Lines> => {
      const opened = await Lines.open(this.#work.artifacts, name);
      this.#open.push(opened);
      return opened;
    };
    const [figures, texts, activities] = [
      await lines(files.datapoints),
      await lines(files.statements),
      await lines(files.activities),
    ];
    for (const name of this.#names) {
      this.current = name;
      const source = await openInput(this.#work.artifacts, name, this.#encodings.get(name));
      const kind = kindOf(source, this.#several);
      if (kind === "datapoints") await this.#readDatapoints(source, figures, texts);
      else await this.#readActivities(source, activities);
    }
    this.#work.progress?.(this.#total, this.#total, "rows read");
    return {
      inputs: this.#inputs,
      datapoints: this.#datapoints,
      activities: this.#activities,
      remarks: this.#remarks,
      origins: this.#origins,
      first: this.#first,
      total: this.#total,
      notes: this.#notes,
      wrote: () => [
        files.datapoints,
        files.statements,
        files.activities,
        ...[...this.#rejected.values()].filter(({ any }) => any).map(({ name }) => name),
      ],
      publish: async () => {
        for (const draft of [...this.#open, ...this.#rejected.values()]) await draft.close();
      },
      abort: () => this.abort(),
    };
  }

  async abort(): Promise<void> {
    for (const draft of [...this.#open, ...this.#rejected.values()]) await draft.abort();
  }

  get #several(): boolean {
    return this.#names.length > 1;
  }

  async #readDatapoints(source: Source, figures: Lines, texts: Lines): Promise<void> {
    const { catalogue, company } = this.#reference;
    this.#datapoints ??= new DatapointRows(
      {
        catalogue,
        auxiliaries: await loadAuxiliaries(),
        legacy: new Map((await loadLegacyCodes()).map((entry) => [entry.code, entry])),
      },
      company,
      this.#remarks,
      figures,
      texts,
    );
    const rows = this.#datapoints;
    const row = new Row(source.name, source.decimalMark, datapointNames, source.header, this.#origins);
    const bytes = new DatapointBytes(rows, row, source.header, figures);
    await this.#each(
      source,
      "datapoints",
      row,
      () => {
        rows.take(row);
        bytes.learn();
      },
      [figures, texts],
      bytes,
    );
  }

  async #readActivities(source: Source, lines: Lines): Promise<void> {
    const { catalogue, company, factors } = this.#reference;
    this.#activities ??= new ActivityRows(
      company,
      new Set(catalogue.countries),
      await factors(),
      this.#remarks,
      lines,
    );
    const rows = this.#activities;
    const row = new Row<string>(source.name, source.decimalMark, activityNames, source.header, this.#origins);
    await this.#each(source, "activities", row, () => rows.take(row), [lines]);
  }

  async #each<Name extends string>(
    source: Source,
    kind: Kind,
    row: Row<Name>,
    take: () => void,
    outputs: readonly Lines[],
    bytes?: DatapointBytes,
  ): Promise<void> {
    let count = 0;
    const refuse = async (problem: Rejection, cells: readonly string[]): Promise<void> => {
      const remark = this.#remarks.refuse(row.input, row.number, problem);
      this.#first ??= remark;
      await this.#rejectedFor(kind).add(source.header, cells, row.mark, placed(remark, this.#several));
    };
    const one = async (
      cells: readonly string[],
      number: number,
      plain: boolean,
      why: string | undefined,
    ): Promise<void> => {
      if (isBlank(cells)) return;
      count += 1;
      row.fill(cells, number, plain);
      if (why !== undefined) {
        this.#remarks.malformed += 1;
        await refuse(malformed(source.header[0] ?? "", why), cells);
        return;
      }
      try {
        take();
      } catch (error) {
        if (!(error instanceof Rejection)) throw error;
        await refuse(error, cells);
      }
    };
    const text = source.header.indexOf("value");
    for await (const batch of source.rows(bytes !== undefined)) {
      this.#work.signal?.throwIfAborted();
      if ("block" in batch) {
        const { block, first } = batch;
        for (let place = 0; place < block.rows; place += 1) {
          if (bytes?.take(block, place, first + place) === true) {
            count += 1;
            continue;
          }
          const cells = cellsOf(block, place);
          bytes?.meet(block, place);
          await one(cells, first + place, true, wrongCells(cells, source.header.length, text));
        }
      } else {
        const { rows, numbers, first, plain, broken } = batch;
        bytes?.meet(undefined, 0);
        for (let place = 0; place < rows.length; place += 1)
          await one(
            rows[place] ?? [],
            numbers === undefined ? first + place : (numbers[place] ?? 0),
            plain,
            broken?.get(place),
          );
      }
      for (const output of outputs) await output.flush();
      this.#work.progress?.(this.#total + count, undefined, "rows read");
    }
    if (count === 0)
      throw new CsrdError("input-empty", {
        summary: `${plainName(source.name)} has a header but no rows.`,
        hint: "Add at least one row below the header.",
      });
    this.#total += count;
    this.#inputs.push(this.#factsOf(source, kind, count));
  }

  #factsOf(source: Source, kind: Kind, rows: number): InputFacts {
    const known = kind === "datapoints" ? datapointColumns : columns;
    const unknown = source.header.filter(
      (name) => name !== "" && name !== "why" && !known.some((column) => column.name === name),
    );
    const of = this.#several ? ` of ${plainName(source.name)}` : "";
    const note = (
      reason: "encoding-guessed" | "columns-unused" | "sheet-unused" | "calculated-cell",
      sentence: string,
      hint: string,
    ): void => {
      this.#remarks.warn(reason, plainName(source.name), 0, "", sentence, hint);
      this.#notes.push(sentence);
    };
    if (source.encoding === "windows-1252")
      note(
        "encoding-guessed",
        "The file is not UTF-8 and was read as windows-1252; check names with accents.",
        "Save it as CSV UTF-8.",
      );
    if (unknown.length > 0)
      note(
        "columns-unused",
        `Columns not used${of}: ${unknown.slice(0, 10).join(", ")}.`,
        "Remove them, or correct their names.",
      );
    for (const { reason, sentence, hint } of source.notes)
      note(reason === "sheet-unused" ? "sheet-unused" : "calculated-cell", sentence, hint);
    return {
      name: plainName(source.name),
      holds: kind,
      format: source.format,
      ...source.seal(),
      encoding: source.encoding,
      delimiter: source.delimiter,
      decimal_mark: source.decimalMark,
      columns: [...source.header],
      unknown_columns: unknown,
      rows,
    };
  }

  #rejectedFor(kind: Kind): RejectedRows {
    const before = this.#rejected.get(kind);
    if (before !== undefined) return before;
    const name =
      kind === "activities" && this.#datapoints !== undefined ? files.rejectedActivities : files.rejected;
    const made = new RejectedRows(
      this.#work.artifacts,
      [...this.#rejected.values()].some((other) => other.name === name) ? files.rejectedActivities : name,
      kind === "datapoints"
        ? datapointColumns.map((column) => column.name)
        : columns.map((column) => column.name),
    );
    this.#rejected.set(kind, made);
    return made;
  }
}

const malformed = (column: string, why: string): Rejection =>
  new Rejection(
    "row-malformed",
    column,
    why,
    "Close the quotation mark, shorten the cell, or put cells that contain the delimiter into quotation marks.",
  );

function isBlank(cells: readonly string[]): boolean {
  const first = cells[0];
  if (first !== undefined && first.length > 0 && first.charCodeAt(0) > 32) return false;
  return cells.every((cell) => cell.trim() === "");
}

/** What the rows of a file are, told from its header; throws `column-missing` when it is neither. */
function kindOf({ header, name }: Source, several: boolean): Kind {
  const has = (column: string): boolean => header.includes(column);
  const kind: Kind =
    has("metric_code") || (!(has("record_id") || has("scope") || has("activity")) && has("value"))
      ? "datapoints"
      : "activities";
  const known = kind === "datapoints" ? datapointColumns : columns;
  const needed = known.filter(({ required }) => required).map((column) => column.name);
  const missing = needed.filter((column) => !has(column));
  if (missing.length === 0) return kind;
  throw new CsrdError("column-missing", {
    summary: `Row 1${several ? ` of ${plainName(name)}` : ""}: the column ${missing.join(", ")} is missing.`,
    hint: `A header of ${kind === "datapoints" ? "datapoint" : "activity"} rows needs ${needed.join(", ")}.`,
  });
}
