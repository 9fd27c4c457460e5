import { createHash } from "node:crypto";
import type { Artifacts } from "../agent.ts";

/** What an artifact's bytes are. */
export type ArtifactFacts = { readonly sha256: string; readonly bytes: number };

/** Artifacts that are remembered; the one that was asked for longest ago goes. */
const mostRemembered = 2_000;

/** Reads an artifact once for its hash and its length. `lasting` says that its bytes will not change any more, so that the answer is remembered. */
export function artifactFacts(): (
  key: string,
  artifacts: Artifacts,
  name: string,
  lasting: boolean,
) => Promise<ArtifactFacts> {
  const remembered = new Map<string, Promise<ArtifactFacts>>();
  return (key, artifacts, name, lasting) => {
    const known = remembered.get(key);
    if (known !== undefined) {
      remembered.delete(key);
      remembered.set(key, known);
      return known;
    }
    const reading = readFacts(artifacts, name);
    if (lasting) {
      remembered.set(key, reading);
      reading.catch(() => remembered.delete(key));
      const [oldest] = remembered.keys();
      if (remembered.size > mostRemembered && oldest !== undefined) remembered.delete(oldest);
    }
    return reading;
  };
}

async function readFacts(artifacts: Artifacts, name: string): Promise<ArtifactFacts> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of artifacts.stream(name)) {
    hash.update(chunk);
    bytes += chunk.byteLength;
  }
  return { sha256: hash.digest("hex"), bytes };
}
