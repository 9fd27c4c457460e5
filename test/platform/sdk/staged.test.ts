import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { reportFolder, withAllBefore } from "#platform/sdk/folder.ts";
import { inputPlaces } from "#platform/sdk/inputs.ts";
import { stagedArtifacts } from "#platform/sdk/staged.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "csrd-staged-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const text = async (path: string): Promise<string> => readFile(path, "utf8");

describe("results that are published at once", () => {
  test("nothing is seen before, everything after, and what is no longer true goes", async () => {
    const out = join(folder, "a/out");
    await mkdir(join(out, "intermediate"), { recursive: true });
    await writeFile(join(out, "report.json"), "old");
    await writeFile(join(out, "intermediate/rejected.csv"), "old");
    await writeFile(join(out, "notes.txt"), "mine");
    const staged = await stagedArtifacts({ folder: out });

    await staged.artifacts.write("report.json", "new");
    await staged.artifacts.write("intermediate/01.json", "new");
    const before = await text(join(out, "report.json"));
    const moved = await staged.publish(["report.json", "intermediate/rejected.csv"]);

    expect(before).toBe("old");
    expect(moved).toEqual(["intermediate/01.json", "report.json"]);
    expect(await text(join(out, "report.json"))).toBe("new");
    expect((await readdir(out, { recursive: true })).toSorted()).toEqual([
      "intermediate",
      "intermediate/01.json",
      "notes.txt",
      "report.json",
    ]);
  });

  test("what is thrown away leaves the folder as it was, or not there at all", async () => {
    await mkdir(join(folder, "old"));
    await writeFile(join(folder, "old/report.json"), "old");
    const fresh = await stagedArtifacts({ folder: join(folder, "x/y/z") });
    const old = await stagedArtifacts({ folder: join(folder, "old") });

    await fresh.artifacts.write("report.json", "new");
    await old.artifacts.write("report.json", "new");
    await fresh.discard();
    await old.discard();

    expect((await readdir(folder, { recursive: true })).toSorted()).toEqual(["old", "old/report.json"]);
    expect(await text(join(folder, "old/report.json"))).toBe("old");
  });

  test("what a killed run left is swept away; what a living one holds is kept", async () => {
    const dead = 2 ** 22 - 3;
    await mkdir(join(folder, `.csrd-${dead}-0123abcd`));
    await mkdir(join(folder, `.csrd-${process.ppid}-0123abcd`));

    const staged = await stagedArtifacts({ folder });
    await staged.discard();

    expect(await readdir(folder)).toEqual([`.csrd-${process.ppid}-0123abcd`]);
  });

  test("earlier results are read from beneath, and those of the hidden folder are not listed", async () => {
    const earlier = join(folder, "earlier");
    await mkdir(earlier);
    await writeFile(join(earlier, "a.json"), "old a");
    await writeFile(join(earlier, "b.json"), "old b");
    const staged = await stagedArtifacts({ folder: earlier, earlier });

    await staged.artifacts.write("b.json", "new b");
    const read = async (name: string): Promise<string> =>
      new TextDecoder().decode(await staged.artifacts.read(name));

    expect([await read("a.json"), await read("b.json")]).toEqual(["old a", "new b"]);
    expect(await staged.artifacts.list()).toEqual(["a.json", "b.json"]);
    await staged.publish([]);
  });

  test.for([
    ["a file", "file", "it is a file"],
    ["below a file", "file/out", "a part of the path is a file"],
    ["below /proc", "/proc/csrd-out", "a folder above it refuses new folders"],
  ] as const)("a folder that is %s is refused with the reason", async ([, name, reason]) => {
    await writeFile(join(folder, "file"), "x");
    const path = name.startsWith("/") ? name : join(folder, name);

    await expect(stagedArtifacts({ folder: path })).rejects.toMatchObject({
      code: "folder-unwritable",
      summary: expect.stringContaining(reason),
    });
  });
});

describe("inputs", () => {
  test("each file has a name of its own under inputs/, safe and unique", async () => {
    await mkdir(join(folder, "b"));
    for (const name of ["sites.csv", "b/sites.csv", "b/üb er.csv", "company.json"])
      await writeFile(join(folder, name), "x");
    const paths = ["sites.csv", "b/sites.csv", "b/üb er.csv"].map((name) => join(folder, name));

    const { inputs, texts } = await inputPlaces(paths, join(folder, "company.json"));

    expect(Object.keys(inputs)).toEqual([
      "inputs/sites.csv",
      "inputs/2-sites.csv",
      "inputs/b-er.csv",
      "company.json",
    ]);
    expect(texts).toEqual({});
  });

  test("rows and a company that a program holds need no file", async () => {
    const { inputs, texts } = await inputPlaces([{ metric_code: "E1-5_01" }], { legal_name: "A" });

    expect(inputs).toEqual({});
    expect(texts).toEqual({
      "inputs/rows.json": '[{"metric_code":"E1-5_01"}]',
      "company.json": '{"legal_name":"A"}',
    });
  });

  test.for([
    [[], "company.json", "csrd-usage", "No data file is named."],
    ["", "company.json", "csrd-usage", "No data file is named."],
    ["here", "", "csrd-usage", "No company.json is named."],
    ["none.csv", "company.json", "input-missing", "There is no file"],
    [".", "company.json", "input-missing", "is no file"],
  ] as const)("%j with %j is refused", async ([data, company, code, sentence]) => {
    const here = join(folder, "company.json");
    await writeFile(here, "{}");
    const named = (name: string): string => (name === "here" || name === "company.json" ? here : name);

    await expect(
      inputPlaces(typeof data === "string" ? named(data) : data, named(company)),
    ).rejects.toMatchObject({ code, summary: expect.stringContaining(sentence) });
  });
});

describe("an earlier report", () => {
  test("is found by its folder, by a document in it, and by an intermediate file", async () => {
    await mkdir(join(folder, "intermediate"));
    for (const name of ["report.json", "intermediate/01.json"]) await writeFile(join(folder, name), "{}");

    for (const named of [folder, join(folder, "report.json"), join(folder, "intermediate/01.json")])
      expect(await reportFolder(named)).toBe(folder);
  });

  test.for(["none", "report.json", "."])("%j that is none is refused", async (name) => {
    await writeFile(join(folder, "report.json"), "{}");

    await expect(reportFolder(join(folder, name))).rejects.toMatchObject({ code: "stage-missing" });
    expect(existsSync(join(folder, "intermediate"))).toBe(false);
  });

  test("a stage stands on all that come before it, and on nothing else", () => {
    expect(withAllBefore(["calculator"])).toEqual(["intake", "calculator"]);
    expect(withAllBefore(["aggregator"])).toEqual(["intake", "calculator", "aggregator"]);
    expect(withAllBefore(["audit"])).toHaveLength(6);
  });
});
