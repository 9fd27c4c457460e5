import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const sample = join(root, "data/samples/northlight-components");
let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "csrd-command-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const csrd = (...words: readonly string[]) =>
  execa(process.execPath, [join(root, "bin/csrd.js"), ...words], {
    reject: false,
    env: { CSRD_STATE_DIR: join(folder, "state") },
  });
const refusals = async (): Promise<readonly any[]> =>
  (await readFile(join(folder, "state/refusals.ndjson"), "utf8"))
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

/** The sample's CSV with one change, as a file of its own. */
async function changed(name: string, change: (csv: string) => string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, change(await readFile(join(sample, "activities.csv"), "utf8")));
  return path;
}

describe("csrd run", () => {
  test("turns the sample into a compliant report and says its figures", async () => {
    const out = join(folder, "out");

    const { exitCode, stdout, stderr } = await csrd(
      "run",
      "-i",
      join(sample, "activities.csv"),
      "-p",
      join(sample, "company.json"),
      "-o",
      out,
    );
    const { compliance_report } = JSON.parse(
      await readFile(join(out, "intermediate/06_compliance_audit.json"), "utf8"),
    );

    expect([exitCode, stderr]).toEqual([0, ""]);
    expect(stdout).toContain("48 rows read, 48 valid");
    expect(stdout).toMatch(/Total, market-based +\d\d,\d{3}\.\d{3}/);
    expect(stdout).toContain("Needs a person");
    expect(compliance_report).toMatchObject({
      compliance_status: "PASS",
      rules_failed: 0,
      rules_not_evaluated: 0,
    });
    expect((await readdir(out)).toSorted()).toEqual([
      "compliance_audit.md",
      "intermediate",
      "report.json",
      "report.xhtml",
    ]);
  });

  const bad: readonly (readonly [
    why: string,
    change: (csv: string) => string,
    code: string,
    sentence: string,
  ])[] = [
    ["an empty file", () => "", "input-empty", "bad.csv is empty."],
    [
      "a wrong unit",
      (csv) => csv.replace("2310250,kWh (gross CV)", "2310250,km"),
      "unit-wrong",
      'bad.csv, row 3, column unit: "km" does not measure "Natural gas".',
    ],
    [
      "a missing column",
      (csv) => csv.replace("amount", "quantity"),
      "column-missing",
      "bad.csv, row 1: the column amount is missing.",
    ],
    [
      "a negative amount",
      (csv) => csv.replace(",402150,", ",-402150,"),
      "amount-negative",
      "bad.csv, row 7, column amount: -402150 is negative.",
    ],
  ];

  test.for(bad)(
    "refuses %s with one sentence, writes nothing and records the refusal",
    async ([, change, code, sentence]) => {
      const out = join(folder, "out");
      const input = await changed("bad.csv", change);

      const { exitCode, stdout, stderr } = await csrd(
        "run",
        "-i",
        input,
        "-p",
        join(sample, "company.json"),
        "-o",
        out,
      );

      expect([exitCode, stdout]).toEqual([1, ""]);
      expect(stderr.split("\n")).toHaveLength(3);
      expect(stderr.split("\n")[0]).toBe(sentence);
      expect(stderr).toContain(`code ${code} · docs/errors/${code}.md · exit 1`);
      expect(await readdir(folder)).not.toContain("out");
      expect(await refusals()).toMatchObject([{ code, summary: sentence, exit: 1 }]);
    },
  );

  test("leaves an earlier report untouched when it refuses", async () => {
    const out = join(folder, "out");
    await csrd("run", "-i", join(sample, "activities.csv"), "-p", join(sample, "company.json"), "-o", out);
    const before = await readFile(join(out, "report.json"), "utf8");

    const { exitCode } = await csrd(
      "run",
      "-i",
      await changed("bad.csv", (csv) => csv.replace(",402150,", ",-1,")),
      "-p",
      join(sample, "company.json"),
      "-o",
      out,
    );

    expect(exitCode).toBe(1);
    expect(await readFile(join(out, "report.json"), "utf8")).toBe(before);
  });

  test("goes on without bad rows when told to, and ends with 2", async () => {
    const out = join(folder, "out");

    const { exitCode, stdout } = await csrd(
      "run",
      "--set-aside",
      "-i",
      await changed("bad.csv", (csv) => csv.replace(",402150,", ",-402150,")),
      "-p",
      join(sample, "company.json"),
      "-o",
      out,
    );

    expect(exitCode).toBe(2);
    expect(stdout).toContain("1 of 48 rows were set aside");
    expect(stdout).toContain("csrd_lineage: 1 rows were set aside and are in no figure");
    expect(await readFile(join(out, "report.xhtml"), "utf8")).toContain(
      "1 rows of activity data could not be used",
    );
    expect(await readFile(join(out, "intermediate/01_rejected_rows.csv"), "utf8")).toContain(
      "Row 7, column amount",
    );
  });

  test("ends with 2 when the report is not compliant", async () => {
    const company = JSON.parse(await readFile(join(sample, "company.json"), "utf8"));
    delete company.e1_6.net_revenue;
    await writeFile(join(folder, "company.json"), JSON.stringify(company));

    const { exitCode, stdout } = await csrd(
      "run",
      "-i",
      join(sample, "activities.csv"),
      "-p",
      join(folder, "company.json"),
      "-o",
      join(folder, "out"),
    );

    expect(exitCode).toBe(2);
    expect(stdout).toContain("Done, but not compliant.");
    expect(stdout).toContain("ea_eu_tags_28");
  });

  test("speaks one JSON object per line, also when it refuses", async () => {
    const good = await csrd(
      "run",
      "--json",
      "-i",
      join(sample, "activities.csv"),
      "-p",
      join(sample, "company.json"),
      "-o",
      join(folder, "out"),
    );
    const refused = await csrd(
      "run",
      "--json",
      "-i",
      join(folder, "none.csv"),
      "-p",
      join(sample, "company.json"),
      "-o",
      join(folder, "out2"),
    );
    const lines = good.stdout.split("\n").map((line) => JSON.parse(line));

    expect(lines.map(({ kind }) => kind)).toEqual([
      ...Array.from({ length: 6 }, () => ["started", "ended"]).flat(),
      "done",
    ]);
    expect(lines.at(-1)).toMatchObject({ status: "ok", exit: 0 });
    expect(JSON.parse(refused.stdout)).toMatchObject({ status: "refused", code: "input-missing", exit: 1 });
  });
});

