import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { stringify } from "yaml";
import { lookAtAudits } from "#checks/compliance.ts";
import { lookAtQuality } from "#checks/data-quality.ts";
import { lookAtModels } from "#checks/language-models.ts";
import { productionTimes } from "#test/fakes/world.ts";

const run = promisify(execFile);
const promtool = await run("promtool", ["--version"]).then(
  () => true,
  () => false,
);
if (!promtool)
  process.stderr.write("promtool is not on PATH: queries are not asked of Prometheus itself here.\n");

/** The expressions that a look asks Prometheus, in the order in which it asks them. */
async function asked(
  look: (metrics: { query: (expression: string) => Promise<never[]> }) => Promise<unknown>,
) {
  const expressions: string[] = [];
  await look({
    query: async (expression) => {
      expressions.push(expression);
      return [];
    },
  });
  return expressions;
}

type Expected = readonly { readonly labels: string; readonly value: number }[];

async function answers(
  series: Readonly<Record<string, string>>,
  expressions: readonly string[],
  expected: readonly Expected[],
) {
  const folder = mkdtempSync(join(tmpdir(), "ops-queries-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const cases = {
    rule_files: [],
    evaluation_interval: "30s",
    tests: [
      {
        interval: "1m",
        input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
        promql_expr_test: expressions.map((expr, index) => ({
          expr,
          eval_time: "40m",
          exp_samples: expected[index] ?? [],
        })),
      },
    ],
  };
  writeFileSync(join(folder, "test.yaml"), stringify(cases));
  return run("promtool", ["test", "rules", "test.yaml"], { cwd: folder }).then(
    ({ stdout }) => stdout,
    (error: { stdout: string; stderr: string }) => `FAILED ${error.stdout}${error.stderr}`,
  );
}

describe.runIf(promtool)("Prometheus itself, by promtool, answers", () => {
  test("what is asked about language models", async () => {
    const expressions = await asked((metrics) => lookAtModels({ metrics, times: productionTimes }));
    const model = 'name="primary", provider="anthropic", model="m"';

    const said = await answers(
      {
        [`csrd_llm_chain_place{${model}}`]: "1x60",
        'csrd_llm_requests_total{provider="anthropic", model="m", outcome="overloaded"}': "0+2x60",
        'csrd_llm_requests_total{provider="anthropic", model="m", outcome="ok"}': "7x60",
        'csrd_circuit_breaker_state{part="llm", provider="primary"}': "2x60",
        'csrd_circuit_breaker_state{part="database", provider=""}': "2x60",
        'csrd_llm_failing{name="primary", provider="anthropic", code="overloaded"}': "1x60",
        'csrd_llm_failing{name="primary", provider="anthropic", code="unreachable"}': "0x60",
        'csrd_switched_off{scope="llm-openai", instance="a"}': "1x60",
        'csrd_switched_off{scope="llm-openai", instance="b"}': "1x60",
        'csrd_switched_off{scope="llm", instance="a"}': "1x60",
        'csrd_switched_off{scope="llm", instance="b"}': "0x60",
      },
      expressions,
      [
        [{ labels: '{name="primary", provider="anthropic"}', value: 1 }],
        [{ labels: '{provider="anthropic", outcome="overloaded"}', value: 20 }],
        [{ labels: '{provider="primary"}', value: 2 }],
        [{ labels: '{name="primary", provider="anthropic", code="overloaded"}', value: 1 }],
        [{ labels: '{scope="llm-openai"}', value: 1 }],
      ],
    );

    expect(said).toContain("SUCCESS");
  });

  test("what is asked about audits: a rule that is missed for the first time counts in full, an old one not at all", async () => {
    const expressions = await asked((metrics) => lookAtAudits({ metrics }));

    const said = await answers(
      {
        csrd_compliance_failures_total: "0x60",
        'csrd_reports_completed_total{outcome="ok"}': "0+1x60",
        'csrd_compliance_rule_failures_total{rule="new"}': "_x30 3x30",
        'csrd_compliance_rule_failures_total{rule="old"}': "9x60",
        'csrd_compliance_rule_failures_total{rule="more"}': "4x30 6x30",
      },
      expressions,
      [
        [{ labels: "{}", value: 0 }],
        [{ labels: "{}", value: 15 }],
        [
          { labels: '{rule="more"}', value: 2 },
          { labels: '{rule="new"}', value: 3 },
        ],
      ],
    );

    expect(said).toContain("SUCCESS");
  });

  test("what is asked about data: a worker that has seen no report is no score", async () => {
    const expressions = await asked((metrics) => lookAtQuality({ metrics }));

    const said = await answers(
      {
        'csrd_data_quality_score{instance="w1"}': "0x60",
        'csrd_data_quality_score{instance="w2"}': "76.5x60",
        'csrd_data_quality_reports_total{verdict="low"}': "0+1x60",
        'csrd_data_quality_reports_total{verdict="good"}': "0x60",
        'csrd_data_quality_rule_failures_total{rule="DQ-C02"}': "0x20 5x60",
      },
      expressions,
      [
        [{ labels: "{}", value: 76.5 }],
        [{ labels: "{}", value: 30 }],
        [{ labels: "{}", value: 0 }],
        [{ labels: '{rule="DQ-C02"}', value: 5 }],
      ],
    );

    expect(said).toContain("SUCCESS");
  });
});
