// A plugin for certwright from outside: it answers http-01 by a server of its own, and tells a shelf where certificates are.
import { createServer } from 'node:http';
import { appendFileSync, copyFileSync, existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const answers = new Map();
/** @type {import('node:http').Server | null} */
let server = null;

/** @type {import('certwright/plugin').Authenticator} */
const authenticator = {
  challengeTypes: (identifier, wildcard) => (wildcard ? [] : ['http-01']),
  prepare: ({ http01Port }) =>
    new Promise((resolve, reject) => {
      server ??= createServer((request, response) => {
        const answer = answers.get(request.url);
        response.writeHead(answer === undefined ? 404 : 200).end(answer ?? '');
      });
      if (server.listening) return resolve();
      server.once('error', reject).listen(http01Port, resolve);
    }),
  async present(tasks) {
    for (const { token, keyAuthorization } of tasks) answers.set(`/.well-known/acme-challenge/${token}`, keyAuthorization);
  },
  async cleanUp(tasks) {
    for (const { token } of tasks) answers.delete(`/.well-known/acme-challenge/${token}`);
    if (answers.size > 0) return;
    server?.close();
    server?.closeAllConnections();
    server = null;
  },
};

/** @returns {import('certwright/plugin').OutsideInstaller} */
function createInstaller() {
  let shelf = '';
  return {
    async prepare({ options }) {
      shelf = String(options.shelf_folder ?? '');
      if (!shelf) throw new Error('say where the shelf is, with --shelf-folder');
    },
    // Data only: certwright shows it, keeps a copy of what was there, writes it, and can undo it. The certificate need not be there yet.
    deploy({ names, files }) {
      const path = join(shelf, `${names[0]}.conf`);
      const after = `certificate ${files.fullchain}\n`;
      const before = existsSync(path) ? readFileSync(path, 'latin1') : null;
      return before === after ? {} : { files: [{ path, before, after }], notes: [`${names[0]} is on the shelf`] };
    },
    async reload() {
      for (const conf of readdirSync(shelf).filter((name) => name.endsWith('.conf'))) {
        copyFileSync(readFileSync(join(shelf, conf), 'utf8').slice('certificate '.length).trimEnd(), join(shelf, conf.replace(/conf$/, 'pem')));
      }
      appendFileSync(join(shelf, 'reloads'), 'reloaded\n');
    },
  };
}

/** @type {import('certwright/plugin').OutsidePlugin[]} */
export const plugins = [
  {
    name: 'shelf',
    title: 'A shelf',
    description: 'Proves names by a small server, and puts certificates on a shelf.',
    authenticator: true,
    installer: true,
    challengeTypes: ['http-01'],
    overlaps: false,
    ipAddresses: false,
    options: [{ flags: ['--shelf-folder'], dest: 'shelf_folder', kind: 'path', metavar: 'DIR', help: 'The folder that is the shelf.' }],
    fit: async () => ({ fits: true, reason: 'there is always room on a shelf' }),
    load: async () => authenticator,
    loadInstaller: async () => createInstaller(),
  },
];
