/** What one unit may use. */
type Size = { readonly cpus: number; readonly memoryBytes: number };

/** The number that is asked for, counted from what there is: "+2", "-1", "4"; never below none. */
export function numberAsked(now: number, asked: string): number {
  const number = Number(asked);
  return Math.max(0, /^[+-]/.test(asked) ? now + number : number);
}

/** The size that is asked for; "same" leaves a part as it is. */
export function sizeAsked(now: Size, cpus: string, memory: string): Size {
  return {
    cpus: cpus === "same" ? now.cpus : Number(cpus),
    memoryBytes: memory === "same" ? now.memoryBytes : bytesOf(memory),
  };
}

/** By how many times the one part or the other grows or shrinks, whichever is most. */
export function largestStep(from: Size, to: Size): number {
  const times = (a: number, b: number) =>
    a > 0 && b > 0 ? Math.max(a / b, b / a) : Number.POSITIVE_INFINITY;
  return Math.max(times(from.cpus, to.cpus), times(from.memoryBytes, to.memoryBytes));
}

/** From one number down to another, one at a time. */
export function stepsDown(
  from: number,
  to: number,
): readonly { readonly from: number; readonly to: number }[] {
  return Array.from({ length: Math.max(0, from - to) }, (_, index) => ({
    from: from - index,
    to: from - index - 1,
  }));
}

function bytesOf(text: string): number {
  return Number.parseInt(text, 10) * 1024 ** (text.endsWith("Gi") ? 3 : 2);
}
