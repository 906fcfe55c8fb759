import { describe, expect, it } from 'vitest';
import { helpText } from '../../src/cli/help.js';
import { cliOptions } from '../../src/cli/options.js';
import { verbs } from '../../src/cli/verbs.js';
import { builtInPlugins } from '../../src/plugins/registry.js';

const help = (topic: string): string => helpText(topic, 'certwright', cliOptions, builtInPlugins);

describe('S12: --help TOPIC, for every topic that certbot has', () => {
  it.each([
    ['', 'usage: certwright [COMMAND]'],
    ['all', '--webroot-path'],
    ['commands', 'certonly'],
    ['manage', 'usage: certwright [COMMAND]'],
    ['automation', '--keep-until-expiring'],
    ['security', '--rsa-key-size'],
    ['testing', '--staging'],
    ['paths', '--config-dir'],
    ['plugins', 'usage: certwright plugins'],
    ['standalone', 'server'],
    ['webroot', '--webroot-map'],
    ['manual', '--manual-auth-hook'],
    ['haproxy', '--haproxy-authenticator-haproxy-http-01-port'],
    ['haproxy', '--haproxy-installer-haproxy-crt-dir'],
    ['haproxy-installer', '--haproxy-installer-haproxy-socket'],
    ['varnish', '--varnish-instance'],
    ['nonsense', 'There is no help on nonsense. Topics: all,'],
  ])('%s', (topic, expected) => expect(help(topic)).toContain(expected));

  it.each(Object.keys(verbs))('%s has a page that begins with its usage', (verb) => expect(help(verb)).toMatch(/^usage: certwright \w+/));

  it('all shows every option that has words, and nothing is wider than 80 columns', () => {
    const page = help('all');
    for (const { flags, help: words } of [...cliOptions, ...builtInPlugins.flatMap(({ options }) => options)]) if (words !== '') expect(page).toContain(flags.at(-1));
    for (const topic of ['', 'all', ...Object.keys(verbs)]) for (const line of help(topic).split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
  });
});
