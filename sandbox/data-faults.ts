import Papa from "papaparse";
import { sendSample, sendSampleThrough } from "./demo/sample-report.ts";
import type { Production } from "./production.ts";

/** What a fault of the data touches. */
type WithApi = Pick<Production, "balancer" | "around" | "vendors">;

/** So many good reports, and then as many of the source that has gone bad: it is one customer's data, not everybody's. */
const reports = 2;

/** A customer's export has gone bad: nothing names its source, every figure is a guess, and no text is there. The reports are really sent. */
export async function sendBadData({ balancer, around, vendors }: WithApi): Promise<void> {
  vendors.forgetTold();
  const api = () => ({ url: balancer.url, key: around.apiKey, signal: AbortSignal.timeout(20_000) });
  // One that comes to its end after the bad ones would be the latest, and look as if all were well.
  for (let sent = 0; sent < reports; sent += 1) await sendSampleThrough(api());
  for (let sent = 0; sent < reports; sent += 1)
    await sendSample(api(), { files: ["esg_data.csv", "activities.csv"], change: worse });
}

/** The same rows without what makes them checkable. */
function worse(csv: string): string {
  const { data } = Papa.parse<Readonly<Record<string, string>>>(csv, { header: true, skipEmptyLines: true });
  const lost = ["source_document", "verification_status", "calculation_method", "supplier"];
  return Papa.unparse(
    data.map((row) => ({
      ...row,
      ...Object.fromEntries(lost.filter((column) => column in row).map((column) => [column, ""])),
      data_quality: "low",
    })),
  );
}
