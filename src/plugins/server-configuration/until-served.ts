import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds between two looks whether the server answers, and for one look. */
const LOOK = 20;
const LOOK_TIME = 1000;

/** One answer that a web server shall give for a while. */
export interface Http01Answer {
  name: string;
  token: string;
  keyAuthorization: string;
}

/** Asks an address of this machine for the answer until it comes, at the longest for `ms` milliseconds. True = it came. */
export async function untilServed(answer: Http01Answer, host: string, port: number, ms: number, signal: AbortSignal): Promise<boolean> {
  const until = Date.now() + ms;
  while (Date.now() < until && !signal.aborted) {
    if ((await fetchAnswer(host, port, answer)) === answer.keyAuthorization) return true;
    await sleep(LOOK);
  }
  return false;
}

function fetchAnswer(host: string, port: number, { name, token }: Http01Answer): Promise<string | null> {
  return new Promise((resolve) => {
    const asked = request({ host, port, path: `/.well-known/acme-challenge/${token}`, headers: { host: name }, timeout: LOOK_TIME, agent: false }, (response) => {
      let body = '';
      response.setEncoding('latin1').on('data', (chunk: string) => (body = (body + chunk).slice(0, 4096)));
      response.on('end', () => resolve(body));
      response.on('error', () => resolve(null));
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(null));
    asked.end();
  });
}
