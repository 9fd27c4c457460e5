import { defineSchedule } from "#kit";
import { dailyHealthCheck } from "#runbooks/daily-health-check.ts";

/** The morning's look; source: clo-operations-manual "Morning Startup Procedures" (8:00 AM UTC), csrd-operations-manual "Daily Maintenance". */
export const dailyHealthCheckSchedule = defineSchedule({
  id: "daily-health-check",
  title: "Look at everything before the day begins",
  cron: "0 8 * * *",
  timeZone: "UTC",
  in: ["production", "staging"],
  run: dailyHealthCheck,
  params: {},
  as: "platform-oncall",
  // After noon the day has shown by itself how the platform is.
  missed: { runOnceWithin: "4h" },
  overlap: "skip",
  freeze: "look",
});
