import { unzipSync } from "fflate";
import { z } from "zod";
import { agentNames, metrics } from "../contract.ts";
import { type Answer, jsonOf, type ReportStatus, sentenceIn } from "./client.ts";

/** What one look came to. A check that could not be made says why, and never counts as passed. */
export type Verdict = { readonly state: "passed" | "failed" | "skipped"; readonly says: string };

const passed = (says: string): Verdict => ({ state: "passed", says });
const failed = (says: string): Verdict => ({ state: "failed", says });
const answered = (answer: Answer): string => `answered with ${answer.status}${sentenceIn(answer)}`;

/** `/livez`: 200, alive. */
export function judgeLive(answer: Answer): Verdict {
  const alive = z.object({ status: z.literal("alive") }).safeParse(jsonOf(answer)).success;
  return answer.status === 200 && alive ? passed("alive") : failed(answered(answer));
}

const Ready = z.object({ status: z.string(), checks: z.record(z.string(), z.string()) });

/** `/readyz` and `/health/ready`: 200, and every hard dependency ok. */
export function judgeReady(answer: Answer): Verdict {
  const body = Ready.safeParse(jsonOf(answer)).data;
  if (body === undefined) return failed(answered(answer));
  const parts = Object.entries(body.checks);
  const wrong = parts.filter(([, says]) => says !== "ok").map(([name, says]) => `${name}: ${says}`);
  if (wrong.length > 0 || answer.status !== 200 || parts.length === 0)
    return failed(`${body.status}${wrong.length === 0 ? "" : `; ${wrong.join(", ")}`}`);
  return passed(`ready; ${parts.map(([name]) => name).join(", ")} ok`);
}

const Group = z.object({
  status: z.enum(["healthy", "degraded", "unhealthy"]),
  details: z.record(z.string(), z.union([z.string(), z.number()])),
});
const Health = z.object({
  status: z.enum(["healthy", "degraded", "unhealthy"]),
  timestamp: z.iso.datetime(),
  version: z.string().min(1),
  checks: z.record(z.string(), Group),
});

/** The groups of a healthy body and what each must tell (csrd-operations-manual, "Health Check Endpoints"). */
const groups: Readonly<Record<string, readonly string[]>> = {
  agents: agentNames.map((name) => `${name}_agent`),
  storage: ["input_storage", "output_storage"],
  external_dependencies: ["llm_api", "xbrl_validator"],
  resources: ["cpu_usage", "memory_usage", "disk_usage"],
};

/** `/health`: the manual's shape, and healthy. Degraded is not healthy: what is amiss is named. */
export function judgeHealth(answer: Answer): Verdict {
  const parsed = Health.safeParse(jsonOf(answer));
  if (!parsed.success)
    return failed(
      `${answered(answer)}; not the documented body: ${parsed.error.issues[0]?.path.join(".") ?? "unreadable"}`,
    );
  const { status, version, checks } = parsed.data;
  if (status !== "healthy") {
    const amiss = Object.entries(checks).flatMap(([group, { status: is, details }]) =>
      is === "healthy"
        ? []
        : [
            `${group} ${is} (${Object.entries(details)
              .map(([name, value]) => `${name} ${value}`)
              .join(", ")})`,
          ],
    );
    return failed(`${status}: ${amiss.join("; ") || "no group says why"}`);
  }
  const missing = Object.entries(groups).flatMap(([group, names]) =>
    names.filter((name) => checks[group]?.details[name] === undefined).map((name) => `${group}.${name}`),
  );
  if (missing.length > 0) return failed(`healthy, and does not tell ${missing.join(", ")}`);
  return answer.status === 200 ? passed(`healthy, version ${version}`) : failed(answered(answer));
}

/** The six agents in `/health`, one by one. */
export function judgeAgents(answer: Answer): Verdict {
  const body = Health.safeParse(jsonOf(answer)).data;
  const details = body?.checks["agents"]?.details;
  if (details === undefined)
    // The documented unhealthy body leaves out the groups that are well.
    return body === undefined || body.status === "healthy"
      ? failed("the body does not tell of the agents")
      : passed("all healthy; others are not");
  const amiss = agentNames.filter((name) => details[`${name}_agent`] !== "healthy");
  return amiss.length === 0
    ? passed(`all ${agentNames.length} healthy`)
    : failed(amiss.map((name) => `${name} ${details[`${name}_agent`] ?? "not told"}`).join(", "));
}

/** Metrics that the shipped alerts and dashboards ask the API for. */
const exposed = [
  "csrd_build_info",
  metrics.httpRequests,
  metrics.httpDuration,
  metrics.authFailures,
  "process_resident_memory_bytes",
];

