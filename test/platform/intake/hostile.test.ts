import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Artifacts } from "#platform/agent.ts";
import { folderArtifacts } from "#platform/pipeline/folder-artifacts.ts";
import { memoryArtifacts } from "#test/platform/agents/sample.ts";
import { company, csv, energy, refusal, run, take, workbookParts, zip } from "./take.ts";

const header = Object.keys(energy).join(",");
const jsonHead = '{"metadata":{},"data_points":[';
const columns = Object.keys(energy);
const sheet = [columns, columns.map((column) => (energy as Record<string, string>)[column] ?? "")];
const parts = workbookParts(sheet);

describe("a file that cannot be read is refused, and nothing is published", () => {
  const files: readonly (readonly [why: string, content: string | Uint8Array, code: string])[] = [
    ["an empty file", "", "input-empty"],
    ["white space", " \n\t\n", "input-empty"],
    ["a header alone", `${header}\n`, "input-empty"],
    ["an empty JSON array", "[]", "input-empty"],
    [
      "bytes of no encoding",
      Uint8Array.from({ length: 600 }, (_, at) => (at % 7 === 0 ? 0 : 200 + (at % 50))),
      "input-unreadable",
    ],
    [
      "JSON in windows-1252",
      Buffer.from(JSON.stringify([{ ...energy, location: "München" }]), "latin1"),
      "input-unreadable",
    ],
    ["a column twice", `${header},unit\n`, "column-duplicate"],
    ["neither kind of rows", "a,b,c\n1,2,3\n", "column-missing"],
    ["JSON of something else", '[{"a":1}]', "column-missing"],
    ["JSON without a list", '{"metadata":{"a":1}}', "input-unreadable"],
    ["JSON rows that are texts", '["a"]', "input-unreadable"],
    ["a key twice in a row", '[{"metric_code":"E1-5_01","value":1,"value":2}]', "column-duplicate"],
    ["NaN in JSON", `[{"metric_code":"E1-5_01","value":NaN}]`, "input-unreadable"],
    ["Infinity in JSON", `[{"metric_code":"E1-5_01","value":-Infinity}]`, "input-unreadable"],
    ["half of a JSON file", JSON.stringify([energy, energy]).slice(0, -40), "input-unreadable"],
    ["JSON that goes on after its end", `${JSON.stringify([energy])}[]`, "input-unreadable"],
    [
      "JSON nested a hundred thousand deep",
      `${jsonHead}{"metric_code":"x","breakdown":${"[".repeat(100_000)}`,
      "input-unsafe",
    ],
    ["a web page", "<!DOCTYPE html><html></html>", "input-unreadable"],
    ["an old workbook", Uint8Array.from([0xd0, 0xcf, 0x11, 0xe0, 1, 2, 3]), "input-unreadable"],
    ["a Parquet file", "PAR1....", "input-unreadable"],
    ["a PDF", "%PDF-1.7", "input-unreadable"],
    ["half of a workbook", zip(parts).subarray(0, 600), "input-unreadable"],
    ["an archive that is no workbook", zip({ "a.txt": "hello" }), "input-unreadable"],
    ["a workbook with macros", zip({ ...parts, "xl/vbaProject.bin": "x" }), "input-unsafe"],
    [
      "a workbook with Excel 4 macros",
      zip({ ...parts, "xl/macrosheets/sheet1.xml": "<x/>" }),
      "input-unsafe",
    ],
    [
      "a sheet that unpacks to a thousand times its size",
      zip({ ...parts, "xl/worksheets/sheet1.xml": " ".repeat(30_000_000) }),
      "input-unsafe",
    ],
    [
      "entities that grow",
      zip({
        ...parts,
        "xl/sharedStrings.xml":
          '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><sst><si><t>&b;</t></si></sst>',
      }),
      "input-unsafe",
    ],
    [
      "a sheet whose XML is cut",
      zip({ ...parts, "xl/worksheets/sheet1.xml": parts["xl/worksheets/sheet1.xml"]?.slice(0, -60) ?? "" }),
      "input-unreadable",
    ],
    ["a workbook of empty sheets", zip(workbookParts([], [])), "input-empty"],
    [
      "a million columns",
      `${Array.from({ length: 1_000_000 }, (_, at) => `c${at}`).join(",")}\n1\n`,
      "input-too-large",
    ],
    [
      "a million cells in one row of JSON",
      `[{"metric_code":"E1-5_01",${Array.from({ length: 100_000 }, (_, at) => `"column${at}":1`).join(",")}}]`,
      "input-too-large",
    ],
  ];

  test.for(files)("%s", async ([, content, code]) => {
    const { error, wrote } = await refusal(content);

    expect(error.code).toBe(code);
    expect(error.exit).toBe(1);
    expect(error.summary).not.toContain("\n");
    expect(error.hint).not.toBe("");
    expect(wrote).toEqual([]);
  });

  test("no data file at all", async () => {
    const { error } = await refusal({});

    expect(error.code).toBe("input-missing");
  });
});

