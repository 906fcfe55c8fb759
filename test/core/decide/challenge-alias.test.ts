import { expect, test } from 'vitest';
import { aliasMap, aliasProblem, resolverProblem } from '../../../src/core/decide/challenge-alias.js';

test('U08: --challenge-alias is NAME=TARGET, in any spelling of the same names', () => {
  expect(aliasMap(['*.Example.COM.=_acme.Other.net.', 'b.example=x.example', 'b.example=y.example'])).toEqual({ 'example.com': '_acme.other.net', 'b.example': 'y.example' });
  expect(aliasProblem('example.com=_acme-challenge.other.net')).toBeNull();
  for (const wrong of ['example.com', 'example.com=', '=a.b', 'a.b=com', 'a b.c=d.e', `a.b=${'x'.repeat(64)}.c`]) expect(aliasProblem(wrong), wrong).not.toBeNull();
});

test('U08: --dns-resolver is an address with or without a port', () => {
  for (const right of ['192.0.2.1', '192.0.2.1:5353', '2001:db8::1', '[2001:db8::1]', '[2001:db8::1]:53']) expect(resolverProblem(right), right).toBeNull();
  for (const wrong of ['ns.example', '192.0.2.1:0', '192.0.2.1:70000', '', ':53']) expect(resolverProblem(wrong), wrong).not.toBeNull();
});
