import type { Answer, Outgoing } from './transport.js';

/** Characters of an answer's body that are worth a place in the log: an order of 100 names with its authorizations fits. */
const LONGEST_BODY = 20_000;
/** Headers of an answer that explain what happens next. */
const TELLING = ['content-type', 'location', 'link', 'retry-after', 'replay-nonce', 'boulder-requester'];

/**
 * One exchange for the log, where a support question begins: what was sent with the JWS taken apart, and what came back. There are no
 * secrets in it: signatures are left out, and an external account binding is shown by its key identifier only.
 */
export function exchangeText({ method, url, body }: Pick<Outgoing, 'method' | 'url' | 'body'>, answer: Answer | null, ms: number): string {
  const lines = [`${method} ${url}`];
  const sent = body === undefined ? null : takenApart(body);
  if (sent) lines.push(`sent: ${sent}`);
  if (!answer) return [...lines, `no answer after ${ms} ms`].join('\n');
  lines.push(`answer: ${answer.status} in ${ms} ms`);
  for (const name of TELLING) if (answer.headers[name] !== undefined) lines.push(`${name}: ${answer.headers[name]}`);
  const { text } = answer;
  if (text !== '') lines.push(text.length > LONGEST_BODY ? `${text.slice(0, LONGEST_BODY)}\n(${text.length - LONGEST_BODY} more characters)` : text.trimEnd());
  return lines.join('\n');
}

function takenApart(body: string): string | null {
  try {
    const { protected: header, payload } = JSON.parse(body) as Record<string, unknown>;
    const about = decoded(header);
    return JSON.stringify({ protected: about, payload: payload === '' ? '' : withoutBinding(decoded(payload)) });
  } catch {
    return null;
  }
}

function decoded(part: unknown): unknown {
  return JSON.parse(Buffer.from(String(part), 'base64url').toString('utf8')) as unknown;
}

/** RFC 8555 section 7.3.4: the inner JWS is signed with the secret that the CA gave; its header names the key only. */
function withoutBinding(payload: unknown): unknown {
  if (typeof payload !== 'object' || payload === null || !('externalAccountBinding' in payload)) return payload;
  const { externalAccountBinding: binding, ...rest } = payload;
  const header = typeof binding === 'object' && binding !== null && 'protected' in binding ? decoded(binding.protected) : null;
  return { ...rest, externalAccountBinding: { protected: header } };
}
