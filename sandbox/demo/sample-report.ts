import { readFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { formatMs } from "#kit/duration.ts";
import { OpsError } from "#kit/errors.ts";
import { routes } from "#platform/contract.ts";
import { home } from "../services.ts";
import type { Stage } from "./stage.ts";

const sample = path.join(home, "data", "samples", "vesterlund-instrumenter");
const dataFiles = ["esg_data.csv", "disclosures.json", "activities.csv"] as const;

const StageView = z.object({
  agent: z.string(),
  status: z.string(),
  summary: z.string().optional(),
  figures: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  duration_ms: z.number().optional(),
});
const Status = z.object({
  id: z.string(),
  status: z.string(),
  outcome: z.string().optional(),
  error: z.unknown().optional(),
  stages: z.array(StageView),
});
type Status = z.infer<typeof Status>;

/** The API as a customer reaches it: through the load balancer, with a key. */
export type Api = { readonly url: string; readonly key: string; readonly signal: AbortSignal };

/** Sends the shipped sample company's data, follows the report through its six agents, and prints the figures that came out. */
export async function makeSampleReport(api: Api, stage: Stage): Promise<string> {
  const began = performance.now();
  const { accepted, name, bytes } = await sendSample(api);
  stage.say(
    `${name} sends its figures, texts and activities (${dataFiles.length} files, ${bytes.toLocaleString("en")} bytes) to the API. Accepted as ${accepted.id}.`,
  );
  stage.show("");
  const { stages } = await follow(api, accepted.id, stage);
  printFigures(figuresOf(stages), stage);
  stage.show("");
  stage.say(`Report ${accepted.id} is complete after ${formatMs(performance.now() - began)}.`);
  return accepted.id;
}

/** What of the sample is sent, where it is not all of it as it is. */
type SampleSent = {
  readonly files?: readonly (typeof dataFiles)[number][];
  /** Makes another text of each file. */
  readonly change?: (text: string) => string;
};

/** Sends the shipped sample company's data, and waits for nothing. */
export async function sendSample(
  api: Api,
  sent: SampleSent = {},
): Promise<{ readonly accepted: Status; readonly name: string; readonly bytes: number }> {
  const company = await readFile(path.join(sample, "company.json"), "utf8");
  const { legal_name: name } = z.object({ legal_name: z.string() }).parse(JSON.parse(company));
  const form = new FormData();
  let bytes = 0;
  for (const file of sent.files ?? dataFiles) {
    const content = await readFile(path.join(sample, file));
    const given = sent.change === undefined ? content : Buffer.from(sent.change(content.toString("utf8")));
    form.append("data", new Blob([given]), file);
    bytes += given.length;
  }
  form.append("company", new Blob([company], { type: "application/json" }), "company.json");
  return {
    accepted: Status.parse(await ask(api, routes.reports, { method: "POST", body: form })),
    name,
    bytes,
  };
}

/** Sends the sample and waits until it has come to its end, whichever that is. */
export async function sendSampleThrough(api: Api): Promise<void> {
  const { accepted } = await sendSample(api);
  for (;;) {
    const { status } = Status.parse(await ask(api, `${routes.reports}/${accepted.id}/status`));
    if (status === "completed" || status === "failed") return;
    await sleep(200, undefined, { signal: api.signal });
  }
}

/** Asks for a finished report again; throws when it is not there or not complete. */
export async function confirmReport(api: Api, id: string): Promise<void> {
  const { status } = Status.parse(await ask(api, `${routes.reports}/${id}/status`));
  if (status !== "completed")
    throw new OpsError("sandbox-failed", {
      summary: `Report ${id} is ${status} after the recovery, expected completed.`,
      hint: "Read the worker's log.",
    });
}

async function follow(api: Api, id: string, stage: Stage): Promise<Status> {
  const told = new Set<string>();
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline) {
    const seen = Status.parse(await ask(api, `${routes.reports}/${id}/status`));
    for (const { agent, status, summary, duration_ms: ms } of seen.stages) {
      if (summary === undefined || told.has(agent)) continue;
      told.add(agent);
      const state = status === "failed" ? "failed" : "done";
      stage.labelled(state, agent, summary, ms === undefined ? "" : formatMs(ms));
    }
    if (seen.status === "completed") return seen;
    if (seen.status === "failed") throw notMade(id, seen);
    await sleep(100, undefined, { signal: api.signal });
  }
  throw new OpsError("sandbox-failed", {
    summary: `Report ${id} was not complete after 60 s.`,
    hint: "Read the worker's log.",
  });
}

function notMade(id: string, { error, stages }: Status): OpsError {
  const failed = stages.find(({ status }) => status === "failed");
  return new OpsError("sandbox-failed", {
    summary: `Report ${id} failed at ${failed?.agent ?? "an unknown stage"}.`,
    hint: "Read the worker's log.",
    details: JSON.stringify(error),
  });
}

type Figures = Readonly<Record<string, string | number | boolean>>;

function figuresOf(stages: Status["stages"]): Figures {
  return Object.assign({}, ...stages.map(({ figures }) => figures ?? {}));
}

/** The lines of the disclosure, by the names under which the calculator reports them. */
const lines = [
  ["scope_1", "Scope 1"],
  ["scope_2_location", "Scope 2, location-based"],
  ["scope_2_market", "Scope 2, market-based"],
  ["scope_3", "Scope 3"],
  ["total_location", "Total, location-based"],
  ["total_market", "Total, market-based"],
] as const;

function printFigures(figures: Figures, stage: Stage): void {
  stage.show("");
  stage.say("ESRS E1-6, gross greenhouse gas emissions, tCO2e");
  for (const [name, label] of lines) {
    const value = figures[name];
    if (value === undefined)
      throw new OpsError("sandbox-failed", {
        summary: `The report has no figure ${name}.`,
        hint: "Read the calculator's log.",
      });
    stage.show(`   ${label.padEnd(28)}${grouped(String(value)).padStart(12)}`);
  }
}

/** A decimal number as text, with its thousands grouped and its digits untouched. */
function grouped(decimal: string): string {
  const [whole = "", fraction] = decimal.split(".");
  const spaced = whole.replaceAll(/\B(?=(\d{3})+$)/g, ",");
  return fraction === undefined ? spaced : `${spaced}.${fraction}`;
}

async function ask({ url, key, signal }: Api, route: string, init: RequestInit = {}): Promise<unknown> {
  const answer = await fetch(`${url}${route}`, {
    ...init,
    headers: { authorization: `Bearer ${key}` },
    signal: AbortSignal.any([signal, AbortSignal.timeout(20_000)]),
  });
  if (answer.ok) return answer.json();
  throw new OpsError("sandbox-failed", {
    summary: `${init.method ?? "GET"} ${route} was answered with ${answer.status}.`,
    hint: "Read the API's logs.",
    details: (await answer.text()).slice(0, 500),
  });
}
