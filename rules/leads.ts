import { hints, type Seen } from "./hints.ts";

/** A runbook that fits what was seen, and what it is to be started with. */
export type Lead = {
  readonly hint: string;
  readonly runbook: string;
  readonly params: Readonly<Record<string, string>>;
  readonly because: string;
};

/** The runbooks that fit what was seen, the most urgent first, each once; none where nothing stands out. Pure. */
export function leadsFrom(seen: Seen): readonly Lead[] {
  const stand = new Set<string>();
  const found: Lead[] = [];
  for (const [hint, { runbook, alarms, follows, look }] of Object.entries(hints)) {
    const sounding = alarms.filter((name) => seen.alarms?.includes(name));
    const sights = look(seen);
    const all =
      sights.length > 0 || sounding.length === 0 ? sights : [{ because: `${sounding.join(" and ")} sounds` }];
    if (all.length === 0) continue;
    const explained = follows.some((cause) => stand.has(cause));
    // An alarm goes on for a while after its cause is gone, so by itself it explains nothing away.
    if (sights.length > 0) stand.add(hint);
    if (explained) continue;
    for (const { because, params = {} } of all) {
      const lead = { hint, runbook, params, because };
      if (!found.some((known) => commandOf(known) === commandOf(lead))) found.push(lead);
    }
  }
  return found;
}

/** What a person types to follow it. */
export function commandOf({ runbook, params }: Pick<Lead, "runbook" | "params">): string {
  return [
    `ops run ${runbook}`,
    ...Object.entries(params).map(([name, value]) => `--param ${name}=${value}`),
  ].join(" ");
}

/** So many are said with their reasons; the others by name. */
const mostSaid = 3;

/** The leads as one sentence: "next: ops run redis-down (Redis is silent: …); then …"; empty without any. */
export function leadsText(leads: readonly Lead[]): string {
  const [first, ...more] = leads.slice(0, mostSaid).map((lead) => `${commandOf(lead)} (${lead.because})`);
  if (first === undefined) return "";
  const rest = [...new Set(leads.slice(mostSaid).map(({ runbook }) => runbook))];
  return [
    `next: ${first}`,
    ...more.map((text) => `then ${text}`),
    ...(rest.length === 0 ? [] : [`after those ${rest.join(", ")}`]),
  ].join("; ");
}

/** Whether a hint stands for an alarm that the house has. */
export function isOurAlarm(name: string): boolean {
  return Object.values(hints).some(({ alarms }) => alarms.includes(name));
}
