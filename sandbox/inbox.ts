import { z } from "zod";

const Message = z.object({
  ts: z.string(),
  shown: z.string(),
  edits: z.int(),
  broadcast: z.boolean(),
});

/** What people see in the practice workspace's channels and on the practice service's incidents; oldest first. */
export const Inbox = z.object({
  slack: z
    .array(
      z.object({
        name: z.string(),
        messages: z.array(Message.extend({ replies: z.array(Message).readonly() })).readonly(),
      }),
    )
    .readonly(),
  pagerduty: z
    .array(
      z.object({
        number: z.int(),
        title: z.string(),
        severity: z.string(),
        status: z.enum(["triggered", "acknowledged", "resolved"]),
        createdAt: z.string(),
        log: z.array(z.object({ type: z.string(), at: z.string(), summary: z.string() })).readonly(),
        notes: z.array(z.object({ at: z.string(), by: z.string(), content: z.string() })).readonly(),
      }),
    )
    .readonly(),
});
export type Inbox = z.infer<typeof Inbox>;
