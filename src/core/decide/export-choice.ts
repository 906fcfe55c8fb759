import { createHash } from 'node:crypto';
import { isAbsolute, join, resolve } from 'node:path';
import { Refused } from '../errors.js';
import { exportEndings, type ExportFormat } from '../export-target.js';
import { isSet, type Settings } from '../settings.js';
import type { Answer } from './answers.js';
import type { Assignment } from './assign.js';
import type { Facts } from './facts.js';
import type { ExportPlan } from './plan.js';
import type { AnswerValue, Question } from './question.js';
import { listNames } from './wording.js';

/** Which certificate is exported, as what, where to, whether again at renewals, and what opens it; or the question for that. */
export function exportChoice(settings: Settings, facts: Facts, answers: readonly Answer[]): { ask: Question } | { plan: ExportPlan } {
  const { certname, exportFormat, friendlyName, legacy, reloadCommand } = settings.values;
  const lineage = certname ?? onlyOne(facts);
  if (lineage === undefined) return { ask: whichCertificate(facts) };
  if (!facts.lineages.some(({ name }) => name === lineage)) {
    throw new Refused(`No certificate with name ${lineage} found.`, { hint: '`certwright certificates` lists the names there are.' });
  }
  if (exportFormat === undefined) return { ask: formatQuestion(lineage, facts) };
  const format = exportFormat as ExportFormat;
  refuseWithoutPassword(settings, format);
  if (settings.values.out === undefined) return { ask: pathQuestion(join(facts.folder, `${lineage}.${exportEndings[format]}`)) };
  const path = exportPath(settings, facts);
  // Who says --out without --keep has said that too.
  const sayMore = settings.sources['out'] === 'answered' && !isSet(settings, 'reinstall');
  if (sayMore && !answers.some(({ id }) => id === 'export-keep')) return { ask: keepQuestion() };
  const keep = settings.values.reinstall;
  const password = format === 'pkcs12' ? passwordChoice(settings, facts, answers, lineage) : null;
  if (password && 'ask' in password) return password;
  return {
    plan: {
      kind: 'export',
      lineage,
      format,
      path,
      password,
      friendlyName: format === 'pkcs12' ? (friendlyName ?? lineage) : null,
      legacy,
      keep,
      reloadCommand: reloadCommand ?? null,
    },
  };
}

function onlyOne({ lineages }: Facts): string | undefined {
  if (lineages.length === 0) throw new Refused('No certificates found.', { hint: 'There is nothing to export before one was obtained: `certwright certonly`.' });
  return lineages.length === 1 ? lineages[0]?.name : undefined;
}

/** --out, absolute. It must not be one of the files that are exported. */
function exportPath({ values }: Settings, { folder }: Facts): string {
  const path = resolve(folder, values.out ?? '');
  if (['live', 'archive'].some((own) => path.startsWith(`${join(values.configDir, own)}/`))) {
    throw new Refused(`${path} is among the certificate's own files, which must stay as they are.`, { hint: 'Choose another place with --out.' });
  }
  return path;
}

function refuseWithoutPassword(settings: Settings, format: ExportFormat): void {
  if (format === 'pkcs12') return;
  const idle = [['passwordFile', '--password-file'], ['passwordSource', '--password'], ['friendlyName', '--friendly-name'], ['legacy', '--legacy']].find(([option = '']) => isSet(settings, option));
  if (idle) throw new Refused(`${idle[1]} means something for --format pkcs12 only: a ${format.toUpperCase()} file has no such thing.`);
}

function passwordChoice(settings: Settings, facts: Facts, answers: readonly Answer[], lineage: string): { ask: Question } | ExportPlan['password'] {
  const { passwordFile, passwordSource } = settings.values;
  const typed = answers.find(({ id }) => id === 'export-password');
  const keptIn = settings.values.reinstall ? keptPassword(settings, facts) : null;
  if (typed) {
    const again = answers.find(({ id }) => id === 'export-password-again');
    if (!again) return { ask: passwordQuestion('export-password-again', 'The same password once more?', null, lineage) };
    if (again.value !== typed.value) throw new Refused('The two passwords are not the same.', { hint: 'Type the second one again, or go back and change the first.' });
    return { source: null, keptIn };
  }
  if (passwordFile !== undefined && passwordSource !== undefined) throw new Refused('--password-file and --password contradict each other.', { hint: 'Give one of them.' });
  if (passwordFile !== undefined) return { source: `file:${passwordFile}`, keptIn: null };
  if (passwordSource === undefined) return { ask: passwordQuestion('export-password', 'Which password should open the file?', keptIn, lineage) };
  const [, relative] = /^file:(.*)$/s.exec(passwordSource) ?? [];
  return { source: relative === undefined || isAbsolute(relative) ? passwordSource : `file:${resolve(facts.folder, relative)}`, keptIn: null };
}

