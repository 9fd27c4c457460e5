import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { loadCatalogue } from "#platform/catalogue/load.ts";
import { isNumeric } from "#platform/catalogue/model.ts";

const header =
  "metric_code,metric_name,value,unit,period_start,period_end,data_quality,source_document,verification_status,location";

/** Codes whose figures add up over sites, with a unit that people write. */
const flows = [
  ["E1-5_01", "Energy consumption", "MWh"],
  ["E1-5_02", "Energy from fossil sources", "kWh"],
  ["E3-4_01", "Water consumption", "m3"],
  ["E5-5_07", "Waste generated", "t"],
  ["GrossScope1GreenhouseGasEmissions", "Scope 1", "tCO2e"],
] as const;

/** Writes a CSV of datapoint rows, 10 columns each, for as many sites and months as it takes; returns its path. */
export async function writeDatapoints(path: string, rows: number): Promise<string> {
  const file = createWriteStream(path);
  file.write(`${header}\n`);
  let text = "";
  for (let row = 0; row < rows; row += 1) {
    const [code, name, unit] = flows[row % flows.length] ?? flows[0];
    const month = Math.floor(row / flows.length) % 12;
    const site = Math.floor(row / (flows.length * 12));
    const last = new Date(Date.UTC(2024, month + 1, 0)).getUTCDate();
    const at = `2024-${String(month + 1).padStart(2, "0")}`;
    text += `${code},${name},${((row * 7919) % 100_000) / 100},${unit},${at}-01,${at}-${last},high,meter-${site}.pdf,verified,Site ${site}\n`;
    if (text.length > 1 << 16) {
      if (!file.write(text)) await once(file, "drain");
      text = "";
    }
  }
  file.end(text);
  await once(file, "finish");
  return path;
}

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
