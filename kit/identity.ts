/** Who asks, approves or signals. On one machine the OS login and host; a Slack id or OIDC subject in team mode; a webhook or the serving process by name; a made-up name in the sandbox only. */
export type Identity = {
  readonly name: string;
  readonly host: string;
  readonly via: "terminal" | "cron" | "slack" | "alert" | "webhook" | "serve" | "sandbox";
};

/**
 * The same person, whichever door and host they came through. A person is their login name, because the environment file names
 * people by it: coming from another machine makes nobody a second opinion on their own plan. Two people who share a login count once.
 */
export function samePerson(a: Identity, b: Identity): boolean {
  return a.name === b.name;
}
