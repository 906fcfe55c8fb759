import { createPrivateKey } from 'node:crypto';
import type { AcmeClient } from '../acme/client.js';
import { generatePrivateKey } from '../crypto/keys.js';
import { finishKeyChange, listKeyChanges, removeKeyChange, writeKeyChange, type KeyChange } from '../store/key-change.js';
import { AcmeProblem, NetworkError, Refused } from './errors.js';
import type { Settings } from './settings.js';
import type { World } from './world.js';

/**
 * A new key for an account, with the same URL. Whenever it is stopped, the next run finds out from the CA which key counts and
 * finishes (`settleKeyChanges`). Throws AcmeProblem when the CA refuses (nothing is changed then), NetworkError.
 */
export async function changeAccountKey(account: { id: string; uri: string; privateKeyPem: string; client: AcmeClient }, settings: Settings, world: World): Promise<void> {
  const { namedCurve, modulusLength } = createPrivateKey(account.privateKeyPem).asymmetricKeyDetails ?? {};
  const curve = { prime256v1: 'secp256r1' }[namedCurve ?? ''] ?? namedCurve;
  const newKey = await generatePrivateKey(curve === undefined ? { type: 'rsa', size: Math.max(settings.values.rsaKeySize, modulusLength ?? 0) } : { type: 'ecdsa', curve });
  const change: KeyChange = { server: settings.values.server, oldId: account.id, uri: account.uri, newKey, accepted: false };
  writeKeyChange(world.dirs, change);
  try {
    await account.client.changeKey(newKey);
  } catch (error) {
    const refused = error instanceof Refused || (error instanceof AcmeProblem && error.problem.status < 500);
    if (refused) removeKeyChange(world.dirs, change);
    if (error instanceof NetworkError) {
      throw new NetworkError(`It is not known whether the new key arrived at the certificate authority: ${error.message}`, { hint: 'Both keys are kept. The next command asks which one counts, and goes on with it.', cause: error });
    }
    throw error;
  }
  finish({ ...change, accepted: true }, world);
}

/** Finishes key changes of stopped runs; call it before accounts are read. Trouble is told and never stops anything. */
export async function settleKeyChanges(settings: Settings, world: World): Promise<void> {
  for (const change of listKeyChanges(world.dirs)) {
    try {
      if (change.accepted || (await hasNewKey(change, settings, world))) finish({ ...change, accepted: true }, world);
      else {
        removeKeyChange(world.dirs, change);
        world.log('info', `A change of the account key was stopped before the certificate authority heard of it; account ${change.oldId} keeps the key it has.`);
      }
    } catch (error) {
      world.log('warning', `The change of the key of account ${change.oldId} could not be finished: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

async function hasNewKey({ server, newKey }: KeyChange, settings: Settings, world: World): Promise<boolean> {
  const client = await world.connect({ ...settings, values: { ...settings.values, server } }, newKey, null);
  try {
    await client.newAccount({ contact: [], termsOfServiceAgreed: true, onlyReturnExisting: true });
    return true;
  } catch (error) {
    if (error instanceof AcmeProblem && error.kind === 'accountDoesNotExist') return false;
    throw error;
  }
}

function finish(change: KeyChange, world: World): void {
  writeKeyChange(world.dirs, change);
  const { id, aside, lineages } = finishKeyChange(world.dirs, change, { host: world.host, now: new Date(world.clock.now()) });
  const told = lineages.length === 0 ? '' : `\nRenewal files that name it were changed: ${lineages.join(', ')}.`;
  world.interaction.report({ type: 'result', text: `The account has a new key; its URL is the same, its id here is now ${id}.${told}\nThe old key, of no more use at the certificate authority, is kept in ${aside}.` });
}
