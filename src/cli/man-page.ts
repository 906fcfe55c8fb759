import type { PluginDescriptor, PluginOption } from '../plugins/contract.js';
import { titles } from './help.js';
import type { CliOption, Topic } from './option.js';
import { verbs } from './verbs.js';

/** The manual page certwright(1) as roff, made from the option and command tables. */
export function manPage(options: readonly CliOption[], plugins: readonly PluginDescriptor[], version: string): string {
  const lines: string[] = [
    `.TH CERTWRIGHT 1 "" "certwright ${version}" "User commands"`,
    '.SH NAME',
    'certwright \\- HTTPS certificates from an ACME certificate authority',
    '.SH SYNOPSIS',
    '.B certwright',
    '[\\fICOMMAND\\fR] [\\fIoptions\\fR] [\\fB\\-d\\fR \\fIDOMAIN\\fR]...',
    '.SH DESCRIPTION',
    'Gets, renews and manages certificates on the directory tree of certbot. Without a command in a terminal it asks what is to be done, shows the whole plan, and does nothing before it is told to.',
    '.SH COMMANDS',
    ...Object.entries(verbs)
      .filter(([, { help, done }]) => help !== '' && done)
      .flatMap(([name, { help, operands }]) => ['.TP', `\\fB${escaped(name)}\\fR${operands ? ` \\fI${escaped(operands.shown)}\\fR` : ''}`, `${text(help)}.`]),
    '.SH OPTIONS',
  ];
  for (const [topic, title] of Object.entries(titles) as [Topic, string][]) lines.push(`.SS ${escaped(title)}`, ...listed(options.filter((option) => option.topic === topic)));
  for (const { name, description, options: own } of plugins) if (own.length > 0) lines.push(`.SS ${escaped(`Plugin ${name}`)}`, text(description), ...listed(own));
  lines.push(
    '.SH EXIT STATUS',
    '0 when it was done, or nothing was due; 1 for every failure and after Ctrl\\-C; 2 when the words cannot be understood.',
    '.SH FILES',
    ...[
      ['/etc/letsencrypt', 'Configuration, accounts, certificates, and their renewal files.'],
      ['/etc/letsencrypt/cli.ini, ~/.config/letsencrypt/cli.ini', 'Options that hold for every call, by their long names without the dashes.'],
      ['/etc/letsencrypt/renewal\\-hooks/{pre,deploy,post}', 'Programs that run around every renewal.'],
      ['/var/log/letsencrypt/letsencrypt.log', 'What the last run did.'],
    ].flatMap(([path = '', what = '']) => ['.TP', `.I ${path.replace(/(?<!\\)-/g, '\\-')}`, what]),
    '.SH SEE ALSO',
    'certwright \\-\\-help all',
  );
  return `${lines.join('\n')}\n`;
}

function listed(options: readonly (CliOption | PluginOption)[]): readonly string[] {
  return options
    .filter(({ help }) => help !== '')
    .flatMap(({ flags, metavar, help }) => ['.TP', `${flags.map((flag) => `\\fB${escaped(flag)}\\fR`).join(', ')}${metavar === undefined ? '' : ` \\fI${escaped(metavar)}\\fR`}`, text(help)]);
}

function escaped(words: string): string {
  return words.replaceAll('\\', '\\e').replaceAll('-', '\\-');
}

/** A line of running text: nothing in it may be taken for a request. */
function text(words: string): string {
  return escaped(words).replace(/^([.'])/, '\\&$1');
}
