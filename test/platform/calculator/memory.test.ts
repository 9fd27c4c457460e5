import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";
import { childEnvironment } from "#kit/redact/child-environment.ts";
import { activity, intaken, point } from "./report.ts";

test("forty thousand rows are worked out in a heap that could not hold them", async () => {
  const folder = await intaken({});
  const lines = async (name: string, count: number, line: (index: number) => object): Promise<void> => {
    for (let from = 0; from < count; from += 5000)
      await appendFile(
        join(folder, "intermediate", name),
        Array.from({ length: 5000 }, (_, index) => `${JSON.stringify(line(from + index))}\n`).join(""),
      );
  };
  await lines("01_datapoints.ndjson", 30_000, (index) =>
    point("WaterWithdrawals", "0.25", "utr:m3", {
      row: index + 2,
      location: `Site ${index}`,
      source_document: `Meter ${index}`,
    }),
  );
  await lines("01_activities.ndjson", 10_000, (index) =>
    activity(`A-${index}`, { row: index + 2, site: `Site ${index}` }),
  );

  const script = new URL("in-little-memory.ts", import.meta.url).pathname;
  const { stdout } = await execa(process.execPath, ["--max-old-space-size=60", script, folder], {
    env: childEnvironment(process.env),
    extendEnv: false,
  });

  expect(JSON.parse(stdout)).toMatchObject({ records: 40_000, scope_1: "5000.000" });
});
