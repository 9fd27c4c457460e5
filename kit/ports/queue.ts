import type { Changed } from "./workloads.ts";

/** The report queue as the platform itself counts it. The manuals' `LLEN csrd:report_queue` is `waiting`. */
export type QueueLook = {
  /** Waiting, prioritized and delayed together. */
  readonly waiting: number;
  readonly active: number;
  /** Given up by the platform; each can be put back. */
  readonly deadLetter: number;
  /** Kept out of the queue by an operator. */
  readonly quarantined: number;
  /** Seconds since the report that waits longest was accepted; 0 when none waits. */
  readonly oldestSeconds: number;
  readonly paused: { readonly by: string; readonly reason: string; readonly at: string } | undefined;
  /** Reports worked on at once over all workers. */
  readonly concurrency: number;
  /** Workers that have been heard of lately, by name. */
  readonly workers: readonly string[];
};

/** One report, without anything of what is in it. */
export type QueuedReport = {
  readonly id: string;
  readonly state: "queued" | "waiting" | "running" | "dead-letter" | "quarantined";
  /** The stage it is in or goes on with. */
  readonly stage: string | undefined;
  readonly acceptedAt: string;
  /** Why it was given up, by code. */
  readonly code: string | undefined;
  /** How often a process ended while it worked on the stage that the report is in. */
  readonly kills: number;
};

export interface QueueReader {
  look(): Promise<QueueLook>;
  /** Longest waiting first. */
  reports(state: QueuedReport["state"], most: number): Promise<readonly QueuedReport[]>;
}

/** Nothing here deletes a report. Every call leaves its entry in the platform's audit log. */
export interface QueueAdmin {
  /** No worker takes another report; those in hand go on. Done already is done. */
  pause(reason: string): Promise<void>;
  resume(reason: string): Promise<void>;
  setConcurrency(from: number, to: number): Promise<Changed>;
  quarantine(id: string, reason: string): Promise<void>;
  release(id: string, reason: string): Promise<void>;
  /** Puts a report back that was given up, from its last finished stage. */
  requeue(id: string, reason: string): Promise<void>;
}
