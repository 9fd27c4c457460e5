import { Argument, type Command, Option } from "commander";
import { clean, hang } from "#kit/render/width.ts";
import { CsrdError } from "#platform/errors.ts";
import { operatorSettings } from "#platform/service/settings.ts";
import { readSwitchPlaces, switchOff, switchOn, type SwitchPlaces } from "#platform/operate/switches.ts";
import { localSources, type SwitchRecord } from "#platform/service/switch-sources.ts";
import { type SwitchedOff, type SwitchScope, switchScopes } from "#platform/service/switches.ts";
import { operator, reasonOf, withRedis } from "./operator.ts";
import { print, terminal } from "./terminal.ts";
import { withDatabase } from "./with-database.ts";

type Json = { readonly json?: true };
type Change = Json & { readonly reason?: string; readonly validation?: string };

/** `csrd switch`: the kill switches of the agents (operations-runbook "Agent Kill-Switch Activation"). */
export function register(program: Command): void {
  const command = program
    .command("switch")
    .description(
      "show or throw the kill switches of all agents, of one, or of asking language models (all, or one vendor's)",
    )
    .addHelpText(
      "after",
      '\nOff takes effect within ten seconds on every machine; reports wait and go on by themselves when it is on again.\nWhen PostgreSQL and Redis are down: write a line such as "all INC-123" into the file of CSRD_SWITCHES_FILE on each machine.\nExit codes: 0 done, all on · 1 refused or failed · 2 status: something is off',
    );
  const scope = () => new Argument("<scope>", "what").choices(switchScopes);
  const json = () => new Option("--json", "one JSON object");
  const reason = () => new Option("--reason <text>", "why; kept in the audit log and shown to whoever waits");
  command.command("status").description("what is off, since when, by whom").addOption(json()).action(status);
  command
    .command("off")
    .description("switch off now")
    .addArgument(scope())
    .addOption(reason())
    .addOption(json())
    .action(off);
  command
    .command("on")
    .description("switch on again")
    .addArgument(scope())
    .addOption(reason())
    .option("--validation <record>", "on what ground: the record that says it is safe again")
    .addOption(json())
    .action(on);
  for (const verb of command.commands) verb.exitOverride().configureOutput({ writeErr: () => undefined });
}

type Place = { readonly name: string; readonly off: readonly SwitchedOff[] | undefined };

async function status({ json }: Json): Promise<void> {
  const settings = operatorSettings("switch", process.env);
  const shared = await readSwitchPlaces(places());
  const kept: Place[] = [
    { name: "database", off: shared.database === undefined ? undefined : offOf(shared.database) },
    { name: "redis", off: shared.redis === undefined ? undefined : offOf(shared.redis) },
  ];
  for (const source of localSources(settings))
    kept.push({
      name: source.name === "AGENT_SAFE_MODE" ? "environment here" : "file here",
      off: await source.read().catch(() => undefined),
    });
  const some = kept.flatMap((place) => place.off ?? []);
  const silent = kept.filter((place) => place.off === undefined);
  process.exitCode = some.length > 0 || silent.length > 0 ? 2 : 0;
  if (json === true)
    return print([
      JSON.stringify({
        off: kept.flatMap(({ name, off: there }) => (there ?? []).map((one) => ({ ...one, said_by: name }))),
        unreadable: silent.map(({ name }) => name),
      }),
    ]);
  const { screen } = terminal();
  print([
    ...kept.flatMap(({ name, off: there }) =>
      there === undefined
        ? [`${name}: cannot be read; if neither database nor Redis can, everything counts as off`]
        : there.flatMap((one) =>
            hang(
              screen,
              "",
              `${one.scope} is OFF since ${one.since} by ${one.by}, says ${name}: ${clean(one.reason, 300)}`,
            ),
          ),
    ),
    ...(some.length === 0 && silent.length === 0 ? ["Everything is on."] : []),
  ]);
}

async function off(scope: SwitchScope, options: Change): Promise<void> {
  const reason = reasonOf(options.reason, "Switching off");
  const { changed, told } = await switchOff(places(), { scope, reason, by: operator() });
  if (options.json === true) return print([JSON.stringify({ scope, off: true, changed, told })]);
  print([
    `${scope} ${changed ? "is off" : "is off already"}, in effect everywhere within ten seconds (told: ${told.join(", ")}).`,
    ...(told.length < 2 ? ["One place did not answer; say it again when it is back."] : []),
  ]);
}

async function on(scope: SwitchScope, options: Change): Promise<void> {
  const reason = reasonOf(options.reason, "Switching on");
  const validation = clean(options.validation ?? "", 300).trim();
  if (validation.length < 3)
    throw new CsrdError("csrd-usage", {
      summary: "Switching on needs the record on whose ground it is safe again.",
      hint: "Name it: --validation CHG-123, or the address of the test's results.",
    });
  const changed = await switchOn(places(), { scope, reason, by: operator(), validation });
  if (options.json === true) return print([JSON.stringify({ scope, off: false, changed })]);
  print([changed ? `${scope} is on; what waits goes on within ten seconds.` : `${scope} is on already.`]);
}

/** The two places that keep the switches, as this machine's settings say; throws `settings-invalid`. */
function places(): SwitchPlaces {
  const settings = operatorSettings("switch", process.env);
  return {
    database: (work) => withDatabase("switch", process.env, work),
    redis: (work) => withRedis(settings.CSRD_REDIS_URL, "switch", work),
  };
}

function offOf(records: readonly SwitchRecord[]): readonly SwitchedOff[] {
  return records
    .filter((record) => record.off)
    .map(({ scope, reason, by, at }) => ({ scope, reason, by, since: at }));
}
