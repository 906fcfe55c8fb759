import { expect, it } from 'vitest';
import { configurations } from '../../../src/plugins/varnish/admin.js';
import { challengeVcl } from '../../../src/plugins/varnish/challenge-vcl.js';

it('puts nothing into a VCL but base64url, whatever the CA says', () => {
  expect(challengeVcl([{ token: 'tok-en_1', keyAuthorization: 'tok-en_1.thumb' }], 'before')).toContain('if (req.url == "/.well-known/acme-challenge/tok-en_1") { synthetic("tok-en_1.thumb"); return (deliver); }');
  for (const token of ['a"; } C{ system("x"); }C', 'a b', '', 'a\nEND_OF_CERTWRIGHT_VCL']) expect(() => challengeVcl([{ token, keyAuthorization: 'x.y' }], 'before'), token).toThrow('not base64url');
  expect(() => challengeVcl([{ token: 'x', keyAuthorization: 'x.y"' }], 'before')).toThrow('not base64url');
});

it('reads vcl.list -j, and nothing else', () => {
  const list = '[ 2, ["vcl.list", "-j"], 1795698239.409,\n {"status": "available", "name": "boot"},\n {"status": "active", "name": "reload_1-2"},\n {"status": "active", "name": "a b"}\n]';
  expect(configurations(list)).toEqual([{ name: 'boot', active: false }, { name: 'reload_1-2', active: true }]);
  for (const odd of ['', 'Child not running', '{}', 'null', '[null]']) expect(configurations(odd)).toEqual([]);
});
