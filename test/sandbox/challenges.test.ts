import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accountLabel } from '../../src/sandbox/challenges-dns.js';
import { startSandbox, type Sandbox } from '../../src/sandbox/sandbox.js';
import { startAnswering, type Answering } from './answering.js';
import { Client, dns, kind, type Answer, type Wanted } from './client.js';

let sandbox: Sandbox;
let answering: Answering;
let client: Client;
let count = 0;
/** A name that no other test uses. */
const fresh = (): string => `name${(count += 1)}.example.com`;

beforeAll(async () => {
  answering = await startAnswering();
  sandbox = await startSandbox({ httpPort: answering.httpPort, tlsPort: answering.tlsPort, policy: { validationTimeoutMs: 500 } });
  client = await Client.registered(sandbox);
});
afterAll(() => Promise.all([sandbox.stop(), answering.stop()]));

const page = (name: string, token: string): string => `${name} /.well-known/acme-challenge/${token}`;

/** Orders one identifier, tries one challenge type, and gives the authorization as it ended. */
async function attempt(type: string, wanted: Wanted | string, prepare: (token: string, name: string) => void | Promise<void> = () => {}): Promise<Answer> {
  const order = await client.order([typeof wanted === 'string' ? { type: 'dns', value: wanted } : wanted]);
  const [settled] = await client.prove(order, type, (identifier, token) => prepare(token, identifier.value));
  if (settled === undefined) throw new Error(`no authorization: ${order.text}`);
  return settled;
}

/** Why the challenge that was tried failed. */
function failure(authorization: Answer): [string, string] {
  const error = authorization.json.challenges?.find((each) => each.status === 'invalid')?.error;
  return [kind(error), String(error?.detail)];
}

const types = async (wanted: Wanted): Promise<unknown[]> => {
  const order = await client.order([wanted]);
  const { json } = await client.post(String(order.json.authorizations?.[0]));
  return json.challenges?.map((each) => each.type) ?? [];
};

describe('what is offered', () => {
  it('fits the identifier', async () => {
    expect(await types({ type: 'dns', value: fresh() })).toEqual(['http-01', 'dns-01', 'tls-alpn-01', 'dns-account-01', 'dns-persist-01']);
    expect(await types({ type: 'dns', value: `*.${fresh()}` })).toEqual(['dns-01', 'dns-account-01', 'dns-persist-01']);
    expect(await types({ type: 'ip', value: '127.0.0.1' })).toEqual(['http-01', 'tls-alpn-01']);
  });
});

describe('http-01', () => {
  it('is fetched from the name, white space at the end forgiven', async () => {
    const name = fresh();
    const order = await client.order(dns(name));
    const [tried] = await client.challenges(order, 'http-01');
    answering.pages.set(page(name, String(tried?.token)), `${client.keyAuthorization(String(tried?.token))} \n`);
    const answered = await client.post(String(tried?.challenge), {});
    expect([answered.json.status, answered.headers['retry-after']]).toEqual(['processing', '1']);
    expect(answered.headers.link).toContain('rel="up"');
    const { json } = await client.settle(String(tried?.authorization));
    expect([json.status, json.challenges?.length, json.challenges?.[0]?.status]).toEqual(['valid', 1, 'valid']);
    expect((await client.post(String(order.headers.location))).json.status).toBe('ready');
  });

  it('follows redirects, also to https with any certificate', async () => {
    const [name, other] = [fresh(), fresh()];
    const settled = await attempt('http-01', name, (token) => {
      answering.pages.set(page(name, token), { redirect: `https://${other}/answer` });
      answering.pages.set(`https:${other} /answer`, { redirect: `http://${other}:80/last` });
      answering.pages.set(`${other} /last`, client.keyAuthorization(token));
    });
    expect(settled.json.status, settled.text).toBe('valid');
  });

  it('gives up on circles and on strange redirects', async () => {
    const circle = fresh();
    const round = await attempt('http-01', circle, (token) => void answering.pages.set(page(circle, token), { redirect: `/.well-known/acme-challenge/${token}` }));
    expect(failure(round)[1]).toContain('more than 10 redirects');
    const strange = fresh();
    const ftp = await attempt('http-01', strange, (token) => void answering.pages.set(page(strange, token), { redirect: 'ftp://example.com/' }));
    expect(failure(ftp)[1]).toContain('neither http nor https');
  });

  it('says what was there in its place', async () => {
    expect(failure(await attempt('http-01', fresh()))).toEqual(['unauthorized', expect.stringContaining(': 404')]);
    const wrong = fresh();
    const settled = await attempt('http-01', wrong, (token) => void answering.pages.set(page(wrong, token), 'something else'));
    expect(failure(settled)).toEqual(['unauthorized', expect.stringContaining('got "something else"')]);
    expect(settled.json.status).toBe('invalid');
  });

  it('makes the order invalid when it fails, and cannot be tried again', async () => {
    const order = await client.order(dns(fresh()));
    const [settled] = await client.prove(order, 'http-01', () => {});
    expect((await client.post(String(order.headers.location))).json.status).toBe('invalid');
    const again = await client.post(String(settled?.json.challenges?.[0]?.url), {});
    expect(kind(again)).toBe('malformed');
  });

  it('names the address when nothing listens, and the name when it has no address', async () => {
    const refused = fresh();
    sandbox.setRecord(refused, 'A', '127.0.0.9');
    expect(failure(await attempt('http-01', refused))).toEqual(['connection', expect.stringContaining(`127.0.0.9 port ${answering.httpPort}: connection refused`)]);
    const broken = fresh();
    sandbox.failName(broken, 2);
    expect(failure(await attempt('http-01', broken))).toEqual(['dns', expect.stringContaining('SERVFAIL')]);
  });

  it('validates IP addresses', async () => {
    const settled = await attempt('http-01', { type: 'ip', value: '127.0.0.1' }, (token) => void answering.pages.set(page('127.0.0.1', token), client.keyAuthorization(token)));
    expect(settled.json.status, settled.text).toBe('valid');
    expect(settled.json.identifier).toEqual({ type: 'ip', value: '127.0.0.1' });
  });
});

