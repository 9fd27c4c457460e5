import { z } from "zod";

const Scope = z.object({
  who: z.string(),
  act: z.string(),
  from: z.iso.date(),
  listed: z.boolean().optional(),
  employees_over: z.number().optional(),
  turnover_over_eur: z.number().optional(),
});

/** One state of the law: what act, since when, who must report, and how its phase-ins run. */
export const LawProfile = z.object({
  id: z.string(),
  title: z.string(),
  act: z.string(),
  status: z.string(),
  published: z.iso.date(),
  source: z.string(),
  /** Reporting periods that begin in this span are judged by it unless another is named; empty means only when named. */
  periods: z.object({ from: z.iso.date().optional(), before: z.iso.date().optional() }),
  scope: z.array(Scope).min(1),
  /** Whether the first wave keeps the phase-ins of its first year. */
  frozen: z.boolean(),
  /** Standards that the first wave may leave out whatever its size. */
  relief_for_all: z.array(z.string()),
  /** False where another taxonomy's names are needed to judge what was disclosed. */
  judges_set_1: z.boolean(),
});
export type LawProfile = z.infer<typeof LawProfile>;

/** rules/law.yaml, whole. */
export const Law = z.object({
  as_of: z.iso.date(),
  tagging: z.object({ in_force: z.boolean(), says: z.string(), source: z.string() }),
  /** Standards that undertakings of up to 750 employees may leave out as a whole, and for how many years. */
  up_to_750_employees: z.record(z.string(), z.number()),
  profiles: z.array(LawProfile).min(1),
});
export type Law = z.infer<typeof Law>;

/** The profile that was named, or that of the reporting period's first day; undefined when there is no such profile. */
export function profileFor(law: Law, periodStart: string, named: string | undefined): LawProfile | undefined {
  if (named !== undefined) return law.profiles.find(({ id }) => id === named);
  return law.profiles.find(
    ({ periods: { from, before } }) =>
      from !== undefined && periodStart >= from && (before === undefined || periodStart < before),
  );
}

/** What decides who must report and what may be left out. */
export type Undertaking = {
  readonly employees: number | undefined;
  readonly netTurnoverEur: number | undefined;
  readonly listed: boolean | undefined;
  /** First financial year for which it reports. */
  readonly firstYear: number | undefined;
  readonly periodStart: string;
  readonly periodEnd: string;
};

/** Whether the undertaking must report under a profile, and why; `unknown` names what would have to be known. */
export function mustReport(
  profile: LawProfile,
  undertaking: Undertaking,
): { readonly must: boolean; readonly because: string } | { readonly unknown: string } {
  const unknown: string[] = [];
  for (const test of profile.scope) {
    if (undertaking.periodStart < test.from) continue;
    const answers: readonly (boolean | string)[] = [
      ...(test.listed === undefined ? [] : [undertaking.listed ?? "listed"]),
      ...(test.employees_over === undefined
        ? []
        : [undertaking.employees === undefined ? "employees" : undertaking.employees > test.employees_over]),
      ...(test.turnover_over_eur === undefined
        ? []
        : [
            undertaking.netTurnoverEur === undefined
              ? "net_turnover_eur"
              : undertaking.netTurnoverEur > test.turnover_over_eur,
          ]),
    ];
    if (answers.every((answer) => answer === true))
      return { must: true, because: `${test.who} (${test.act})` };
    if (answers.includes(false)) continue;
    unknown.push(...answers.filter((answer) => typeof answer === "string"));
  }
  return unknown.length > 0
    ? { unknown: unknown.join(", ") }
    : { must: false, because: `outside the scope of ${profile.act}; the statement is voluntary` };
}

/** What a state of the law lets be left out: by its own profile, and as whole standards for how many years. */
export type Relief = {
  readonly profile: LawProfile;
  readonly wholeStandards: Readonly<Record<string, number>>;
};

/**
 * Why something may be left out for now, from the phase-ins of its concept (`all: 1 year`, `up to 750 employees: 2 years`); undefined when it may not.
 * Years are counted from the first year of reporting; without it only what holds in whatever year is known.
 */
export function phasedIn(
  ofConcept: readonly string[],
  standard: string,
  { profile, wholeStandards }: Relief,
  undertaking: Undertaking,
): string | undefined {
  const whole = wholeStandards[standard];
  const phaseIns = whole === undefined ? ofConcept : [...ofConcept, `up to 750 employees: ${whole} years`];
  const year = Number(undertaking.periodEnd.slice(0, 4));
  const firstWave = undertaking.firstYear !== undefined && undertaking.firstYear <= 2024;
  if (profile.frozen && firstWave && profile.relief_for_all.includes(standard))
    return `the first wave may leave out ${standard} (${profile.act})`;
  for (const phaseIn of phaseIns) {
    const [who = "", what = ""] = phaseIn.split(": ");
    if (what.startsWith("until ")) return "waits for the sector standards (ESRS 1 Appendix C)";
    const years = /^(\d) years?( for non-EEA countries)?$/.exec(what);
    if (years === null || undertaking.firstYear === undefined) continue;
    const small = who.startsWith("up to 750");
    if (small && (undertaking.employees === undefined || undertaking.employees > 750)) continue;
    const running = profile.frozen && firstWave ? 1 : year - undertaking.firstYear + 1;
    if (running <= Number(years[1]))
      return `may be left out in the first ${years[1] === "1" ? "year" : `${years[1] ?? ""} years`}${years[2] ?? ""}${small ? ", up to 750 employees" : ""} (ESRS 1 Appendix C${profile.frozen ? `, ${profile.act}` : ""})`;
  }
  return undefined;
}
