import { createHash, createHmac } from 'node:crypto';
import { matched, noBody, numberOf, onlyQuery, Undocumented, type Answer, type Ask, type Behaviour, type FakeRecord, type FakeWorld, type FakeZone } from './fake.js';

const NAMESPACE = 'https://route53.amazonaws.com/doc/2013-04-01/';
/** Secrets by key id, and the token of those that are good for an hour. */
const KEYS: Readonly<Record<string, { secret: string; token?: string }>> = {
  AKIDEXAMPLE: { secret: 'aws-secret-0123456789/abc' },
  ASIATEMPORARY: { secret: 'temporary-secret-0123456789', token: 'session+token/0123456789==' },
};

/**
 * https://docs.aws.amazon.com/Route53/latest/APIReference/ (ListHostedZones, ListResourceRecordSets, ChangeResourceRecordSets, GetChange),
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html, and Signature Version 4 for both. Each public zone has a
 * private twin of its name, which stands before it.
 */
export const route53Fake: Behaviour = {
  hosts: ['route53.amazonaws.com', 'sts.amazonaws.com'],
  serve(ask, world) {
    const refused = unsigned(ask, ask.path === '/' ? 'sts' : 'route53');
    if (refused) return refused;
    if (matched(ask, 'POST /')) return assumed(ask);
    if (matched(ask, 'GET /2013-04-01/hostedzone')) return hostedZones(ask, world);
    const change = matched(ask, 'GET /2013-04-01/change/:id');
    if (change) return /^C\d+$/.test(change['id'] ?? '') ? xml(200, 'GetChangeResponse', changeInfo(change['id'] ?? '', 'INSYNC')) : failure(404, 'NoSuchChange', 'Could not find resource');
    // botocore has a final slash where something is sent.
    const found = matched(ask, 'GET /2013-04-01/hostedzone/:id/rrset') ?? matched(ask, 'POST /2013-04-01/hostedzone/:id/rrset/');
    if (!found) throw new Undocumented('no such action');
    if (found['id']?.startsWith('P') === true) throw new Undocumented('the private zone');
    const zone = world.zones.find(({ id }) => `Z${id}` === found['id']);
    if (!zone) return failure(404, 'NoSuchHostedZone', `No hosted zone found with ID: ${found['id']}`);
    return ask.method === 'GET' ? recordSets(ask, zone) : changed(ask, zone, world);
  },
  refusal: (status) => (status === 403 ? failure(403, 'AccessDenied', 'User: arn:aws:iam::123456789012:user/certbot is not authorized to perform this action') : status === 429 ? failure(400, 'Throttling', 'Rate exceeded') : failure(status, 'InternalFailure', 'An internal error occurred')),
};

