import type { ReadinessProbe } from "#kit/readiness.ts";
import { parsePrometheusBinding } from "./binding.ts";
import { prometheusMetrics } from "./metrics.ts";

/** Whether metrics can be asked for, and whether what is asked for is scraped at all. */
export function prometheusProbes(binding: unknown, job: string): readonly ReadinessProbe[] {
  return [
    {
      id: "prometheus.query",
      what: "Prometheus",
      needs: { ports: ["metrics"] },
      async look() {
        const up = await prometheusMetrics(parsePrometheusBinding(binding)).query(`up{job="${job}"}`);
        const answering = up.filter(({ value }) => value === 1).length;
        if (up.length > 0)
          return { state: "ready", says: `${answering} of ${up.length} instances of ${job} answer it` };
        return {
          state: "not-ready",
          says: `it knows no instance of ${job}`,
          now: `Add a scrape job named ${job} over the API's /metrics`,
        };
      },
    },
  ];
}
