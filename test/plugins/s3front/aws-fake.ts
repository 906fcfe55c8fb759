import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { Undocumented, type Answer, type Ask, type Behaviour } from '../dns/fakes/fake.js';
import { unsigned } from '../dns/fakes/route53.js';

export interface AwsState {
  /** Objects of the bucket by path, with their access list. */
  objects: Map<string, { body: string; acl: string | undefined }>;
  /** Server certificates in IAM by name. */
  certificates: Map<string, { id: string; cert: string; key: string }>;
  config: string;
  etag: number;
  /** A bucket of today, which refuses access lists. */
  withoutLists: boolean;
}

const VIEWER = '<ViewerCertificate><CloudFrontDefaultCertificate>true</CloudFrontDefaultCertificate><SSLSupportMethod>vip</SSLSupportMethod><MinimumProtocolVersion>TLSv1</MinimumProtocolVersion><CertificateSource>cloudfront</CertificateSource></ViewerCertificate>';
export const REST = ['<?xml version="1.0"?>\n<DistributionConfig xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><CallerReference>one</CallerReference><Comment>a &amp; b</Comment>', '<HttpVersion>http2</HttpVersion></DistributionConfig>'] as const;

export const newState = (): AwsState => ({ objects: new Map(), certificates: new Map(), config: `${REST[0]}${VIEWER}${REST[1]}`, etag: 1, withoutLists: false });

/**
 * S3 (PutObject, DeleteObject), IAM (…ServerCertificate…) and CloudFront (GetDistributionConfig, UpdateDistribution) after
 * https://docs.aws.amazon.com/AmazonS3/latest/API/, https://docs.aws.amazon.com/IAM/latest/APIReference/ and
 * https://docs.aws.amazon.com/cloudfront/latest/APIReference/, each with Signature Version 4. The service is told by the header that the test adds.
 */
export const awsFake = (state: AwsState): Behaviour => ({
  hosts: ['my-bucket.s3.eu-west-1.amazonaws.com', 's3.us-east-1.amazonaws.com', 'iam.amazonaws.com', 'cloudfront.amazonaws.com'],
  serve(ask) {
    if (ask.path.startsWith('/2020-05-31/')) return unsigned(ask, 'cloudfront') ?? cloudFront(ask, state);
    if (ask.method === 'POST') return unsigned(ask, 'iam') ?? iam(ask, state);
    return unsigned(ask, 's3', ask.path.startsWith('/dotted.bucket/') ? 'us-east-1' : 'eu-west-1') ?? s3(ask, state);
  },
  refusal: (status) => (status === 429 ? failure(400, 'Throttling', 'Rate exceeded') : failure(status, status === 403 ? 'AccessDenied' : status === 401 ? 'AuthFailure' : 'ServiceFailure', 'not this time')),
});

function s3(ask: Ask, state: AwsState): Answer {
  const hash = createHash('sha256').update(ask.body).digest('hex');
  const signed = /SignedHeaders=([^,]+)/.exec(String(ask.headers['authorization']))?.[1]?.split(';') ?? [];
  if (ask.headers['x-amz-content-sha256'] !== hash || !signed.includes('x-amz-content-sha256')) throw new Undocumented('x-amz-content-sha256 is missing');
  const acl = ask.headers['x-amz-acl'];
  if (acl !== undefined && !signed.includes('x-amz-acl')) throw new Undocumented('x-amz-acl is not signed');
  if (ask.method === 'DELETE') {
    state.objects.delete(ask.path);
    return { status: 204 };
  }
  if (ask.method !== 'PUT' || ask.body === '') throw new Undocumented('no such action');
  if (acl !== undefined && state.withoutLists) return { status: 400, text: '<?xml version="1.0"?><Error><Code>AccessControlListNotSupported</Code><Message>The bucket does not allow ACLs</Message></Error>' };
  state.objects.set(ask.path, { body: ask.body, acl: acl === undefined ? undefined : String(acl) });
  return { status: 200, headers: { etag: '"1"' } };
}

