import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stringify } from "yaml";
import { z } from "zod";
import { csrdHighCpuUsage, csrdHighMemoryUsage } from "#alerts/resources.ts";
import { loadAlerts, loadRunbooks } from "#kit/registry.ts";
import { renderPrometheusRules } from "#kit/render-alerts.ts";
import { apiJob, routes } from "#platform/contract.ts";
import { type Server, startServer } from "./backends/child.ts";
import { freePort } from "./backends/free-port.ts";
import { home, serviceOf, standsBy } from "./services.ts";
import { sandboxTimes } from "./times.ts";

const Targets = z.object({
  data: z.object({ activeTargets: z.array(z.object({ health: z.string() })) }),
});
const Alerts = z.object({
  data: z.object({ alerts: z.array(z.object({ labels: z.record(z.string(), z.string()) })) }),
});

/** What this computer is busy with says nothing of a production that has just started on it. */
const ofTheComputer = new Set([csrdHighCpuUsage.name, csrdHighMemoryUsage.name]);

/** What Prometheus is to look at. */
export type PrometheusOptions = {
  readonly dir: string;
  /** Instance name → port, of the API and of everything else. */
  readonly api: Readonly<Record<string, number>>;
  readonly others: Readonly<Record<string, number>>;
  /** File with the token that every process asks for. */
  readonly token: string;
};

/** A running Prometheus. */
export type PrometheusServer = Server & {
  readonly url: string;
  readonly port: number;
  /** Looks at these from now on. */
  retarget(targets: Pick<PrometheusOptions, "api" | "others">): void;
  /** Resolves once every target is seen up and no alert is pending: only then does an alarm mean what it says. */
  untilCalm(): Promise<void>;
  /** Forgets whatever it has seen so far: a fault that is mended must not be found once more in what it left behind. */
  forget(): Promise<void>;
};

/** Path of prometheus 2 or newer on this machine; undefined when there is none. */
function findPrometheus(): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(path.delimiter);
  const file = [...folders, "/usr/bin", "/opt/homebrew/bin", "/usr/local/bin"]
    .map((folder) => path.join(folder, "prometheus"))
    .find((candidate) => existsSync(candidate));
  if (file === undefined) return undefined;
  try {
    const text = execFileSync(file, ["--version"], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    return Number(/version (\d+)/.exec(text)?.[1] ?? 0) >= 2 ? file : undefined;
  } catch {
    return undefined;
  }
}

/** Starts Prometheus over the platform's metrics; undefined where it is not installed. */
export async function startPrometheus(options: PrometheusOptions): Promise<PrometheusServer | undefined> {
  const file = findPrometheus();
  if (file === undefined) return undefined;
  mkdirSync(options.dir, { recursive: true, mode: 0o700 });
  const config = path.join(options.dir, "prometheus.yml");
  writeFileSync(path.join(options.dir, "alerts.yml"), await alertRules());
  writeFileSync(config, stringify(configOf(options.token)));
  const retarget: PrometheusServer["retarget"] = (list) => writeTargets(options.dir, list);
  retarget(options);
  const port = await freePort();
  const server = await startServer({
    file,
    args: [
      `--config.file=${config}`,
      `--storage.tsdb.path=${path.join(options.dir, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--web.enable-admin-api",
      "--log.level=warn",
    ],
    cwd: options.dir,
    log: path.join(options.dir, "prometheus.log"),
    stopSignal: "SIGTERM",
    lifetime: "parent",
  });
  const url = `http://127.0.0.1:${port}`;
  await ready(url, server);
  const many = Object.keys(options.api).length + Object.keys(options.others).length;
  return {
    ...server,
    url,
    port,
    retarget,
    untilCalm: () => untilCalm(url, server, many),
    forget: () => forget(url),
  };
}

/** Targets stand in files of their own, which Prometheus reads again when they change. */
const lists = { api: "api.json", others: "others.json" } as const;

function writeTargets(dir: string, { api, others }: Pick<PrometheusOptions, "api" | "others">): void {
  const write = (file: string, list: unknown): void => {
    const next = path.join(dir, `${file}.next`);
    writeFileSync(next, JSON.stringify(list));
    renameSync(next, path.join(dir, file));
  };
  write(
    lists.api,
    targets(api, (instance) => ({ instance })),
  );
  write(
    lists.others,
    targets(others, (instance) => ({ instance, service: serviceLabel(instance) })),
  );
}

/** A machine that was added counts for its service; one that stands by is a service of its own. */
function serviceLabel(instance: string): string {
  return standsBy(instance) ? instance : serviceOf(instance);
}

function configOf(token: string): unknown {
  const authorization = { type: "Bearer", credentials_file: token };
  return {
    global: { scrape_interval: "1s", scrape_timeout: "900ms", evaluation_interval: "1s" },
    rule_files: ["alerts.yml"],
    scrape_configs: [
      {
        job_name: apiJob,
        metrics_path: routes.metrics,
        authorization,
        file_sd_configs: [{ files: [lists.api], refresh_interval: "5s" }],
      },
      {
        job_name: "csrd-services",
        metrics_path: routes.metrics,
        authorization,
        file_sd_configs: [{ files: [lists.others], refresh_interval: "5s" }],
      },
    ],
  };
}

function targets(services: Readonly<Record<string, number>>, labels: (name: string) => object): unknown {
  return Object.entries(services).map(([name, port]) => ({
    targets: [`127.0.0.1:${port}`],
    labels: labels(name),
  }));
}

async function untilCalm(url: string, server: Server, many: number): Promise<void> {
  const ask = async (what: string): Promise<unknown> =>
    (await fetch(`${url}/api/v1/${what}`, { signal: AbortSignal.timeout(1_000) })).json();
  const deadline = Date.now() + 15_000;
  while (Date.now() < deadline && server.alive()) {
    const { activeTargets } = Targets.parse(await ask("targets?state=active")).data;
    const { alerts } = Alerts.parse(await ask("alerts")).data;
    const up = activeTargets.filter(({ health }) => health === "up");
    const own = alerts.filter(({ labels }) => !ofTheComputer.has(labels["alertname"] ?? ""));
    if (own.length === 0 && up.length >= many) return;
    await sleep(100);
  }
}

async function forget(url: string): Promise<void> {
  const everything = new URLSearchParams({ "match[]": '{__name__=~".+"}' });
  const answer = await fetch(`${url}/api/v1/admin/tsdb/delete_series?${everything.toString()}`, {
    method: "POST",
    signal: AbortSignal.timeout(5_000),
  });
  if (!answer.ok) throw new Error(`Prometheus does not forget: HTTP ${answer.status}`);
}

async function ready(url: string, server: Server): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (Date.now() < deadline && server.alive()) {
    const answer = await fetch(`${url}/-/ready`, { signal: AbortSignal.timeout(1_000) }).catch(
      () => undefined,
    );
    if (answer?.ok) return;
    await sleep(50);
  }
}

/** The shipped alerts as Prometheus reads them, with the practice production's times. */
async function alertRules(): Promise<string> {
  const alerts = await loadAlerts(path.join(home, "alerts"));
  const runbooks = await loadRunbooks(path.join(home, "runbooks"));
  return renderPrometheusRules(alerts, runbooks, sandboxTimes, "docs/manual");
}
