import type { Artifacts } from "../../agent.ts";
import { type Encoding, plainName, type Source, unreadable } from "./source.ts";
export function openJson(_artifacts: Artifacts, name: string, _encoding: Encoding, _head: string): Source {
  throw unreadable(`${plainName(name)} is JSON.`, "");
}
