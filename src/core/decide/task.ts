import type { Settings } from '../settings.js';
import { isSet } from '../settings.js';
import type { Assignment } from './assign.js';
import type { Facts } from './facts.js';
import { assignCertificate } from './names-change.js';
import type { AnswerValue, Question } from './question.js';
import { renewedBy } from './schedule-fact.js';

/** The first screen comes only when nothing at all says what is wanted. */
export function taskQuestion(settings: Settings, facts: Facts): Question | null {
  const said = ['domains', 'ipAddresses', 'certname', 'csr', 'authenticator', 'installer', 'configurator'];
  if (settings.verbGiven || said.some((option) => isSet(settings, option))) return null;
  const have = facts.lineages.length;
  return {
    kind: 'choice',
    id: 'task',
    label: 'Task',
    title: 'What would you like to do?',
    facts: [have === 0 ? 'No certificates here yet.' : `${have} ${have === 1 ? 'certificate' : 'certificates'} here: ${summary(facts)}`],
    why: 'certwright can do several things. Getting a certificate changes no web server: the files are saved, and you are told where to point your server.',
    flags: ['certonly', 'certificates', 'renew', 'export'],
    missing: 'What to do: name a command, for example `certwright certonly --webroot -w /var/www/html -d example.com`.',
    choices: [
      { value: 'certonly', label: 'Get a certificate', hint: 'you are asked for the names, and how to prove that they are yours', flag: 'certonly' },
      ...(have === 0
        ? []
        : [{ value: 'change-names', label: 'Change the names of a certificate', hint: 'add some or take some out; everything else stays as it is', flag: '--add-domain, --remove-domain' }]),
      { value: 'dual', label: 'Get two for the same names, ECDSA and RSA', hint: 'for servers that very old programs must reach too; renewed as one', flag: '--dual' },
      {
        value: 'certificates',
        label: 'See the certificates of this machine',
        hint: 'names, expiry, where the files are',
        flag: 'certificates',
        ...(have === 0 ? { disabled: 'there are none yet' } : {}),
      },
      ...(have === 0 ? [] : [{ value: 'why', label: 'See when and why a certificate is renewed', hint: 'and what would change that', flag: 'why NAME' }]),
      ...(nothingRenews(settings, facts) ? [{ value: 'schedule', label: 'Have certificates renewed by themselves', hint: 'nothing on this machine does it yet; sets a timer up', flag: 'schedule install' }] : []),
      ...(have === 0 ? [] : [{ value: 'export', label: 'Export a certificate for another program', hint: 'for Windows, Java, HAProxy and others', flag: 'export' }]),
      { value: 'quit', label: 'Leave', hint: 'nothing is changed' },
    ],
    recommended: 'certonly',
  };
}

export function assignTask(value: AnswerValue, facts: Facts): Assignment {
  if (value === 'change-names') {
    const [only, ...others] = facts.lineages;
    // Never a question with one answer.
    return { verb: 'certonly', ...(only && others.length === 0 ? assignCertificate(only.name) : {}) };
  }
  if (value === 'dual') return { verb: 'certonly', values: { dual: true }, words: { dual: ['--dual'] } };
  return value === 'certonly' || value === 'certificates' || value === 'export' ? { verb: value } : {};
}

/** Something could start renewals here, and nothing does. */
function nothingRenews({ values }: Settings, { schedule }: Facts): boolean {
  return schedule !== undefined && schedule.starter !== 'none' && renewedBy(schedule, values.configDir) === null;
}

function summary(facts: Facts): string {
  const names = facts.lineages.map((lineage) => lineage.name);
  return names.length <= 3 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;
}
