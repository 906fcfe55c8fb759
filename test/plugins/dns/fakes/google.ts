import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { bodyOf, matched, noBody, numberOf, onlyQuery, pageOf, Undocumented, type Answer, type Ask, type Behaviour, type FakeWorld, type FakeZone } from './fake.js';

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const TOKEN = 'ya29.google-token-0123456789';
const SCOPE = 'https://www.googleapis.com/auth/ndev.clouddns.readwrite';
const URI = 'https://oauth2.googleapis.com/token';
const EMAIL = 'certbot@my-project.iam.gserviceaccount.com';

/** A service account's file as the console gives it. */
export const serviceAccount = {
  type: 'service_account',
  project_id: 'my-project',
  private_key_id: 'abcdef0123456789',
  private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  client_email: EMAIL,
  client_id: '123456789012345678901',
  auth_uri: 'https://accounts.google.com/o/oauth2/auth',
  token_uri: URI,
  auth_provider_x509_cert_url: 'https://www.googleapis.com/oauth2/v1/certs',
  client_x509_cert_url: 'https://www.googleapis.com/robot/v1/metadata/x509/certbot',
};

/** What gcloud leaves of a person who has logged in. */
export const authorizedUser = { type: 'authorized_user', client_id: '1234.apps.googleusercontent.com', client_secret: 'client-secret-0123456789', refresh_token: '1//refresh-token-0123456789' };

/** None of these may be shown. */
export const googleSecrets = [TOKEN, authorizedUser.client_secret, authorizedUser.refresh_token, serviceAccount.private_key.split('\n')[3] ?? ''];

/**
 * https://cloud.google.com/dns/docs/reference/rest/v1 (managedZones.list, resourceRecordSets.list, changes.create and .get),
 * https://developers.google.com/identity/protocols/oauth2/service-account#authorizingrequests and .../oauth2/web-server#offline; and the
 * part of https://dns.googleapis.com/$discovery/rest?version=v1 that makes clients of these. Each public zone has two private ones of its name before it.
 */
export const googleFake: Behaviour = {
  hosts: ['dns.googleapis.com', 'oauth2.googleapis.com', 'www.googleapis.com'],
  serve(ask, world) {
    if (matched(ask, 'GET /discovery/v1/apis/dns/v1/rest')) return { json: discovery };
    if (matched(ask, 'POST /token')) return tokenFor(ask);
    if (ask.headers.authorization !== `Bearer ${TOKEN}`) return failure(401, 'authError', 'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.');
    const methods = ['GET /dns/v1/projects/:project/managedZones', 'GET /dns/v1/projects/:project/managedZones/:zone/rrsets', 'POST /dns/v1/projects/:project/managedZones/:zone/changes', 'GET /dns/v1/projects/:project/managedZones/:zone/changes/:id'];
    const found = methods.map((method) => matched(ask, method)).find((parts) => parts !== undefined);
    if (!found) throw new Undocumented('no such method');
    if (found['project'] !== 'my-project') return failure(403, 'forbidden', 'Forbidden');
    if (found['zone'] === undefined) return managedZones(ask, world);
    if (found['zone'].startsWith('private')) throw new Undocumented('a private zone');
    const zone = world.zones.find(({ id }) => id === found['zone']);
    if (!zone) return failure(404, 'notFound', `The 'parameters.managedZone' resource named '${found['zone']}' does not exist.`);
    if (ask.path.endsWith('/rrsets')) return rrsets(ask, zone);
    onlyQuery(ask, 'alt');
    if (ask.method === 'POST') return changed(ask, zone, world);
    noBody(ask);
    return { json: { kind: 'dns#change', id: found['id'], status: 'done', startTime: '2026-01-01T00:00:00.000Z' } };
  },
  refusal: (status) => (status === 403 ? failure(403, 'forbidden', 'The caller does not have permission') : status === 429 ? failure(403, 'rateLimitExceeded', 'Rate Limit Exceeded') : failure(status, 'backendError', 'Backend Error')),
};

