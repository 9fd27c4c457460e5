import { describe, expect, test } from "vitest";
import { csv, energy, type SheetCell, take, workbookParts, zip } from "./take.ts";

const rows = [
  energy,
  { ...energy, metric_code: "PercentageOfEmployeeTurnover", value: "12.5", unit: "%" },
  {
    ...energy,
    metric_code: "Revenue",
    value: "2.25",
    unit: "EUR million",
    period_start: "2023-01-01",
    period_end: "2023-12-31",
  },
];
const columns = Object.keys(energy);
const jsonRows = rows.map((row) => ({ ...row, value: Number(row["value"]) }));
const sheet: readonly (readonly SheetCell[])[] = [
  columns,
  ...rows.map((row, at) =>
    columns.map((column): SheetCell => {
      if (column === "value") return at === 1 ? { percent: 0.125 } : Number(row["value"]);
      // Day numbers of 2023-01-01 and 2024-01-01, 2023-12-31 and 2024-12-31.
      if (column === "period_start") return { date: at === 2 ? 44927 : 45292 };
      if (column === "period_end") return { date: at === 2 ? 45291 : 45657 };
      return (row as Record<string, string>)[column] ?? "";
    }),
  ),
];

describe("the same rows say the same in every format", () => {
  const files: readonly (readonly [format: string, name: string, content: string | Uint8Array])[] = [
    ["json", "an array", JSON.stringify(jsonRows)],
    [
      "json",
      "an object with data_points",
      JSON.stringify({ metadata: { data_source: "ERP", of: [{ a: 1 }] }, data_points: jsonRows }),
    ],
    ["json", "UTF-16", Buffer.from(`\uFEFF${JSON.stringify(jsonRows)}`, "utf16le")],
    ["xlsx", "a workbook", zip(workbookParts(sheet))],
    ["xlsx", "the second sheet of a workbook", zip(workbookParts([["Read me"]], sheet))],
    [
      "csv",
      "tabs",
      [
        columns.join("\t"),
        ...rows.map((row) => columns.map((column) => (row as Record<string, string>)[column]).join("\t")),
      ].join("\r\n"),
    ],
    [
      "csv",
      "pipes",
      [
        columns.join("|"),
        ...rows.map((row) => columns.map((column) => (row as Record<string, string>)[column]).join("|")),
      ].join("\r"),
    ],
    ["csv", "quotation marks around everything", csv(...rows).replaceAll(/[^,\n]+/g, (cell) => `"${cell}"`)],
  ];
  const bare = (points: readonly { readonly row: number; readonly input: string }[]) =>
    points.map(({ row: _row, input: _input, ...rest }) => rest);

  test.for(files)("%s: %s", async ([format, , content]) => {
    const expected = await take(csv(...rows));

    const { document, points } = await take({ "data.bin": content });

    expect(document.inputs[0]?.format).toBe(format);
    expect(bare(points)).toEqual(bare(expected.points));
  });
});

describe("workbooks", () => {
  test("rows keep the numbers that a person sees in the sheet", async () => {
    const bad = [
      ...sheet,
      columns.map((column) =>
        column === "unit"
          ? "km"
          : column === "value"
            ? 5
            : ((energy as Record<string, string>)[column] ?? ""),
      ),
    ];

    const { document } = await take(zip(workbookParts(bad)));

    expect(document.rejected).toMatchObject([{ row: 5, column: "unit", code: "E005" }]);
  });

  test("calculated cells give their stored result and are pointed out", async () => {
    const calculated = sheet.map((row, at) =>
      at === 1 ? row.map((cell) => (cell === 1000 ? { formula: "SUM(A1:A3)", result: 1000 } : cell)) : row,
    );

    const { points, document } = await take(zip(workbookParts(calculated)));

    expect(points[0]?.value).toBe("1000");
    expect(document.warnings).toContainEqual(expect.objectContaining({ code: "W014" }));
  });

  test("a cell that calculates with something outside is refused", async () => {
    const reaching = sheet.map((row, at) =>
      at === 1
        ? row.map((cell) => (cell === 1000 ? { formula: "cmd|' /C calc'!A0", result: 1000 } : cell))
        : row,
    );

    const { document } = await take(zip(workbookParts(reaching)));

    expect(document.rejected).toMatchObject([{ row: 2, reason: "row-malformed" }]);
  });

  test("stored noise behind the fifteenth digit is not a figure", async () => {
    const noisy = sheet.map((row, at) =>
      at === 1 ? row.map((cell) => (cell === 1000 ? 0.1 + 0.2 : cell)) : row,
    );

    const { points } = await take(zip(workbookParts(noisy)));

    expect(points[0]?.value).toBe("0.3");
  });
});

describe("JSON", () => {
  test("numbers keep every digit that was written", async () => {
    const text = JSON.stringify([{ ...energy, value: 0 }]).replace(
      '"value":0',
      '"value":1234567890.123456789012',
    );

    const { points } = await take(text);

    expect(points[0]?.value).toBe("1234567890.123456789012");
  });

  test("a breakdown is read as the object that it is", async () => {
    const { points } = await take(
      JSON.stringify([
        {
          ...energy,
          metric_code: "S1-1",
          unit: "headcount",
          breakdown: { GenderAxis: "FemaleMember" },
          tags: ["a", { b: [1] }],
        },
      ]),
    );

    expect(points[0]?.dimensions).toEqual({ GenderAxis: "esrs:FemaleMember" });
  });

  test("a figure beyond every number is refused with its row", async () => {
    const text = JSON.stringify([energy, { ...energy, value: 0 }]).replace('"value":0', '"value":1e400');

    const { document } = await take(text);

    expect(document.rejected).toMatchObject([{ row: 2, column: "value", code: "E020" }]);
  });
});

describe("text files as they come", () => {
  test("a file that stops being UTF-8 in the middle is read again as windows-1252", async () => {
    const many = Array.from({ length: 4000 }, (_, at) => ({ ...energy, location: `Site ${at}` }));
    const text = csv(...many, { ...energy, location: "Werk München" });

    const { points, document } = await take(Buffer.from(text, "latin1"));

    expect(document.inputs[0]?.encoding).toBe("windows-1252");
    expect(points).toHaveLength(4001);
    expect(points.at(-1)?.location).toBe("Werk München");
    expect(document.warnings).toContainEqual(expect.objectContaining({ code: "W011" }));
  });

  test("letters of every script survive where a piece of the file ends", async () => {
    const many = Array.from({ length: 3000 }, (_, at) => ({ ...energy, location: `Ωμέγα 東京 🏭 ${at}` }));

    const { points } = await take(csv(...many));

    expect(points.map(({ location }) => location)).toEqual(many.map(({ location }) => location));
  });

  test("cells are trimmed and freed of what cannot be seen", async () => {
    const { points } = await take(csv({ ...energy, location: " \u202eLeeds\u0001 ", unit: " MWh " }));

    expect(points[0]).toMatchObject({ location: "Leeds", unit: "utr:MWh" });
  });
});
