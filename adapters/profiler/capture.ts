import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { toMs } from "#kit/duration.ts";
import { OpsError } from "#kit/errors.ts";
import type { SecretRef } from "#kit/environment.ts";
import type { Service } from "#kit/ports.ts";
import type { Profiler } from "#kit/ports/profiler.ts";
import { plainText } from "../foreign-text.ts";
import { request } from "../request.ts";
import { readSecret } from "../secret.ts";
import { silence } from "../silence.ts";
import { hottest, merged, ProfileAnswer } from "./hottest.ts";

/** What a profiler is made of. */
export type ProfilerParts = {
  /** Where the platform answers it. */
  readonly route: string;
  /** What it asks for; without one every call is refused. */
  readonly token: SecretRef | undefined;
  /** Folder in which evidence is kept. */
  readonly folder: string;
  /** Base URL of one unit of a service. */
  readonly addressOf: (service: Service, unit: string) => Promise<string>;
};

/** An answer is read up to here: a service and four stages at the largest. */
const largest = 48 * 1024 * 1024;
/** How much longer than the profile itself the answer may take. */
const spareMs = 15_000;

/** Profiles of the platform's own processes, by their route; each is kept as a file that DevTools opens. */
export function platformProfiler({ route, token, folder, addressOf }: ProfilerParts): Profiler {
  return {
    async capture(service, unit, kind, lasting) {
      if (token === undefined)
        throw new OpsError("binding-missing", {
          summary: "No profile can be taken: the platform's probe token is not known here.",
          hint: "Set CSRD_PROBE_TOKEN for the platform, and name it as platform.probeToken in the environment's file.",
        });
      const seconds = Math.min(30, Math.max(1, Math.round(toMs(lasting) / 1_000)));
      const base = await addressOf(service, unit);
      const answer = await ask(`${base.replace(/\/+$/, "")}${route}`, {
        authorization: `Bearer ${(await readSecret(token)).reveal()}`,
        order: { kind, seconds },
      });
      const whole = merged(answer);
      if (whole === undefined)
        throw refused(base, "what it took was larger than it may be, so nothing is left");
      const bytes = Buffer.from(JSON.stringify(whole));
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      const file = path.join(folder, nameOf(unit, kind, sha256));
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeFile(file, bytes, { mode: 0o600 });
      return { file, sha256, bytes: bytes.length, seconds: answer.seconds, hottest: hottest(answer) };
    },
  };
}

async function ask(
  url: string,
  {
    authorization,
    order,
  }: { readonly authorization: string; readonly order: { readonly kind: string; readonly seconds: number } },
): Promise<ProfileAnswer> {
  const reply = await request(url, {
    method: "POST",
    headers: { authorization, "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify(order),
    signal: AbortSignal.timeout(order.seconds * 1_000 + spareMs),
    most: largest,
  }).catch((error: unknown) => {
    throw new OpsError("tool-unreachable", {
      summary: `No profile came from ${new URL(url).host} (${silence(error)}).`,
      hint: "A process that hangs cannot be asked; look at what its host says of it.",
      cause: error,
    });
  });
  if (reply.status === 200) {
    const parsed = ProfileAnswer.safeParse(parse(reply.body));
    if (parsed.success) return parsed.data;
    throw refused(url, "what it answered is no profile");
  }
  if (reply.status === 401 || reply.status === 403)
    throw refused(url, `it does not let us in (HTTP ${reply.status})`);
  if (reply.status === 429) throw refused(url, "another profile is being taken there");
  if (reply.status === 404) throw refused(url, "it runs a version that cannot be asked for a profile");
  throw refused(url, `HTTP ${reply.status}: ${plainText(reply.body, 120)}`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function nameOf(unit: string, kind: "cpu" | "memory", sha256: string): string {
  const name = unit.replaceAll(/[^A-Za-z0-9._-]/g, "-").slice(0, 60);
  const at = new Date().toISOString().replaceAll(/[:.]/g, "").slice(0, 15);
  return `${name}-${at}Z-${sha256.slice(0, 8)}.${kind === "cpu" ? "cpuprofile" : "heapprofile"}`;
}

function refused(url: string, why: string): OpsError {
  return new OpsError("tool-refused", {
    summary: `The profile of ${new URL(url).host} was refused: ${why}.`,
    hint: "Compare platform.probeToken with CSRD_PROBE_TOKEN of that process; nothing was changed.",
  });
}