function tokenFor(ask: Ask): Answer {
  if (ask.headers['content-type']?.startsWith('application/x-www-form-urlencoded') !== true) throw new Undocumented('content-type');
  const form = new URLSearchParams(ask.body);
  const invalid = (error_description: string): Answer => ({ status: 400, json: { error: 'invalid_grant', error_description } });
  const token: Answer = { json: { access_token: TOKEN, expires_in: 3599, token_type: 'Bearer' } };
  if (form.get('grant_type') === 'refresh_token') {
    if ([...form.keys()].toSorted().join() !== 'client_id,client_secret,grant_type,refresh_token') throw new Undocumented(`form: ${[...form.keys()].join()}`);
    return form.get('client_id') === authorizedUser.client_id && form.get('client_secret') === authorizedUser.client_secret && form.get('refresh_token') === authorizedUser.refresh_token ? token : invalid('Token has been expired or revoked.');
  }
  if (form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:jwt-bearer' || [...form.keys()].length !== 2) throw new Undocumented(`form: ${[...form.keys()].join()}`);
  const [head = '', claim = '', signature = ''] = (form.get('assertion') ?? '').split('.');
  const part = (text: string): Record<string, unknown> => JSON.parse(Buffer.from(text, 'base64url').toString()) as Record<string, unknown>;
  const { alg, typ, kid } = part(head);
  const { iss, scope, aud, iat, exp } = part(claim);
  if (alg !== 'RS256' || typ !== 'JWT' || (kid !== undefined && kid !== serviceAccount.private_key_id)) throw new Undocumented(`header: ${JSON.stringify(part(head))}`);
  if (iss !== EMAIL) return invalid('Invalid grant: account not found');
  if (!verify('sha256', Buffer.from(`${head}.${claim}`), createPublicKey(publicKey.export({ type: 'spki', format: 'pem' })), Buffer.from(signature, 'base64url'))) return invalid('Invalid JWT Signature.');
  if (scope !== SCOPE || aud !== URI) throw new Undocumented(`claim: ${JSON.stringify(part(claim))}`);
  if (Math.abs(Number(iat) - Date.now() / 1000) > 300 || Number(exp) <= Number(iat) || Number(exp) - Number(iat) > 3600) return invalid('Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.');
  return token;
}

function managedZones(ask: Ask, world: FakeWorld): Answer {
  noBody(ask);
  onlyQuery(ask, 'dnsName', 'maxResults', 'pageToken', 'alt');
  const name = ask.query.get('dnsName');
  if (name?.endsWith('.') === false) return failure(400, 'invalid', `Invalid value for 'parameters.dnsName': '${name}'`);
  const hidden = { visibility: 'private', privateVisibilityConfig: { kind: 'dns#managedZonePrivateVisibilityConfig', networks: [] } };
  const all = world.zones
    .flatMap((zone) => [1, 2].map((count) => ({ id: `private${count}-${zone.id}`, dnsName: `${zone.name}.`, ...hidden })).concat([{ id: zone.id, dnsName: `${zone.name}.`, visibility: 'public' } as never]))
    .filter(({ dnsName }) => name === null || dnsName === name)
    .map((zone) => ({ kind: 'dns#managedZone', name: `zone-${zone.id}`, nameServers: ['ns-cloud-a1.googledomains.com.'], ...zone }));
  const page = Number((ask.query.get('pageToken') ?? 'page-1').replace('page-', ''));
  const { entries, pages } = pageOf(all, page, Math.min(world.pageSize, numberOf(ask, 'maxResults', { least: 1, most: 1000, usual: 100 })));
  return { json: { kind: 'dns#managedZonesListResponse', managedZones: entries, ...(page < pages ? { nextPageToken: `page-${page + 1}` } : {}) } };
}

interface Rrset {
  name: string;
  type: string;
  ttl: number;
  rrdatas: string[];
}

function rrsetOf(zone: FakeZone, name: string, type: string): Rrset | undefined {
  const records = zone.records.filter((record) => record.type === type && `${record.name}.` === name);
  return records[0] && { name, type, ttl: records[0].ttl, rrdatas: records.map(({ value }) => (type === 'TXT' ? `"${value}"` : value)) };
}

function rrsets(ask: Ask, zone: FakeZone): Answer {
  noBody(ask);
  onlyQuery(ask, 'name', 'type', 'maxResults', 'pageToken', 'alt');
  const [name, type] = [ask.query.get('name') ?? '', ask.query.get('type') ?? ''];
  if (!name.endsWith('.') || type === '') throw new Undocumented('name and type');
  const found = rrsetOf(zone, name, type);
  return { json: { kind: 'dns#resourceRecordSetsListResponse', rrsets: found ? [{ kind: 'dns#resourceRecordSet', ...found, signatureRrdatas: [] }] : [] } };
}

function changed(ask: Ask, zone: FakeZone, world: FakeWorld): Answer {
  const { additions = [], deletions = [] } = bodyOf(ask, [], ['kind', 'additions', 'deletions']) as { additions?: Rrset[]; deletions?: Rrset[] };
  if (additions.length + deletions.length === 0) return failure(400, 'required', "The 'entity.change' parameter is required but was missing.");
  const quoted = (text: string): string => (/^".*"$/.test(text) ? text : `"${text}"`);
  for (const set of [...additions, ...deletions]) {
    for (const member of Object.keys(set)) if (!['kind', 'name', 'type', 'ttl', 'rrdatas'].includes(member)) throw new Undocumented(`member ${member}`);
    if (set.type !== 'TXT' || !set.name.endsWith(`${zone.name}.`) || !Number.isInteger(set.ttl) || set.rrdatas.length === 0) throw new Undocumented(JSON.stringify(set));
    set.rrdatas = set.rrdatas.map(quoted);
  }
  const there = (set: Rrset): Rrset | undefined => rrsetOf(zone, set.name, set.type);
  for (const [index, set] of deletions.entries()) {
    const known = there(set);
    if (!known) return failure(404, 'notFound', `The 'entity.change.deletions[${index}]' resource named '${set.name} (TXT)' does not exist.`);
    if (known.ttl !== set.ttl || known.rrdatas.toSorted().join() !== set.rrdatas.toSorted().join()) return failure(412, 'conditionNotMet', `Precondition not met for 'entity.change.deletions[${index}]'`);
  }
  for (const [index, set] of additions.entries()) {
    if (there(set) && !deletions.some(({ name }) => name === set.name)) return failure(409, 'alreadyExists', `The resource 'entity.change.additions[${index}]' named '${set.name} (TXT)' already exists`);
    if (new Set(set.rrdatas).size < set.rrdatas.length) return failure(400, 'invalid', `Duplicate rrdata in 'entity.change.additions[${index}]'`);
  }
  zone.records = zone.records.filter((record) => record.type !== 'TXT' || !deletions.some(({ name }) => name === `${record.name}.`));
  zone.records.push(...additions.flatMap(({ name, type, ttl, rrdatas }) => rrdatas.map((text) => ({ id: world.id(), name: name.replace(/\.$/, ''), type, value: text.slice(1, -1), ttl }))));
  return { json: { kind: 'dns#change', id: world.id(), status: 'pending', startTime: '2026-01-01T00:00:00.000Z', additions, deletions } };
}

/** changes.get before all servers have it. */
export const stillPending: Answer = { json: { kind: 'dns#change', id: '1', status: 'pending' } };

function failure(status: number, reason: string, message: string): Answer {
  return { status, json: { error: { code: status, message, errors: [{ message, domain: 'global', reason }] } } };
}

/** The metadata server of an instance: https://cloud.google.com/compute/docs/metadata/querying-metadata. */
export const googleMetadataFake: Behaviour = {
  hosts: [],
  serve(ask) {
    if (ask.headers['metadata-flavor'] !== 'Google') return { status: 403 };
    const headers = { 'metadata-flavor': 'Google', server: 'Metadata Server for VM' };
    if (matched(ask, 'GET /computeMetadata/v1/project/project-id')) return { headers, text: 'my-project' };
    if (matched(ask, 'GET /computeMetadata/v1/instance/service-accounts/default/token')) return { headers, json: { access_token: TOKEN, expires_in: 3599, token_type: 'Bearer' } };
    throw new Undocumented('nothing is there');
  },
  refusal: (status) => ({ status }),
};

const text = (location: 'path' | 'query', required = false): Record<string, unknown> => ({ type: 'string', location, ...(required ? { required } : {}) });
const places = { project: text('path', true), managedZone: text('path', true) };
/** What Google's client for Python reads to know how each method is called. */
const discovery = {
  kind: 'discovery#restDescription',
  id: 'dns:v1',
  name: 'dns',
  version: 'v1',
  protocol: 'rest',
  rootUrl: 'https://dns.googleapis.com/',
  servicePath: '',
  baseUrl: 'https://dns.googleapis.com/',
  batchPath: 'batch/dns/v1',
  parameters: { alt: { type: 'string', location: 'query', default: 'json' } },
  auth: { oauth2: { scopes: { [SCOPE]: { description: 'View and manage your DNS records' } } } },
  schemas: Object.fromEntries(['Change', 'ManagedZonesListResponse', 'ResourceRecordSetsListResponse'].map((id) => [id, { id, type: 'object', properties: {} }])),
  resources: {
    managedZones: { methods: { list: { id: 'dns.managedZones.list', path: 'dns/v1/projects/{project}/managedZones', httpMethod: 'GET', parameters: { project: places.project, dnsName: text('query'), pageToken: text('query'), maxResults: { type: 'integer', location: 'query' } }, parameterOrder: ['project'], response: { $ref: 'ManagedZonesListResponse' } } } },
    resourceRecordSets: { methods: { list: { id: 'dns.resourceRecordSets.list', path: 'dns/v1/projects/{project}/managedZones/{managedZone}/rrsets', httpMethod: 'GET', parameters: { ...places, name: text('query'), type: text('query'), pageToken: text('query') }, parameterOrder: ['project', 'managedZone'], response: { $ref: 'ResourceRecordSetsListResponse' } } } },
    changes: {
      methods: {
        create: { id: 'dns.changes.create', path: 'dns/v1/projects/{project}/managedZones/{managedZone}/changes', httpMethod: 'POST', parameters: places, parameterOrder: ['project', 'managedZone'], request: { $ref: 'Change' }, response: { $ref: 'Change' } },
        get: { id: 'dns.changes.get', path: 'dns/v1/projects/{project}/managedZones/{managedZone}/changes/{changeId}', httpMethod: 'GET', parameters: { ...places, changeId: text('path', true) }, parameterOrder: ['project', 'managedZone', 'changeId'], response: { $ref: 'Change' } },
      },
    },
  },
};
