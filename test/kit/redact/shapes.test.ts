import { describe, expect, it } from "vitest";
import { createRedactor, type Redactor } from "#kit/redact/redactor.ts";

// Put together here, so that no scanner of repositories takes them for real ones.
const awsId = ["AKIA", "Q3EGVQ7PZ5N2XW4T"].join("");
const awsSecret = ["wJalrXUtnFEMI/K7MDENG", "/bPxRfiCYzzzzzzzzKEY"].join("").slice(0, 40);
const slack = ["xoxb", "123456789012", "abcdefABCDEF"].join("-");
const jwt = ["eyJhbGciOiJIUzI1NiJ9", "eyJzdWIiOiJhbmEifQ", "c2lnbmF0dXJl"].join(".");
const pem = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----";

describe("what is secret by its shape", () => {
  it.for([
    [`key ${awsId} used`, "key [secret aws-access-key-id] used"],
    [`${awsId}:${awsSecret}`, "[secret aws-access-key-id]"],
    [`aws_secret_access_key = ${awsSecret}`, "aws_secret_access_key = [secret]"],
    [`"SecretAccessKey": "${awsSecret}",`, `"SecretAccessKey": "[secret]",`],
    [`<SecretAccessKey>${awsSecret}</SecretAccessKey>`, "<SecretAccessKey>[secret]</SecretAccessKey>"],
    [`token ${slack} revoked`, "token [secret slack-token] revoked"],
    ["xapp-1-A0123-456-abcdef", "[secret slack-token]"],
    ["https://hooks.slack.com/services/T000/B000/abcdef", "https://hooks.slack.com/[secret slack-webhook]"],
    ["routing_key: R0AB12CD34", "routing_key: [secret]"],
    [
      '{"routing_key":"R0AB12CD34","event_action":"trigger"}',
      '{"routing_key":"[secret]","event_action":"trigger"}',
    ],
    ["Authorization: Token token=y_NbAkKc66ryYTWUXYEu", "Authorization: Token [secret]"],
    [`before\n${pem}\nafter`, "before\n[secret private-key]\nafter"],
    [JSON.stringify({ pem }), '{"pem":"[secret private-key]"}'],
    [`Cookie: session=${jwt}; theme=dark\nHost: x`, "Cookie: [secret jwt]\nHost: x"],
    [`got ${jwt} back`, "got [secret jwt] back"],
    [
      "curl -H 'Authorization: Bearer abc.def' https://x",
      "curl -H 'Authorization: Bearer [secret]' https://x",
    ],
    ["sent Bearer abc123def456", "sent Bearer [secret]"],
    ["postgres://csrd:hunter2@db:5432/csrd?x=1", "postgres://csrd:[secret]@db:5432/csrd?x=1"],
    ["redis://:hunter2@cache:6379", "redis://:[secret]@cache:6379"],
    ["postgres://csrd:p@ss/w0rd@db/csrd", "postgres://csrd:[secret]@db/csrd"],
    ["PGPASSWORD=hunter2 psql -h db", "PGPASSWORD=[secret] psql -h db"],
    ["password=hunter2&user=ana", "password=[secret]&user=ana"],
    ["--db-password hunter2 --port 1", "--db-password [secret] --port 1"],
    ['{\\"password\\":\\"hunter2\\",\\"user\\":1}', '{\\"password\\":\\"[secret]\\",\\"user\\":1}'],
    ["apiKey: 'a\\'b', next: 1", "apiKey: '[secret]', next: 1"],
    ["env['SLACK_BOT_TOKEN'] = 'abc'", "env['SLACK_BOT_TOKEN'] = '[secret]'"],
    ["password%3Dhunter2%26user%3Dana", "password%3D[secret]%26user%3Dana"],
    ["password: never-closed 'x", "password: [secret] 'x"],
    ['password: "never closed\nnext line', 'password: "[secret]\nnext line'],
  ] as const)("%j becomes %j", ([text, shown]) => {
    const redactor = createRedactor();

    expect(redactor.text(text)).toBe(shown);
    expect(redactor.text(shown), "masking twice changes nothing").toBe(shown);
  });

  it.for([
    "the token expired at 03:12 and the password is required",
    "password: incorrect",
    "token: { env: SLACK_BOT_TOKEN }",
    '"token":{"file":"/run/secrets/slack"}',
    "tokens: 40000, tokenizer=fast, secretary: ana, key=value",
    "PWD=/home/ana",
    "if (password === undefined) return",
    "http://10.0.0.12:8000/health/ready and https://ana@example.com/x",
    "Bearer authentication is used",
    "arn:aws:elasticloadbalancing:eu-central-1:000012345678:targetgroup/blue/0123456789abcdef",
    "plan 9f3c-1e77 sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  ])("leaves %j as it is", (text) => {
    expect(createRedactor().text(text)).toBe(text);
  });
});

describe("hostile text", () => {
  const pieces = [
    "a",
    "password=",
    "password='\\'",
    'token: "',
    "eyJ",
    "eyJaaaaa.",
    "://",
    "a:b@://",
    "x:y",
    "%25",
    "%",
    "\\",
    "\\u00",
    "&amp;",
    "&#x",
    "&",
    "\u001b[",
    "-----BEGIN PRIVATE KEY-----",
    "-----END ",
    "xoxb-",
    "AKIAAAAAAAAAAAAA",
    "Bearer ",
    "authorization: ",
    "hunter2-hunter",
    "aHVudGVyMi1odW50ZX",
    "--token-",
  ];

  it.for(pieces)("of %j without end takes time in proportion to its length", (piece) => {
    const redactor = createRedactor();
    redactor.add("hunter2-hunter2");
    redactor.add("aaaaaaaaaaaaaaaaaaaaaaab");
    const text = piece.repeat(Math.ceil(524_288 / piece.length));

    const small = Math.min(cpuOf(redactor, text.slice(0, 32_768)), cpuOf(redactor, text.slice(0, 32_768)));
    const large = cpuOf(redactor, text);

    // Sixteen times the text: linear work grows sixteenfold, quadratic work 256-fold.
    expect(large / Math.max(small, 2_000)).toBeLessThan(100);
  });
});

/** Processor time in microseconds, which other programs on the machine do not add to. */
function cpuOf(redactor: Redactor, text: string): number {
  const before = process.cpuUsage();
  redactor.text(text);
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
