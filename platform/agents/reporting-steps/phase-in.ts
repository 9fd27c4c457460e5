import type { Concept } from "../../catalogue/model.ts";
import type { Page } from "./page.ts";

/**
 * Why a disclosure may be left out in the reporting year, or undefined when it may not or when that cannot be told.
 * ESRS 1 Appendix C, and Delegated Regulation (EU) 2025/1416, which lets the first wave go on leaving out what it could for 2024 in its years 2025 and 2026.
 */
export function phaseIn(
  { phase_in }: Pick<Concept, "phase_in">,
  { intake: { company } }: Pick<Page, "intake">,
): string | undefined {
  const { first_year: first, employees, period } = company;
  if (first === undefined || phase_in.length === 0) return undefined;
  const year = Number(period.end.slice(0, 4));
  const since = year - first;
  const isFrozen = first <= 2024 && year >= 2025 && year <= 2026;
  for (const rule of phase_in) {
    const [who = "", text = ""] = rule.split(": ");
    const years = /^(\d+) years?/.exec(text)?.[1];
    if (years === undefined || text.includes("non-EEA")) continue;
    if (who !== "all" && (employees === undefined || employees > 750)) continue;
    if (since < Number(years))
      return `${who === "all" ? "for everybody" : "for up to 750 employees"}, the first ${years === "1" ? "year" : `${years} years`}: ESRS 1 Appendix C`;
    if (isFrozen) return "first wave, financial years 2025 and 2026: Delegated Regulation (EU) 2025/1416";
  }
  return undefined;
}
