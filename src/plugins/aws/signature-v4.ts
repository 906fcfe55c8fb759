import { createHash, createHmac } from 'node:crypto';

export interface AwsKeys {
  id: string;
  secret: string;
  /** Of temporary keys. */
  token?: string;
}

/**
 * The headers that sign a request to AWS (Signature Version 4, https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html).
 * `headers` are signed too; `at` in milliseconds since 1970. The path must need no escaping.
 */
export function signV4(request: { method: string; url: URL; headers?: Readonly<Record<string, string>>; body: string }, { keys, region, service, at }: { keys: AwsKeys; region: string; service: string; at: number }): Readonly<Record<string, string>> {
  const time = new Date(at).toISOString().replace(/[-:]|\.\d+/g, '');
  const scope = `${time.slice(0, 8)}/${region}/${service}/aws4_request`;
  const own = { 'x-amz-date': time, ...(keys.token === undefined ? {} : { 'x-amz-security-token': keys.token }) };
  const signed = sorted(Object.entries({ host: request.url.host, ...request.headers, ...own }).map(([name, value]) => [name.toLowerCase(), value.trim().replace(/\s+/g, ' ')]));
  const names = signed.map(([name]) => name).join(';');
  const query = sorted([...request.url.searchParams].map(([name, value]) => [escaped(name), escaped(value)])).map((pair) => pair.join('=')).join('&');
  const canonical = [request.method, request.url.pathname, query, ...signed.map((pair) => pair.join(':')), '', names, sha256(request.body)].join('\n');
  const text = ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n');
  const key = [time.slice(0, 8), region, service, 'aws4_request'].reduce<Buffer | string>((last, part) => createHmac('sha256', last).update(part).digest(), `AWS4${keys.secret}`);
  return { ...own, authorization: `AWS4-HMAC-SHA256 Credential=${keys.id}/${scope}, SignedHeaders=${names}, Signature=${createHmac('sha256', key).update(text).digest('hex')}` };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** By name, then by value. */
function sorted(pairs: readonly (readonly [string, string])[]): readonly (readonly [string, string])[] {
  return pairs.toSorted(([a, x], [b, y]) => (a === b ? (x < y ? -1 : 1) : a < b ? -1 : 1));
}

/** Everything but letters, digits and `-._~` percent-encoded. */
function escaped(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
