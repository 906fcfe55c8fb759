import { PluginError } from '../../core/errors.js';
import { elementsAt, parseXml, textAt, xmlText } from '../aws/xml.js';
import { ProviderRefusal, type Api } from '../dns/request.js';

/** Somebody else may change the distribution meanwhile. */
const TRIES = 3;

/** https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_UpdateDistribution.html. False: it has this certificate already. */
export async function useCertificate(api: Api, distribution: string, certificate: string): Promise<boolean> {
  const path = `/2020-05-31/distribution/${encodeURIComponent(distribution)}/config`;
  for (let attempt = 1; ; attempt += 1) {
    const { text, headers } = await api({ path });
    const config = withCertificate(text, certificate);
    if (config === null) return false;
    try {
      await api({ method: 'PUT', path, headers: { 'content-type': 'text/xml', 'if-match': String(headers.etag ?? '') }, body: config });
      return true;
    } catch (error) {
      if (!(error instanceof ProviderRefusal) || error.status !== 412 || attempt === TRIES) throw error;
    }
  }
}

/**
 * The configuration with this certificate; all else stays as it came, to the letter. Null = it has it already. How clients are served stays too, unless
 * it was CloudFront's own certificate: then it is by name (SNI), for its `vip` would cost a monthly fee with a certificate of one's own.
 * Throws PluginError for what is no configuration.
 */
export function withCertificate(config: string, certificate: string): string | null {
  const [viewer, other] = elementsAt(parseXml(config), 'ViewerCertificate');
  const parts = config.split(/<ViewerCertificate>[\s\S]*?<\/ViewerCertificate>|<ViewerCertificate\s*\/>/);
  const [before = '', after = ''] = parts;
  if (!viewer || other || parts.length !== 2) throw new PluginError('installer', 'The configuration of the distribution is not understood, so it was not changed.', { hint: 'Look for a newer version of certwright.' });
  const has = (name: string): string => textAt(viewer, name);
  if (has('IAMCertificateId') === certificate) return null;
  const method = has('CloudFrontDefaultCertificate') === 'true' ? '' : has('SSLSupportMethod');
  const [support, protocol] = method === '' ? ['sni-only', 'TLSv1.2_2018'] : [method, has('MinimumProtocolVersion')];
  const fields = { IAMCertificateId: certificate, SSLSupportMethod: support, MinimumProtocolVersion: protocol, Certificate: certificate, CertificateSource: 'iam' };
  const inner = Object.entries(fields).filter(([, value]) => value !== '').map(([name, value]) => `<${name}>${xmlText(value)}</${name}>`).join('');
  return `${before}<ViewerCertificate>${inner}</ViewerCertificate>${after}`;
}
