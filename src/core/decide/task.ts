import type { Settings } from '../settings.js';
import { isSet } from '../settings.js';
import type { Assignment } from './assign.js';
import type { Facts, ServerFact } from './facts.js';
import { assignCertificate } from './names-change.js';
import type { AnswerValue, Choice, Question } from './question.js';
import { renewedBy } from './schedule-fact.js';

/** The first screen comes only when nothing at all says what is wanted. */
export function taskQuestion(settings: Settings, facts: Facts): Question | null {
  const said = ['domains', 'ipAddresses', 'certname', 'csr', 'authenticator', 'installer', 'configurator'];
  if (settings.verbGiven || said.some((option) => isSet(settings, option))) return null;
  const have = facts.lineages.length;
  const servers = facts.servers ?? [];
  return {
    kind: 'choice',
    id: 'task',
    label: 'Task',
    title: 'What would you like to do?',
    facts: [have === 0 ? 'No certificates here yet.' : `${have} ${have === 1 ? 'certificate' : 'certificates'} here: ${summary(facts)}`, ...servers.flatMap(serverText)],
    why:
      (servers.length === 0 ? '' : 'Turning on HTTPS changes the configuration of your web server: every changed line is shown before it is done, and it can be undone. ') +
      'Getting a certificate only changes no web server: the files are saved, and you are told where to point your server.',
    flags: ['run', 'certonly', 'certificates', 'renew', 'export'],
    missing: 'What to do: name a command, for example `certwright certonly --webroot -w /var/www/html -d example.com`.',
    choices: [
      ...servers.filter(({ fault }) => fault === undefined).map(httpsChoice),
      { value: 'certonly', label: servers.length === 0 ? 'Get a certificate' : 'Get a certificate only', hint: servers.length === 0 ? 'you are asked for the names, and how to prove that they are yours' : 'no web server is changed; you point yours to the files', flag: 'certonly' },
      ...servers.filter(({ fault }) => fault !== undefined).map(httpsChoice),
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
      ...(nothingRenews(settings, facts) ? [{ value: 'schedule', label: 'Have certificates renewed by themselves', hint: 'nothing on this machine does it yet; sets a timer up', flag: settings.values.userDirs ? 'schedule install --user-dirs' : 'schedule install' }] : []),
      ...(have === 0 ? [] : [{ value: 'export', label: 'Export a certificate for another program', hint: 'for Windows, Java, HAProxy and others', flag: 'export' }]),
      { value: 'quit', label: 'Leave', hint: 'nothing is changed' },
    ],
    recommended: servers.find(({ fault }) => fault === undefined)?.plugin ?? 'certonly',
  };
}

/** To be configured, and proved with where that can be. */
function httpsChoice({ plugin, label, fault }: ServerFact): Choice {
  return {
    value: plugin,
    label: `Get a certificate and turn on HTTPS in ${label}`,
    hint: `${label} is running here: it proves that the names are yours, and gets the certificate`,
    flag: `--${plugin}`,
    ...(fault === undefined ? {} : { disabled: fault }),
  };
}

/** What a server serves, on a line. */
function serverText({ label, fault, names }: ServerFact): readonly string[] {
  if (fault !== undefined) return [];
  const without = names.filter(({ tls }) => !tls).map(({ name }) => name);
  if (without.length > 0) return [`${label} is running and serves ${without.length === 1 ? '1 name' : `${without.length} names`} without HTTPS: ${short(without)}`];
  return [names.length === 0 ? `${label} is running.` : `${label} is running; ${names.length === 1 ? `${names[0]?.name ?? ''} has` : `its ${names.length} names have`} HTTPS.`];
}

export function assignTask(value: AnswerValue, facts: Facts): Assignment {
  if (value === 'change-names') {
    const [only, ...others] = facts.lineages;
    // Never a question with one answer.
    return { verb: 'certonly', ...(only && others.length === 0 ? assignCertificate(only.name) : {}) };
  }
  const server = facts.plugins.find(({ name, installer }) => name === value && installer)?.name;
  if (server !== undefined) return { verb: 'run', values: { installer: server }, words: { installer: ['-i', server] } };
  if (value === 'dual') return { verb: 'certonly', values: { dual: true }, words: { dual: ['--dual'] } };
  return value === 'certonly' || value === 'certificates' || value === 'export' ? { verb: value } : {};
}

/** Something could start renewals here, and nothing does. */
function nothingRenews({ values }: Settings, { schedule }: Facts): boolean {
  return schedule !== undefined && schedule.starter !== 'none' && renewedBy(schedule, values.configDir) === null;
}

function summary(facts: Facts): string {
  return short(facts.lineages.map(({ name }) => name));
}

function short(names: readonly string[]): string {
  return names.length <= 3 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;
}
