/** What each exit status of `ops` means, in words. */
export const exitMeanings: Readonly<Record<number, string>> = {
  0: "solved, all clear, or nothing to change",
  1: "a defect in the tool",
  2: "wrong usage or invalid input",
  3: "escalated to a person, or inconclusive",
  4: "acted, not verified",
  5: "approval refused or expired",
  6: "refused by a guard, lock, freeze or window",
  7: "state unknown, look before retrying",
  8: "undone and verified",
  9: "parked, waiting for approval or a signal",
  10: "the plan has changes to make",
  130: "interrupted",
};

/** `exit 4: acted, not verified`. */
export function exitLine(exit: number): string {
  return `exit ${exit}: ${exitMeanings[exit] ?? "not a status of ops"}`;
}
