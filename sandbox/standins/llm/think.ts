import { createHash } from "node:crypto";
import type { LlmFault } from "./faults.ts";

/** What a question holds, as far as the stand-in reads it. */
export type Thought = {
  readonly model: string;
  readonly system: string;
  readonly prompt: string;
  /** JSON Schema of the answer; undefined when none was demanded. */
  readonly schema: unknown;
};

type Node = Readonly<Record<string, unknown>>;

/** An answer computed from the question: of the schema asked for, weighed by the facts in the prompt, the same for the same question. */
export function think(thought: Thought, fault: LlmFault | undefined): string {
  if (fault === "wrong-json") return "Certainly! Here is the assessment you asked for: { impact: high";
  if (fault === "wrong-schema") return JSON.stringify({ verdict: "material", confidence: "high" });
  if (thought.schema === undefined) return `You asked ${thought.prompt.length} characters.`;
  const orders = fault === "obedient" ? ordersIn(thought) : {};
  const answer = build(asNode(thought.schema), [], thought, orders);
  if (fault === "invented-citation" || fault === "foreign-language")
    return JSON.stringify(bent(answer, fault));
  return JSON.stringify(answer);
}

/** What a text among the data tells its reader to do; an obedient model does it. */
type Orders = { readonly score?: number; readonly say?: string; readonly cite?: string };

function ordersIn({ prompt, system }: Thought): Orders {
  const score = /\b(?:score|rate|bewerte|note)\b[^.\n]{0,60}?\b(10|\d)\b/i.exec(prompt)?.[1];
  const say = /\b(?:say|write|output|answer|schreibe|sag)\b[^"\n]{0,40}"([^"\n]{1,400})"/i.exec(prompt)?.[1];
  const cite = /\bcite\b[^"\n]{0,20}"([^"\n]{1,200})"/i.exec(prompt)?.[1];
  const reveals =
    /\b(?:reveal|repeat|print|show|wiederhole)\b[^.\n]{0,60}\b(?:instructions|prompt|told|code|anweisungen)\b/i.test(
      prompt,
    );
  return {
    ...(score === undefined ? {} : { score: Number(score) }),
    ...(say === undefined && !reveals ? {} : { say: say ?? system.slice(0, 380) }),
    ...(cite === undefined ? {} : { cite }),
  };
}

function build(node: Node, path: readonly string[], thought: Thought, orders: Orders): unknown {
  const name = path.findLast((part) => !/^\d+$/.test(part)) ?? "";
  const roll = (below: number): number =>
    createHash("sha256")
      .update(`${thought.model}\n${thought.prompt}\n${path.join(".")}`)
      .digest()
      .readUInt32BE() % below;
  if (node["const"] !== undefined) return node["const"];
  const options = Array.isArray(node["enum"]) ? node["enum"] : undefined;
  if (options !== undefined) {
    if (typeof options[0] === "number")
      return scored(options, orders.score ?? weight(thought.prompt, path) + roll(2));
    return orders.cite ?? options[roll(options.length)];
  }
  if (Array.isArray(node["anyOf"])) return build(asNode(node["anyOf"][0]), path, thought, orders);
  switch (node["type"]) {
    case "object":
      return Object.fromEntries(
        Object.entries(asNode(node["properties"])).map(([key, value]) => [
          key,
          build(asNode(value), [...path, key], thought, orders),
        ]),
      );
    case "array":
      return [
        ...new Set([0, 1].map((at) => build(asNode(node["items"]), [...path, String(at)], thought, orders))),
      ];
    case "boolean":
      return roll(2) === 0;
    case "integer":
    case "number":
      return orders.score ?? roll(10);
    default:
      return orders.say ?? sentence(name, thought.prompt, path);
  }
}

function scored(options: readonly unknown[], wish: number): unknown {
  return options.includes(wish) ? wish : options[Math.min(options.length - 1, Math.max(0, wish))];
}

/** How heavy the facts of the prompt weigh, 2 to 10: data given, the sector, the two topics that concern nearly everybody, and direct or priced emissions. */
function weight(prompt: string, path: readonly string[]): number {
  const facts = factsIn(prompt);
  const number = (key: string): number => (typeof facts[key] === "number" ? facts[key] : 0);
  const topic = wordOf(facts["topic"]).slice(0, 2);
  const direct = topic === "E1" && path.includes("impact") && number("direct_emission_records") > 0;
  const priced = topic === "E1" && path.includes("financial") && facts["under_emission_trading"] === true;
  return (
    2 +
    (number("datapoints_given") > 0 ? 2 : 0) +
    (/^[ABCDEFGHL]$/.test(wordOf(facts["nace_section"])) ? 1 : 0) +
    (topic === "E1" || topic === "S1" ? 2 : 0) +
    (direct ? 3 : 0) +
    (priced ? 3 : 0)
  );
}

/** The first line of the prompt that is a JSON object. */
function factsIn(prompt: string): Node {
  for (const line of prompt.split("\n")) {
    if (!line.trim().startsWith("{")) continue;
    try {
      return asNode(JSON.parse(line));
    } catch {
      continue;
    }
  }
  return {};
}

function sentence(name: string, prompt: string, path: readonly string[]): string {
  const facts = factsIn(prompt);
  const about = wordOf(facts["topic"]) || "the question";
  const known = Object.entries(facts)
    .filter(([, value]) => typeof value === "number" || typeof value === "string")
    .slice(0, 6)
    .map(([key, value]) => `${key.replaceAll("_", " ")} is ${String(value)}`);
  const at = Number(path.at(-1) ?? 0);
  const [first = "no facts are given", ...rest] = known;
  return at === 0
    ? `The ${name === "" ? "answer" : (path.at(-3) ?? name)} follows from what is known of ${about}: ${first}.`
    : `It also matters that ${rest.slice(0, 2).join(" and that ") || first}.`;
}

function bent(value: unknown, fault: LlmFault): unknown {
  if (Array.isArray(value)) return value.map((one) => bent(one, fault));
  if (typeof value === "string")
    return /paragraph/.test(value) === (fault === "foreign-language")
      ? value
      : fault === "foreign-language"
        ? "Это предприятие оказывает существенное воздействие на окружающую среду."
        : "ESRS E9 paragraph 99 (as everybody knows)";
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, bent(one, fault)]));
}

function asNode(value: unknown): Node {
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

function wordOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
