import { defineSchedule } from "#kit";
import { importsStuckRunbook } from "../runbooks/imports-stuck.ts";

/** A team's own schedule: before people come in, look whether imports move; a restart still waits for approval. */
export const importsInTheMorning = defineSchedule({
  id: "imports-in-the-morning",
  title: "Look whether imports move before the day begins",
  cron: "30 7 * * mon-fri",
  timeZone: "Europe/Amsterdam",
  in: ["production", "staging"],
  run: importsStuckRunbook,
  params: { service: "imports" },
  as: "imports-team",
  missed: { runOnceWithin: "2h" },
  overlap: "skip",
  freeze: "look",
  window: { from: "07:00", to: "10:00" },
});
