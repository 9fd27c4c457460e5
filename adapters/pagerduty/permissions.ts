import type { PagerDutyBinding } from "./binding.ts";

/** One key of PagerDuty: which kind, where it is made, what it is for, and where the environment looks for it. */
export type PagerDutyKey = {
  readonly binding: string;
  readonly kind: string;
  readonly made: string;
  readonly allows: string;
};

/** The keys that paging and notes need. PagerDuty's keys know no finer rights than these. */
export function pagerDutyKeys({ notes }: PagerDutyBinding): readonly PagerDutyKey[] {
  return [
    {
      binding: "bindings.pagerduty.routingKey",
      kind: "Integration Key, Events API v2, of the one service that is paged",
      made: "Services, the service, Integrations, Events API V2",
      allows: "trigger, acknowledge and resolve this service's alerts; reads nothing",
    },
    ...(notes === undefined
      ? []
      : [
          {
            binding: "bindings.pagerduty.notes.token",
            kind: "REST API key of version 2, not read-only, best the user token of a user who is only a Responder",
            made: "My Profile, User Settings, Create API User Token",
            allows: `read incidents and their notes, write notes as ${notes.from}`,
          },
        ]),
  ];
}
