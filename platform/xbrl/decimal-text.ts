/** Moves the decimal point of plain decimal text by `places` to the right (negative: to the left), exactly; `-0` and needless zeros go. */
export function shifted(plain: string, places: number): string {
  const negative = plain.startsWith("-");
  const [whole = "", fraction = ""] = plain.replace(/^[+-]/, "").split(".");
  const digits = whole + fraction;
  const point = whole.length + places;
  const padded =
    point <= 0 ? "0".repeat(1 - point) + digits : digits + "0".repeat(Math.max(0, point - digits.length));
  const at = Math.max(point, 1);
  const left = padded.slice(0, at).replace(/^0+(?=\d)/, "");
  const right = padded.slice(at).replace(/0+$/, "");
  const text = right === "" ? left : `${left}.${right}`;
  return negative && text !== "0" ? `-${text}` : text;
}

/** 1234567.891 as 1,234,567.891. */
export function grouped(plain: string): string {
  const [whole = "", fraction] = plain.split(".");
  return `${whole.replaceAll(/\B(?=(\d{3})+$)/g, ",")}${fraction === undefined ? "" : `.${fraction}`}`;
}

/** Plain decimal text rounded half away from zero to so many decimal places, which may be negative; a text with fewer is left as it is. */
export function rounded(plain: string, decimals: number): string {
  const value = shifted(plain, decimals);
  const at = value.indexOf(".");
  if (at < 0) return shifted(plain, 0);
  const whole = value.slice(0, at);
  const up = (value[at + 1] ?? "0") >= "5";
  const negative = whole.startsWith("-");
  const digits = BigInt(whole.replace("-", "")) + (up ? 1n : 0n);
  return shifted(`${negative && digits !== 0n ? "-" : ""}${digits}`, -decimals);
}
