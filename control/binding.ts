import { z } from "zod";
import { SecretRef } from "#kit/environment.ts";
import { OpsError } from "#kit/errors.ts";

/** `bindings.control` of an environment file: where the always-on process listens, and what its webhook tokens are made with. */
const ControlBinding = z.strictObject({
  host: z.string().min(1).default("127.0.0.1"),
  port: z.int().min(0).max(65535).default(8300),
  /** How others reach it, when that differs: "https://ops.example.com". */
  url: z.url().optional(),
  /** Key of the webhook tokens; at least 32 characters. */
  secret: SecretRef,
});
export type ControlBinding = z.infer<typeof ControlBinding>;

/** Checks the binding; throws `binding-missing` without one and `environment-invalid` for a wrong one. */
export function parseControlBinding(binding: unknown): ControlBinding {
  if (binding === undefined)
    throw new OpsError("binding-missing", {
      summary: "This environment has no control binding, so there is nothing that webhooks could be sent to.",
      hint: "Add bindings.control with a secret reference to the environment file.",
    });
  const parsed = ControlBinding.safeParse(binding);
  if (parsed.success) return parsed.data;
  throw new OpsError("environment-invalid", {
    summary: `bindings.control is not usable: ${z.prettifyError(parsed.error).split("\n")[0] ?? "invalid"}.`,
    hint: "See docs/tour.md, the always-on process.",
  });
}
