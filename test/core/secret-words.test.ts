import { expect, it } from 'vitest';
import { parse } from '../../src/cli/parser.js';
import { commandLine } from '../../src/core/decide/command-line.js';
import { decide } from '../../src/core/decide/decide.js';
import { builtInPlugins } from '../../src/plugins/registry.js';
import { facts } from './facts-for-tests.js';

const settings = (...args: string[]) => {
  const parsed = parse({ args: ['certonly', '--standalone', '-d', 'example.com', '--agree-tos', '--register-unsafely-without-email', '--eab-kid', 'kid-1', ...args], env: {}, program: 'certwright', plugins: builtInPlugins, readFile: () => null });
  if (parsed.kind !== 'settings') throw new Error(parsed.text);
  return parsed.settings;
};
const printed = (...args: string[]): string => {
  const known = facts({ accounts: [] });
  const decision = decide(settings(...args), known, []);
  if (!('plan' in decision)) throw new Error(JSON.stringify(decision));
  return commandLine(settings(...args), known, [], decision.plan).join(' ');
};

it('U31: the printed command never holds the key of an external account binding, but where it is read', () => {
  expect(printed('--eab-hmac-key', 'c2VjcmV0LW9mLWEtY3VzdG9tZXI')).toContain('--eab-hmac-key env:EAB_HMAC_KEY');
  expect(printed('--eab-hmac-key', 'c2VjcmV0LW9mLWEtY3VzdG9tZXI')).not.toContain('c2VjcmV0');
  expect(printed('--eab-hmac-key', 'file:/root/eab')).toContain('--eab-hmac-key file:/root/eab');
});
