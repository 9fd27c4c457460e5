import type { Artifacts } from "../../agent.ts";
import { plainName, type Source, unreadable } from "./source.ts";
export function openXlsx(_artifacts: Artifacts, name: string): Source {
  throw unreadable(`${plainName(name)} is a workbook.`, "");
}
