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
