import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { EngineMaker } from "./story.ts";

/** A defect to be planted. */
export type Mutant = {
  readonly name: string;
  /** File of the engine, what stands there once, and what is put in its place. */
  readonly edits: readonly (readonly [file: string, text: string, by: string])[];
  /** The promise that it breaks. */
  readonly breaks: RegExp;
};

const root = join(import.meta.dirname, "../..");

/** An engine from a copy of kit/ with one defect planted; `remove` deletes the copy. Throws when the engine has no such text any more. */
export async function planted({ name, edits }: Mutant): Promise<{ make: EngineMaker; remove: () => void }> {
  // Inside the project, so that the copy finds the same packages.
  mkdirSync(join(root, "out"), { recursive: true });
  const copy = mkdtempSync(join(root, "out/mutant-"));
  cpSync(join(root, "kit"), copy, { recursive: true });
  for (const [file, text, by] of edits) {
    const original = readFileSync(join(copy, file), "utf8");
    if (original.split(text).length !== 2)
      throw new Error(`an engine that ${name}: kit/${file} must have exactly one "${text}"`);
    writeFileSync(
      join(copy, file),
      original.replace(text, () => by),
    );
  }
  const engine: { readonly createEngine: EngineMaker } = await import(
    pathToFileURL(join(copy, "engine.ts")).href
  );
  return { make: engine.createEngine, remove: () => rmSync(copy, { recursive: true, force: true }) };
}
