/** What a person has still to do, gathered while the statement is written: grouped, in order, and no more than people read. */
export class Wanting {
  readonly #groups = new Map<string, { readonly sentence: string; readonly parts: string[] }>();

  /** Notes something by itself. */
  add(sentence: string): void {
    this.#groups.set(sentence, { sentence, parts: [] });
  }

  /** Notes one of several things of a group; the group becomes one sentence. */
  part(group: string, part: string): void {
    const kept = this.#groups.get(group) ?? { sentence: group, parts: [] };
    if (!kept.parts.includes(part)) kept.parts.push(part);
    this.#groups.set(group, kept);
  }

  /** At most so many sentences, each with at most a dozen parts; what is left out is counted. */
  list(most = 40): readonly string[] {
    const all = [...this.#groups.values()].map(({ sentence, parts }) => {
      if (parts.length === 0) return sentence;
      const more = parts.length > 12 ? ` and ${parts.length - 12} more` : "";
      return `${sentence}: ${parts.slice(0, 12).join("; ")}${more}.`;
    });
    return all.length <= most
      ? all
      : [
          ...all.slice(0, most - 1),
          `And ${all.length - most + 1} more; the boxes in report.xhtml show each.`,
        ];
  }
}
