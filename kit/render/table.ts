/** Tab-separated values for pipes: no truncation, no tab or newline inside a value, a header unless it is not wanted. */
export function tsv(
  header: readonly string[],
  rows: readonly (readonly (string | undefined)[])[],
  withHeader: boolean,
): readonly string[] {
  // oxlint-disable-next-line no-control-regex -- these are the characters to take out
  const control = /[\u0000-\u001f\u007f-\u009f]+/g;
  const line = (values: readonly (string | undefined)[]) =>
    values.map((value) => (value ?? "").replace(control, " ")).join("\t");
  return [...(withHeader ? [line(header)] : []), ...rows.map((row) => line(row))];
}
