import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { loadCatalogue } from "#platform/catalogue/load.ts";
import { isNumeric } from "#platform/catalogue/model.ts";

const header =
  "metric_code,metric_name,value,unit,period_start,period_end,data_quality,source_document,verification_status,location";

/** Writes a row for every numeric concept of the catalogue: all the figures that a company can report without breaking any down. */
export async function writeMetrics(path: string): Promise<string> {
  const { concepts } = await loadCatalogue();
  const file = createWriteStream(path);
  file.write(`${header}\n`);
  let number = 0;
  for (const { concept, label, type, unit } of concepts) {
    if (!isNumeric(type) || unit.includes("/")) continue;
    number += 1;
    const value = type === "percent" ? "0.25" : type === "integer" ? "12" : "123.5";
    const written = unit === "iso4217" ? "EUR" : type === "percent" ? "fraction" : unit.replace(/^\w+:/, "");
    file.write(
      `${concept},"${label.replaceAll('"', "")}",${value},${written},2024-01-01,2024-12-31,high,source-${number}.pdf,verified,\n`,
    );
  }
  file.end();
  await once(file, "finish");
  return path;
}