/** Where a typed password waits for the next renewals: a file for each target, so that two never share one by chance. */
function keptPassword(settings: Settings, facts: Facts): string {
  const path = exportPath(settings, facts);
  return join(settings.values.configDir, 'export-passwords', createHash('sha256').update(path).digest('hex').slice(0, 16));
}

function whichCertificate(facts: Facts): Question {
  return {
    kind: 'choice',
    id: 'certificate',
    label: 'Certificate',
    title: 'Which certificate should be exported?',
    why: 'Its present version is copied for another program. What your servers use stays where it is.',
    flags: ['--cert-name'],
    missing: 'Which certificate would you like to export?',
    choices: facts.lineages.map(({ name, identifiers }) => ({ value: name, label: name, hint: listNames(identifiers) })),
    recommended: facts.lineages[0]?.name ?? '',
    even: true,
  };
}

function formatQuestion(lineage: string, { lineages }: Facts): Question {
  const names = lineages.find(({ name }) => name === lineage)?.identifiers ?? [];
  return {
    kind: 'choice',
    id: 'export-format',
    label: 'Format',
    title: 'What is it for?',
    facts: [`The certificate ${lineage}, for ${listNames(names)}`],
    why: 'Most servers read the PEM files below live/ as they are and need no export. Some programs want key and certificates in one file, with or without a password, or in binary form.',
    flags: ['--format'],
    missing: 'Which format: pkcs12, pem or der?',
    choices: [
      { value: 'pkcs12', label: 'Windows, Java, most appliances', hint: 'PKCS#12: one file with a password, .p12 or .pfx', flag: '--format pkcs12' },
      { value: 'pem', label: 'HAProxy, Postfix, lighttpd', hint: 'PEM: key and certificates in one file', flag: '--format pem' },
      { value: 'der', label: 'Programs that want DER', hint: 'certificate and key as two binary files', flag: '--format der' },
    ],
    recommended: 'pkcs12',
    even: true,
  };
}

function pathQuestion(usual: string): Question {
  return {
    kind: 'text',
    id: 'export-path',
    label: 'File',
    title: 'Where should the file be?',
    why: 'A file that is there is replaced at once and keeps its owner and mode; a new one can be read by its owner only, for it holds the private key. With DER this is the certificate, the key stands beside it.',
    flags: ['--out'],
    unattended: usual,
    initial: usual,
    optional: false,
    check: 'nonempty',
  };
}

function keepQuestion(): Question {
  return {
    kind: 'choice',
    id: 'export-keep',
    label: 'Renewals',
    title: 'Should every renewal write it again?',
    why: 'An exported file ends with the certificate in it. When it is kept up to date, `certwright renew` writes it anew after each renewal; `certwright export --forget` ends that.',
    flags: ['--keep'],
    unattended: 'no',
    choices: [
      { value: 'yes', label: 'Yes, keep it up to date', flag: '--keep' },
      { value: 'no', label: 'No, only now' },
    ],
    recommended: 'yes',
  };
}

function passwordQuestion(id: 'export-password' | 'export-password-again', title: string, keptIn: string | null, lineage: string): Question {
  return {
    kind: 'text',
    id,
    label: id === 'export-password' ? 'Password' : 'Once more',
    title,
    why: `Whoever opens the file needs it, for it holds the private key of ${lineage}. It is shown nowhere and stands in no log.`,
    ...(keptIn === null ? {} : { facts: ['For the next renewals it is kept in a file that only its owner can read:', keptIn] }),
    flags: ['--password-file', '--password'],
    missing: 'The password of the PKCS#12 file (--password-file /dev/null for none)',
    initial: '',
    optional: false,
    check: 'nonempty',
    secret: true,
  };
}

export function assignExportFormat(value: AnswerValue): Assignment {
  return { values: { exportFormat: String(value) }, words: { exportFormat: ['--format', String(value)] } };
}

export function assignExportPath(value: AnswerValue, { folder }: Facts): Assignment {
  const path = resolve(folder, String(value).trim());
  return { values: { out: path }, words: { out: ['--out', path] } };
}

export function assignExportKeep(value: AnswerValue): Assignment {
  return value === 'yes' ? { values: { reinstall: true }, words: { reinstall: ['--keep'] } } : {};
}

/** The password itself is no setting; where it is kept for renewals is. */
export function assignExportPassword(settings: Settings, facts: Facts): Assignment {
  return settings.values.reinstall ? { words: { passwordFile: ['--password-file', keptPassword(settings, facts)] } } : {};
}
