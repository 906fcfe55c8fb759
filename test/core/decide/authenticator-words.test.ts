import { expect, it } from 'vitest';
import { parse } from '../../../src/cli/parser.js';
import type { Answer } from '../../../src/core/decide/answers.js';
import { commandLine } from '../../../src/core/decide/command-line.js';
import { decide } from '../../../src/core/decide/decide.js';
import { builtInPlugins } from '../../../src/plugins/registry.js';
import { facts, lookUp, SERVER } from '../facts-for-tests.js';

const server = (name: string) => ({ name, title: name, description: '', authenticator: true, installer: false, challengeTypes: ['http-01'], ipAddresses: false });

/** What is asked with these on the machine, and the command that an answer makes; `absent` are those that are not. */
function asked(absent: readonly string[], answer?: string): { command: readonly string[]; choices: readonly string[] } {
  const parsed = parse({ args: ['certonly', '--server', SERVER, '--agree-tos', '-m', 'a@example.com', '-d', 'example.com'], env: {}, program: 'certwright', plugins: builtInPlugins, readFile: () => null });
  if (parsed.kind !== 'settings') throw new Error(parsed.kind);
  const answers: Answer[] = answer === undefined ? [] : [{ id: 'authenticator', value: answer }];
  let world = facts({ plugins: [...facts().plugins, server('varnish'), server('haproxy-authenticator')] });
  for (let turns = 0; turns < 10; turns += 1) {
    const decision = decide(parsed.settings, world, answers);
    if ('plan' in decision) return { command: commandLine(parsed.settings, world, answers, decision.plan), choices: [] };
    if ('ask' in decision) return { command: [], choices: decision.ask.kind === 'choice' ? decision.ask.choices.map(({ value, flag }) => `${value} ${flag ?? ''}`) : [] };
    world = lookUp(world, decision);
    if (world.fits) world = { ...world, fits: { ...world.fits, by: { ...world.fits.by, ...Object.fromEntries(absent.map((name) => [name, { fits: false, absent: true, reason: 'it is not here' }])) } } };
  }
  throw new Error('no end');
}

it('S183: a server is offered only where it is on the machine, with the words that choose it', () => {
  expect(asked([]).choices).toEqual(expect.arrayContaining(['varnish -a varnish', 'haproxy-authenticator -a haproxy-authenticator', 'standalone --standalone']));
  expect(asked(['varnish']).choices.map((choice) => choice.split(' ')[0])).toEqual(expect.arrayContaining(['haproxy-authenticator']));
  expect(asked(['varnish', 'haproxy-authenticator']).choices.join(' ')).not.toMatch(/varnish|haproxy/);
  const { command } = asked([], 'varnish');
  expect(command.slice(command.indexOf('-a'))).toEqual(['-a', 'varnish', '-d', 'example.com']);
  expect(parse({ args: command.slice(1), env: {}, program: 'certwright', plugins: builtInPlugins, readFile: () => null })).toMatchObject({ kind: 'settings', settings: { values: { authenticator: 'varnish' } } });
});