/** What stands instead of an answer for a request that is not signed as it must be. */
export function unsigned(ask: Ask, service: string, region = 'us-east-1'): Answer | undefined {
  const header = (name: string): string => String(ask.headers[name] ?? '');
  const form = /^AWS4-HMAC-SHA256 Credential=([A-Z]+)\/(\d{8})\/([a-z0-9-]+)\/([a-z0-9]+)\/aws4_request, SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})$/.exec(header('authorization'));
  if (!form) return failure(403, 'MissingAuthenticationToken', 'Missing Authentication Token');
  const [, id = '', day = '', place = '', scope = '', names = '', signature = ''] = form;
  const key = KEYS[id];
  if (!key) return failure(403, 'InvalidClientTokenId', 'The security token included in the request is invalid.');
  if ((key.token ?? '') !== header('x-amz-security-token')) return failure(403, 'InvalidClientTokenId', 'The security token included in the request is invalid.');
  const signed = names.split(';');
  if (place !== region || scope !== service || !['host', 'x-amz-date', ...(key.token === undefined ? [] : ['x-amz-security-token'])].every((name) => signed.includes(name)) || signed.join(';') !== [...signed].sort().join(';')) throw new Undocumented(`signed: ${scope} ${names}`);
  const time = header('x-amz-date');
  const at = Date.parse(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (!time.startsWith(day) || !(Math.abs(at - Date.now()) < 300_000)) return failure(403, 'SignatureDoesNotMatch', `Signature expired: ${time}`);
  const encode = (text: string): string => Buffer.from(text).toString('latin1').replace(/[^\w.~-]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
  const query = [...ask.query.entries()].map(([name, value]) => ({ name: encode(name), value: encode(value) })).sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.value < b.value ? -1 : 1)).map(({ name, value }) => `${name}=${value}`).join('&');
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
  const canonical = `${ask.method}\n${ask.path}\n${query}\n${signed.map((name) => `${name}:${header(name).trim().replace(/ +/g, ' ')}\n`).join('')}\n${names}\n${hash(ask.body)}`;
  const hmac = (secret: string | Buffer, text: string): Buffer => createHmac('sha256', secret).update(text).digest();
  const secret = hmac(hmac(hmac(hmac(`AWS4${key.secret}`, day), region), scope), 'aws4_request');
  const expected = hmac(secret, `AWS4-HMAC-SHA256\n${time}\n${day}/${region}/${scope}/aws4_request\n${hash(canonical)}`).toString('hex');
  if (expected === signature) return undefined;
  return failure(403, 'SignatureDoesNotMatch', `The request signature we calculated does not match the signature you provided. The Canonical String for this request should have been '${canonical}'`);
}

function assumed(ask: Ask): Answer {
  if (ask.headers['content-type']?.startsWith('application/x-www-form-urlencoded') !== true) throw new Undocumented('content-type');
  // Asked for JSON, the service answers with JSON.
  if (/json/.test(ask.headers.accept ?? '')) throw new Undocumented('XML was not asked for');
  const form = new URLSearchParams(ask.body);
  for (const name of form.keys()) if (!['Action', 'Version', 'RoleArn', 'RoleSessionName', 'ExternalId', 'DurationSeconds'].includes(name)) throw new Undocumented(`no parameter ${name}`);
  if (form.get('Action') !== 'AssumeRole' || form.get('Version') !== '2011-06-15' || !/^[\w+=,.@-]{2,64}$/.test(form.get('RoleSessionName') ?? '')) throw new Undocumented(ask.body);
  if (form.get('RoleArn') !== 'arn:aws:iam::123456789012:role/dns' || form.get('ExternalId') !== 'outside') return stsFailure('User is not authorized to perform: sts:AssumeRole');
  const { secret = '', token = '' } = KEYS['ASIATEMPORARY'] ?? {};
  const keys = `<Credentials><AccessKeyId>ASIATEMPORARY</AccessKeyId><SecretAccessKey>${secret}</SecretAccessKey><SessionToken>${token}</SessionToken><Expiration>${inAnHour()}</Expiration></Credentials>`;
  return { headers: { 'content-type': 'text/xml' }, text: `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">\n  <AssumeRoleResult>${keys}</AssumeRoleResult>\n  <ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>\n</AssumeRoleResponse>\n` };
}

function stsFailure(message: string): Answer {
  return { status: 403, headers: { 'content-type': 'text/xml' }, text: `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">\n  <Error>\n    <Type>Sender</Type>\n    <Code>AccessDenied</Code>\n    <Message>${message}</Message>\n  </Error>\n</ErrorResponse>\n` };
}

