/** True for a legal entity identifier: 20 characters whose ISO 7064 mod 97-10 check digits fit (ISO 17442). */
export function isLei(text: string): boolean {
  if (!/^[0-9A-Z]{18}[0-9]{2}$/.test(text)) return false;
  const digits = Array.from(text, (character) => parseInt(character, 36)).join("");
  return BigInt(digits) % 97n === 1n;
}
