import { readFile } from "node:fs/promises";
import type { Artifacts } from "#platform/agent.ts";
import { runPipeline } from "#platform/pipeline/run.ts";

const folder = new URL("../../../data/samples/northlight-components/", import.meta.url);

/** The sample company's activity CSV as text. */
export const sampleCsv = (): Promise<string> => readFile(new URL("activities.csv", folder), "utf8");
/** The sample company's company.json as text. */
export const sampleCompany = (): Promise<string> => readFile(new URL("company.json", folder), "utf8");

/** A report's files in memory: a small working store, for tests that need no disk. */
export function memoryArtifacts(
  start: Readonly<Record<string, string | Uint8Array>> = {},
): Artifacts & { readonly files: Map<string, Uint8Array> } {
  const files = new Map(Object.entries(start).map(([name, content]) => [name, bytes(content)]));
  const read = (name: string): Uint8Array => {
    const found = files.get(name);
    if (found === undefined) throw new Error(`no ${name}`);
    return found;
  };
  return {
    files,
    read: async (name) => read(name),
    async *stream(name) {
      const all = read(name);
      for (let at = 0; at < all.length; at += 1013) yield all.subarray(at, at + 1013);
    },
    exists: async (name) => files.has(name),
    write: async (name, content) => {
      files.set(name, bytes(content));
    },
    async writer(name) {
      const pieces: Uint8Array[] = [];
      return {
        write: async (piece) => void pieces.push(Buffer.from(bytes(piece))),
        close: async () => void files.set(name, Buffer.concat(pieces)),
        abort: async () => undefined,
      };
    },
    list: async () => [...files.keys()],
  };
}

/** Runs all six agents over the given inputs at a fixed time and hands back the store. */
export async function runInMemory(inputs: Readonly<Record<string, string | Uint8Array>>) {
  const artifacts = memoryArtifacts(inputs);
  const result = await runPipeline({
    reportId: "R-1",
    artifacts,
    now: () => new Date("2025-03-01T09:00:00Z"),
    log: () => undefined,
  });
  return { artifacts, result };
}

/** A JSON file of a report. */
export async function json(artifacts: Artifacts, name: string): Promise<any> {
  return JSON.parse(new TextDecoder().decode(await artifacts.read(name)));
}

function bytes(content: string | Uint8Array): Uint8Array {
  return typeof content === "string" ? new TextEncoder().encode(content) : content;
}
