import { OpsError } from "#kit/errors.ts";
import type { Outcome, ReadinessProbe } from "#kit/readiness.ts";
import { hear } from "../http-clock.ts";
import { judgeHeard } from "../judge-heard.ts";
import { readSecret } from "../secret.ts";
import type { PagerDutyBinding } from "./binding.ts";
import { PagerDutyFailure } from "./failure.ts";
import { incidentNotes } from "./notes.ts";

/** Integration keys of the Events API v2 have 32 characters. Source: PagerDuty developer docs, "Events API v2". */
const keyForm = /^[0-9a-zA-Z]{32}$/;

/** Whether people can be paged: key, token and reachability. Nobody is. */
export function pagerDutyProbes(binding: PagerDutyBinding): readonly ReadinessProbe[] {
  const { notes } = binding;
  return [
    { id: "pagerduty.key", what: "PagerDuty key", needs: "telling", look: () => routingKey(binding) },
    {
      id: "pagerduty.events",
      what: `PagerDuty events (${new URL(binding.events).host})`,
      needs: "telling",
      look: async () => judgeHeard(await hear(binding.events, "PagerDuty", 4_000), "answer"),
    },
    ...(notes === undefined
      ? []
      : [
          {
            id: "pagerduty.notes",
            what: "PagerDuty notes",
            needs: "telling" as const,
            look: () => readsIncidents(binding, notes),
          },
        ]),
  ];
}

/** The key itself: whether PagerDuty knows it shows only when it pages, and a doctor pages nobody. */
async function routingKey({ routingKey: reference }: PagerDutyBinding): Promise<Outcome> {
  const { length, fits } = formOf((await readSecret(reference)).reveal());
  if (fits)
    return { state: "ready", says: `has the form of one, ${length} characters; it is tried when it pages` };
  return {
    state: "not-ready",
    says: `is no integration key: ${length} characters instead of 32 letters and digits`,
    now: "Copy the Integration Key of the service, Events API v2, to where bindings.pagerduty.routingKey points",
  };
}

function formOf(key: string): { readonly length: number; readonly fits: boolean } {
  return { length: key.length, fits: keyForm.test(key) };
}

async function readsIncidents(
  binding: PagerDutyBinding,
  notes: NonNullable<PagerDutyBinding["notes"]>,
): Promise<Outcome> {
  try {
    await incidentNotes(binding, notes).find("csrd-ops doctor looks for nothing");
    return { state: "ready", says: `the token reads incidents; notes will be written as ${notes.from}` };
  } catch (error) {
    if (!(error instanceof PagerDutyFailure)) throw error;
    const refused = / answered 4\d\d:/.test(error.message);
    throw new OpsError(refused ? "tool-refused" : "tool-unreachable", {
      summary: error.message,
      hint: refused
        ? "Renew the API key to which bindings.pagerduty.notes.token points; it must be allowed to write."
        : "Runs go on without it and pages wait; look at the network and at PagerDuty's status page.",
    });
  }
}
