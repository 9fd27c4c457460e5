import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { agentList } from "#platform/service/agent-list.ts";
import type { AgentUrls } from "#platform/service/settings/queue.ts";

const at = (name: string) => [`http://${name}:1`];
const fixed: AgentUrls = {
  intake: at("intake"),
  materiality: at("materiality"),
  calculator: at("calculator"),
  aggregator: at("aggregator"),
  reporting: at("reporting"),
  audit: at("audit"),
};

function listIn(text: string | undefined) {
  const folder = mkdtempSync(path.join(tmpdir(), "agents-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, "agents");
  if (text !== undefined) writeFileSync(file, text);
  const faults: string[] = [];
  return {
    faults,
    list: agentList({ CSRD_AGENT_URLS: fixed, CSRD_AGENT_URLS_FILE: file }, (fault) => faults.push(fault)),
    write: (next: string) => {
      writeFileSync(`${file}.next`, next);
      renameSync(`${file}.next`, file);
    },
  };
}

async function until(isSo: () => boolean): Promise<void> {
  for (let look = 0; look < 400 && !isSo(); look += 1) await pause(25);
  expect(isSo()).toBe(true);
}

test("an agent is where the file says, and where the environment says when the file does not name it", async () => {
  const { list, faults } = listIn("audit=http://a:1/\naudit=http://b:2, intake=http://c:3\n");

  expect(list()).toEqual({ ...fixed, audit: ["http://a:1", "http://b:2"], intake: ["http://c:3"] });
  expect(faults).toEqual([]);
});

test("a changed file is read again, and one that is no list leaves everything as it was, told once", async () => {
  const { list, faults, write } = listIn("audit=http://a:1");
  expect(list().audit).toEqual(["http://a:1"]);

  write("audit=http://a:1,audit=http://b:2");
  await until(() => list().audit.length === 2);
  write("audit=b:2");
  await until(() => list() !== undefined && faults.length > 0);

  expect(list().audit).toEqual(["http://a:1", "http://b:2"]);
  expect(faults).toEqual(["an entry is not like intake=http://host:8001"]);
});

test("a file that is not there yet is told, and the environment's list stands", () => {
  const { list, faults } = listIn(undefined);

  expect(list()).toEqual(fixed);
  expect(faults).toHaveLength(1);
});
