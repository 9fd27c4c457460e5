import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { z } from "zod";
import type { Service } from "#kit/ports.ts";
import type { SwitchSeen } from "#kit/ports/switches.ts";
import { agentNames, routes } from "#platform/contract.ts";
import type { PlatformBinding } from "#platform/probe/binding.ts";
import { plainText } from "../foreign-text.ts";
import { request } from "../request.ts";
import { readSecret } from "../secret.ts";

/** Processes that obey the switches: those that take reports and those that work on them. */
const obeying: ReadonlySet<string> = new Set(["worker", ...agentNames]);

const patienceMs = 3_000;
const most = 64 * 1024;

/** The part of a process's health page that says what is off for it. */
const Page = z.looseObject({ switched_off: z.array(z.looseObject({ scope: z.string() })).default([]) });

/** One process: how it is called, where it is asked, and for which host. */
type Process = { readonly name: string; readonly url: URL; readonly host: string };

/** What each worker and agent that answers sees of the switches; one that is silent or says nothing readable is not in the list. */
export async function seenBy(
  binding: PlatformBinding,
  services: readonly Service[],
): Promise<readonly SwitchSeen[]> {
  const token = binding.probeToken === undefined ? undefined : await readSecret(binding.probeToken);
  const headers = token === undefined ? {} : { authorization: `Bearer ${token.reveal()}` };
  const processes = await Promise.all(services.filter(({ name }) => obeying.has(name)).map(processesOf));
  const seen = await Promise.all(processes.flat().map((process) => ask(process, headers)));
  return seen.filter((one) => one !== undefined).toSorted((a, b) => a.process.localeCompare(b.process));
}

/** A name that leads to several addresses stands for as many processes, and each is asked by its own. */
async function processesOf({ name, url }: Service): Promise<readonly Process[]> {
  const page = new URL(routes.health, url);
  const one = [{ name, url: page, host: page.host }];
  // A certificate names the host and no address, so behind TLS its balancer is asked.
  if (page.protocol !== "http:" || isIP(page.hostname.replaceAll(/[[\]]/g, "")) !== 0) return one;
  const found = await lookup(page.hostname, { all: true }).catch(() => []);
  if (found.length < 2) return one;
  return found.map(({ address, family }) => {
    const own = new URL(page);
    own.hostname = family === 6 ? `[${address}]` : address;
    return { name: `${name} ${address}`, url: own, host: page.host };
  });
}

async function ask(
  { name, url, host }: Process,
  headers: Readonly<Record<string, string>>,
): Promise<SwitchSeen | undefined> {
  try {
    const { body } = await request(url, {
      method: "GET",
      headers: { ...headers, host, accept: "application/json" },
      signal: AbortSignal.timeout(patienceMs),
      most,
    });
    const page = Page.parse(JSON.parse(body));
    return { process: name, off: page.switched_off.map(({ scope }) => plainText(scope, 40)) };
  } catch {
    return undefined;
  }
}