describe('dns-01', () => {
  it('is found among several values and behind aliases', async () => {
    const [name, elsewhere] = [fresh(), 'answers.example.org'];
    sandbox.setRecord(`_acme-challenge.${name}`, 'CNAME', elsewhere);
    sandbox.setRecord(elsewhere, 'TXT', 'another value');
    expect((await attempt('dns-01', name, (token) => sandbox.setRecord(elsewhere, 'TXT', client.dnsValue(token)))).json.status).toBe('valid');
  });

  it('proves a name and its wildcard with two values at one place', async () => {
    const name = fresh();
    const order = await client.order(dns(name, `*.${name}`));
    const list = await client.challenges(order, 'dns-01');
    expect(list.map((each) => each.identifier.value)).toEqual([name, name]);
    for (const { token } of list) sandbox.setRecord(`_acme-challenge.${name}`, 'TXT', client.dnsValue(token));
    for (const { challenge, authorization } of list) {
      await client.post(challenge, {});
      expect((await client.settle(authorization)).json.status).toBe('valid');
    }
    expect((await client.post(String(list[1]?.authorization))).json.wildcard).toBe(true);
  });

  it('says what was there in its place', async () => {
    expect(failure(await attempt('dns-01', fresh()))).toEqual(['unauthorized', expect.stringMatching(/^No TXT record found at _acme-challenge\./)]);
    expect(failure(await attempt('dns-01', fresh(), (_, name) => sandbox.setRecord(`_acme-challenge.${name}`, 'TXT', 'old')))).toEqual(['unauthorized', expect.stringContaining('Incorrect TXT record "old"')]);
  });

  it('does not accept the value of another account', async () => {
    const other = await Client.registered(sandbox);
    expect((await attempt('dns-01', fresh(), (token, name) => sandbox.setRecord(`_acme-challenge.${name}`, 'TXT', other.dnsValue(token)))).json.status).toBe('invalid');
  });
});

describe('dns-account-01 and dns-persist-01', () => {
  it('asks at a label made of the account', async () => {
    // The example of the draft.
    expect(accountLabel('https://example.com/acme/acct/ExampleAccount')).toBe('_ujmmovf2vn55tgye');
    const settled = await attempt('dns-account-01', fresh(), (token, name) => sandbox.setRecord(`${accountLabel(String(client.kid))}._acme-challenge.${name}`, 'TXT', client.dnsValue(token)));
    expect(settled.json.status, settled.text).toBe('valid');
  });

  it.each([
    ['', false, 'valid'],
    ['; policy=wildcard', true, 'valid'],
    ['', true, 'invalid'],
    ['; persistUntil=4102444800', false, 'valid'],
    ['; persistUntil=1000000000', false, 'invalid'],
  ])('believes a lasting record "…%s" (wildcard: %s): %s', async (more, wildcard, status) => {
    const name = fresh();
    sandbox.setRecord(`_validation-persist.${name}`, 'TXT', `sandbox.certwright.test; accounturi=${client.kid}${more}`);
    expect((await attempt('dns-persist-01', wildcard ? `*.${name}` : name)).json.status).toBe(status);
  });

  it('does not believe a record of another account or CA', async () => {
    const other = await Client.registered(sandbox);
    const name = fresh();
    sandbox.setRecord(`_validation-persist.${name}`, 'TXT', `sandbox.certwright.test; accounturi=${other.kid}`);
    expect(failure(await attempt('dns-persist-01', name))[1]).toContain('names another account');
    const foreign = fresh();
    sandbox.setRecord(`_validation-persist.${foreign}`, 'TXT', `ca.example; accounturi=${client.kid}`);
    expect(failure(await attempt('dns-persist-01', foreign))[1]).toContain('No TXT record for sandbox.certwright.test');
  });
});

