import { Refused } from '../errors.js';
import { isSet, type Settings } from '../settings.js';
import type { Assignment } from './assign.js';
import type { LineageFact } from './facts.js';
import type { KeyPlan } from './plan.js';
import type { AnswerValue, Question } from './question.js';

/**
 * The key of the certificate, or the question whether an existing lineage shall change its key type. As certbot (C08):
 * --key-type together with --cert-name says it clearly; --key-type alone asks, or fails with -n; a mere default never changes it.
 */
export function keyChoice(settings: Settings, lineage: LineageFact | null): KeyPlan | Question {
  const { values } = settings;
  const wished = values.keyType;
  const asked = isSet(settings, 'keyType');
  if (lineage && wished !== lineage.keyType && !(asked && values.certname !== undefined)) {
    const keep = `keep:${lineage.keyType}:${lineage.name}`;
    const [from, to] = [lineage.keyType.toUpperCase(), wished.toUpperCase()];
    return {
      kind: 'choice',
      id: 'key-type',
      label: 'Key',
      title: `The certificate ${lineage.name} has an ${from} key. Change it to ${to}?`,
      term: 'key type',
      why:
        'ECDSA keys are smaller and quicker, and every browser of the last ten years knows them. Very old programs, and services that pin the key type, may still need RSA.',
      flags: [`--key-type ${wished} --cert-name ${lineage.name}`],
      ...(asked ? {} : { unattended: keep }),
      missing:
        `Are you trying to change the key type of the certificate named ${lineage.name} from ${from} to ${to}? ` +
        'Please provide both --cert-name and --key-type on the command line to confirm the change you are trying to make.',
      choices: [
        { value: keep, label: `Keep ${from}`, hint: 'as it is now', flag: `--key-type ${lineage.keyType}` },
        { value: `change:${wished}:${lineage.name}`, label: `Change to ${to}`, hint: 'from this certificate on', flag: `--key-type ${wished}` },
      ],
      recommended: keep,
    };
  }
  const reuse = (values.reuseKey ?? lineage?.reuseKey ?? false) && lineage !== null && !values.newKey;
  if (reuse && lineage) refuseOtherKey(settings, lineage);
  if (wished === 'rsa') {
    const rsaKeySize = isSet(settings, 'rsaKeySize') ? values.rsaKeySize : lineage?.keyType === 'rsa' ? (lineage.rsaKeySize ?? values.rsaKeySize) : values.rsaKeySize;
    return { type: 'rsa', rsaKeySize, reuse };
  }
  const curve = isSet(settings, 'ellipticCurve') ? values.ellipticCurve : lineage?.keyType === 'ecdsa' ? (lineage.curve ?? values.ellipticCurve) : values.ellipticCurve;
  return { type: 'ecdsa', curve, reuse };
}

export function assignKeyType(value: AnswerValue): Assignment {
  const [what, type, name] = String(value).split(':');
  if (type !== 'rsa' && type !== 'ecdsa') return {};
  const key: Assignment = { values: { keyType: type }, words: { keyType: ['--key-type', type] } };
  if (what === 'keep' || name === undefined) return key;
  return { values: { ...key.values, certname: name }, words: { ...key.words, certname: ['--cert-name', name] } };
}

/** certbot 2.0: key options and a reused key contradict each other (C09). */
function refuseOtherKey(settings: Settings, lineage: LineageFact): void {
  const { values } = settings;
  const conflicts: string[] = [];
  if (values.keyType !== lineage.keyType) conflicts.push('--key-type');
  if (isSet(settings, 'rsaKeySize') && lineage.keyType === 'rsa' && lineage.rsaKeySize !== undefined && values.rsaKeySize !== lineage.rsaKeySize) conflicts.push('--rsa-key-size');
  if (isSet(settings, 'ellipticCurve') && lineage.keyType === 'ecdsa' && lineage.curve !== undefined && values.ellipticCurve !== lineage.curve) conflicts.push('--elliptic-curve');
  if (conflicts.length === 0) return;
  throw new Refused(`Unable to change the ${conflicts.join(', ')} of this certificate because --reuse-key is set.`, {
    hint: 'Either stop reusing the private key by --no-reuse-key, or change it this one time by --new-key.',
  });
}
