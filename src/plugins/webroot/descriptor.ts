import { existsSync } from 'node:fs';
import type { Fit, FitQuestion, PluginDescriptor } from '../contract.js';

/** Folders that web servers of the common systems serve when nobody changed it. */
const USUAL = ['/var/www/html', '/usr/share/nginx/html', '/var/www/htdocs', '/srv/http'];

/** Answers by a file in a folder that a running web server serves. */
export const webroot: PluginDescriptor = {
  name: 'webroot',
  title: 'A file in a web folder',
  description: 'Puts a file into a folder that a running web server serves, and takes it away afterwards.',
  authenticator: true,
  installer: false,
  options: [
    {
      flags: ['-w', '--webroot-path'],
      dest: 'webroot_path',
      kind: 'list',
      metavar: 'WEBROOT_PATH',
      help: 'The folder that a web server serves as / for the names given after it. Can be given several times: each -w is for the -d that follow, the last one for the rest.',
      default: [],
    },
    {
      flags: ['--webroot-map'],
      dest: 'webroot_map',
      kind: 'map',
      metavar: 'WEBROOT_MAP',
      help: 'JSON of names and folders: {"a.example,b.example": "/var/www/a"}. It goes before -w.',
      default: {},
    },
  ],
  challengeTypes: ['http-01'],
  ipAddresses: true,
  overlaps: true,
  fit: (question) => Promise.resolve(fit(question)),
  async load() {
    const { webrootAuthenticator } = await import('./authenticator.js');
    return webrootAuthenticator;
  },
};

function fit({ identifiers, options }: FitQuestion): Fit {
  const wildcard = identifiers.find(({ value }) => value.startsWith('*.'));
  if (wildcard) return { fits: false, reason: `${wildcard.shown} can only be proved by a DNS record` };
  const given = options['webroot_path'];
  const folder = Array.isArray(given) && given.length > 0 ? String(given.at(-1)) : USUAL.find((path) => existsSync(path));
  return { fits: true, reason: folder === undefined ? 'for any running web server that serves files' : `for a running web server; ${folder} is there` };
}