/** `/metrics`: Prometheus text with what alerts ask for. */
export function judgeMetrics(answer: Answer): Verdict {
  if (answer.status !== 200) return failed(answered(answer));
  const text = Buffer.from(answer.body).toString("utf8");
  const named = new Set(
    text.split("\n").flatMap((line) => /^# TYPE ([a-zA-Z_:][\w:]*) /.exec(line)?.[1] ?? []),
  );
  const missing = exposed.filter((name) => !named.has(name));
  return missing.length === 0
    ? passed(`${named.size} metrics, ${exposed.length} that alerts need among them`)
    : failed(`without ${missing.join(", ")}`);
}

/** A refusal: this status, as a problem document with a code and a request id. */
export function judgeRefusal(answer: Answer, statuses: readonly number[]): Verdict {
  if (!statuses.includes(answer.status))
    return failed(`${answered(answer)} instead of ${statuses.join(" or ")}`);
  const problem = z.object({ code: z.string(), request_id: z.string() }).safeParse(jsonOf(answer)).data;
  const type = answer.headers.get("content-type") ?? "";
  if (problem === undefined || !type.startsWith("application/problem+json"))
    return failed(`${answer.status}, and not as a problem document`);
  return passed(`${answer.status} ${problem.code}`);
}

/** The first verdict that is not a pass, or all that was said. */
export function together(verdicts: readonly Verdict[]): Verdict {
  return (
    verdicts.find(({ state }) => state === "failed") ??
    verdicts.find(({ state }) => state === "skipped") ??
    passed([...new Set(verdicts.map(({ says }) => says))].join("; "))
  );
}

/** A report's end: completed, every agent's work there. A report that is found not compliant is one that the platform made. */
export function judgeEnd(report: ReportStatus): Verdict {
  if (report.status !== "completed") {
    const why = report.error === undefined ? "" : `: ${report.error.message} (${report.error.code})`;
    return failed(`${report.id} is ${report.status}${why}`);
  }
  const undone = agentNames.filter(
    (name) => report.stages.find(({ agent }) => agent === name)?.duration_ms === undefined,
  );
  if (undone.length > 0) return failed(`completed without ${undone.join(", ")}`);
  return passed(`completed, ${report.outcome ?? "no outcome"}; ${report.stages.length} agents`);
}

const largestPart = 64 * 1024 * 1024;

/** `report.xbri`: a package that opens, says what it is, and holds one document with tagged facts. */
export function judgePackage(bytes: Uint8Array): Verdict {
  let names: readonly string[];
  let tagged = 0;
  try {
    let room = largestPart;
    const files = unzipSync(bytes, {
      filter: ({ originalSize }) => {
        room -= originalSize;
        return room >= 0;
      },
    });
    names = Object.keys(files);
    for (const [name, content] of Object.entries(files))
      if (/\/reports\/[^/]+\.x?html$/.test(name))
        tagged +=
          Buffer.from(content)
            .toString("utf8")
            .match(/<ix:non(?:Fraction|Numeric)[\s>]/g)?.length ?? 0;
  } catch (error) {
    return failed(`does not open: ${error instanceof Error ? error.message : "unreadable"}`);
  }
  if (!names.some((name) => name.endsWith("/META-INF/reportPackage.json")))
    return failed("opens, and does not say that it is a report package");
  return tagged > 0 ? passed(`opens; ${tagged} tags`) : failed("opens, and nothing in it is tagged");
}

/** `report.xbrl.json`: more than no facts. */
export function judgeFacts(count: number): Verdict {
  return count > 0 ? passed(`${count.toLocaleString("en")} facts`) : failed("no facts");
}

const XbrlJson = z.object({
  facts: z.record(z.string(), z.object({ dimensions: z.looseObject({ concept: z.string() }) })),
});

/** How many facts an xBRL-JSON document holds; footnotes, which it keeps beside them, are none. */
export function countFacts(answer: Answer): number {
  const facts = XbrlJson.safeParse(jsonOf(answer)).data?.facts ?? {};
  return Object.values(facts).filter(({ dimensions }) => dimensions.concept !== "xbrl:note").length;
}

const Report = z.object({
  company_info: z.object({ legal_name: z.string() }),
  xbrl_tagging: z.object({ total_tags: z.number() }),
  compliance_status: z.object({
    overall_status: z.string(),
    validation_results: z.object({ total_rules_checked: z.number() }),
  }),
});

/** `report.json`: the trial's label, as many tags as `facts`, and the audit's judgement by more than no rules. */
export function judgeReportJson(answer: Answer, label: string, facts: number): Verdict {
  const body = Report.safeParse(jsonOf(answer));
  if (!body.success)
    return failed(
      `report.json is not the documented one: ${body.error.issues[0]?.path.join(".") ?? "unreadable"}`,
    );
  const { company_info: company, xbrl_tagging: tagging, compliance_status: audit } = body.data;
  const rules = audit.validation_results.total_rules_checked;
  if (!company.legal_name.startsWith(label)) return failed(`report.json does not carry the label "${label}"`);
  if (tagging.total_tags !== facts)
    return failed(`report.json tells of ${tagging.total_tags} tags, report.xbrl.json holds ${facts} facts`);
  return rules > 0
    ? passed(`audit ${audit.overall_status} by ${rules.toLocaleString("en")} rules`)
    : failed("audited by no rule");
}
