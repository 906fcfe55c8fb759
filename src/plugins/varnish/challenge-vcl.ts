import { PluginError } from '../../core/errors.js';

/** One answer for a while. */
export interface VclAnswer {
  token: string;
  keyAuthorization: string;
}

/** Base64url and the dot between token and thumbprint (RFC 8555 section 8.1): nothing of VCL's syntax. */
const SAFE = /^[\w.-]+$/;

/**
 * A VCL that answers http-01 and hands every other request to the VCL behind `label`, which stays as warm as it is (vcl(7), section
 * return(vcl())). The backend is never asked; there must be one. Throws PluginError for a token that no CA may set.
 */
export function challengeVcl(answers: readonly VclAnswer[], label: string): string {
  const odd = answers.find(({ token, keyAuthorization }) => !SAFE.test(token) || !SAFE.test(keyAuthorization));
  if (odd) throw new PluginError('varnish', 'The CA set a token that is not base64url (RFC 8555 section 8.3); it is not put into a VCL.');
  const each = (statements: (answer: VclAnswer) => string): string => answers.map((answer) => `  if (req.url == "/.well-known/acme-challenge/${answer.token}") { ${statements(answer)} }\n`).join('');
  return `vcl 4.0;
backend unused { .host = "127.0.0.1"; .port = "9"; }
sub vcl_recv {
${each(() => 'return (synth(200, "OK"));')}  return (vcl(${label}));
}
sub vcl_synth {
  set resp.http.Content-Type = "text/plain";
${each(({ keyAuthorization }) => `synthetic("${keyAuthorization}"); return (deliver);`)}}
`;
}
