import { z } from "zod";
import { agentNames } from "../contract.ts";
import { problemCodes } from "../service/problem.ts";
import type { ReportStatus } from "../storage/report.ts";

/** Shapes by the names under which the API's document has them; the registry in which zod keeps descriptions, too. */
export const answers = z.globalRegistry;

/** Where a report can be; the same words as in the database. */
const reportStatuses = [
  "queued",
  "running",
  "waiting",
  "completed",
  "failed",
  "cancelled",
  "dead-letter",
] as const satisfies readonly ReportStatus[];

const Outcome = z.enum(["ok", "warnings", "failed"]);
const AgentNameShape = z.enum(agentNames);
const Instant = z.iso.datetime();
const ReportId = z
  .string()
  .regex(/^CSRD-\d{8}-[0-9A-Z]{10}$/)
  .describe("CSRD-20261121-7K2M9QX4TB");

/** The report of an address. */
export const ReportParams = z.object({ id: ReportId });

/** A file of a report: everything after `/artifacts/`. */
export const ArtifactParams = z.object({
  id: ReportId,
  "*": z
    .string()
    .min(1)
    .max(200)
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/)
    .describe("Name of the file as the report lists it, such as reports/esrs_report.xhtml"),
});

/** How a file is answered. */
export const ArtifactQuery = z.strictObject({
  download: z
    .enum(["", "0", "1"])
    .optional()
    .describe(
      "1: to be saved (the default). 0: to be looked at, without scripts and in an origin of its own",
    ),
});

/** Which page of the list. */
export const Page = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  after: ReportId.optional().describe("The last report of the page before"),
  status: z.enum(reportStatuses).optional(),
});

/** The body of a report that is sent as JSON. */
export const JsonReport = z.strictObject({
  company: z.record(z.string(), z.unknown()).describe("The company, as csrd run takes it in company.json"),
  data: z.string().min(1).describe("The activity data: CSV or JSON as text"),
});

/** Why a report waits or ended. */
const Why = z.object({ code: z.string(), message: z.string(), hint: z.string() });

const Stage = z.object({
  agent: AgentNameShape,
  status: z.union([Outcome, z.enum(reportStatuses), z.literal("pending")]),
  summary: z.string().optional(),
  figures: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])).optional(),
  warnings: z.array(z.string()).optional(),
  wrote: z.array(z.string()).optional(),
  duration_ms: z.number().optional(),
  finished_at: Instant.optional(),
});

/** Where a report is, stage by stage. */
export const Status = z.object({
  id: ReportId,
  status: z.enum(reportStatuses),
  outcome: Outcome.optional(),
  stage: AgentNameShape.optional().describe("The stage it is in, or was in when it ended"),
  accepted_at: Instant,
  updated_at: Instant,
  finished_at: Instant.optional(),
  error: Why.optional(),
  stages: z.array(Stage),
});
export type Status = z.infer<typeof Status>;

/** A report with what was sent and what came out. */
export const ReportAnswer = Status.extend({
  company: z.record(z.string(), z.unknown()),
  data: z.object({ sha256: z.string(), bytes: z.number() }),
  artifacts: z.array(z.object({ name: z.string(), href: z.string() })),
  links: z.object({ self: z.string(), status: z.string(), events: z.string() }),
});
export type ReportAnswer = z.infer<typeof ReportAnswer>;

/** One report of a list. */
export const ReportLine = z.object({
  id: ReportId,
  status: z.enum(reportStatuses),
  outcome: Outcome.optional(),
  accepted_at: Instant,
  href: z.string(),
});
export type ReportLine = z.infer<typeof ReportLine>;

/** One page of reports, newest first; `next` is there when there is more. */
export const ReportList = z.object({ reports: z.array(ReportLine), next: z.string().optional() });

/** A refusal (RFC 9457). */
const ProblemAnswer = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  code: z.enum(problemCodes),
  detail: z.string(),
  reason: z.string().optional().describe("Code of the platform's own error behind it"),
  request_id: z.string(),
});

/** The data of one event of a report's stream: something that happened, kept for good. */
export const ReportEvent = z.object({
  id: z.string().describe("Rises with every event; what Last-Event-ID takes"),
  kind: z
    .string()
    .describe("accepted, agent-started, agent-completed, completed, failed, cancelled, dead-letter, …"),
  at: Instant,
  agent: AgentNameShape.optional(),
  detail: z.record(z.string(), z.unknown()),
});

/** The data of a `progress` event: how far the stage in hand is; any of them may be left out. */
export const ProgressEvent = z.object({
  agent: AgentNameShape,
  done: z.number(),
  total: z.number().optional(),
  what: z.string(),
  at: Instant,
});

/** The data of a `status` event: where the report is now. */
export const StatusEvent = z.object({
  status: z.enum(reportStatuses),
  stage: AgentNameShape.optional(),
  error: Why.optional(),
});

for (const [id, shape, description] of [
  ["Status", Status, "Where a report is, stage by stage."],
  ["Report", ReportAnswer, "A report with what was sent and what came out."],
  ["ReportLine", ReportLine, "One report of a list."],
  ["ReportList", ReportList, "One page of reports, newest first."],
  ["JsonReport", JsonReport, "A report that is sent as JSON."],
  ["Problem", ProblemAnswer, "A refusal (RFC 9457)."],
  ["ReportEvent", ReportEvent, "Something that happened to a report."],
  ["ProgressEvent", ProgressEvent, "How far the stage in hand is."],
  ["StatusEvent", StatusEvent, "Where the report is now."],
] as const)
  answers.add(shape, { id, description });
