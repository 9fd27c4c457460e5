import { flat } from "./target.ts";

const most = 5000;

/** Which sites state which targets; beyond five thousand sites no more are followed. */
export class Sites {
  readonly #numbers = new Map<string, number>();
  readonly #byTarget = new Map<number, Uint8Array>();

  note(site: string, target: number): void {
    let number = this.#numbers.get(site);
    if (number === undefined) {
      if (this.#numbers.size >= most) return;
      number = this.#numbers.size;
      this.#numbers.set(flat(site), number);
    }
    let marks = this.#byTarget.get(target);
    if (marks === undefined) {
      marks = new Uint8Array(most);
      this.#byTarget.set(target, marks);
    }
    marks[number] = 1;
  }

  /** How many targets most sites state. */
  metrics(share: number): number {
    const all = this.#numbers.size;
    if (all < 3) return 0;
    let count = 0;
    for (const marks of this.#byTarget.values())
      if (marks.reduce((sum, mark) => sum + mark, 0) >= all * share) count += 1;
    return count;
  }

  /** Targets that most sites state and some do not: at least three sites, and `share` of all of them. */
  *missing(share: number): Generator<{ readonly target: number; readonly sites: readonly string[] }> {
    const names = [...this.#numbers.keys()];
    if (names.length < 3) return;
    for (const [target, marks] of this.#byTarget) {
      const without = names.filter((_, number) => marks[number] === 0);
      if (without.length > 0 && names.length - without.length >= names.length * share)
        yield { target, sites: without };
    }
  }
}
