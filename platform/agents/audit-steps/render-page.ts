import type { AuditDocument } from "./result.ts";

/** The audit as a standalone page. */
export function renderPage(document: AuditDocument): string {
  return `<!doctype html><title>${document.company.lei}</title>`;
}
