/** Who asks or approves. On one machine the OS login and host; a Slack id or OIDC subject in team mode; a made-up name in the sandbox only. */
export type Identity = {
  readonly name: string;
  readonly host: string;
  readonly via: "terminal" | "cron" | "slack" | "alert" | "sandbox";
};

/** The same person, whichever door they came through on this host. */
export function samePerson(a: Identity, b: Identity): boolean {
  return a.name === b.name && a.host === b.host;
}
