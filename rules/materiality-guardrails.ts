/** What can keep an answer of a language model from being taken. */
export const guardrails = [
  "schema",
  "citation",
  "injection",
  "refusal",
  "length",
  "language",
  "departure",
] as const;
export type Guardrail = (typeof guardrails)[number];

/** A guardrail that an answer ran into, with a sentence of ours; nothing of the answer is repeated. */
export type Tripped = { readonly guardrail: Guardrail; readonly says: string };

/** What a model says of one side of double materiality. */
type Side = { readonly score: number; readonly reasons: readonly string[] };

/** A model's answer on one topic, already of the right shape. */
export type TopicAnswer = {
  readonly impact: Side;
  readonly financial: Side;
  readonly citations: readonly string[];
};

/** What an answer is held against. */
export type Held = {
  /** The passages that may be cited, and no others. */
  readonly passages: readonly string[];
  /** What the model was told, of which nothing may come back. */
  readonly told: string;
  /** A code in it that only a leak can bring back. */
  readonly canary: string;
  /** What the rules say of the same topic. */
  readonly rules: { readonly impact: number; readonly financial: number };
  /** Points by which a score may differ from the rules'. */
  readonly mostDeparture: number;
};

/** Words and signs that belong to instructions, markup, addresses or talk about the model itself, and to no reason. */
const foreign: readonly RegExp[] = [
  /\b(ignore|disregard|forget|override|bypass)\b.{0,60}\b(instruction|instructions|rule|rules|above|previous|prior|prompt|guideline|guidelines)/i,
  /\b(system|developer|user) (prompt|message|instruction)/i,
  /\b(as|i am|i'm) an? (ai|language model|assistant|llm)\b/i,
  /\b(my|your|the following) (instructions|orders|rules|guidelines)\b|\b(new|updated|these) instructions\b/i,
  /\byou (must|should|shall|will|are to|have to|need to)\b/i,
  /\b(you are|act as|pretend to be|roleplay|jailbreak|developer mode)\b/i,
  /\b(score|rate|mark|set|declare|conclude|report) (this|all|every|each|the) (topic|topics|item|items)\b/i,
  /\b(password|api key)s?\b/i,
  /\bjavascript:|\bdata:[a-z]+\//i,
  /<\/?[a-z!?]|&#|&[a-z]{2,8};|\]\(|!\[|```|\{\{|\}\}|\$\{/i,
  /[A-Za-z0-9+/=_-]{48,}/,
];
/** Addresses have no place in a reason; in a company's text they are taken out before it is sent. */
const addresses = /https?:|www\.|\bmailto:|[\w.+-]+@[\w-]+\.[a-z]{2,}/i;
/** Ignoring, forgetting and new instructions in the languages of many companies; for texts that go in. */
const foreignInOtherTongues: readonly RegExp[] = [
  /\b(ignorier|vergiss|missacht|befolge)\w*\b.{0,60}\b(anweisung|regel|vorgabe|oben|bisherig|vorherig)/i,
  /\b(ignore[zr]?|oublie[zr]?|ne tenez pas compte)\b.{0,60}\b(instruction|consigne|règle|précédent|ci-dessus)/i,
  /\b(ignora|olvida|haz caso omiso)\w*\b.{0,60}\b(instruccion|regla|anterior)/i,
  /\b(negeer|vergeet)\b.{0,60}\b(instructie|regel|voorgaande|bovenstaande)/i,
  /\b(bewerte|notiere|schreibe|gib)\b.{0,60}\b(punkte|punktzahl|mit \d)/i,
];
/** Characters that are not seen or turn the direction of reading. */
const unseen = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}]/u;

const shortWords = new Set(
  "the a an of and in to is are it its that for from by with on as at be has have this which not or more than was were can may through under their no".split(
    " ",
  ),
);

/** True when a text holds what looks like instructions to a model, or hides characters; such a text is not sent. */
export function looksLikeInstructions(text: string): boolean {
  const plain = text.normalize("NFKC");
  return (
    /[\p{Cf}\p{Co}]/u.test(text) ||
    [...foreign, ...foreignInOtherTongues].some((pattern) => pattern.test(plain)) ||
    /\b(cite|quote|repeat|reveal|print|output|answer|respond|say)\b.{0,40}["“«'`]/i.test(plain)
  );
}

/** Examines an answer on one topic; undefined when nothing stands in its way. */
export function examineAnswer(answer: TopicAnswer, held: Held): Tripped | undefined {
  const reasons = [...answer.impact.reasons, ...answer.financial.reasons];
  const stranger = answer.citations.find((one) => !held.passages.includes(one));
  if (stranger !== undefined)
    return { guardrail: "citation", says: "it cites a passage that is not among those given" };
  if (reasons.some((reason) => hasInjection(reason, held)))
    return {
      guardrail: "injection",
      says: "a reason holds instructions, markup, addresses or what the model was told",
    };
  if (reasons.some((reason) => !isEnglish(reason)))
    return { guardrail: "language", says: "a reason is not in English" };
  for (const side of ["impact", "financial"] as const)
    if (Math.abs(answer[side].score - held.rules[side]) > held.mostDeparture)
      return {
        guardrail: "departure",
        says: `its ${side} score differs from that of the rules by more than ${held.mostDeparture}`,
      };
  return undefined;
}

function hasInjection(reason: string, { told, canary }: Held): boolean {
  const plain = reason.normalize("NFKC");
  if (unseen.test(reason) || addresses.test(plain) || foreign.some((pattern) => pattern.test(plain)))
    return true;
  if (plain.includes(canary)) return true;
  return sharesRun(plain, told, 48);
}

/** True when a text repeats so many characters of another in one piece. */
function sharesRun(text: string, other: string, length: number): boolean {
  const [a, b] = [squeezed(text), squeezed(other)];
  for (let at = 0; at + length <= a.length; at += 8) if (b.includes(a.slice(at, at + length))) return true;
  return false;
}

function squeezed(text: string): string {
  return text.toLowerCase().replaceAll(/\s+/g, " ");
}

/** English by its letters and its short words; a coarse judgement that refuses other scripts and other tongues. */
function isEnglish(text: string): boolean {
  const letters = text.match(/\p{L}/gu) ?? [];
  const latin = text.match(/[A-Za-z]/g) ?? [];
  if (letters.length === 0 || latin.length / letters.length < 0.95) return false;
  const words = text.toLowerCase().match(/[a-z']+/g) ?? [];
  if (words.length < 6) return true;
  return words.filter((word) => shortWords.has(word)).length / words.length >= 0.1;
}

/**
 * Whose proposal stands. A model may add a topic and never remove one: leaving out what is material is the mistake that nobody sees,
 * so where rules say material, only a person says otherwise.
 */
export function whoseProposal(rules: boolean, model: boolean | undefined): "rules" | "model" {
  if (model === undefined) return "rules";
  return rules && !model ? "rules" : "model";
}
