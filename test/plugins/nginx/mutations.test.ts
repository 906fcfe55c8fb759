import { expect, it } from 'vitest';
import { EditList, spliced } from '../../../src/plugins/server-configuration/edits.js';
import { challengeEdits } from '../../../src/plugins/nginx/challenge.js';
import { chooseBlock } from '../../../src/plugins/nginx/choose.js';
import { deployTo } from '../../../src/plugins/nginx/deploy.js';
import { tlsSettings } from '../../../src/plugins/nginx/options-file.js';
import { planRedirect, redirectEdits } from '../../../src/plugins/nginx/redirect.js';
import { serversOf } from '../../../src/plugins/nginx/servers.js';
import { ConfigSyntaxError } from '../../../src/system/config-syntax-error.js';
import { readTree } from '../../../src/plugins/nginx/tree.js';
import { mutated, numbers } from '../mutation.js';
import { conf, nginxTrees } from './corpus.js';
import { inMemory } from './in-memory.js';

/** `npm run campaign:nginx-mutations` takes more. */
const COUNT = Number(process.env['CERTWRIGHT_MUTATIONS'] ?? 600);
const SEED = Number(process.env['CERTWRIGHT_SEED'] ?? 2026);

const PIECES = ['{', '}', ';', '"', "'", '\\', '#', '$', '${', '\n', '\r\n', ' ', '\0', '\xff', 'server {', 'include site.conf;', 'include *;', 'listen 80;', 'server_name ~(', 'lua_by_lua_block {', '[[', '--', 'if ($x) {'];

it(`${COUNT} broken configurations are read or refused, in no time; splicing nothing gives the same bytes; edits can be placed`, { timeout: 60_000 + COUNT * 20 }, () => {
  const next = numbers(SEED);
  let read = 0;
  for (let round = 0; round < COUNT; round += 1) {
    const tree = nginxTrees[next(nginxTrees.length)];
    if (!tree) continue;
    const files: Record<string, string> = {};
    for (const [path, text] of Object.entries({ 'nginx.conf': conf('include site.conf;'), ...tree.files })) files[`/etc/nginx/${path}`] = mutated(text.replaceAll('{H}', '80').replaceAll('{S}', '443').replaceAll('{R}', '/etc/nginx'), PIECES, next);
    const started = performance.now();
    try {
      const found = readTree('/etc/nginx', inMemory(files));
      for (const file of found.files.values()) expect(spliced(file.text, [])).toBe(file.text);
      const servers = serversOf(found, 'host.example');
      const edits = new EditList();
      challengeEdits(found, servers, [{ name: 'example.com', token: 'a', keyAuthorization: 'a.b' }], { http: 80, https: 443 }, '/x.conf', edits);
      const choice = chooseBlock(servers, 'example.com', 443);
      const install = new EditList();
      if (choice.kind === 'block') deployTo(found, choice.server, { certificates: [{ fullchain: '/f', privkey: '/k' }], httpPort: 80, httpsPort: 443, options: { path: '/o', directives: tlsSettings }, dhparams: null }, install);
      redirectEdits(planRedirect(servers, ['example.com'], 80), new EditList(), 80);
      for (const [path, own] of [...edits.all(), ...install.all()]) spliced(found.files.get(path)?.text ?? '', own);
      read += 1;
    } catch (error) {
      if (!(error instanceof ConfigSyntaxError) && !String(error).includes('no such file')) throw new Error(`seed ${SEED}, round ${round}: ${String(error)}\n${JSON.stringify(files)}`, { cause: error });
    }
    expect(performance.now() - started, `round ${round}`).toBeLessThan(2000);
  }
  expect(read).toBeGreaterThan(COUNT / 4);
});
