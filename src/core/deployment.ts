import type { Deployment } from '../plugins/contract.js';
import { newLinks, readLineage, type Lineage } from '../store/lineage.js';
import type { Directories } from '../store/paths.js';
import { sameNames } from './decide/name-sets.js';
import type { ObtainPlan } from './decide/plan.js';
import type { Identifier } from './identifier.js';
import { partnerLineage } from './partner-lineage.js';
import type { KeyType, Settings } from './settings.js';

interface Half {
  keyType: KeyType;
  files: Deployment['files'];
}

/** What a server is given for this lineage: its files and, unless --no-dual, those of the other half of its pair (U23). */
export function deploymentOf(lineage: Lineage, settings: Settings, dirs: Directories): Deployment {
  const partner = partnerLineage(lineage, settings, dirs);
  const halves = partner && sameNames(partner.identifiers, lineage.identifiers) ? [lineage, partner] : [lineage];
  return deployment(lineage.identifiers, halves.map(({ keyType, live }) => ({ keyType, files: live })));
}

/** The same for what a plan will obtain, before it is there. */
export function plannedDeployment({ identifiers, lineage, key, pair }: ObtainPlan, dirs: Directories): Deployment {
  const keyType = key?.type ?? 'ecdsa';
  const own: Half[] = lineage ? [{ keyType, files: lineage.exists ? readLineage(dirs, lineage.name).live : newLinks(dirs, lineage.name) }] : [];
  const other: KeyType = keyType === 'rsa' ? 'ecdsa' : 'rsa';
  if (pair?.lineage) own.push({ keyType: other, files: pair.lineage.exists ? readLineage(dirs, pair.lineage.name).live : newLinks(dirs, pair.lineage.name) });
  else if (lineage?.partner !== undefined) own.push({ keyType: other, files: readLineage(dirs, lineage.partner).live });
  return deployment(identifiers, own);
}

/** The ECDSA certificate stands first, whichever of the two was named, so that the other command changes nothing. */
function deployment(identifiers: readonly Identifier[], halves: readonly Half[]): Deployment {
  const names = identifiers.filter(({ type }) => type === 'dns').map(({ value }) => value);
  const [first, second] = [...halves].sort((a, b) => (a.keyType < b.keyType ? -1 : 1));
  if (!first) throw new Error('There is no certificate to deploy.');
  return { names, files: first.files, ...(second && second.keyType !== first.keyType ? { second: second.files } : {}) };
}
