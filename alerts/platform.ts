import { defineAlert } from "#kit";
import { apiTargets } from "#checks/api-targets.ts";
import { platformAnswers } from "#checks/platform-answers.ts";
import { apiJob } from "#platform/contract.ts";

/**
 * No API instance answers, or none is known any more: a target that vanished makes no `up` series, so absence alarms too.
 * Source: csrd-operations-manual "Alert Rules", CSRDPlatformDown; summed, because one dead instance of two is not an outage.
 */
export const csrdPlatformDown = defineAlert({
  name: "CSRDPlatformDown",
  title: "The platform is down",
  expr: `sum by (job) (up{job="${apiJob}"}) == 0 or absent(up{job="${apiJob}"})`,
  severity: "P0",
  team: "platform",
  summary: "CSRD platform is down",
  description: "No instance of {{ $labels.job }} answers.",
  watches: platformAnswers,
});

/** One instance is gone while others serve: redundancy is lost, users are not hurt yet. */
export const csrdInstanceDown = defineAlert({
  name: "CSRDInstanceDown",
  title: "An API instance is down",
  expr: `up{job="${apiJob}"} == 0 and on (job) sum by (job) (up{job="${apiJob}"}) > 0`,
  severity: "P1",
  team: "platform",
  summary: "An API instance is down",
  description: "{{ $labels.instance }} does not answer; the others serve.",
  watches: apiTargets,
});
