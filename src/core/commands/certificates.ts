import { listLineages, type Lineage } from '../../store/lineage.js';
import { isTestCa } from '../ca.js';
import type { CertificateReport } from '../events.js';
import { parseNameList } from '../names.js';
import type { Settings } from '../settings.js';
import type { World } from '../world.js';

/** `certificates`: reports every lineage, or those of --cert-name, or those that hold all names of -d. Touches nothing. */
export function certificates(settings: Settings, world: World): void {
  const { certname, domains } = settings.values;
  const { lineages, broken } = listLineages(world.dirs);
  const wanted = parseNameList(domains.join('\n')).identifiers.map(({ value }) => value);
  const now = world.clock.now();
  world.interaction.report({
    type: 'certificates',
    now: new Date(now).toISOString(),
    filtered: certname !== undefined || domains.length > 0,
    certificates: lineages
      .filter(({ name }) => certname === undefined || name === certname)
      .filter(({ identifiers }) => wanted.every((name) => identifiers.some(({ value }) => value === name)))
      .map((lineage) => certificateReport(lineage, now)),
    broken: [...broken],
  });
}

function certificateReport(lineage: Lineage, now: number): CertificateReport {
  const { params } = lineage.renewal;
  const server = typeof params['server'] === 'string' ? params['server'] : undefined;
  const authenticator = typeof params['authenticator'] === 'string' ? params['authenticator'] : undefined;
  const problems: CertificateReport['problems'] = [];
  if (server !== undefined && isTestCa(server)) problems.push('TEST_CERT');
  if (lineage.notAfter.getTime() <= now) problems.push('EXPIRED');
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
  };
}
