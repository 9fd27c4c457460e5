import { get } from "node:http";
import type { CloudTarget } from "../cloud.ts";

/** How a target's health is found out: which path, how often, and how many answers in a row change the verdict. */
export type HealthRules = {
  readonly path: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly healthyAfter: number;
  readonly unhealthyAfter: number;
};

/** One health check's outcome: a status code, or no answer and why. */
export type Sighting =
  | { readonly kind: "answered"; readonly status: number }
  | { readonly kind: "refused" }
  | { readonly kind: "timed-out"; readonly afterMs: number };

/** What the balancer believes of one target, with the run of answers that led there. */
export type Belief = {
  readonly state: "initial" | "healthy" | "unhealthy";
  readonly streak: number;
  readonly reason?: string;
  readonly description?: string;
};

/** A target nobody has looked at yet. */
export const unseen: Belief = {
  state: "initial",
  streak: 0,
  reason: "Elb.InitialHealthChecking",
  description: "Initial health checks in progress",
};

/** The next belief after one more sighting; a new target needs one good answer, any other change needs a run of them. */
export function nextBelief(belief: Belief, sighting: Sighting, rules: HealthRules): Belief {
  const good = sighting.kind === "answered" && sighting.status === 200;
  const agrees = good === (belief.state === "healthy");
  if (belief.state !== "initial" && agrees) return { ...belief, streak: 0, ...(good ? {} : why(sighting)) };
  const streak = belief.streak + 1;
  if (good && (belief.state === "initial" || streak >= rules.healthyAfter))
    return { state: "healthy", streak: 0 };
  if (!good && streak >= rules.unhealthyAfter) return { state: "unhealthy", streak: 0, ...why(sighting) };
  return { ...belief, streak };
}

/** Looks at a target once. A target behind a closed firewall is silence, so it costs the whole timeout. */
export async function lookAt(
  target: { readonly address: string; readonly port: number },
  rules: HealthRules,
  reachable: boolean,
): Promise<Sighting> {
  if (!reachable) {
    await new Promise((resolve) => setTimeout(resolve, rules.timeoutMs).unref());
    return { kind: "timed-out", afterMs: rules.timeoutMs };
  }
  return new Promise((resolve) => {
    const request = get({
      host: target.address,
      port: target.port,
      path: rules.path,
      agent: false,
      signal: AbortSignal.timeout(rules.timeoutMs),
      headers: { "user-agent": "ELB-HealthChecker/2.0" },
    });
    request.once("response", (response) => {
      response.resume();
      resolve({ kind: "answered", status: response.statusCode ?? 0 });
    });
    request.on("error", (error) =>
      resolve(
        error.name === "AbortError" || error.name === "TimeoutError"
          ? { kind: "timed-out", afterMs: rules.timeoutMs }
          : { kind: "refused" },
      ),
    );
  });
}

function why(sighting: Sighting): Pick<CloudTarget, "reason" | "description"> {
  if (sighting.kind === "refused")
    return { reason: "Target.FailedHealthChecks", description: "Health checks failed" };
  if (sighting.kind === "timed-out") return { reason: "Target.Timeout", description: "Request timed out" };
  return {
    reason: "Target.ResponseCodeMismatch",
    description: `Health checks failed with these codes: [${sighting.status}]`,
  };
}
