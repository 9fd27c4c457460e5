import { randomUUID } from "node:crypto";
import { z } from "zod";
import { isCodedError } from "#kit/errors.ts";
import { routes } from "../contract.ts";
import { messageOf } from "../service/error-facts.ts";
import {
  type Answer,
  ask,
  askPatiently,
  followReport,
  isOver,
  jsonOf,
  type PlatformAt,
  ReportPage,
  sendReport,
  sentenceIn,
  statusIn,
  takeBack,
} from "./client.ts";
import type { Sample } from "./sample.ts";
import {
  countFacts,
  judgeAgents,
  judgeEnd,
  judgeFacts,
  judgeHealth,
  judgeLive,
  judgeMetrics,
  judgePackage,
  judgeReady,
  judgeRefusal,
  judgeReportJson,
  together,
  type Verdict,
} from "./smoke-judge.ts";

/** One line of the checklist. */
export type Checked = Verdict & { readonly title: string; readonly ms: number };

/** What is to be looked at. */
export type SmokeParts = {
  readonly at: PlatformAt;
  /** A key of another tenant, which must not see the trial report; undefined where there is none. */
  readonly otherKey: string | undefined;
  /** For `/health` and `/metrics` where they ask for one. */
  readonly probeToken: string | undefined;
  /** The trial report under its label; or why none is sent. */
  readonly sample: { readonly of: Sample; readonly label: string } | { readonly notSent: string };
  readonly onChecked: (checked: Checked) => void;
  /** Told when the list is cut short: whether the trial report could be taken back. */
  readonly onTakenBack: (id: string, taken: boolean) => void;
};

const Accepted = z.object({ id: z.string() });
const Artifacts = z.object({ artifacts: z.array(z.object({ name: z.string() })) });
/** What a finished report must hold. */
const wanted = ["report.xhtml", "report.xbri", "report.xbrl.json", "report.json", "compliance_audit.html"];

/**
 * Looks whether a running platform does its work: probes, refusals, and one real report from upload to audit. A check that fails does
 * not end the list; what stands on it is skipped and says so. A trial report that has not ended is taken back, whatever happens.
 */
export async function smoke(parts: SmokeParts): Promise<readonly Checked[]> {
  const list: Checked[] = [];
  const check = async (title: string, look: () => Promise<Verdict>): Promise<boolean> => {
    const from = performance.now();
    const verdict = await look().catch((error: unknown): Verdict => {
      parts.at.signal.throwIfAborted();
      return { state: "failed", says: isCodedError(error) ? error.summary : messageOf(error) };
    });
    const checked = { ...verdict, title, ms: performance.now() - from };
    list.push(checked);
    parts.onChecked(checked);
    return verdict.state === "passed";
  };
  await probes({ ...parts.at, key: parts.probeToken }, check);
  await refusals(parts.at, check);
  if ("notSent" in parts.sample) {
    const says = parts.sample.notSent;
    await check("A trial report is made", async () => ({ state: "skipped", says }));
  } else await trial(parts, parts.sample, check);
  return list;
}

type Check = (title: string, look: () => Promise<Verdict>) => Promise<boolean>;

async function probes(watcher: PlatformAt, check: Check): Promise<void> {
  const open = { ...watcher, key: undefined };
  await check(`${routes.live} answers`, async () => judgeLive(await ask(open, routes.live)));
  await check(`${routes.ready} and ${routes.readyAlias} answer`, async () =>
    together([judgeReady(await ask(open, routes.ready)), judgeReady(await ask(open, routes.readyAlias))]),
  );
  let health: Answer | undefined;
  await check(`${routes.health} is healthy`, async () => {
    health = await ask(watcher, routes.health);
    return judgeHealth(health);
  });
  await check("Six agents are healthy", async () =>
    health === undefined
      ? { state: "skipped", says: `${routes.health} did not answer` }
      : judgeAgents(health),
  );
  await check(`${routes.metrics} has what alerts need`, async () =>
    judgeMetrics(await ask(watcher, routes.metrics)),
  );
}

async function refusals(at: PlatformAt, check: Check): Promise<void> {
  await check("Refused without a key", async () =>
    judgeRefusal(await ask({ ...at, key: undefined }, routes.reports), [401]),
  );
  await check("Refused with a key that nobody has", async () =>
    judgeRefusal(await ask({ ...at, key: `csrd_${randomUUID()}` }, routes.reports), [401]),
  );
  await check("The key is let in", async () => {
    const answer = await askPatiently(at, `${routes.reports}?limit=1`);
    return answer.status === 200 && ReportPage.safeParse(jsonOf(answer)).success
      ? { state: "passed", says: "reports are listed" }
      : { state: "failed", says: `answered with ${answer.status}${sentenceIn(answer)}` };
  });
}