describe("rows that are wrong are named by row and column", () => {
  test("a million cells in one row", async () => {
    const { document } = await take(`${csv(energy)}E1-5_01${",x".repeat(300_000)}\n`);

    expect(document.rejected).toMatchObject([{ row: 3, code: "E008" }]);
  });

  test("the last row of a half-written file", async () => {
    const { document } = await take(csv(energy, { ...energy, location: "" }).slice(0, -60));

    expect(document.rejected).toMatchObject([{ row: 3, code: "E008", reason: "row-malformed" }]);
  });

  test("a cell of a hundred thousand characters", async () => {
    const { document } = await take(csv(energy, { ...energy, source_document: "x".repeat(100_000) }));

    expect(document.rejected).toMatchObject([{ row: 3, reason: "row-malformed" }]);
  });

  test("formulas come back as text, and no spreadsheet runs them", async () => {
    const formulas = [
      "=cmd|' /C calc'!A0",
      "+1+cmd|x",
      "@SUM(A1)",
      "-2+3+cmd|x",
      "\t=1",
      '=HYPERLINK("http://evil.example")',
    ];

    const { rejected } = await take(
      csv(energy, ...formulas.map((text) => ({ ...energy, unit: "km", notes: text }))),
    );
    const { default: Papa } = await import("papaparse");
    const cells = Papa.parse<string[]>(rejected).data.flat();

    expect(cells.filter((cell) => /^\s*[=@]|^\s*[+-](?![\d.,]+$)/.test(cell))).toEqual([]);
    for (const text of formulas) expect(cells.join("\n")).toContain(text.trim());
  });
});

/** An endless file, given out in pieces; counts what was taken of it. */
function endless(start: string, piece: string, most: number) {
  let given = 0;
  const under = memoryArtifacts({ "company.json": JSON.stringify(company) });
  const block = Buffer.from(piece.repeat(Math.ceil(65_536 / piece.length)));
  const artifacts: Artifacts = {
    ...under,
    list: async () => [...(await under.list()), "inputs/endless"],
    async *stream(name) {
      if (name !== "inputs/endless") {
        yield* under.stream(name);
        return;
      }
      given = 0;
      yield Buffer.from(start);
      while (given < most) {
        given += block.length;
        yield block;
      }
    },
  };
  return { artifacts, given: () => given };
}

describe("a line of two gigabytes is refused long before its end", () => {
  test.for([
    ["as the header", "", "x"],
    ["as a row", `${csv(energy)}E1-5_01,`, "x"],
    ["in an open quotation mark", `${csv(energy)}"`, "E1-5_01,1000,MWh\n"],
    ["as a text of JSON", `${jsonHead}{"metric_code":"`, "x"],
    ["as a number of JSON", `${jsonHead}{"value":`, "1"],
    ["as white space of JSON", jsonHead, " "],
    ["as a row of JSON without an end", `${jsonHead}{"metric_code":"E1-5_01"`, ',"a":"b"'],
  ] as const)("%s", async ([, start, piece]) => {
    const { artifacts, given } = endless(start, piece, 2_000_000_000);

    const { error, wrote } = await refusal("", artifacts);

    expect(["input-too-large", "column-duplicate"]).toContain(error.code);
    expect(given()).toBeLessThan(4_000_000);
    expect(wrote).toEqual([]);
  });
});

describe("where the results cannot be written", () => {
  test("a disk that fails in the middle leaves nothing behind", async () => {
    const folder = await mkdtemp(join(tmpdir(), "csrd-intake-"));
    const under = folderArtifacts({ folder });
    await under.write("company.json", JSON.stringify(company));
    await under.write(
      "inputs/data.csv",
      csv(...Array.from({ length: 5000 }, (_, at) => ({ ...energy, location: `Site ${at}` }))),
    );
    const full: Artifacts = {
      ...under,
      async writer(name) {
        const writer = await under.writer(name);
        return {
          ...writer,
          write: async () => {
            throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
          },
        };
      },
    };

    await expect(run(full)).rejects.toThrow();
    const left = await readdir(folder, { recursive: true });

    expect(left.filter((name) => /\.(part|ndjson)$/.test(name))).toEqual([]);
    await rm(folder, { recursive: true });
  });
});
