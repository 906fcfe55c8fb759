import { expect, it } from 'vitest';
import { parse } from '../../src/cli/parser.js';
import { loadAuthenticator } from '../../src/core/load-authenticator.js';
import type { Proof } from '../../src/core/decide/plan.js';
import type { Settings } from '../../src/core/settings.js';
import type { World } from '../../src/core/world.js';
import type { Authenticator } from '../../src/plugins/contract.js';
import { builtInPlugins } from '../../src/plugins/registry.js';
import { context, task } from '../plugins/context.js';

function settings(...args: string[]): Settings {
  const parsed = parse({ args: ['renew', ...args], env: {}, program: 'certwright', plugins: builtInPlugins, readFile: () => null });
  if (parsed.kind !== 'settings') throw new Error(parsed.kind);
  return parsed.settings;
}

/** The plugins as they are, but with authenticators that only note what is asked of them: `NAME METHOD names`. */
function world(notes: string[] = [], failing: readonly string[] = []): World {
  const noting = (name: string): Authenticator => {
    const note = (method: string, names: string): Promise<void> => {
      notes.push(`${name} ${method}${names === '' ? '' : ` ${names}`}`);
      return failing.includes(`${name} ${method}`) ? Promise.reject(new Error(`${name} ${method} failed`)) : Promise.resolve();
    };
    const of = (tasks: readonly { identifier: { value: string }; wildcard: boolean }[]): string => tasks.map(({ identifier, wildcard }) => `${wildcard ? '*.' : ''}${identifier.value}`).join(' ');
    return {
      challengeTypes: () => (name === 'dns-rfc2136' ? ['dns-01'] : ['http-01']),
      prepare: () => note('prepare', ''),
      present: (tasks) => note('present', of(tasks)),
      wait: (tasks) => note('wait', of(tasks)),
      cleanUp: (tasks) => note('cleanUp', of(tasks)),
    };
  };
  const plugins = builtInPlugins.map((plugin) => ({ ...plugin, ...(plugin.load ? { load: () => Promise.resolve(noting(plugin.name)) } : {}) }));
  return { plugins, authenticators: new Map(), lockFolder: () => Promise.resolve() } as unknown as World;
}

const proof = (value: string, authenticator: string): Proof => ({ identifier: { type: 'dns', value, shown: value }, authenticator, challenge: authenticator.startsWith('dns') ? 'dns-01' : 'http-01' });
const plan = (...proofs: Proof[]) => ({ authenticator: proofs[0]?.authenticator ?? '', proofs });
const three = plan(proof('c.example', 'standalone'), proof('b.example', 'webroot'), proof('*.c.example', 'dns-rfc2136'));
const tasks = [task('c.example', { wildcard: true, type: 'dns-01' }), task('b.example'), task('c.example')];

it('certificates share an authenticator when all that it is told is the same, and not with other credentials or another server', async () => {
  const shared = world();
  const load = (name: string, ...args: string[]) => loadAuthenticator(plan(proof('a.example', name)), settings(...args), shared);
  const one = await load('dns-rfc2136', '--dns-rfc2136-credentials', '/one.ini');
  expect(await load('dns-rfc2136', '--dns-rfc2136-credentials', '/one.ini')).toBe(one);
  expect(await load('dns-rfc2136', '--dns-rfc2136-credentials', '/one.ini', '--standalone')).toBe(one);
  expect(await load('dns-rfc2136', '--dns-rfc2136-credentials', '/other.ini')).not.toBe(one);
  expect(await load('standalone', '--http-01-port', '8080')).not.toBe(await load('standalone', '--http-01-port', '8081'));
  expect(await load('standalone', '--http-01-port', '8080')).toBe(await load('standalone', '--http-01-port', '8080'));
});

it('U03: each authenticator gets the tasks of its names, the wildcard beside the name itself too', async () => {
  const notes: string[] = [];
  const all = await loadAuthenticator(three, settings(), world(notes));
  expect(all.challengeTypes({ type: 'dns', value: '*.c.example', shown: '*.c.example' }, true)).toEqual(['dns-01']);
  expect(all.challengeTypes({ type: 'dns', value: 'c.example', shown: 'c.example' }, false)).toEqual(['http-01']);
  await all.prepare(context());
  await all.present(tasks, context());
  await all.wait?.(tasks, context());
  await all.cleanUp(tasks, context());
  await all.cleanUp([], context());
  expect(notes).toEqual([
    'standalone prepare', 'webroot prepare', 'dns-rfc2136 prepare',
    'standalone present c.example', 'webroot present b.example', 'dns-rfc2136 present *.c.example',
    'standalone wait c.example', 'webroot wait b.example', 'dns-rfc2136 wait *.c.example',
    'standalone cleanUp c.example', 'webroot cleanUp b.example', 'dns-rfc2136 cleanUp *.c.example',
    'standalone cleanUp', 'webroot cleanUp', 'dns-rfc2136 cleanUp',
  ]);
});

it('U03: an authenticator without tasks is left alone, for a call without any means the end of the run', async () => {
  const notes: string[] = [];
  const all = await loadAuthenticator(three, settings(), world(notes));
  await all.present([task('b.example')], context());
  await all.cleanUp([task('b.example')], context());
  expect(notes).toEqual(['webroot present b.example', 'webroot cleanUp b.example']);
});

it('U03: what one of them throws comes out, and the others give back what they took', async () => {
  const notes: string[] = [];
  const busy = await loadAuthenticator(three, settings(), world(notes, ['webroot prepare']));
  await expect(busy.prepare(context())).rejects.toThrow('webroot prepare failed');
  expect(notes).toEqual(['standalone prepare', 'webroot prepare', 'standalone cleanUp']);
  notes.length = 0;
  const broken = await loadAuthenticator(three, settings(), world(notes, ['standalone cleanUp']));
  await expect(broken.cleanUp(tasks, context())).rejects.toThrow('standalone cleanUp failed');
  expect(notes).toEqual(['standalone cleanUp c.example', 'webroot cleanUp b.example', 'dns-rfc2136 cleanUp *.c.example']);
});
