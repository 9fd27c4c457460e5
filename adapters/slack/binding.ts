import { z } from "zod";
import { SecretRef } from "#kit/environment.ts";
import { OpsError } from "#kit/errors.ts";
import { audiences } from "#kit/ports/announcer.ts";

const channel = z.string().regex(/^(#?[a-z0-9_-]{1,80}|[CG][A-Z0-9]{8,})$/, { error: "is not a channel" });

/** The `slack` binding of an environment file: one channel that is told about every run, and those in which runbooks tell people something. */
export const SlackBinding = z.strictObject({
  /** Base of the Web API; Slack's own unless told otherwise. */
  api: z.url({ protocol: /^https?$/ }).default("https://slack.com/api/"),
  /** Bot token with `chat:write`; with `channels:read` and `channels:history` a repeated delivery is recognised and told once. */
  token: SecretRef,
  /** Id or name of the channel. */
  channel,
  /** Where each audience is told what concerns it, by id or name; who is not here is told by people. */
  audiences: z.partialRecord(z.enum(audiences), channel).default({}),
});
export type SlackBinding = z.infer<typeof SlackBinding>;

/** Checks the `slack` part of an environment's bindings; throws `environment-invalid` with each fault named. */
export function parseSlackBinding(binding: unknown): SlackBinding {
  const parsed = SlackBinding.safeParse(binding);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${["slack", ...issue.path].join(".")} ${issue.message}`);
  throw new OpsError("environment-invalid", {
    summary: `The environment's slack binding is not usable: ${faults.join("; ")}.`,
    hint: "It needs channel, and token as {env: NAME} or {file: path}.",
  });
}
