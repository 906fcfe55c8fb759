import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { readCsr } from '../crypto/csr.js';
import type { PluginDescriptor } from '../plugins/contract.js';
import { listAccounts } from '../store/accounts.js';
import { listLineages, type Lineage } from '../store/lineage.js';
import type { Directories } from '../store/paths.js';
import { listPending } from '../store/pending.js';
import type { Facts, LineageFact } from './decide/facts.js';
import { namesKey } from './decide/facts.js';
import { presentServer } from './decide/renewal-settings.js';
import type { ScheduleFact } from './decide/schedule-fact.js';
import { StoreError } from './errors.js';
import type { Identifier } from './identifier.js';
import { renewalReason, type RenewalFacts } from './decide/renewal-reason.js';
import { parseRenewBefore } from './renew-before.js';
import type { Settings } from './settings.js';

/** Everything that decisions depend on and that costs no network, read once. */
export async function gatherFacts(settings: Settings, world: { dirs: Directories; plugins: readonly PluginDescriptor[]; now: number; sandbox: boolean; schedule?: ScheduleFact }): Promise<Facts> {
  const { server, csr } = settings.values;
  const { lineages, broken } = listLineages(world.dirs);
  return {
    now: world.now,
    folder: process.cwd(),
    lineages: lineages.map((lineage) => lineageFact(lineage, world.now)),
    broken: broken.map(({ path, reason }) => ({ name: basename(path, '.conf'), reason })),
    accounts: serversOf(server, lineages).flatMap((address) => listAccounts(world.dirs, address)),
    plugins: world.plugins.map(({ name, title, description, authenticator, installer, challengeTypes, ipAddresses, credentials, server: configures }) => ({
      name,
      title,
      description,
      authenticator,
      installer,
      challengeTypes,
      ipAddresses,
      ...(credentials === undefined ? {} : { credentials: { flag: credentials.flag, dest: credentials.dest, access: credentials.access, fields: credentials.fields } }),
      ...(configures === undefined ? {} : { placesFlag: configures.placesFlag }),
    })),
    pending: listPending(world.dirs).map(({ lineage, names, server: from, orderUrl }) => ({ lineage, names, server: from, orderUrl })),
    sandbox: world.sandbox,
    ...(world.schedule === undefined ? {} : { schedule: world.schedule }),
    ...(csr === undefined ? {} : { csr: await csrFact(csr) }),
  };
}

/** How each authenticator fits for these names on this machine; what only a person could give counts where one can be asked. */
export async function lookUpFits(facts: Facts, settings: Settings, plugins: readonly PluginDescriptor[], identifiers: readonly Identifier[], { attended }: { attended: boolean }): Promise<Facts> {
  const { http01Port, http01Address } = settings.values;
  const entries = await Promise.all(
    plugins
      .filter(({ authenticator }) => authenticator)
      .map(async (plugin) => {
        const { asks, ...fit } = await plugin.fit({ identifiers, http01Port, ...(http01Address === undefined ? {} : { http01Address }), options: settings.plugin });
        return [plugin.name, asks === true && attended ? { ...fit, asks } : fit] as const;
      }),
  );
  return { ...facts, fits: { names: namesKey(identifiers), by: Object.fromEntries(entries) } };
}

/** What decisions know of one lineage. */
export function lineageFact(lineage: Lineage, now: number): LineageFact {
  const { params } = lineage.renewal;
  const facts = renewalFacts(lineage, now);
  const text = (name: string): string | undefined => (typeof params[name] === 'string' ? params[name] : undefined);
  const savedKeyType = text('key_type') === 'ecdsa' ? 'ecdsa' : 'rsa';
  return {
    name: lineage.name,
    identifiers: lineage.identifiers,
    notAfter: lineage.notAfter.getTime(),
    notBefore: lineage.notBefore.getTime(),
    keyType: lineage.keyType,
    savedKeyType,
    ...(lineage.curve === undefined ? {} : { curve: lineage.curve }),
    ...(lineage.rsaKeySize === undefined ? {} : { rsaKeySize: lineage.rsaKeySize }),
    reuseKey: text('reuse_key')?.toLowerCase() === 'true',
    ...(text('server') === undefined ? {} : { server: text('server') }),
    ...(text('account') === undefined ? {} : { account: text('account') }),
    ...(text('authenticator') === undefined ? {} : { authenticator: text('authenticator') }),
    ...(lineage.renewal.partner === undefined ? {} : { partner: lineage.renewal.partner }),
    version: lineage.version,
    renewable: facts.renewable,
    due: renewalReason({ ...facts, revoked: false, advised: null, forced: false }) !== null,
    params,
  };
}

/** What a lineage itself says about when it is renewed. */
export function renewalFacts({ renewal, notBefore, notAfter }: Lineage, now: number): Pick<RenewalFacts, 'now' | 'notBefore' | 'notAfter' | 'renewable' | 'renewBefore'> {
  const { params, renewBeforeExpiry } = renewal;
  const { autorenew } = params;
  return {
    now,
    notBefore: notBefore.getTime(),
    notAfter: notAfter.getTime(),
    renewable: !(typeof autorenew === 'string' && autorenew.toLowerCase() === 'false'),
    renewBefore: renewBeforeExpiry === undefined ? null : parseRenewBefore(renewBeforeExpiry),
  };
}

/** The chosen CA, and those whose certificates may change here. */
function serversOf(chosen: string, lineages: readonly Lineage[]): readonly string[] {
  const saved = lineages.flatMap(({ server }) => (server === undefined || !URL.canParse(server) ? [] : [presentServer(server)]));
  return [...new Set([chosen, ...saved])];
}

async function csrFact(path: string): Promise<NonNullable<Facts['csr']>> {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw new StoreError(`The certificate signing request ${path} cannot be read.`, { hint: 'Give --csr the path of a file in PEM or DER form.', cause });
  }
  const { names, ips, keyType } = await readCsr(bytes, path);
  return {
    identifiers: [
      ...names.map((value): Identifier => ({ type: 'dns', value, shown: value })),
      ...ips.map((value): Identifier => ({ type: 'ip', value, shown: value })),
    ],
    keyType,
  };
}
