import { learnVariables, redactor } from "#adapters/redactor.ts";

/**
 * Nothing leaves this process by its outputs with a secret in it, whoever writes: our views, a library, a crash.
 * Also keeps variables out of Node's diagnostic reports.
 */
export function guardOutputs(): void {
  learnVariables(process.env);
  redactWrites(process.stdout);
  redactWrites(process.stderr);
  process.report.excludeEnv = true;
  // Node would print the error past the streams, with everything that its message holds.
  process.on("uncaughtException", (error: unknown) => {
    const story = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`The tool itself failed: ${story}\n`);
    process.exit(1);
  });
}

function redactWrites(stream: NodeJS.WriteStream) {
  const write = stream.write.bind(stream);
  stream.write = (
    chunk: string | Uint8Array,
    encoding?: BufferEncoding | ((error?: Error | null) => void),
    done?: (error?: Error | null) => void,
  ) =>
    typeof encoding === "function"
      ? write(redacted(chunk), encoding)
      : write(redacted(chunk), encoding, done);
}

/** Bytes that hold no secret stay the bytes they are, also when they are no text. */
function redacted(chunk: string | Uint8Array): string | Uint8Array {
  if (typeof chunk === "string") return redactor.text(chunk);
  const text = Buffer.from(chunk).toString("utf8");
  const shown = redactor.text(text);
  return shown === text ? chunk : shown;
}
