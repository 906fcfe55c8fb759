import { Problem } from './problem.js';

/** An object from outside with nothing known about its members. */
export type Loose = Record<string, unknown>;

/** True for a JSON object (not null, not a list). */
export function isLoose(value: unknown): value is Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Parses `text` as a JSON object. Throws Problem malformed that names `what`. */
export function parseObject(text: string, what: string): Loose {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Problem('malformed', `${what} is not JSON`);
  }
  if (!isLoose(value)) throw new Problem('malformed', `${what} is not a JSON object`);
  return value;
}

/** A member that must be a string when present. Throws Problem malformed. */
export function optionalString(object: Loose, member: string): string | undefined {
  const value = object[member];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw new Problem('malformed', `"${member}" is not a string`);
  return value;
}

/** A member that must be true or false when present. Throws Problem malformed. */
export function optionalBoolean(object: Loose, member: string): boolean | undefined {
  const value = object[member];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'boolean') throw new Problem('malformed', `"${member}" is neither true nor false`);
  return value;
}

/** A member that must be a list of strings when present. Throws Problem malformed. */
export function optionalStrings(object: Loose, member: string): string[] | undefined {
  const value = object[member];
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || !value.every((each): each is string => typeof each === 'string')) throw new Problem('malformed', `"${member}" is not a list of strings`);
  return value;
}

/** Bytes of unpadded base64url (RFC 8555 section 6.1: padding and foreign characters are refused). Throws Problem malformed. */
export function decodeBase64url(text: unknown, what: string): Buffer {
  if (typeof text !== 'string' || !/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) throw new Problem('malformed', `${what} is not base64url without padding`);
  return Buffer.from(text, 'base64url');
}

/** A moment in RFC 3339 form as milliseconds. Throws Problem malformed. */
export function parseMoment(text: string, what: string): number {
  const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(at)) throw new Problem('malformed', `"${what}" is not a date in RFC 3339 form`);
  return at;
}

/** Milliseconds as RFC 3339 without fractions, as certificate authorities write it. */
export function moment(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
