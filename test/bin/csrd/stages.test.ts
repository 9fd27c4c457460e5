import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { files } from "#platform/agents/documents.ts";
import { buildReport } from "#platform/sdk.ts";
import { csrd, here, inOwnFolder, root } from "./csrd.ts";

inOwnFolder();

const sample = join(root, "data/samples/northlight-components");
const data = join(sample, "activities.csv");
const company = join(sample, "company.json");
const given = ["-i", data, "-p", company] as const;

/** A document without what says when and under which id it was made. */
async function timeless(path: string): Promise<string> {
  const text = await readFile(path, "utf8");
  return text.replaceAll(/CSRD-\d{8}-[0-9a-f]{8}/g, "CSRD-ID");
}

describe("one stage at a time", () => {
  test("ends where csrd run ends, each in the folder of the one before", { timeout: 120_000 }, async () => {
    const { folder } = here;

    await buildReport({ esgData: data, companyProfile: company, outputDir: join(folder, "whole") });

    const said = [
      await csrd("validate", ...given, "-o", "out"),
      await csrd("materialize", "-r", "out"),
      await csrd("calculate", "-i", `out/${files.intake}`),
      await csrd("aggregate", "-r", "out"),
      await csrd("report"),
      await csrd("audit", "--report", "out/report.json"),
    ];

    expect(said.map(({ exitCode }) => exitCode)).toEqual([0, 2, 0, 0, 2, 2]);
    expect(said[1]?.stdout).toMatch(/^ {2}E1 +Climate change +impact \d+\.\d/m);
    expect(said[2]?.stdout).toMatch(/^ {2}Scope 1 +[\d,.]+ tCO2e$/m);
    expect(said[4]?.stdout).toContain("report.xbri");
    expect(said[5]?.stdout).toMatch(/^Audit +fails: /m);
    for (const name of [files.metrics, files.materiality, files.aggregated, files.facts])
      expect(await timeless(join(folder, "out", name)), name).toBe(
        await timeless(join(folder, "whole", name)),
      );
  });

  test("run again, it says what is now older than what it stands on", async () => {
    await csrd("run", ...given, "-q");

    const { stdout } = await csrd("calculate", "-q");

    expect(stdout.replaceAll(/\s+/g, " ")).toContain(
      "Now older than what they stand on: aggregator, reporting, audit. Run them again: csrd aggregate -r out csrd report -r out csrd audit -r out",
    );
  });

  test("from data it runs what comes before, and nothing after", async () => {
    const { folder } = here;

    const { exitCode, stdout } = await csrd("aggregate", ...given, "--json");

    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ frameworks: expect.any(Array), outdated: [] });
    expect(
      (await readdir(join(folder, "out/intermediate"))).map((name) => name.slice(0, 2)).toSorted(),
    ).toEqual(["01", "01", "01", "01", "03", "03", "04"]);
  });

  test.for([
    [["audit", "-r", "nowhere"], "nowhere is not there.", "with -i and -p"],
    [["audit", "-r", "."], ". is no report's folder and no file of one.", "with -i and -p"],
    [["calculate"], "out is not there.", "with -i and -p"],
    [["aggregate", "-r", "out"], "needs what calculator writes", "Run `csrd calculate -r"],
    [["report", "-r", "out"], "needs what materiality writes", "Run `csrd materialize -r"],
    [["audit", "-r", "out"], "needs what materiality writes", "Run `csrd materialize -r"],
  ] as const)("%j on too little is one sentence with the way on", async ([words, sentence, hint]) => {
    const { folder } = here;

    if (words.includes("out" as never)) await csrd("validate", ...given, "-o", "out");
    const before = (await readdir(folder, { recursive: true })).toSorted();

    const { exitCode, stdout, stderr } = await csrd(...words);

    expect([exitCode, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(sentence);
    expect(stderr).toContain(hint);
    expect(stderr).toContain("code stage-missing");
    expect(
      (await readdir(folder, { recursive: true })).filter((name) => !name.startsWith(".state")).toSorted(),
    ).toEqual(before.filter((name) => !name.startsWith(".state")));
  });
});

describe("csrd validate", () => {
  test("lists every bad row, keeps nothing, and writes the rows to mend where it is told to", async () => {
    const { folder } = here;

    const csv = await readFile(data, "utf8");
    await writeFile(
      join(folder, "bad.csv"),
      csv.replace(",402150,", ",-402150,").replace("2310250,kWh (gross CV)", "2310250,km"),
    );

    const listed = await csrd("validate", "-i", "bad.csv", "-p", company);
    const left = await readdir(folder);
    const written = await csrd("validate", "-i", "bad.csv", "-p", company, "-o", "checked", "-q");

    expect(listed.exitCode).toBe(1);
    expect(listed.stdout.split("\n").filter((line) => line.startsWith("reject"))).toHaveLength(2);
    expect(left).toEqual(["bad.csv"]);
    expect(written.exitCode).toBe(1);
    expect(written.stdout).toContain("The rows to mend are in checked/intermediate/01_rejected_rows.csv");
    expect(await readFile(join(folder, "checked", files.rejected), "utf8")).toContain("-402150");
  });

  test("lists the rows also when not one can be used", async () => {
    const { folder } = here;

    const csv = await readFile(data, "utf8");
    await writeFile(join(folder, "bad.csv"), csv.replaceAll(",GB,", ",XX,").replaceAll(",US,", ",XX,"));

    const { exitCode, stdout, stderr } = await csrd("validate", "-i", "bad.csv", "-p", company);

    expect(exitCode).toBe(1);
    expect(stdout.split("\n").filter((line) => line.startsWith("reject")).length).toBeGreaterThan(40);
    expect(stderr).toContain("code no-records");
  });
});
