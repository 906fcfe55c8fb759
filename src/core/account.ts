import { Refused } from './errors.js';
import type { Event } from './events.js';
import type { ObtainPlan } from './decide/plan.js';
import type { Settings } from './settings.js';
import type { AcmeClient } from '../acme/client.js';
import { listAccounts, readAccount, saveAccount, type StoredAccount } from '../store/accounts.js';
import type { Directories } from '../store/paths.js';
import { readSecret } from '../system/secret.js';

/** Connects to the CA with an account key; the account URL is learned from the CA when it is not known. */
export type Connect = (accountKey: string, accountUrl: string | null) => Promise<AcmeClient>;

type Env = Readonly<Record<string, string | undefined>>;

export interface Owner {
  client: AcmeClient;
  id: string;
}

/**
 * The account that orders: the stored one, or a new one that is on disk before anything is ordered with it.
 * Throws Refused when the CA wants an external binding that was not given or cannot be read where it is said to be, AcmeProblem when it refuses.
 */
export async function ensureAccount(
  wish: ObtainPlan['account'],
  settings: Settings,
  world: { dirs: Directories; connect: Connect; makeKey: () => Promise<string>; host: string; now: Date; sandbox: boolean; env: Env; signal: AbortSignal },
  report: (event: Event) => void,
): Promise<Owner> {
  const { server, eabHmacKey } = settings.values;
  const stored = async (id: string): Promise<Owner> => {
    const { privateKeyPem, uri } = readAccount(world.dirs, server, id);
    const client = await world.connect(privateKeyPem, uri);
    // A sandbox that was started anew has forgotten its accounts; the same key gets the same kind of account again.
    if (world.sandbox) await client.newAccount({ contact: [], termsOfServiceAgreed: true });
    return { client, id };
  };
  if (wish.kind === 'existing') return stored(wish.id);
  // A plan that was made before the account, and is tried again after it: there is one now.
  const [earlier] = listAccounts(world.dirs, server);
  if (earlier) return stored(earlier.id);
  const key = await world.makeKey();
  const client = await world.connect(key, null);
  const { meta } = await client.directory();
  if (meta.externalAccountRequired && !wish.eab) {
    throw new Refused(`${server} only accepts accounts that are bound to one of its own.`, {
      hint: 'Give --eab-kid and --eab-hmac-key; the certificate authority shows both in its customer pages.',
    });
  }
  const eab =
    wish.eab && eabHmacKey !== undefined
      ? { kid: await readSecret(wish.eab.kid, '--eab-kid', world), key: await readSecret(eabHmacKey, '--eab-hmac-key', world), alg: wish.eab.alg }
      : null;
  const { uri } = await client.newAccount({
    contact: wish.email === undefined ? [] : wish.email.split(',').map((address) => `mailto:${address.trim()}`),
    termsOfServiceAgreed: true,
    ...(eab ? { eab } : {}),
  });
  const { id }: StoredAccount = saveAccount(world.dirs, server, { privateKeyPem: key, uri, created: world.now, host: world.host });
  report({ type: 'account-registered', server, uri, id });
  return { client, id };
}

