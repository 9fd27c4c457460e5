import type { Artifacts } from "../../agent.ts";
import type { Catalogue } from "../../catalogue/load.ts";
import { files } from "../documents.ts";

/** What was given, counted without reading each line as JSON: a million lines take seconds otherwise. */
export type DataGiven = {
  readonly scope1Records: number;
  readonly scope3Categories: number;
  readonly underEmissionTrading: boolean;
  /** Topic to how many of its concepts were given. */
  readonly given: Readonly<Record<string, number>>;
};

/** Counts the rows that the intake accepted, by topic and by scope. */
export async function dataGiven(artifacts: Artifacts, { concepts }: Catalogue): Promise<DataGiven> {
  const standardOf = new Map(concepts.map(({ concept, standard }) => [concept, standard]));
  const targets = new Set<string>();
  await matches(artifacts, files.datapoints, /"target":"(\w+)"/g, ([, target = ""]) => targets.add(target));
  await matches(artifacts, files.statements, /"concept":"(\w+)"/g, ([, concept = ""]) =>
    targets.add(concept),
  );
  let [scope1Records, ets] = [0, false];
  const categories = new Set<string>();
  await matches(
    artifacts,
    files.activities,
    /"scope":([123]),"category":"([^"\\]*)"|"ets":true/g,
    ([whole, scope, category = ""]) => {
      if (whole === '"ets":true') ets = true;
      if (scope === "1") scope1Records += 1;
      if (scope === "3") categories.add(category);
    },
  );
  const given: Record<string, number> = {};
  for (const target of targets) {
    const standard = standardOf.get(target);
    if (standard !== undefined) given[standard] = (given[standard] ?? 0) + 1;
  }
  return { scope1Records, scope3Categories: categories.size, underEmissionTrading: ets, given };
}

/** How often each answer was given for one property of an .ndjson file's lines. */
export async function countAnswers(
  artifacts: Artifacts,
  name: string,
  property: string,
): Promise<Readonly<Record<string, number>>> {
  const found: Record<string, number> = {};
  await matches(artifacts, name, new RegExp(`"${property}":"([a-z_]+)"`, "g"), ([, answer = ""]) => {
    found[answer] = (found[answer] ?? 0) + 1;
  });
  return found;
}

/** Every match in the lines of an .ndjson file; an absent file has none. Text given by people cannot match: its quotes are escaped there. */
async function matches(
  artifacts: Artifacts,
  name: string,
  pattern: RegExp,
  found: (match: RegExpExecArray) => void,
): Promise<void> {
  if (!(await artifacts.exists(name))) return;
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of artifacts.stream(name)) {
    const text = rest + decoder.decode(chunk, { stream: true });
    const end = text.lastIndexOf("\n") + 1;
    for (const match of text.slice(0, end).matchAll(pattern)) found(match);
    rest = text.slice(end);
  }
  for (const match of rest.matchAll(pattern)) found(match);
}
