import { z } from "zod";
import type { TakenProfile } from "./profile.ts";

/** What `POST /debug/profile` takes; the time is bounded, because whoever is watched is slower while it lasts. */
export const ProfileOrder = z.strictObject({
  kind: z.enum(["cpu", "memory"]),
  seconds: z.int().min(1).max(30),
});
export type ProfileOrder = z.infer<typeof ProfileOrder>;

/** One process that was looked at: the service itself, or one of its running stages. */
export type ProfiledProcess = {
  readonly what: "service" | "stage";
  readonly pid: number;
} & TakenProfile;

/** What it answers: one profile for each process, at most `mostStages` of stages. */
export type ProfileAnswer = { readonly seconds: number; readonly processes: readonly ProfiledProcess[] };

/** Stages whose processes are looked at in one go. */
export const mostStages = 4;
/** Bytes of one process's profile, as JSON; a larger one is left out. */
export const largestProfile = 8 * 1024 * 1024;
