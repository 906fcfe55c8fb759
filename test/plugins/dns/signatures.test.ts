import { expect, test } from 'vitest';
import { dnsmeSignature } from '../../../src/plugins/dns/dnsmadeeasy/provider.js';
import { ovhSignature } from '../../../src/plugins/dns/ovh/provider.js';
import { signV4 } from '../../../src/plugins/aws/signature-v4.js';

test('S47: the signature of the example in OVHcloud’s first steps with the API', () => {
  const keys = { application_secret: 'EXEgWIz07P0HYwtQDs7cNIqCiQaWSuHF', consumer_key: 'MtSwSrPpNjqfVSmJhLbPyr2i45lSwPU1' };
  expect(ovhSignature(keys, { method: 'GET', url: 'https://eu.api.ovh.com/1.0/domains/', body: '', time: '1366560945' })).toBe('$1$d3705e8afb27a0d2970a322b96550abfc67bb798');
});

test('S41: the signature of the example in DNS Made Easy’s documents', () => {
  expect(dnsmeSignature('c9b5625f-9834-4ff8-baba-4ed5f32cae55', 'Sat, 12 Feb 2011 20:59:04 GMT')).toBe('b3502e6116a324f3cf4a8ed693d78bcee8d8fe3c');
});

test('S49: the signatures of AWS’s own test suite (get-vanilla) and of the example in the IAM User Guide', () => {
  const keys = { id: 'AKIDEXAMPLE', secret: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
  const at = Date.UTC(2015, 7, 30, 12, 36);
  const vanilla = signV4({ method: 'GET', url: new URL('https://example.amazonaws.com/'), body: '' }, { keys, region: 'us-east-1', service: 'service', at });
  expect(vanilla['authorization']).toBe('AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31');
  const users = signV4({ method: 'GET', url: new URL('https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08'), headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }, body: '' }, { keys, region: 'us-east-1', service: 'iam', at });
  expect(users['authorization']).toContain('Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7');
});
