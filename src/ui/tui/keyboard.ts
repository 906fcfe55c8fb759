import { StringDecoder } from 'node:string_decoder';
import { lateKeys, readKeys, type Key } from './keys.js';

/** Milliseconds after which a lone Escape is the key and not the beginning of a sequence; slow lines need some. */
const ESCAPE_DELAY = 40;
const PASTE_ON = '\u001b[?2004h';
const PASTE_OFF = '\u001b[?2004l';

/**
 * Listens to the terminal itself: raw mode and bracketed paste are on until the returned function is called. Ink's own input is
 * not used: with several keys in one chunk it hands each to the handler of an outdated frame, and answers change.
 */
export function listenToKeys(stdin: NodeJS.ReadStream, stdout: NodeJS.WriteStream, onKey: (key: Key) => void): () => void {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let timer: NodeJS.Timeout | null = null;
  const tell = (keys: readonly Key[]): void => {
    for (const key of keys) onKey(key);
  };
  const onData = (chunk: Buffer | string): void => {
    if (timer) clearTimeout(timer);
    timer = null;
    const read = readKeys(rest + (typeof chunk === 'string' ? chunk : decoder.write(chunk)));
    rest = read.rest;
    tell(read.keys);
    if (rest !== '') {
      timer = setTimeout(() => {
        const late = lateKeys(rest);
        if (late.length > 0) rest = '';
        tell(late);
      }, ESCAPE_DELAY);
    }
  };
  stdin.setRawMode(true);
  stdin.on('data', onData);
  stdin.resume();
  stdin.ref();
  stdout.write(PASTE_ON);
  let stopped = false;
  return () => {
    if (stopped) return;
    stopped = true;
    if (timer) clearTimeout(timer);
    stdin.off('data', onData);
    stdout.write(PASTE_OFF);
    stdin.setRawMode(false);
    stdin.pause();
    stdin.unref();
  };
}
