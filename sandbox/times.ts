import type { Times } from "#kit/ports.ts";

/** Lengths of time in the practice production: shorter than production's, so that a drill takes a minute, with as many samples. */
export const sandboxTimes: Times = {
  restart: "20s",
  poll: "300ms",
  steady: "3s",
  verify: "1m",
  planExpiry: "15m",
  lease: "10s",
  outage: "3s",
  stickyLock: "10m",
  brokenGlass: "10m",
  freshDeploy: "10m",
  stuckTransaction: "2s",
  slowAnswer: "500ms",
  slowStage: "4s",
  slowReport: "15s",
  longWait: "5s",
};
