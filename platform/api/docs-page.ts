export const docsStyle = "";
import type { OpenApi } from "./openapi.ts";
export function docsPage(document: OpenApi): string {
  return document.info.title;
}
