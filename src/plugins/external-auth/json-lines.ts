import { Cancelled, PluginError } from '../../core/errors.js';

/** A script on the other side: it reads lines of JSON and answers each challenge with a newline. */
export interface JsonLines {
  tell(fields: Readonly<Record<string, unknown>>): void;
  /** Until a whole line has come in; what it says does not count. Throws PluginError when the input ends, Cancelled. */
  answered(signal: AbortSignal): Promise<void>;
}

export interface Streams {
  stdin: NodeJS.ReadableStream & { ref?(): void; unref?(): void };
  stdout: NodeJS.WritableStream;
}

/** Newlines that came before they were waited for count too: a script may write all of them at once. */
export function openJsonLines({ stdin, stdout }: Streams): JsonLines {
  const seen = { newlines: 0, ended: false };
  let listening = false;
  let wake: () => void = () => undefined;
  const listen = (): void => {
    if (!listening) {
      listening = true;
      stdin.on('data', (chunk: Buffer | string) => {
        seen.newlines += String(chunk).split('\n').length - 1;
        wake();
      });
      for (const event of ['end', 'close', 'error']) {
        stdin.on(event, () => {
          seen.ended = true;
          wake();
        });
      }
    }
    stdin.ref?.();
    stdin.resume();
  };
  return {
    tell: (fields) => void stdout.write(`${JSON.stringify(fields)}\n`),
    async answered(signal) {
      listen();
      while (seen.newlines === 0) {
        if (signal.aborted) throw new Cancelled();
        if (seen.ended) throw new PluginError('out', 'Standard input ended before a newline said that the answer to the challenge is in place.', { hint: 'Whoever reads the JSON lines must write one newline for each perform_challenge. --out-handler PROGRAM needs no such dialogue.' });
        await new Promise<void>((resolve) => {
          wake = resolve;
          signal.addEventListener('abort', () => resolve(), { once: true });
        });
      }
      seen.newlines -= 1;
      // An open input must not keep the run from ending.
      stdin.pause();
      stdin.unref?.();
    },
  };
}

let shared: JsonLines | undefined;

/** Those of this process: one reader, for what it has read is gone for others. */
export function processJsonLines(): JsonLines {
  shared ??= openJsonLines({ stdin: process.stdin, stdout: process.stdout });
  return shared;
}
