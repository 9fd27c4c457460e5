/** How bad it is, one scale everywhere; source: csrd-operations-manual "Incident Severity Matrix". */
export type Severity = "P0" | "P1" | "P2" | "P3";
