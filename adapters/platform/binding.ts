import { OpsError } from "#kit/errors.ts";
import { PlatformBinding } from "#platform/probe/binding.ts";

/** Checks the `platform` part of an environment's bindings; throws `environment-invalid` with each fault named. Without one nothing is bound. */
export function parsePlatformBinding(binding: unknown): PlatformBinding {
  const parsed = PlatformBinding.safeParse(binding ?? {});
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(
    (issue) => `${["platform", ...issue.path].join(".")} ${issue.message}`,
  );
  throw new OpsError("environment-invalid", {
    summary: `The environment's platform binding is not usable: ${faults.join("; ")}.`,
    hint: "Each key and address in it is named as {env: NAME} or {file: path}; database and redis have read and act.",
  });
}
