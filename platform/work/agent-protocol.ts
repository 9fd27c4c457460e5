import { z } from "zod";
import type { AgentResult } from "../agent.ts";

/**
 * What the worker asks an agent's service: references only, never payloads.
 * `POST /run`, header `Idempotency-Key: <report>/<stage>`; the answer is a stream of JSON lines that ends with a result or a refusal.
 */
export const RunRequest = z.strictObject({
  reportId: z.string().regex(/^CSRD-\d{8}-[0-9A-Z]{10}$/),
  /** The report's own time: the same on every attempt, so that the same bytes come out. */
  now: z.iso.datetime(),
  /** Milliseconds that the stage may run, where the report has less left than a stage usually has. */
  limitMs: z.int().min(1).optional(),
});
export type RunRequest = z.infer<typeof RunRequest>;

const Result: z.ZodType<AgentResult> = z.object({
  status: z.enum(["ok", "warnings", "failed"]),
  summary: z.string(),
  figures: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
  warnings: z.array(z.string()),
  wrote: z.array(z.string()),
});

/** One line of the answer. `working` lines keep the connection alive and carry real progress. */
export const RunLine = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("working"),
    done: z.number().optional(),
    total: z.number().optional(),
    what: z.string().optional(),
    /** Once the stage itself runs; before that it waits for its turn. */
    running: z.boolean().optional(),
  }),
  z.object({ kind: z.literal("result"), result: Result, ms: z.number(), repeated: z.boolean() }),
  z.object({
    kind: z.literal("refused"),
    code: z.string(),
    message: z.string(),
    hint: z.string(),
    /** Whether the same request can succeed later. */
    retry: z.boolean(),
  }),
]);
export type RunLine = z.infer<typeof RunLine>;

/** What an agent keeps beside its output to prove that a stage is done; found again, the stage is not repeated. */
export const Receipt = z.object({
  key: z.string(),
  now: z.string(),
  result: Result,
  ms: z.number(),
  version: z.string(),
});
export type Receipt = z.infer<typeof Receipt>;

/** Artifact name of a stage's receipt. */
export function receiptName(agent: string): string {
  return `receipts/${agent}.json`;
}
