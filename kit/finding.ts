/** What a probe learned: a value, or an honest "not known" with the reason. Unknown is never healthy. */
export type Finding<T> =
  | { readonly known: true; readonly value: T; readonly at: string }
  | { readonly known: false; readonly reason: string; readonly at: string };

/** How a finding reads at a glance. `fine` folds, `bad` comes first, `note` informs. */
export type Reading = {
  readonly state: "fine" | "bad" | "note";
  /** One clause with numbers and limits: "0 of 2 targets healthy". */
  readonly says: string;
};
