/** The verdicts in the order in which a reader wants them. */
export const statuses = ["fail", "not_evaluated", "warning", "pass", "not_applicable"] as const;
/** One of the verdicts. */
export type Status = (typeof statuses)[number];
/** What each verdict is called on the page. */
export const titles: Readonly<Record<Status, string>> = {
  fail: "Failed",
  not_evaluated: "Not evaluated",
  warning: "Warnings",
  pass: "Passed",
  not_applicable: "Not applicable",
};
/** What each verdict means. */
export const explained: Readonly<Record<Status, string>> = {
  fail: "broken; correct it",
  not_evaluated: "something the rule needs is missing; never counted as passed",
  warning: "a person should look",
  pass: "held against facts, and they hold",
  not_applicable: "nothing to say about this report",
};
/** The colour of each verdict, by the page's own names. */
export const colours: Readonly<Record<Status, string>> = {
  fail: "var(--fail)",
  not_evaluated: "var(--none)",
  warning: "var(--warn)",
  pass: "var(--pass)",
  not_applicable: "var(--idle)",
};

/** A whole number with commas between thousands. */
export const grouped = (amount: number): string => String(amount).replaceAll(/\B(?=(\d{3})+$)/g, ",");
