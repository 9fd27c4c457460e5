import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { expect, test } from "vitest";
import type { z } from "zod";
import { loadChecks, loadRunbooks } from "#kit/registry.ts";
import { savedLogQueries } from "#bin/log-queries.ts";

const root = join(import.meta.dirname, "../..");
const runbooks = await loadRunbooks(join(root, "runbooks"));
const checks = await loadChecks(join(root, "checks"));

/** All that runbooks say to people; what is filled in only when they run is one mark. */
const said = readdirSync(join(root, "runbooks"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => ({
    file,
    text: readFileSync(join(root, "runbooks", file), "utf8").replaceAll(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, "§"),
  }));

const every = (pattern: RegExp) =>
  said.flatMap(({ file, text }) => [...text.matchAll(pattern)].map((match) => ({ file, match })));

/** A value that is filled in later, or the word for one: NAME. */
const isOpen = (value: string) => value.includes("§") || /^[A-Z]+$/.test(value);

test("a command to run a runbook can be typed as it stands: the runbook is there, its parameters are given as it takes them, and none that it needs is left out", () => {
  const suggested = every(/\bops run ([a-z0-9-]+)([^"`;,)\n]*)/g);

  expect(suggested.length).toBeGreaterThan(20);
  for (const { file, match } of suggested) {
    const [whole, id, rest = ""] = match;
    const runbook = runbooks.find((one) => one.id === id);
    expect(runbook, `${file}: ${whole}`).toBeDefined();
    const params: Readonly<Record<string, z.ZodType>> = runbook?.params ?? {};
    const given = new Map(
      [...rest.matchAll(/ --param ([a-z]+)=(\S+)/g)].map(([, name = "", to = ""]) => [name, to]),
    );

    expect(rest.replaceAll(/ --param [a-z]+=\S+/g, ""), `${file}: ${whole}`).not.toMatch(/--|=/);
    expect(Object.keys(params), `${file}: ${whole}`).toEqual(expect.arrayContaining([...given.keys()]));
    for (const [name, schema] of Object.entries(params)) {
      const value = given.get(name);
      if (value === undefined || !isOpen(value))
        expect(schema.safeParse(value).success, `${file}: ${whole} (${name})`).toBe(true);
    }
  }
});

test("checks and questions to the logs that are suggested exist", () => {
  const checkIds = checks.map(({ id }) => id);
  const queryIds = savedLogQueries().map(({ id }) => id);

  for (const { file, match } of every(/\bops check ([a-z0-9-]+)/g))
    expect(checkIds, file).toContain(match[1]);
  for (const { file, match } of every(/\bops logs query ([a-z0-9-]+)/g))
    expect(queryIds, file).toContain(match[1]);
});

test("commands of the platform that are suggested exist, with the words and flags they are given", async () => {
  const suggested = every(/\bcsrd ([a-z]+)((?: (?:--)?[A-Za-z§<>-]+)*)/g);

  expect(suggested.length).toBeGreaterThan(10);
  for (const { file, match } of suggested) {
    const [whole, name = "", rest = ""] = match;
    const program = new Command();
    const room: { readonly register: (on: Command) => void } = await import(`../../bin/csrd/${name}.ts`);
    room.register(program);
    const top = program.commands.find((one) => one.name() === name);
    const [word = "", ...more] = rest.trim().split(" ");
    const subs = top?.commands.map((one) => one.name()) ?? [];
    const command = top?.commands.find((one) => one.name() === word) ?? top;

    expect(command, `${file}: ${whole}`).toBeDefined();
    if (subs.length > 0) expect(subs, `${file}: ${whole}`).toContain(word);
    for (const flag of [word, ...more].filter((one) => one.startsWith("--")))
      expect(
        command?.options.map(({ long }) => long),
        `${file}: ${whole}`,
      ).toContain(flag);
    const needed = command?.registeredArguments.filter(({ required }) => required).length ?? 0;
    const given = subs.length > 0 ? more : [word, ...more];
    expect(given.filter((one) => one !== "").length, `${file}: ${whole}`).toBeGreaterThanOrEqual(needed);
  }
});

test("settings that are suggested are settings of the platform", () => {
  const platform = readdirSync(join(root, "platform"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => readFileSync(join(root, "platform", file), "utf8"))
    .join("\n");
  const named = every(/\bCSRD_[A-Z_]+\b/g);

  expect(named.length).toBeGreaterThan(5);
  for (const { file, match } of named) expect(platform, `${file}: ${match[0]}`).toContain(match[0]);
});
