import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createAcmeClient } from '../../src/acme/client.js';
import { listAccounts, readAccount } from '../../src/store/accounts.js';
import type { Place } from './certwright.js';
import type { Pebble } from './pebble.js';

/**
 * Gives up every proof that the CA has of this place's accounts, so that the next order for a name must prove it: pebble takes over one
 * proof in a hundred also where PEBBLE_AUTHZREUSE says 0, for it takes over when a number below 100 is not greater than that.
 */
export async function forgetProofs({ directoryUrl, caPath }: Pebble, { folder }: Place): Promise<void> {
  const dirs = { config: join(folder, 'config'), work: join(folder, 'work'), logs: join(folder, 'logs') };
  const logged = readdirSync(dirs.logs).map((name) => readFileSync(join(dirs.logs, name), 'utf8')).join('\n');
  const authorizations = new Set([...logged.matchAll(/https:\/\/[^/\s"]+\/authZ\/[\w-]+/g)].map(([url]) => url).filter((url) => new URL(url).host === new URL(directoryUrl).host));
  if (authorizations.size === 0) throw new Error('no authorization stands in the logs of this place');
  for (const { id, uri } of listAccounts(dirs, directoryUrl)) {
    const { privateKeyPem } = readAccount(dirs, directoryUrl, id);
    const client = createAcmeClient({ directoryUrl, accountKey: privateKeyPem, accountUrl: uri, userAgent: 'certwright-test/1', verifySsl: true, signal: new AbortController().signal, env: { REQUESTS_CA_BUNDLE: caPath } });
    for (const url of authorizations) {
      // Another account's is refused.
      const status = await client.authorization(url).then((known) => known.status, () => null);
      if (status === 'valid') await client.deactivateAuthorization(url);
    }
  }
}
