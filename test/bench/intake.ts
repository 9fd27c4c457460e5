import { once } from "node:events";
import { createWriteStream } from "node:fs";

const codes = [
  ["E1-5_01", "MWh"],
  ["WaterConsumption", "m3"],
  ["WasteGenerated", "kg"],
  ["HazardousWaste", "t"],
  ["FuelConsumptionFromNaturalGas", "GJ"],
  ["WaterDischarges", "m3"],
] as const;

/** Writes `rows` rows of ten columns: six metrics of five hundred sites in twelve months, every source document its own. */
export async function writeBenchCsv(path: string, rows: number): Promise<void> {
  const file = createWriteStream(path);
  let text =
    "metric_code,metric_name,value,unit,period_start,period_end,data_quality,source_document,verification_status,location\n";
  for (let row = 0; row < rows; row += 1) {
    const [code, unit] = codes[row % codes.length] ?? codes[0];
    const month = Math.floor(row / codes.length) % 12;
    const last = new Date(Date.UTC(2024, month + 1, 0)).getUTCDate();
    const mm = String(month + 1).padStart(2, "0");
    const site = Math.floor(row / (codes.length * 12)) % 500;
    text += `${code},Metric ${code},${(1000 + ((row * 7919) % 900_000) / 100).toFixed(2)},${unit},2024-${mm}-01,2024-${mm}-${last},high,invoice-${row}.pdf,verified,Site ${site}\n`;
    if (text.length > 1_000_000) {
      if (!file.write(text)) await once(file, "drain");
      text = "";
    }
  }
  file.end(text);
  await once(file, "finish");
}
