import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { readCertificate } from '../../crypto/certificate.js';
import { listAccounts, readAccount } from '../../store/accounts.js';
import { deleteLineage } from '../../store/delete-lineage.js';
import { listLineages, readLineage, type Lineage } from '../../store/lineage.js';
import { unlinkPartner } from '../../store/partner.js';
import { removePending } from '../../store/pending.js';
import { changeRenewalNotes } from '../../store/renewal-notes.js';
import { Refused, StoreError } from '../errors.js';
import { exportedFiles, tellExported } from '../exported-files.js';
import { settleKeyChanges } from '../key-change.js';
import { withPartners } from '../partner-too.js';
import { putRight } from '../put-right.js';
import { isSet, type Settings } from '../settings.js';
import type { World } from '../world.js';

/** RFC 5280 section 5.3.1, by certbot's names (S71). */
const REASONS: Readonly<Record<string, number>> = { unspecified: 0, keycompromise: 1, affiliationchanged: 3, superseded: 4, cessationofoperation: 5 };

/**
 * `revoke`: by --cert-name or --cert-path, signed by the account that ordered or by --key-path; afterwards its files are deleted
 * if that is wished (C15: -n means yes). The other half of a pair goes too when that is wished (U23). Throws Refused, StoreError, AcmeProblem.
 */
export async function revoke(asked: Settings, world: World): Promise<void> {
  const { certname, certPath, keyPath: _key, ...others } = asked.values;
  if ((certname === undefined) === (certPath === undefined)) throw new Refused('Error! Exactly one of --cert-path or --cert-name must be specified!');
  await putRight(world);
  const lineage = certname === undefined ? lineageOf(world, certPath ?? '') : readLineage(world.dirs, certname);
  const partner = listLineages(world.dirs).lineages.find(({ name }) => name === lineage?.renewal.partner);
  const both = partner !== undefined && (await withPartners('revoke', [partner.name], asked, world));
  await revokeOne(asked, lineage, world);
  if (partner && both) await revokeOne({ ...asked, values: { ...others, certname: partner.name } }, partner, world);
  if (lineage && partner && !existsSync(lineage.renewal.path)) unlinkPartner(world.dirs, partner.name);
}

async function revokeOne(asked: Settings, lineage: Lineage | null, world: World): Promise<void> {
  const { certPath, keyPath, reason, deleteAfterRevoke } = asked.values;
  const path = certPath ?? lineage?.live.cert ?? '';
  const certificate = read(path, 'certificate');
  // A lineage knows its CA (C15); a loose file belongs to the one that is given.
  const server = lineage?.server !== undefined && !isSet(asked, 'server') ? lineage.server : asked.values.server;
  const settings = { ...asked, values: { ...asked.values, server } };
  const number = REASONS[reason] ?? 0;
  if (keyPath === undefined) {
    await settleKeyChanges(settings, world);
    const account = ownAccount(settings, world, lineage === null ? undefined : readLineage(world.dirs, lineage.name).renewal.params['account']);
    const client = await world.connect(settings, account.privateKeyPem, account.uri);
    await client.revoke({ certificate, reason: number });
  } else {
    const key = read(keyPath, 'private key');
    if (!belongs(certificate, key)) throw new Refused(`verifying the certificate located at ${path} matches the private key located at ${keyPath} has failed.`, { hint: 'Nothing was revoked. Give the key of this very certificate, or leave --key-path out to revoke by the account.' });
    const client = await world.connect(settings, null, null);
    await client.revoke({ certificate, reason: number, key });
  }
  world.interaction.report({ type: 'result', text: `Congratulations! You have successfully revoked the certificate that was located at ${path}.` });
  if (!lineage) return;
  // Known at once: its CA publishes it hours later, and by a CRL that may be kept here already.
  if (readCertificate(certificate).serial === lineage.serial) changeRenewalNotes(world.dirs, { [lineage.name]: { revoked: lineage.serial } });
  const sharing = listLineages(world.dirs).lineages.filter(({ name, archiveFolder }) => name !== lineage.name && archiveFolder === lineage.archiveFolder);
  if (sharing.length > 0) {
    // certbot's rule: the other certificates would lose their files.
    const others = sharing.map(({ name }) => name).join(', ');
    return world.interaction.report({ type: 'result', text: `Not deleting revoked certificates due to overlapping archive dirs. ${others} ${sharing.length === 1 ? 'keeps its' : 'keep their'} files in ${lineage.archiveFolder} too.` });
  }
  if (deleteAfterRevoke ?? (await wantsDeletion(lineage.name, world))) {
    const exported = exportedFiles(world.dirs, [lineage.name]);
    deleteLineage(world.dirs, lineage.name);
    removePending(world.dirs, lineage.name);
    world.interaction.report({ type: 'result', text: `Deleted all files relating to certificate ${lineage.name}.` });
    tellExported(exported, world);
  }
}

async function wantsDeletion(name: string, { interaction }: World): Promise<boolean> {
  const answer = await interaction.ask(
    {
      kind: 'choice',
      id: 'confirm',
      label: 'Delete',
      title: 'Would you like to delete the certificate you just revoked, along with all earlier and later versions of it?',
      why: 'A revoked certificate is of no use. If its files stay, the next `renew` gets a new one for the same names.',
      flags: ['--delete-after-revoke', '--no-delete-after-revoke'],
      unattended: 'yes',
      choices: [
        { value: 'yes', label: `Delete ${name}`, flag: '--delete-after-revoke' },
        { value: 'no', label: 'Keep the files', hint: 'the next renewal replaces it', flag: '--no-delete-after-revoke' },
      ],
      recommended: 'yes',
    },
    { canGoBack: false, trail: [] },
  );
  return answer === 'yes';
}

/** `saved`: what the renewal file says, read after an unfinished key change was settled. */
function ownAccount({ values }: Settings, world: World, saved: unknown) {
  const wished = values.account ?? (typeof saved === 'string' ? saved : undefined);
  const accounts = listAccounts(world.dirs, values.server);
  const id = accounts.find((account) => account.id === wished)?.id ?? (accounts.length === 1 ? accounts[0]?.id : undefined);
  if (id === undefined) {
    throw new Refused(accounts.length === 0 ? `There is no account for ${values.server} here.` : `Several accounts for ${values.server} are here.`, {
      hint: accounts.length === 0 ? 'Give --key-path with the private key of the certificate: it may revoke itself.' : 'Say which one with --account.',
    });
  }
  return readAccount(world.dirs, values.server, id);
}

/** The lineage whose live or archived certificate this file is. */
function lineageOf({ dirs }: World, certPath: string): Lineage | null {
  const path = resolve(certPath);
  return listLineages(dirs).lineages.find(({ live, files, archiveFolder }) => path === live.cert || path === live.fullchain || path === files.cert || path.startsWith(`${archiveFolder}/`)) ?? null;
}

function belongs(certificate: string, key: string): boolean {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

function read(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new StoreError(`The ${what} ${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
}
