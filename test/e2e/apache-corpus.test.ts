import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { chooseVhost } from '../../src/plugins/apache/choose.js';
import { nothingPlanned, openApache, readApacheConfiguration } from '../../src/plugins/apache/server.js';
import { matches } from '../../src/plugins/apache/vhosts.js';
import { apacheTrees, filesOfTree, type ApacheTreeOfTests } from '../plugins/apache/corpus.js';
import { makeApache } from './apache.js';
import { makeCorpusPlace, spread, summary, wholeLoop, WITH_CERTBOT, type CorpusPlace, type Fault, type LoadedTree } from './corpus-loop.js';

/** `npm run campaign:apache` takes all. */
const trees = spread(apacheTrees, 2);

let corpus: CorpusPlace;
const faults = new Map<string, Fault | null>();
beforeAll(async () => {
  corpus = await makeCorpusPlace(apacheTrees.flatMap(namesOf));
});
afterAll(() => {
  if (process.env['CERTWRIGHT_TREES'] !== undefined) console.log(summary(faults));
  corpus.remove();
});

function namesOf({ names }: ApacheTreeOfTests): readonly string[] {
  return names ?? ['example.com'];
}

/** The hosts of the names, and the ones that get them. */
async function touchedIn(root: string, names: readonly string[]): Promise<LoadedTree['touched']> {
  const { https } = corpus.ports;
  const context = { options: { apache_server_root: root, apache_ctl: '/usr/sbin/apache2', apache_bin: '/usr/sbin/apache2' }, environment: process.env, httpsPort: https, signal: new AbortController().signal, log: () => undefined };
  const { vhosts } = readApacheConfiguration(await openApache(context), nothingPlanned, https, expect.fail);
  const chosen = names.flatMap((name) => {
    const choice = chooseVhost(vhosts, name);
    return choice.kind === 'vhost' ? [choice.vhost] : [];
  });
  const own = vhosts.filter((vhost) => chosen.includes(vhost) || vhost.names.some((each) => names.some((name) => matches(each, name))));
  return new Map(own.map(({ file }) => [file.path, own.filter((vhost) => vhost.file === file).map(({ section }) => section)]));
}

it.each(trees.map((tree) => [tree.title, tree] as const))('%s: installed, served, redirected, nothing else touched, a second time nothing, undone', async (title, tree) => {
  const apache = makeApache(tree, corpus.ports, corpus.old);
  const rootFile = join(apache.root, filesOfTree(tree)['httpd.conf'] === undefined ? 'apache2.conf' : 'httpd.conf');
  // As apache2ctl, but for the name of the root file.
  const ctl = `${apache.root}.ctl`;
  // certbot's folder of new hosts stays the system's, whatever the server root is, and it reads whatever is in it.
  const hosts = join(apache.root, 'hosts');
  writeFileSync(ctl, `#!/bin/sh\ncase "$1" in\nconfigtest) set -- -t ;;\ngraceful) set -- -k graceful ;;\nesac\nexec /usr/sbin/apache2 -d ${apache.root} -f ${rootFile} "$@"\n`);
  chmodSync(ctl, 0o755);
  if (WITH_CERTBOT) mkdirSync(hosts);
  try {
    expect(apache.fault()).toBeNull();
    await apache.start();
    const names = namesOf(tree);
    const fault = await wholeLoop(
      {
        installer: 'apache',
        root: apache.root,
        options: ['--apache-server-root', apache.root, '--apache-logs-root', apache.root, '--apache-ctl', ctl, '--apache-bin', ctl, ...(WITH_CERTBOT ? ['--apache-vhost-root', hosts] : [])],
        names,
        host: tree.address ?? '127.0.0.1',
        refused: tree.refused === true,
        files: apache.files,
        fault: apache.fault,
        touched: await touchedIn(apache.root, names),
        besides: /^\s*(?:Listen\b|Include\b|<\/?IfModule\b|SSLCertificate(?:File|KeyFile|ChainFile)\b)/,
        added: /^<IfModule mod_ssl\.c>[^]*<\/IfModule>$/,
      },
      corpus,
    );
    faults.set(title, fault);
    expect(fault).toBeNull();
  } finally {
    rmSync(ctl);
    await apache.stop();
  }
});