function iam(ask: Ask, state: AwsState): Answer {
  const form = Object.fromEntries(new URLSearchParams(ask.body));
  const only = (...names: string[]): void => {
    for (const name of Object.keys(form)) if (!['Action', 'Version', ...names].includes(name)) throw new Undocumented(`parameter ${name}`);
  };
  if (form['Version'] !== '2010-05-08') throw new Undocumented('the version');
  const name = form['ServerCertificateName'] ?? '';
  switch (form['Action']) {
    case 'UploadServerCertificate': {
      only('Path', 'ServerCertificateName', 'CertificateBody', 'CertificateChain', 'PrivateKey');
      if (form['Path'] !== '/cloudfront/letsencrypt/' || !/^[\w+=,.@-]{1,128}$/.test(name)) throw new Undocumented('path or name');
      const key = createPrivateKey(form['PrivateKey'] ?? '');
      if (!new X509Certificate(form['CertificateBody'] ?? '').checkPrivateKey(key)) return failure(400, 'KeyPairMismatch', 'The private key is not that of the certificate');
      if (!form['CertificateChain']?.includes('BEGIN CERTIFICATE')) return failure(400, 'MalformedCertificate', 'no chain');
      if (state.certificates.has(name)) return failure(409, 'EntityAlreadyExists', name);
      const id = `ASCA${state.certificates.size + 100}`;
      state.certificates.set(name, { id, cert: form['CertificateBody'] ?? '', key: form['PrivateKey'] ?? '' });
      return { text: `<UploadServerCertificateResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><UploadServerCertificateResult><ServerCertificateMetadata><ServerCertificateName>${name}</ServerCertificateName><Path>/cloudfront/letsencrypt/</Path><ServerCertificateId>${id}</ServerCertificateId></ServerCertificateMetadata></UploadServerCertificateResult></UploadServerCertificateResponse>` };
    }
    case 'ListServerCertificates': {
      only('PathPrefix', 'Marker');
      if (form['PathPrefix'] !== '/cloudfront/letsencrypt/') throw new Undocumented('the path');
      // One on a page.
      const names = [...state.certificates.keys()];
      const at = Number(form['Marker'] ?? 0);
      const members = names.slice(at, at + 1).map((each) => `<member><ServerCertificateName>${each}</ServerCertificateName><ServerCertificateId>${state.certificates.get(each)?.id}</ServerCertificateId></member>`);
      const more = at + 1 < names.length;
      return { text: `<ListServerCertificatesResponse><ListServerCertificatesResult><IsTruncated>${more}</IsTruncated>${more ? `<Marker>${at + 1}</Marker>` : ''}<ServerCertificateMetadataList>${members.join('')}</ServerCertificateMetadataList></ListServerCertificatesResult></ListServerCertificatesResponse>` };
    }
    case 'DeleteServerCertificate': {
      only('ServerCertificateName');
      const found = state.certificates.get(name);
      if (!found) return failure(404, 'NoSuchEntity', name);
      if (state.config.includes(`<IAMCertificateId>${found.id}<`)) return failure(409, 'DeleteConflict', `${name} is in use`);
      state.certificates.delete(name);
      return { text: '<DeleteServerCertificateResponse></DeleteServerCertificateResponse>' };
    }
    default:
      throw new Undocumented(`action ${form['Action']}`);
  }
}

function cloudFront(ask: Ask, state: AwsState): Answer {
  if (ask.path !== '/2020-05-31/distribution/EDFDVBD6EXAMPLE/config') return failure(404, 'NoSuchDistribution', 'The specified distribution does not exist.');
  if (ask.method === 'GET') return { headers: { etag: `E${state.etag}` }, text: state.config };
  if (ask.method !== 'PUT') throw new Undocumented('no such action');
  if (ask.headers['if-match'] !== `E${state.etag}`) return failure(412, 'PreconditionFailed', 'The request failed because it didn’t meet the preconditions');
  const id = /<IAMCertificateId>(\w+)<\/IAMCertificateId>/.exec(ask.body)?.[1];
  if (![...state.certificates.values()].some((each) => each.id === id)) return failure(400, 'InvalidViewerCertificate', 'The specified SSL certificate doesn’t exist');
  state.config = ask.body;
  state.etag += 1;
  return { headers: { etag: `E${state.etag}` }, text: ask.body };
}

function failure(status: number, code: string, message: string): Answer {
  return { status, text: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>1</RequestId></ErrorResponse>` };
}
