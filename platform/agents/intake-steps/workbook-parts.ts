import { posix } from "node:path";
import { limits, plainName, tooLarge, unreadable } from "./source.ts";
import { readWhole } from "./workbook-xml.ts";
import type { Workbook } from "./workbook-zip.ts";

/** What a number of a cell is shown as. */
export type CellKind = "number" | "date" | "percent";

/** A workbook without its cells: its sheets in order, its texts, and how numbers are shown. */
export type WorkbookParts = {
  readonly sheets: readonly { readonly name: string; readonly part: string }[];
  readonly texts: readonly string[];
  /** By the number of a cell's style. */
  readonly kinds: readonly CellKind[];
  /** Days are counted from 1904 instead of 1900. */
  readonly from1904: boolean;
};

const smallPart = 20_000_000;
const textPart = 200_000_000;
const mostText = 60_000_000;

/** Reads what must be known before the cells. */
export async function readParts(workbook: Workbook, name: string): Promise<WorkbookParts> {
  const whole = async (
    part: string,
    most: number,
    handler: Parameters<typeof readWhole>[3],
  ): Promise<boolean> => {
    const stream = await workbook.part(part, most);
    if (stream === undefined) return false;
    await readWhole(stream, name, part, handler);
    return true;
  };
  const sheets: { name: string; id: string }[] = [];
  let from1904 = false;
  const found = await whole("xl/workbook.xml", smallPart, {
    open(tag, attributes) {
      if (tag === "sheet") sheets.push({ name: attributes["name"] ?? "", id: attributes["r:id"] ?? "" });
      if (tag === "workbookPr") from1904 = /^(?:1|true)$/.test(attributes["date1904"] ?? "");
    },
  });
  if (!found)
    throw unreadable(
      `${plainName(name)} is an archive, but not a workbook.`,
      "Save the data as CSV, JSON or XLSX.",
    );
  const targets = new Map<string, string>();
  await whole("xl/_rels/workbook.xml.rels", smallPart, {
    open(tag, { Id: id, Target: target, TargetMode: mode }) {
      if (tag === "Relationship" && id !== undefined && target !== undefined && mode !== "External")
        targets.set(id, target.startsWith("/") ? target.slice(1) : posix.join("xl", target));
    },
  });
  return {
    sheets: sheets.map((sheet, at) => ({
      name: sheet.name,
      part: targets.get(sheet.id) ?? `xl/worksheets/sheet${at + 1}.xml`,
    })),
    texts: await textsOf(whole, name),
    kinds: await kindsOf(whole),
    from1904,
  };
}

type Whole = (part: string, most: number, handler: Parameters<typeof readWhole>[3]) => Promise<boolean>;

/** The shared texts; phonetic hints are left out. */
async function textsOf(whole: Whole, name: string): Promise<readonly string[]> {
  const texts: string[] = [];
  let [text, size, inText, inHint] = ["", 0, false, false];
  await whole("xl/sharedStrings.xml", textPart, {
    open(tag) {
      if (tag === "si") text = "";
      if (tag === "t") inText = true;
      if (tag === "rPh") inHint = true;
    },
    text(some) {
      if (!inText || inHint) return;
      text += some;
      size += some.length;
      if (size > mostText || text.length > limits.record)
        throw tooLarge(`${plainName(name)} holds more than ${mostText / 1e6} million characters of text.`);
    },
    close(tag) {
      if (tag === "t") inText = false;
      if (tag === "rPh") inHint = false;
      if (tag === "si") texts.push(text);
    },
  });
  return texts;
}

async function kindsOf(whole: Whole): Promise<readonly CellKind[]> {
  const formats = new Map<number, string>();
  const kinds: CellKind[] = [];
  let inCells = false;
  await whole("xl/styles.xml", smallPart, {
    open(tag, attributes) {
      if (tag === "numFmt") formats.set(Number(attributes["numFmtId"]), attributes["formatCode"] ?? "");
      if (tag === "cellXfs") inCells = true;
      if (tag === "xf" && inCells) {
        const id = Number(attributes["numFmtId"] ?? 0);
        kinds.push(kindOf(id, formats.get(id)));
      }
    },
    close(tag) {
      if (tag === "cellXfs") inCells = false;
    },
  });
  return kinds;
}

function kindOf(id: number, format: string | undefined): CellKind {
  if (id === 9 || id === 10) return "percent";
  if ((id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 47) || (id >= 50 && id <= 58))
    return "date";
  if (format === undefined) return "number";
  const shown = format.replaceAll(/"[^"]*"|\\.|\[[^\]]*\]|_.|\*./g, "");
  if (shown.includes("%")) return "percent";
  return /[dmyhs]/i.test(shown) && !/[#0?]/.test(shown) ? "date" : "number";
}