async function trial(
  { at, otherKey, onTakenBack }: SmokeParts,
  { of: sample, label }: { readonly of: Sample; readonly label: string },
  check: Check,
): Promise<void> {
  const key = `smoke-${randomUUID()}`;
  let id: string | undefined;
  let ended = false;
  try {
    await check("A trial report is accepted", async () => {
      const answer = await sendReport(at, sample, key);
      id = Accepted.safeParse(jsonOf(answer)).data?.id;
      if (answer.status !== 202) return judgeRefusal(answer, [202]);
      const where = answer.headers.get("location");
      return id !== undefined && where === `${routes.reports}/${id}`
        ? { state: "passed", says: `${id}, labelled "${label}"` }
        : { state: "failed", says: `accepted without an address of its own (${where ?? "none"})` };
    });
    const made = id;
    at.signal.throwIfAborted();
    const needs =
      (look: (id: string) => Promise<Verdict>): (() => Promise<Verdict>) =>
      async () =>
        made === undefined ? { state: "skipped", says: "no report was accepted" } : look(made);
    await check(
      "Sent again, it is the same report",
      needs((report) => replayed(at, sample, key, report)),
    );
    await check(
      "It goes through the six agents",
      needs(async (report) => {
        const end = await followReport(at, report);
        ended = isOver(end.status);
        return judgeEnd(end);
      }),
    );
    await check(
      "Its documents open and hold facts and an audit",
      needs((report) => documents(at, report, label)),
    );
    await check(
      "Another tenant does not see it",
      needs((report) => isolated(at, otherKey, report)),
    );
  } finally {
    if (id !== undefined && !ended) onTakenBack(id, (await takeBack(at, [id], 5_000)).length === 0);
  }
}

async function replayed(at: PlatformAt, sample: Sample, key: string, id: string): Promise<Verdict> {
  const again = await sendReport(at, sample, key);
  const same = statusIn(again, routes.reports).id;
  if (same !== id) return { state: "failed", says: `${same} was made beside ${id}` };
  if (again.headers.get("idempotency-replayed") !== "true")
    return { state: "failed", says: "the answer does not say that it is a replay" };
  const other = await sendReport(at, { ...sample, company: `{"legal_name":"Other"}` }, key);
  const refused = judgeRefusal(other, [409, 422]);
  return refused.state === "passed"
    ? { state: "passed", says: `one report; other content under its key: ${refused.says}` }
    : refused;
}

async function documents(at: PlatformAt, id: string, label: string): Promise<Verdict> {
  const view = Artifacts.safeParse(jsonOf(await askPatiently(at, `${routes.reports}/${id}`))).data;
  const names = view?.artifacts.map(({ name }) => name) ?? [];
  const missing = wanted.filter((name) => !names.includes(name));
  if (missing.length > 0) return { state: "failed", says: `without ${missing.join(", ")}` };
  const fetched = new Map<string, Answer>();
  for (const name of wanted) {
    const answer = await askPatiently(at, `${routes.reports}/${id}/artifacts/${name}`);
    if (answer.status !== 200 || answer.body.byteLength === 0)
      return { state: "failed", says: `${name} was answered with ${answer.status}${sentenceIn(answer)}` };
    fetched.set(name, answer);
  }
  const file = (name: string): Answer => fetched.get(name) ?? never(name);
  const facts = countFacts(file("report.xbrl.json"));
  const verdict = together([
    judgePackage(file("report.xbri").body),
    judgeFacts(facts),
    judgeReportJson(file("report.json"), label, facts),
  ]);
  const bytes = [...fetched.values()].reduce((sum, { body }) => sum + body.byteLength, 0);
  return verdict.state === "passed"
    ? { ...verdict, says: `${verdict.says}; ${wanted.length} files, ${bytes.toLocaleString("en")} bytes` }
    : verdict;
}

async function isolated(at: PlatformAt, otherKey: string | undefined, id: string): Promise<Verdict> {
  if (otherKey === undefined)
    return { state: "skipped", says: "no key of another tenant is bound (bindings.platform.otherApiKey)" };
  const other = { ...at, key: otherKey };
  const list = await askPatiently(other, `${routes.reports}?limit=200`);
  const page = ReportPage.safeParse(jsonOf(list)).data;
  if (list.status !== 200 || page === undefined)
    return {
      state: "failed",
      says: `the other key's list was answered with ${list.status}${sentenceIn(list)}`,
    };
  if (page.reports.some((report) => report.id === id))
    return { state: "failed", says: `${id} is in another tenant's list` };
  const looks = [];
  for (const route of ["", "/status", "/artifacts/report.json"])
    looks.push(judgeRefusal(await askPatiently(other, `${routes.reports}/${id}${route}`), [404]));
  const verdict = together(looks);
  return verdict.state === "passed"
    ? { ...verdict, says: `${verdict.says} in ${looks.length} ways` }
    : verdict;
}

function never(name: string): never {
  throw new TypeError(`${name} was fetched and is not there`);
}
