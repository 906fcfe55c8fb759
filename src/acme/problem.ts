import { AcmeProblem, NetworkError, type ProblemDocument } from '../core/errors.js';
import { printable, printableLine } from '../system/printable.js';

const URN = 'urn:ietf:params:acme:error:';
const MOST_SUBPROBLEMS = 200;
const LONGEST_DETAIL = 4000;

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * A problem document (RFC 7807, RFC 8555 sections 6.7 and 6.7.1) out of untrusted JSON: control characters removed, sizes
 * bounded, subproblems one level deep. Null when it is none (neither `type` nor `detail` is a text).
 */
export function readProblem(value: unknown, status = 0): ProblemDocument | null {
  if (!isRecord(value)) return null;
  const { type, detail, title, identifier, subproblems, instance } = value;
  if (typeof type !== 'string' && typeof detail !== 'string') return null;
  const text = [detail, title].find((each): each is string => typeof each === 'string' && each !== '') ?? 'no further words';
  const about = isRecord(identifier) && typeof identifier['type'] === 'string' && typeof identifier['value'] === 'string' ? { type: printableLine(identifier['type'], 20), value: printableLine(identifier['value'], 260) } : undefined;
  const parts = Array.isArray(subproblems) ? subproblems.slice(0, MOST_SUBPROBLEMS) : [];
  return {
    type: typeof type === 'string' ? printableLine(type, 200) : 'about:blank',
    detail: printable(text).slice(0, LONGEST_DETAIL),
    status: typeof value['status'] === 'number' ? value['status'] : status,
    ...(typeof instance === 'string' && /^https?:/.test(instance) && URL.canParse(instance) ? { instance: printableLine(instance, 500) } : {}),
    ...(about ? { identifier: about } : {}),
    subproblems: parts.flatMap((part) => readProblem(isRecord(part) ? { ...part, subproblems: [] } : part, status) ?? []),
  };
}

/** The part of an answer that errors are made of. `data` is parsed JSON or text. */
export interface FailedAnswer {
  status: number;
  headers: Readonly<Record<string, string | undefined>>;
  data: unknown;
}

/** A status of 500 and more without a problem document: what was asked may have been done or not. */
export class ServerFault extends NetworkError {}

/**
 * The error for an answer that was not wanted: AcmeProblem with a hint when there is a problem document, else NetworkError.
 * `now` is milliseconds since the epoch, for a Retry-After that is a date.
 */
export function errorOf(answer: FailedAnswer, url: string, now: number): AcmeProblem | NetworkError {
  const problem = readProblem(answer.data, answer.status);
  const wait = retryAfterMs(answer.headers['retry-after'], now);
  if (problem) return new AcmeProblem(problem, url, wait, adviceFor(problem, wait, now));
  const host = URL.canParse(url) ? new URL(url).host : url;
  const location = answer.headers['location'];
  if (answer.status >= 300 && answer.status < 400 && location !== undefined) {
    return new NetworkError(`${host} sends us to another address: ${printableLine(location, 200)}`, { hint: 'Give the new address of its directory with --server.' });
  }
  const Kind = answer.status >= 500 ? ServerFault : NetworkError;
  return new Kind(`${host} answered with status ${answer.status} and no explanation (${printableLine(url, 200)}).`, {
    hint: answer.status >= 500 || answer.status === 429 ? `The certificate authority has a fault or is busy. ${again(wait, now)}` : 'Check that --server is the address of an ACME directory.',
  });
}

/** Retry-After in milliseconds: seconds or an HTTP date (RFC 9110 section 10.2.3); undefined when absent or senseless. */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const date = /[A-Za-z]/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

function again(wait: number | undefined, now: number): string {
  if (wait === undefined) return 'Try again later.';
  return wait < 120_000 ? `Try again in ${Math.ceil(wait / 1000)} seconds.` : `Try again after ${new Date(now + wait).toISOString().slice(0, 16).replace('T', ' ')} UTC.`;
}

const advice: Readonly<Record<string, string>> = {
  accountDoesNotExist: 'The certificate authority does not know this account key. Register again, or check that --server is the authority the account was made at.',
  alreadyReplaced: 'The certificate was already replaced by another order. Run the command again.',
  alreadyRevoked: 'Nothing is left to be done: it is revoked.',
  badCSR: 'The certificate authority does not accept the request: another key type or size (--key-type, --rsa-key-size, --elliptic-curve), fewer names, or no --must-staple may help.',
  badNonce: 'The certificate authority refused every nonce, also its own fresh ones. Try again later.',
  badPublicKey: 'The certificate authority does not accept this kind of key. Choose another with --key-type, --rsa-key-size or --elliptic-curve.',
  badRevocationReason: 'Choose another --reason, or leave it out.',
  badSignatureAlgorithm: 'The certificate authority does not accept the type of the account key.',
  caa: 'A CAA record of the name (or of a domain above it) permits other certificate authorities only. Add one for this authority, or remove it.',
  externalAccountRequired: 'This certificate authority wants the account to be bound to one of its own: give --eab-kid and --eab-hmac-key, which it shows in its customer pages.',
  invalidContact: 'The certificate authority does not accept the e-mail address. Correct --email.',
  invalidProfile: 'The certificate authority does not offer this profile. Choose another one, or leave it out.',
  orderNotReady: 'The order is not ready yet. Run the same command again, it goes on with the same order.',
  rejectedIdentifier: 'The certificate authority issues no certificate for this name: check its spelling, and that it is a public name.',
  serverInternal: 'The certificate authority has a fault of its own. Try again later; its status page may say more.',
  unauthorized: 'The account may not do this. Check that the account belongs to this certificate authority and was not deactivated.',
  unsupportedContact: 'The certificate authority does not accept this kind of contact. Give an e-mail address with --email.',
  unsupportedIdentifier: 'The certificate authority does not issue for this kind of identifier. Addresses and some names need another authority or profile.',
};

/** What to do about a problem that the CA reported, in one or two sentences; undefined when its own words are all there is. */
export function adviceFor(problem: ProblemDocument, retryAfter?: number, now: number = Date.now()): string | undefined {
  const kind = problem.type.startsWith(URN) ? problem.type.slice(URN.length) : '';
  if (kind === 'rateLimited') {
    return `The certificate authority limits how often you may ask. ${again(retryAfter, now)} Use its staging server (--test-cert) for experiments.`;
  }
  if (kind === 'userActionRequired') return `The certificate authority wants you to agree to its new terms: open ${problem.instance ?? 'its web pages'} in a browser, and say --agree-tos when you agree.`;
  return Object.hasOwn(advice, kind) ? advice[kind] : undefined;
}
