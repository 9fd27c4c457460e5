import { shifted } from "./decimal-text.ts";

/** Namespaces of the XBRL transformation registries that are understood, the newest last. */
export const transformationRegistries: ReadonlySet<string> = new Set([
  "http://www.xbrl.org/inlineXBRL/transformation/2015-02-26",
  "http://www.xbrl.org/inlineXBRL/transformation/2020-02-12",
  "http://www.xbrl.org/inlineXBRL/transformation/2022-02-16",
]);

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const two = (digits: string): string => digits.padStart(2, "0");
const year = (digits: string): string => (digits.length === 2 ? `20${digits}` : digits);
const month = (name: string): string => two(String(months.indexOf(name.slice(0, 3).toLowerCase()) + 1));

type Reading = readonly [pattern: RegExp, read: (parts: readonly string[]) => string];
const day = "(\\d{1,2})";
const gap = "[^0-9A-Za-z]+";
const named = "([A-Za-z]{3,9})\\.?";
const dates: Readonly<Record<string, Reading>> = {
  datedaymonthyear: [
    new RegExp(`^${day}\\D+${day}\\D+(\\d{4}|\\d{2})$`),
    ([d = "", m = "", y = ""]) => `${year(y)}-${two(m)}-${two(d)}`,
  ],
  datemonthdayyear: [
    new RegExp(`^${day}\\D+${day}\\D+(\\d{4}|\\d{2})$`),
    ([m = "", d = "", y = ""]) => `${year(y)}-${two(m)}-${two(d)}`,
  ],
  dateyearmonthday: [
    new RegExp(`^(\\d{4}|\\d{2})\\D+${day}\\D+${day}\\D*$`),
    ([y = "", m = "", d = ""]) => `${year(y)}-${two(m)}-${two(d)}`,
  ],
  datedaymonthnameyearen: [
    new RegExp(`^${day}(?:st|nd|rd|th)?${gap}${named}${gap}(\\d{4}|\\d{2})$`),
    ([d = "", m = "", y = ""]) => `${year(y)}-${month(m)}-${two(d)}`,
  ],
  datemonthnamedayyearen: [
    new RegExp(`^${named}${gap}${day}(?:st|nd|rd|th)?${gap}(\\d{4}|\\d{2})$`),
    ([m = "", d = "", y = ""]) => `${year(y)}-${month(m)}-${two(d)}`,
  ],
  datemonthnameyearen: [
    new RegExp(`^${named}${gap}(\\d{4}|\\d{2})$`),
    ([m = "", y = ""]) => `${year(y)}-${month(m)}`,
  ],
};
const constants: Readonly<Record<string, string>> = {
  fixedtrue: "true",
  booleantrue: "true",
  fixedfalse: "false",
  booleanfalse: "false",
  fixedempty: "",
  nocontent: "",
  fixedzero: "0",
  zerodash: "0",
};

/** What a transformation makes of the text that is shown: plain decimal text, an ISO date, `true` …; undefined when the rule is unknown or does not take this text. */
export function transformed(rule: string, shown: string): string | undefined {
  const name = rule.replaceAll("-", "").toLowerCase();
  const text = shown.trim();
  const constant = constants[name];
  if (constant !== undefined) return constant;
  if (name === "numdotdecimal" || name === "numdotdecimalapos")
    return decimal(text.replaceAll(/[,'’\s\u00a0\u202f]/g, ""));
  if (name === "numcommadecimal" || name === "numcommadecimalapos")
    return decimal(text.replaceAll(/[.'’\s\u00a0\u202f]/g, "").replace(",", "."));
  const reading = dates[name === "datedaymonthyearen" ? "datedaymonthnameyearen" : name];
  const found = reading?.[0].exec(text);
  if (reading === undefined || found === undefined || found === null) return undefined;
  const iso = reading[1](found.slice(1));
  return isDate(iso) ? iso : undefined;
}

function decimal(plain: string): string | undefined {
  return /^(\d+(\.\d*)?|\.\d+)$/.test(plain) ? shifted(plain, 0) : undefined;
}

function isDate(iso: string): boolean {
  const full = iso.length === 7 ? `${iso}-01` : iso;
  const at = new Date(`${full}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(full);
}
