import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, test } from "vitest";
import { files } from "#platform/agents/documents.ts";
import { csrd, here, inOwnFolder, quarters, root } from "./csrd.ts";

inOwnFolder();

const sample = join(root, "data/samples/northlight-components");
const data = join(sample, "activities.csv");
const company = join(sample, "company.json");
const given = ["-i", data, "-p", company] as const;

/** The sample's CSV with one change, as a file of its own. */
async function changed(folder: string, change: (csv: string) => string): Promise<string> {
  const path = join(folder, "bad.csv");
  await writeFile(path, change(await readFile(data, "utf8")));
  return path;
}

const json = async (path: string): Promise<any> => JSON.parse(await readFile(path, "utf8"));

describe("csrd run", () => {
  test("makes the whole report, says its figures and its verdict, and ends with what the audit found", async () => {
    const { folder } = here;

    const { exitCode, stdout, stderr } = await csrd("run", ...given, "-o", "out");
    const { compliance_report } = await json(join(folder, "out", files.audit));

    expect([exitCode, stderr]).toEqual([2, ""]);
    expect(stdout).toMatch(/^Done {5}intake {7}48 rows read, 48 valid/m);
    expect(stdout).toMatch(/Total, market-based +\d\d,\d{3}\.\d tCO2e$/m);
    expect(stdout).toContain(
      `${compliance_report.rules_passed} of ${compliance_report.total_rules_checked} rules hold`,
    );
    expect(stdout).toMatch(/^ {2}major +csrd_b_GOV-1: /m);
    expect(stdout).toMatch(/^Assurance +cannot begin yet: it is not known to be/m);
    expect(stdout).toContain("Needs a person");
    expect(stdout).toMatch(/^Read {5}out\/report\.xhtml$/m);
    expect(stdout).toContain(
      `Done, but not compliant: ${compliance_report.critical_failures} critical and ${compliance_report.major_failures} major rules are broken.`,
    );
    for (const line of stdout.split("\n").slice(7)) expect(line.length, line).toBeLessThanOrEqual(80);
    expect((await readdir(join(folder, "out"))).toSorted()).toEqual([
      "compliance_audit.html",
      "compliance_audit.md",
      "intermediate",
      "report.json",
      "report.xbri",
      "report.xbrl.json",
      "report.xhtml",
    ]);
  });

  test("takes everything from .csrd.yaml, and several files of one name", async () => {
    const { folder } = here;

    const [header = "", ...rows] = (await readFile(data, "utf8")).trimEnd().split("\n");
    for (const [name, part] of [
      ["a", rows.slice(0, 20)],
      ["b", rows.slice(20)],
    ] as const) {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, "site.csv"), [header, ...part, ""].join("\n"));
    }
    await writeFile(
      join(folder, ".csrd.yaml"),
      `input:\n  - a/site.csv\n  - b/site.csv\ncompany_profile: ${JSON.stringify(company)}\noutput_dir: reports/2024\nformat: json\n`,
    );

    const { stdout } = await csrd("run", "--quiet");
    const intake = await json(join(folder, "reports/2024", files.intake));

    expect(stdout).toContain("Done, but not compliant");
    expect(stdout).not.toContain("To look at");
    expect(intake.inputs.map(({ name, rows: many }: any) => [name, many])).toEqual([
      ["2-site.csv", 28],
      ["site.csv", 20],
    ]);
    expect(existsSync(join(folder, "reports/2024/report.json"))).toBe(true);
    expect(existsSync(join(folder, "reports/2024/report.xhtml"))).toBe(false);
  });

  const bad: readonly (readonly [
    why: string,
    change: (csv: string) => string,
    code: string,
    names: RegExp,
  ])[] = [
    ["an empty file", () => "", "input-empty", /bad\.csv/],
    ["a header alone", (csv) => csv.slice(0, csv.indexOf("\n") + 1), "input-empty", /bad\.csv/],
    [
      "a wrong unit",
      (csv) => csv.replace("2310250,kWh (gross CV)", "2310250,km"),
      "unit-wrong",
      /^Row 3, column unit: "km"/,
    ],
    [
      "a missing column",
      (csv) => csv.replace("amount", "quantity"),
      "column-missing",
      /^Row 1: the column amount/,
    ],
    [
      "a negative amount",
      (csv) => csv.replace(",402150,", ",-402150,"),
      "amount-negative",
      /^Row 7, column amount: -402150/,
    ],
    [
      "an infinite amount",
      (csv) => csv.replace(",402150,", ",1e400,"),
      "amount-unreadable",
      /^Row 7, column amount: "1e400"/,
    ],
  ];

  test.for(bad)(
    "refuses %s naming the place, publishes nothing and records the refusal",
    async ([, change, code, names]) => {
      const { folder } = here;

      const { exitCode, stdout, stderr } = await csrd(
        "run",
        "-i",
        await changed(folder, change),
        "-p",
        company,
      );
      const [refusal] = (await readFile(join(folder, ".state/refusals.ndjson"), "utf8")).split("\n");

      expect([exitCode, stdout]).toEqual([1, ""]);
      expect(stderr.split("\n")[0]).toMatch(names);
      expect(stderr).toContain(`code ${code} · docs/errors/${code}.md · exit 1`);
      expect((await readdir(folder)).toSorted()).toEqual([".state", "bad.csv"]);
      expect(JSON.parse(refusal ?? "")).toMatchObject({ code, exit: 1 });
    },
  );

  test("a refused run leaves an earlier report as it was, and goes on without bad rows when told to", {
    timeout: 120_000,
  }, async () => {
    const { folder } = here;

    const out = join(folder, "out");
    await csrd("run", ...given, "-q");
    const before = await readFile(join(out, "report.json"), "utf8");
    const input = await changed(folder, (csv) => csv.replace(",402150,", ",-1,"));

    const refused = await csrd("run", "-i", input, "-p", company);
    const between = [await readFile(join(out, "report.json"), "utf8"), existsSync(join(out, files.rejected))];
    const aside = await csrd("run", "--set-aside", "-i", input, "-p", company);
    const mended = await csrd("run", ...given, "-q");

    expect(refused.exitCode).toBe(1);
    expect(between).toEqual([before, false]);
    expect(aside.exitCode).toBe(2);
    expect(aside.stdout).toContain("47 of 48 rows used, 1 set aside");
    expect(aside.stdout).toMatch(/^To mend {2}out\/intermediate\/01_rejected_rows\.csv$/m);
    expect(mended.exitCode).toBe(2);
    expect(existsSync(join(out, files.rejected))).toBe(false);
  });

  test("speaks one JSON object per line, also when it refuses", async () => {
    const good = await csrd("run", ...given, "--json");
    const refused = await csrd("run", "-i", "none.csv", "-p", company, "--json");
    const lines = good.stdout.split("\n").map((line) => JSON.parse(line));

    expect(lines.filter(({ kind }) => kind !== "progress").map(({ kind }) => kind)).toEqual([
      ...Array.from({ length: 6 }, () => ["started", "ended"]).flat(),
      "done",
    ]);
    expect(lines.at(-1)).toMatchObject({ status: "failed", exit: 2, is_compliant: false });
    expect(lines.at(-1).wrote).toContain("report.xhtml");
    expect(JSON.parse(refused.stdout)).toMatchObject({ status: "refused", code: "input-missing", exit: 1 });
  });

  test("an output folder that cannot be written is refused before any work", async () => {
    const { folder } = here;

    await writeFile(join(folder, "out"), "a file");

    const { exitCode, stdout, stderr } = await csrd("run", ...given);

    expect([exitCode, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("The report cannot be written to");
    expect(stderr).toContain("code folder-unwritable");
    expect(await readFile(join(folder, "out"), "utf8")).toBe("a file");
  });

  test.for(["SIGINT", "SIGKILL"] as const)("stopped by %s, it has published nothing", async (signal) => {
    const { folder } = here;

    const child = execa(process.execPath, [join(root, "bin/csrd.js"), "run", ...given, "--json"], quarters());
    child.stdout.once("data", () => child.kill(signal));

    const { exitCode, signal: by, stdout } = await child;

    if (signal === "SIGINT") {
      expect(exitCode).toBe(1);
      expect(JSON.parse(stdout.split("\n").at(-1) ?? "")).toMatchObject({ code: "csrd-interrupted" });
      expect(existsSync(join(folder, "out"))).toBe(false);
    } else {
      expect(by).toBe("SIGKILL");
      expect((await readdir(join(folder, "out"))).filter((name) => !name.startsWith(".csrd-"))).toEqual([]);
    }
  });
});

describe("a wrong command line", () => {
  test.for([
    [["runn"]],
    [["run", "--bogus"]],
    [["run"]],
    [["run", "-i", "x.csv"]],
    [["run", "--report-id", "../x", ...given]],
    [["catalog"]],
    [[]],
  ] as const)("%j is a sentence with a code", async ([words]) => {
    const { folder } = here;

    const { exitCode, stderr } = await csrd(...words);

    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/code (csrd-usage|input-missing)/);
    expect(stderr.split("\n")).toHaveLength(3);
    expect(existsSync(join(folder, "out"))).toBe(false);
  });

  test("help names every command and exits with 0", async () => {
    const { exitCode, stdout } = await csrd("--help");

    expect(exitCode).toBe(0);
    for (const name of "run validate materialize calculate aggregate report audit explain catalog factors config doctor preload serve agent work".split(
      " ",
    ))
      expect(stdout).toMatch(new RegExp(`^ {2}${name} `, "m"));
  });
});
