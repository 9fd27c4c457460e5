import { expect, test } from "vitest";
import { loadCatalogue } from "#platform/catalogue/load.ts";
import { readFinished } from "#platform/xbrl/read-finished.ts";
import { readInline } from "#platform/xbrl/read-inline.ts";
import { runInMemory, sampleCompany, sampleCsv } from "../agents/sample.ts";

test("a document that was just read is not read again, and a changed one is", async () => {
  const { taxonomy } = await loadCatalogue();
  const { artifacts } = await runInMemory({
    "inputs/activities.csv": await sampleCsv(),
    "company.json": await sampleCompany(),
  });
  const text = new TextDecoder().decode(await artifacts.read("report.xhtml"));
  const changed = text.replace("3,424.906", "3,424.907");

  const first = readFinished(text, taxonomy);
  const second = readFinished(text, taxonomy);
  const other = readFinished(changed, taxonomy);

  expect(second).toBe(first);
  expect(first).toEqual(readInline(text, taxonomy));
  expect(other).toEqual(readInline(changed, taxonomy));
  expect(other).not.toEqual(first);
});
