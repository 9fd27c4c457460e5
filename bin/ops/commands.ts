import type { Command } from "commander";
import type { Door } from "./door.ts";

/** Ends the command with this status. */
export type End = (status: number) => void;

/** What a command's file exports: makes the command, given the words typed (some flags depend on them). */
export type MakeCommand = (door: Door, end: End, argv: readonly string[]) => Promise<Command>;

/** A command as the help lists it; its file is imported only when it is asked for. */
export type CommandEntry = {
  readonly name: string;
  readonly usage: string;
  readonly about: string;
  readonly load: () => Promise<MakeCommand>;
};

/** Every command, in the order people need them. */
export const commandEntries: readonly CommandEntry[] = [
  entry(
    "list",
    "list [words]",
    "runbooks, or those that match what you see",
    async () => (await import("./list.ts")).listCommand,
  ),
  entry(
    "show",
    "show <runbook>",
    "a runbook's manual page",
    async () => (await import("./show.ts")).showCommand,
  ),
  entry(
    "plan",
    "plan <runbook>",
    "look and plan; changes nothing",
    async () => (await import("./plan.ts")).planCommand,
  ),
  entry(
    "run",
    "run <runbook>",
    "look, plan, ask, act, prove",
    async () => (await import("./run.ts")).runCommand,
  ),
  entry(
    "approve",
    "approve <run>",
    "read a waiting plan and approve it",
    async () => (await import("./approve.ts")).approveCommand,
  ),
  entry(
    "reject",
    "reject <run>",
    "refuse a waiting plan, with a reason",
    async () => (await import("./reject.ts")).rejectCommand,
  ),
  entry(
    "revoke",
    "revoke <run>",
    "take an approval back before the first act",
    async () => (await import("./revoke.ts")).revokeCommand,
  ),
  entry(
    "review",
    "review <run> <text>",
    "look at what was done behind broken glass",
    async () => (await import("./review.ts")).reviewCommand,
  ),
  entry(
    "signal",
    "signal <run> <name>",
    "say that what a run waits for has happened",
    async () => (await import("./signal.ts")).signalCommand,
  ),
  entry(
    "resume",
    "resume <run>",
    "go on where a run stopped",
    async () => (await import("./resume.ts")).resumeCommand,
  ),
  entry(
    "undo",
    "undo <run>",
    "take back what a run did",
    async () => (await import("./undo.ts")).undoCommand,
  ),
  entry(
    "attach",
    "attach <run>",
    "watch a run that another process drives",
    async () => (await import("./attach.ts")).attachCommand,
  ),
  entry(
    "approvals",
    "approvals",
    "how often people were asked, and what they said",
    async () => (await import("./approvals.ts")).approvalsCommand,
  ),
  entry("runs", "runs", "what ran and what runs", async () => (await import("./runs.ts")).runsCommand),
  entry(
    "locks",
    "locks",
    "what is held, by whom and why",
    async () => (await import("./locks.ts")).locksCommand,
  ),
  entry(
    "schedules",
    "schedules",
    "what fires when, and what became of it",
    async () => (await import("./schedules.ts")).schedulesCommand,
  ),
  entry(
    "freezes",
    "freezes",
    "when nothing is changed; maintenance windows",
    async () => (await import("./freezes.ts")).freezesCommand,
  ),
  entry(
    "timeline",
    "timeline <run>",
    "what happened, and who waited for whom",
    async () => (await import("./timeline.ts")).timelineCommand,
  ),
  entry(
    "why",
    "why <run> [question]",
    "why it decided, waits, was refused",
    async () => (await import("./why.ts")).whyCommand,
  ),
  entry(
    "postmortem",
    "postmortem <run>",
    "the facts as a document, its gaps marked",
    async () => (await import("./postmortem.ts")).postmortemCommand,
  ),
  entry(
    "note",
    "note <run> <text>",
    "add a remark to a run's record",
    async () => (await import("./note.ts")).noteCommand,
  ),
  entry(
    "deliver",
    "deliver",
    "tell Slack and PagerDuty what they are owed",
    async () => (await import("./deliver.ts")).deliverCommand,
  ),
  entry(
    "evidence",
    "evidence <run>",
    "the record, to be checked without this tool",
    async () => (await import("./evidence.ts")).evidenceCommand,
  ),
  entry(
    "export",
    "export",
    "one row per run, for reports",
    async () => (await import("./export.ts")).exportCommand,
  ),
  entry(
    "check",
    "check [id]",
    "look at one check or at all; changes nothing",
    async () => (await import("./check.ts")).checkCommand,
  ),
  entry(
    "logs",
    "logs view|search|export|query",
    "the platform's lines, of every unit: read, follow, keep",
    async () => (await import("./logs.ts")).logsCommand,
  ),
  entry(
    "init",
    "init [--env NAME]",
    "write an environment file, with questions",
    async () => (await import("./init.ts")).initCommand,
  ),
  entry(
    "doctor",
    "doctor [runbook]",
    "whether runs would work here; changes nothing",
    async () => (await import("./doctor.ts")).doctorCommand,
  ),
  entry(
    "permissions",
    "permissions",
    "the least rights this environment needs",
    async () => (await import("./permissions.ts")).permissionsCommand,
  ),
  entry(
    "explain",
    "explain <code>",
    "what an error code means and what to do",
    async () => (await import("./explain.ts")).explainCommand,
  ),
  entry(
    "serve",
    "serve",
    "stays: fires schedules, goes on with answered runs",
    async () => (await import("./serve.ts")).serveCommand,
  ),
  entry(
    "rehearse",
    "rehearse <runbook> [scenario]",
    "play a runbook where nothing is real",
    async () => (await import("./rehearse.ts")).rehearseCommand,
  ),
  entry(
    "drill",
    "drill <runbook> [drill]",
    "break the practice production, run it, take the times",
    async () => (await import("./drill.ts")).drillCommand,
  ),
  entry(
    "completion",
    "completion <shell>",
    "the completion script of bash, zsh or fish",
    async () => (await import("./completion.ts")).completionCommand,
  ),
  entry(
    "sandbox",
    "sandbox up|down|…",
    "a practice production on this machine",
    async () => (await import("./sandbox.ts")).sandboxCommand,
  ),
  entry(
    "help",
    "help [topic]",
    "this page, a command, a runbook or a topic",
    async () => (await import("./help.ts")).helpCommand,
  ),
];

function entry(name: string, usage: string, about: string, load: () => Promise<MakeCommand>): CommandEntry {
  return { name, usage, about, load };
}
