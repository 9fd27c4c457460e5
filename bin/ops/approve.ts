import { stillMissing } from "#kit/consent.ts";
import { Command } from "commander";
import { OpsError } from "#kit/errors.ts";
import type { RunState } from "#kit/fold.ts";
import { samePerson } from "#kit/identity.ts";
import { shortDigest } from "#kit/plan.ts";
import { approvalCommand, renderApproval } from "#kit/render/approve.ts";
import { document } from "#kit/render/ndjson.ts";
import { mark } from "#kit/render/states.ts";
import { hang } from "#kit/render/width.ts";
import { ask } from "./ask.ts";
import type { End, MakeCommand } from "./commands.ts";
import type { Door } from "./door.ts";
import { runNamed } from "./runs-known.ts";

type Options = { readonly plan?: string; readonly yes?: boolean };

/** `ops approve <run>`: shows the plan, asks, and approves exactly that plan. */
export const approveCommand: MakeCommand = async (door, end) =>
  new Command("approve")
    .description("Shows a waiting plan and asks. Enter alone is no.")
    .argument("<run>", "the run that waits")
    .option("--plan <digest>", "the plan you have read; any other is refused")
    .option("--yes", "approve without a question; needs --plan")
    .action((run: string, options: Options) => approve(door, end, run, options));

async function approve(door: Door, end: End, run: string, options: Options): Promise<void> {
  if (options.yes && options.plan === undefined)
    throw new OpsError("usage", {
      summary: "--yes approves only a plan that you name.",
      hint: "Read it first, then add --plan and its digest.",
    });
  const { state } = await runNamed(door, run);
  const wired = await door.wired();
  const by = wired.identity;
  const engine = await wired.engine();
  const digest = options.plan ?? state.plan?.digest ?? "";
  // Who may not approve, or comes too late, is told so before being asked anything; the engine says it with the reason.
  const mayBeAsked =
    isWaiting(state) && !ownAndForbidden(state, by) && wired.environment.approvers.includes(by.name);
  if (options.yes !== true && mayBeAsked) {
    if (!door.canAsk || door.globals.json) throw needsTerminal(door, state);
    await engine.lookAgain(run);
    const answer = await question(door, state, by);
    if (answer === "refuse") {
      await engine.reject(run, { by, reason: `refused at the terminal by ${by.name}` });
      door.print(
        hang(door.screen(), mark(door.screen(), "skipped"), `Refused. ${run} ends without a change.`),
      );
      return end(5);
    }
    if (answer === "nothing") {
      door.print(
        hang(
          door.screen(),
          mark(door.screen(), "waiting"),
          `Not approved. ${run} still waits; nothing was changed.`,
        ),
      );
      return end(5);
    }
  }
  const after = await engine.approve(run, { digest, by });
  report(door, after);
  await wired.tellOwed(5_000);
  end(0);
}

async function question(door: Door, state: RunState, by: Parameters<typeof renderApproval>[2]) {
  const now = new Date();
  door.print([...renderApproval(door.screen(), state, by, now, now), ""]);
  return ask(door, state);
}

function needsTerminal(door: Door, state: RunState): OpsError {
  return new OpsError("approval-needs-terminal", {
    summary: `${state.run} needs an answer typed at a terminal, and here is none.`,
    hint: `Read the plan, then: ${approvalCommand(door.screen(), state)}`,
  });
}

function isWaiting(state: RunState): boolean {
  return (
    state.ended === undefined &&
    state.plan !== undefined &&
    state.need !== undefined &&
    state.refusal === undefined &&
    Date.parse(state.plan.expiresAt) > Date.now()
  );
}

function ownAndForbidden(state: RunState, by: RunState["askedBy"]): boolean {
  return state.need?.requesterMay === false && samePerson(state.askedBy, by);
}

function report(door: Door, state: RunState) {
  const digest = shortDigest(state.plan?.digest ?? "");
  if (door.globals.json)
    return door.print(
      document({
        run: state.run,
        approved: state.plan?.digest,
        approvals: state.approvals,
        missing: stillMissing(state),
      }),
    );
  const screen = door.screen();
  const missing = stillMissing(state);
  const more =
    missing === 0
      ? ""
      : ` ${missing} more ${missing === 1 ? "approval is" : "approvals are"} needed, by somebody else.`;
  door.print(
    hang(
      screen,
      mark(screen, missing === 0 ? "done" : "waiting"),
      `Approved plan ${digest} of ${state.run}. It was looked at again: the findings still ask for it.${more}`,
    ),
  );
}
