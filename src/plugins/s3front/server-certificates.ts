import { PluginError } from '../../core/errors.js';
import { elementsAt, parseXml, textAt } from '../aws/xml.js';
import { allPages, type Api, type ApiAnswer } from '../dns/request.js';

/** Where IAM keeps certificates for CloudFront; below it all are of this plugin's. */
const PATH = '/cloudfront/letsencrypt/';

export interface ServerCertificate {
  name: string;
  id: string;
}

/** Calls of IAM (https://docs.aws.amazon.com/IAM/latest/APIReference/) about server certificates. */
export interface ServerCertificates {
  upload(name: string, pems: { cert: string; chain: string; key: string }): Promise<ServerCertificate>;
  list(): Promise<readonly ServerCertificate[]>;
  remove(name: string): Promise<void>;
}

export function serverCertificates(api: Api): ServerCertificates {
  const request = (action: string, parameters: Readonly<Record<string, string>>) => ({
    method: 'POST' as const,
    path: '/',
    headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    body: new URLSearchParams({ Action: action, Version: '2010-05-08', ...parameters }).toString(),
  });
  return {
    async upload(name, { cert, chain, key }) {
      const answer = await api(request('UploadServerCertificate', { Path: PATH, ServerCertificateName: name, CertificateBody: cert, CertificateChain: chain, PrivateKey: key }));
      const id = textAt(parseXml(answer.text), 'UploadServerCertificateResult', 'ServerCertificateMetadata', 'ServerCertificateId');
      if (!/^\w+$/.test(id)) throw new PluginError('installer', `IAM's answer (status ${answer.status}) names no certificate.`, { hint: 'Something on the way (a proxy) may have answered instead.' });
      return { name, id };
    },
    list: () =>
      allPages(api, request('ListServerCertificates', { PathPrefix: PATH }), ({ text }: ApiAnswer) => {
        const [result] = elementsAt(parseXml(text), 'ListServerCertificatesResult');
        const entries = elementsAt(result, 'ServerCertificateMetadataList', 'member').map((member): ServerCertificate => ({ name: textAt(member, 'ServerCertificateName'), id: textAt(member, 'ServerCertificateId') }));
        const marker = textAt(result, 'Marker');
        return { entries, next: textAt(result, 'IsTruncated') === 'true' && marker !== '' ? request('ListServerCertificates', { PathPrefix: PATH, Marker: marker }) : null };
      }),
    async remove(name) {
      await api(request('DeleteServerCertificate', { ServerCertificateName: name }));
    },
  };
}
