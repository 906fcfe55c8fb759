import { afterAll, beforeAll, expect, it } from 'vitest';
import { fitOf, serversOf } from '../../src/plugins/nginx/servers.js';
import { readTree } from '../../src/plugins/nginx/tree.js';
import { nginxTrees, type NginxTreeOfTests } from '../plugins/nginx/corpus.js';
import { makeCorpusPlace, spread, summary, wholeLoop, type CorpusPlace, type Fault, type LoadedTree } from './corpus-loop.js';
import { makeNginx } from './nginx.js';

/** `npm run campaign:nginx` takes all. */
const trees = spread(nginxTrees, 8);

let corpus: CorpusPlace;
const faults = new Map<string, Fault | null>();
beforeAll(async () => {
  corpus = await makeCorpusPlace(nginxTrees.map(nameOf));
});
afterAll(() => {
  if (process.env['CERTWRIGHT_TREES'] !== undefined) console.log(summary(faults));
  corpus.remove();
});

function nameOf({ name }: NginxTreeOfTests): string {
  return name ?? 'example.com';
}

/** The blocks of the name. */
function touchedIn(root: string, name: string): LoadedTree['touched'] {
  const own = serversOf(readTree(root), 'host.example').filter((server) => fitOf(server, name) !== null);
  return new Map(own.map(({ file }) => [file.path, own.filter((server) => server.file === file).map(({ block }) => block)]));
}

it.each(trees.map((tree) => [tree.title, tree] as const))('%s: installed, served, redirected, nothing else touched, a second time nothing, undone', async (title, tree) => {
  const nginx = makeNginx(tree, corpus.ports, corpus.old);
  try {
    expect(nginx.test()).toBeNull();
    await nginx.start();
    const fault = await wholeLoop(
      {
        installer: 'nginx',
        root: nginx.root,
        options: ['--nginx-server-root', nginx.root],
        names: [nameOf(tree)],
        host: tree.address ?? '127.0.0.1',
        refused: tree.refused === true,
        files: nginx.files,
        fault: nginx.test,
        touched: touchedIn(nginx.root, nameOf(tree)),
        // A snippet of the block's own may name the certificate.
        besides: /^\s*ssl_certificate(?:_key)? /,
        added: /^server\s*\{[^]*\}$/,
      },
      corpus,
    );
    faults.set(title, fault);
    expect(fault).toBeNull();
  } finally {
    await nginx.stop();
  }
});
