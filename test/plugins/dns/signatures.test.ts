import { expect, test } from 'vitest';
import { dnsmeSignature } from '../../../src/plugins/dns/dnsmadeeasy/provider.js';
import { ovhSignature } from '../../../src/plugins/dns/ovh/provider.js';

test('S47: the signature of the example in OVHcloud’s first steps with the API', () => {
  const keys = { application_secret: 'EXEgWIz07P0HYwtQDs7cNIqCiQaWSuHF', consumer_key: 'MtSwSrPpNjqfVSmJhLbPyr2i45lSwPU1' };
  expect(ovhSignature(keys, { method: 'GET', url: 'https://eu.api.ovh.com/1.0/domains/', body: '', time: '1366560945' })).toBe('$1$d3705e8afb27a0d2970a322b96550abfc67bb798');
});

test('S41: the signature of the example in DNS Made Easy’s documents', () => {
  expect(dnsmeSignature('c9b5625f-9834-4ff8-baba-4ed5f32cae55', 'Sat, 12 Feb 2011 20:59:04 GMT')).toBe('b3502e6116a324f3cf4a8ed693d78bcee8d8fe3c');
});