function hostedZones(ask: Ask, world: FakeWorld): Answer {
  noBody(ask);
  onlyQuery(ask, 'maxitems', 'marker');
  const all = world.zones.flatMap(({ id, name }) => [{ id: `P${id}`, name, hidden: true }, { id: `Z${id}`, name, hidden: false }]);
  const marker = ask.query.get('marker');
  const start = marker === null ? 0 : all.findIndex(({ id }) => id === marker);
  if (start < 0) return failure(400, 'InvalidInput', 'Invalid marker');
  const size = Math.min(numberOf(ask, 'maxitems', { least: 1, most: 100, usual: 100 }), world.pageSize);
  const next = all[start + size];
  const zones = all.slice(start, start + size).map(({ id, name, hidden }) => `<HostedZone><Id>/hostedzone/${id}</Id><Name>${name}.</Name><CallerReference>R&amp;D &#60;${id}></CallerReference><Config><PrivateZone>${hidden}</PrivateZone></Config><ResourceRecordSetCount>2</ResourceRecordSetCount></HostedZone>`);
  return xml(200, 'ListHostedZonesResponse', `<HostedZones>${zones.join('')}</HostedZones><IsTruncated>${next !== undefined}</IsTruncated>${next ? `<NextMarker>${next.id}</NextMarker>` : ''}<MaxItems>${size}</MaxItems>`);
}

/** From the wanted name and type on, in the order of reversed labels. */
function recordSets(ask: Ask, zone: FakeZone): Answer {
  noBody(ask);
  onlyQuery(ask, 'name', 'type', 'maxitems');
  const order = (name: string, type: string): string => `${name.replace(/\.$/, '').split('.').toReversed().join(' ')}  ${type}`;
  const start = order(ask.query.get('name') ?? '', ask.query.get('type') ?? '');
  const keys = [...new Set(zone.records.map(({ name, type }) => order(name, type)))].filter((key) => key >= start).sort().slice(0, numberOf(ask, 'maxitems', { least: 1, most: 300, usual: 300 }));
  const shown = keys.map((key) => {
    const records = zone.records.filter(({ name, type }) => order(name, type) === key);
    const [{ name, type, ttl } = { name: '', type: '', ttl: 0 }] = records;
    const values = records.map(({ value }) => `<ResourceRecord><Value>${type === 'TXT' ? `&quot;${value}&quot;` : value}</Value></ResourceRecord>`);
    return `<ResourceRecordSet><Name>${name}.</Name><Type>${type}</Type><TTL>${ttl}</TTL><ResourceRecords>${values.join('')}</ResourceRecords></ResourceRecordSet>`;
  });
  return xml(200, 'ListResourceRecordSetsResponse', `<ResourceRecordSets>${shown.join('')}</ResourceRecordSets><IsTruncated>false</IsTruncated><MaxItems>1</MaxItems>`);
}

const CHANGE = new RegExp(
  `^(?:<\\?xml version="1\\.0" encoding="UTF-8"\\?>\\s*)?<ChangeResourceRecordSetsRequest xmlns="${NAMESPACE}"><ChangeBatch>(?:<Comment>[^<]{0,256}</Comment>)?<Changes><Change><Action>(CREATE|DELETE|UPSERT)</Action>` +
    '<ResourceRecordSet><Name>([^<]+)</Name><Type>TXT</Type><TTL>(\\d+)</TTL><ResourceRecords>((?:<ResourceRecord><Value>[^<]+</Value></ResourceRecord>)+)</ResourceRecords></ResourceRecordSet></Change></Changes></ChangeBatch></ChangeResourceRecordSetsRequest>$',
);

