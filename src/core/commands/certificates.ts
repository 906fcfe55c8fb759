import { listLineages, type Lineage } from '../../store/lineage.js';
import { readRenewalNotes } from '../../store/renewal-notes.js';
import { isTestCa } from '../ca.js';
import { savedAuthenticators } from '../decide/authenticators-by-name.js';
import type { CertificateReport } from '../events.js';
import { parseNameList } from '../names.js';
import { revokedLineages } from '../revocation.js';
import type { Settings } from '../settings.js';
import type { World } from '../world.js';

/** `certificates`: reports every lineage, or those of --cert-name, or those that hold all names of -d. Touches nothing of theirs. */
export async function certificates(settings: Settings, world: World): Promise<void> {
  const { certname, domains } = settings.values;
  const { lineages, broken } = listLineages(world.dirs);
  const wanted = parseNameList(domains.join('\n')).identifiers.map(({ value }) => value);
  const now = world.clock.now();
  const listed = lineages
    .filter(({ name }) => certname === undefined || name === certname)
    .filter(({ identifiers }) => wanted.every((name) => identifiers.some(({ value }) => value === name)));
  const revoked = await revokedLineages(listed, readRenewalNotes(world.dirs), world);
  world.interaction.report({
    type: 'certificates',
    now: new Date(now).toISOString(),
    filtered: certname !== undefined || domains.length > 0,
    certificates: listed.map((lineage) => certificateReport(lineage, now, revoked.has(lineage.name))),
    broken: [...broken],
  });
}

function certificateReport(lineage: Lineage, now: number, revoked: boolean): CertificateReport {
  const { params } = lineage.renewal;
  const server = typeof params['server'] === 'string' ? params['server'] : undefined;
  const authenticator = typeof params['authenticator'] === 'string' ? params['authenticator'] : undefined;
  const beside = savedAuthenticators(params);
  const problems: CertificateReport['problems'] = [];
  if (server !== undefined && isTestCa(server)) problems.push('TEST_CERT');
  if (lineage.notAfter.getTime() <= now) problems.push('EXPIRED');
  else if (revoked) problems.push('REVOKED');
  return {
    name: lineage.name,
    serial: lineage.serial.replace(/^0+(?=.)/, ''),
    keyType: lineage.keyType.toUpperCase(),
    identifiers: lineage.identifiers.map(({ value }) => value),
    addresses: lineage.identifiers.some(({ type }) => type === 'ip'),
    notBefore: lineage.notBefore.toISOString(),
    notAfter: lineage.notAfter.toISOString(),
    problems,
    fullchain: lineage.live.fullchain,
    privkey: lineage.live.privkey,
    ...(server === undefined ? {} : { server }),
    ...(authenticator === undefined ? {} : { authenticator }),
    ...(beside ? { authenticators: { ...beside.names } } : {}),
    ...(lineage.renewal.partner === undefined ? {} : { partner: lineage.renewal.partner }),
  };
}