describe("around a run", () => {
  test("csrd validate lists every bad row and keeps nothing", async () => {
    const input = await changed("bad.csv", (csv) =>
      csv.replace(",402150,", ",-402150,").replace("2310250,kWh (gross CV)", "2310250,km"),
    );

    const { exitCode, stdout } = await csrd("validate", "-i", input, "-p", join(sample, "company.json"));

    expect(exitCode).toBe(1);
    expect(stdout.split("\n").filter((line) => line.startsWith("reject"))).toHaveLength(2);
    expect(await readdir(folder)).toEqual(["bad.csv"]);
  });

  test("csrd validate lists the rows also when not one can be used", async () => {
    const input = await changed("bad.csv", (csv) =>
      csv.replaceAll(",GB,", ",XX,").replaceAll(",US,", ",XX,"),
    );

    const { exitCode, stdout, stderr } = await csrd(
      "validate",
      "-i",
      input,
      "-p",
      join(sample, "company.json"),
    );

    expect(exitCode).toBe(1);
    expect(stdout.split("\n").filter((line) => line.startsWith("reject"))).toHaveLength(48);
    expect(stderr).toContain("None of the 48 rows of bad.csv can be used.");
  });

  test("csrd explain leads from a figure to the row, the factor and the formula", async () => {
    await csrd("run", "-i", join(sample, "activities.csv"), "-p", join(sample, "company.json"), "-o", folder);

    const { stdout } = await csrd("explain", "scope-2-location", "-o", folder);
    const unknown = await csrd("explain", "scope-9", "-o", folder);

    expect(stdout).toContain("formula gross-scope-2-location version 1");
    expect(stdout).toMatch(
      /row 25 {2}NL-024 {2}\S+ tCO2e {2}Grid electricity \(location-based\)\n +4875\.3 MWh x .* factor epa-2025:t6-CAMX/,
    );
    expect([unknown.exitCode, unknown.stderr]).toEqual([1, expect.stringContaining("code metric-unknown")]);
  });

  test("csrd factors finds an activity and lists units", async () => {
    const found = await csrd("factors", "natural-gas", "--scope", "1", "--country", "us");
    const list = await csrd("factors", "--units");

    expect(found.stdout).toContain(
      "stationary-fuels/natural-gas/natural-gas  53.1145 kg/mmBtu (gross CV)  epa-2025 (US)",
    );
    expect(list.stdout).toContain("kWh (net CV)");
  });

  test.for([[["runn"]], [["run", "--bogus"]], [["run"]], [[]]] as const)(
    "a wrong command line %j is a sentence with a code",
    async ([words]) => {
      const { exitCode, stderr } = await csrd(...words);

      expect(exitCode).toBe(1);
      expect(stderr).toContain("code csrd-usage");
      expect(stderr.split("\n")).toHaveLength(3);
    },
  );

  test("help names every command and exits with 0", async () => {
    const { exitCode, stdout } = await csrd("--help");

    expect(exitCode).toBe(0);
    for (const name of ["run", "validate", "explain", "factors", "serve", "agent", "work"])
      expect(stdout).toMatch(new RegExp(`^ {2}${name} `, "m"));
  });
});