function changed(ask: Ask, zone: FakeZone, world: FakeWorld): Answer {
  onlyQuery(ask);
  const form = CHANGE.exec(ask.body.trim());
  if (!form) throw new Undocumented('no change of TXT records');
  const [, action = '', given = '', seconds = '', list = ''] = form;
  const name = given.replace(/\.$/, '');
  if (name !== zone.name && !name.endsWith(`.${zone.name}`)) return invalid(`RRSet with DNS name ${name}. is not permitted in zone ${zone.name}.`);
  const values = [...list.matchAll(/<Value>([^<]+)<\/Value>/g)].map(([, text = '']) => text.replace(/&quot;|&#34;/g, '"'));
  if (values.some((value) => !/^"[^"]{1,255}"(?: "[^"]{1,255}")*$/.test(value))) return invalid(`Invalid Resource Record: '${values.join()}' TXT value must be enclosed in quotation marks`);
  if (new Set(values).size < values.length) return invalid(`Duplicate Resource Record: '${values.join()}'`);
  const wanted = values.map((value) => value.slice(1, -1));
  const there = zone.records.filter((record) => record.type === 'TXT' && record.name === name);
  const set = `[name='${name}.', type='TXT']`;
  if (action === 'CREATE' && there.length > 0) return invalid(`Tried to create resource record set ${set} but it already exists`);
  if (action === 'DELETE' && there.length === 0) return invalid(`Tried to delete resource record set ${set} but it was not found`);
  if (action === 'DELETE' && (!same(there, wanted) || there[0]?.ttl !== Number(seconds))) return invalid(`Tried to delete resource record set ${set} but the values provided do not match the current values`);
  zone.records = zone.records.filter((record) => !there.includes(record));
  if (action !== 'DELETE') zone.records.push(...wanted.map((value) => ({ id: world.id(), name, type: 'TXT', value, ttl: Number(seconds) })));
  return xml(200, 'ChangeResourceRecordSetsResponse', changeInfo(`C${world.id()}`, 'PENDING'));
}

function same(there: readonly FakeRecord[], values: readonly string[]): boolean {
  return JSON.stringify(there.map(({ value }) => value).sort()) === JSON.stringify([...values].sort());
}

function changeInfo(id: string, status: 'PENDING' | 'INSYNC'): string {
  return `<ChangeInfo><Id>/change/${id}</Id><Status>${status}</Status><SubmittedAt>2026-01-01T00:00:00.000Z</SubmittedAt></ChangeInfo>`;
}

/** GetChange before all servers have it. */
export const stillPending: Answer = xml(200, 'GetChangeResponse', changeInfo('C1', 'PENDING'));

function invalid(message: string): Answer {
  return xml(400, 'InvalidChangeBatch', `<Messages><Message>${message}</Message></Messages><RequestId>1</RequestId>`);
}

function failure(status: number, code: string, message: string): Answer {
  return xml(status, 'ErrorResponse', `<Error><Type>Sender</Type><Code>${code}</Code><Message>${message.replaceAll('&', '&amp;')}</Message></Error><RequestId>1</RequestId>`);
}

function xml(status: number, root: string, inner: string): Answer {
  return { status, headers: { 'content-type': 'text/xml' }, text: `<?xml version="1.0"?>\n<${root} xmlns="${NAMESPACE}">${inner}</${root}>` };
}

function inAnHour(): string {
  return new Date(Date.now() + 3_600_000).toISOString().replace(/\.\d+/, '');
}

/**
 * The services that give keys to a container and to an instance (IMDSv2): https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
 * and https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html.
 */
export const awsMetadataFake: Behaviour = {
  hosts: [],
  serve(ask) {
    const { secret = '', token = '' } = KEYS['ASIATEMPORARY'] ?? {};
    const keys = { AccessKeyId: 'ASIATEMPORARY', SecretAccessKey: secret, Token: token, Expiration: inAnHour() };
    if (matched(ask, 'GET /v2/credentials')) return ask.headers.authorization === 'Basic container-token' ? { json: { RoleArn: 'arn:aws:iam::123456789012:role/dns', ...keys } } : { status: 401, json: { code: 'Unauthorized' } };
    if (matched(ask, 'PUT /latest/api/token')) return ask.headers['x-aws-ec2-metadata-token-ttl-seconds'] === '21600' ? { text: 'instance-token-0123456789==' } : { status: 400 };
    if (ask.headers['x-aws-ec2-metadata-token'] !== 'instance-token-0123456789==') return { status: 401 };
    if (matched(ask, 'GET /latest/meta-data/iam/security-credentials/')) return { text: 'dns-role' };
    if (matched(ask, 'GET /latest/meta-data/iam/security-credentials/dns-role')) return { json: { Code: 'Success', Type: 'AWS-HMAC', ...keys } };
    throw new Undocumented('nothing is there');
  },
  refusal: (status) => ({ status }),
};