describe('tls-alpn-01', () => {
  it('is validated for names and addresses', async () => {
    const name = fresh();
    const settled = await attempt('tls-alpn-01', name, (token) => answering.alpn(name, { type: 'dns', value: name }, client.keyAuthorization(token)));
    expect(settled.json.status, settled.text).toBe('valid');
    const other = await Client.registered(sandbox);
    const order = await other.order([{ type: 'ip', value: '127.0.0.1' }]);
    const [address] = await other.prove(order, 'tls-alpn-01', (identifier, token) => answering.alpn('1.0.0.127.in-addr.arpa', identifier, other.keyAuthorization(token)));
    expect(address?.json.status, address?.text).toBe('valid');
  });

  it('refuses a usual certificate, and one for other names or keys', async () => {
    expect(failure(await attempt('tls-alpn-01', fresh()))).toEqual(['unauthorized', expect.stringContaining('no acmeIdentifier extension')]);
    expect(failure(await attempt('tls-alpn-01', fresh(), (token, name) => answering.alpn(name, { type: 'dns', value: 'other.example.com' }, client.keyAuthorization(token))))[1]).toContain('exactly the one validated is needed');
    expect(failure(await attempt('tls-alpn-01', fresh(), (_, name) => answering.alpn(name, { type: 'dns', value: name }, 'wrong')))[1]).toContain('does not hold the digest');
  });

  it('tells a closed port from a server without TLS', async () => {
    const refused = fresh();
    sandbox.setRecord(refused, 'A', '127.0.0.9');
    expect(failure(await attempt('tls-alpn-01', refused))).toEqual(['connection', expect.stringContaining('connection refused')]);
    const plain = await startSandbox({ httpPort: answering.httpPort, tlsPort: answering.httpPort, policy: { validationTimeoutMs: 500 } });
    try {
      const own = await Client.registered(plain);
      const [settled] = await own.prove(await own.order(dns('plain.example.com')), 'tls-alpn-01', () => {});
      expect(settled && failure(settled)[0]).toBe('tls');
    } finally {
      await plain.stop();
    }
  });
});

const provable = (name: string): Promise<Answer> => attempt('dns-01', name, (token, base) => sandbox.setRecord(`_acme-challenge.${base}`, 'TXT', client.dnsValue(token)));

describe('CAA', () => {
  it.each([
    ['0 issue "other.example"', false, 'caa'],
    ['0 issue ";"', false, 'caa'],
    ['0 issue "sandbox.certwright.test"', false, ''],
    ['0 issue "sandbox.certwright.test; validationmethods=http-01"', false, 'caa'],
    ['0 issue "sandbox.certwright.test; validationmethods=http-01,dns-01"', false, ''],
    ['0 issue "sandbox.certwright.test; accounturi=https://example.com/1"', false, 'caa'],
    ['128 mystery "x"', false, 'caa'],
    ['0 mystery "x"', false, ''],
    ['0 issuewild ";"', true, 'caa'],
    ['0 issuewild ";"', false, ''],
  ])('%s for a wildcard %s: %s', async (record, wildcard, problem) => {
    const zone = fresh();
    sandbox.setRecord(zone, 'CAA', record);
    const settled = await provable(`${wildcard ? '*.' : ''}deep.${zone}`);
    if (problem === '') expect(settled.json.status, settled.text).toBe('valid');
    else expect(failure(settled)).toEqual([problem, expect.stringContaining(`CAA records at ${zone} prevent issuing`)]);
  });
});

describe('authorizations', () => {
  it('are used again while valid, and not after they were deactivated', async () => {
    const own = await Client.registered(sandbox);
    const name = fresh();
    const first = await own.order(dns(name));
    await own.prove(first, 'dns-01', (_, token) => sandbox.setRecord(`_acme-challenge.${name}`, 'TXT', own.dnsValue(token)));
    const second = await own.order(dns(name));
    expect([second.json.status, second.json.authorizations]).toEqual(['ready', first.json.authorizations]);
    const gone = await own.post(String(first.json.authorizations?.[0]), { status: 'deactivated' });
    expect(gone.json.status).toBe('deactivated');
    expect((await own.post(String(second.headers.location))).json.status).toBe('invalid');
    expect((await own.order(dns(name))).json.status).toBe('pending');
  });
});
