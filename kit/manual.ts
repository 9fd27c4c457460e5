/** The ids of a manual's heading and of those of its commands that a definition carries out: `X`, `X#1`, `X#3`. */
export function headingWith(heading: string, commands: readonly number[]): readonly string[] {
  return [heading, ...commands.map((command) => `${heading}#${command}`)];
}
