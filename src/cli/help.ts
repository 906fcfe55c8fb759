import type { PluginDescriptor, PluginOption } from '../plugins/contract.js';
import { missingPlugin, OTHER_PLUGINS } from './argv.js';
import { defaultValues } from './defaults.js';
import type { CliOption, Topic } from './option.js';
import { verbOptions, verbs } from './verbs.js';

const WIDTH = 80;
const INDENT = 26;

export const titles: Readonly<Record<Topic, string>> = {
  general: 'Common options',
  automation: 'Automation',
  account: 'Account',
  security: 'Security',
  testing: 'Testing',
  paths: 'Paths and servers',
  hooks: 'Hooks',
  installation: 'Server configuration',
  plugins: 'Plugins',
  sandbox: 'Sandbox',
  other: 'Other commands',
};

/** Other words for `--help commands`. */
const COMMANDS = new Set(['commands', 'command', 'subcommand', 'subcommands', 'verbs', 'manage']);

/** `--help`, `--help all`, `--help TOPIC`: topics are those above, verbs, and plugins (S12). An unknown topic gets the list of topics. */
export function helpText(topic: string, program: string, options: readonly CliOption[], plugins: readonly PluginDescriptor[]): string {
  return pages(topic, program, options, plugins).flatMap((line) => fill(line, 0)).join('\n');
}

function pages(topic: string, program: string, options: readonly CliOption[], plugins: readonly PluginDescriptor[]): readonly string[] {
  const topics = ['all', 'commands', ...Object.keys(titles), ...new Set(plugins.flatMap(({ name, aliases }) => aliases ?? [name]))].join(', ');
  // `auth` is a command of certbot's besides a plugin of S3front's.
  const meant = Object.hasOwn(verbs, topic) ? [] : plugins.filter(({ name, aliases }) => name === topic || aliases?.includes(topic));
  if (meant.length > 0) return meant.flatMap((plugin, index) => [...(index > 0 ? [''] : []), `${plugin.name}: ${plugin.title}`, '', plugin.description, '', ...listed(plugin.options)]);
  if (topic === 'all') return [...head(program), ...sections(Object.keys(titles) as Topic[], options), ...plugins.flatMap(({ name, options: own }) => (own.length > 0 ? ['', `${name}:`, ...listed(own)] : []))];
  if (Object.hasOwn(verbs, topic)) return verbPage(topic, program, options);
  if (Object.hasOwn(titles, topic)) return section(topic as Topic, options);
  if (topic === '') return [...head(program), ...sections(['general'], options), '', `More: ${program} --help TOPIC, with ${topics}, or a command.`];
  if (COMMANDS.has(topic)) return [...head(program), '', `${program} --help COMMAND tells more about one.`];
  const missing = missingPlugin(topic);
  if (missing === topic) return [`The ${missing} plugin is not built in yet.`, OTHER_PLUGINS];
  return [`There is no help on ${topic.slice(0, 60)}. Topics: ${topics}, and every command.`];
}

function verbPage(word: string, program: string, options: readonly CliOption[]): readonly string[] {
  const verb = verbs[word]?.verb ?? 'run';
  const { help, done, operands } = verbs[verb] ?? { help: '', done: true };
  const { own, topics } = verbOptions[verb];
  const first = options.filter((option) => 'dest' in option && own.includes(option.dest));
  const rest = options.filter((option) => !first.includes(option));
  return [
    `usage: ${program} ${verb}${operands === undefined ? '' : ` ${operands.shown}`} [options]${own.includes('domains') || topics.includes('general') ? ' [-d DOMAIN ...]' : ''}`,
    '',
    `${help}.${done ? '' : ' certwright does not do this yet; certbot works on the same directories.'}`,
    ...(first.length > 0 ? ['', `Options of ${verb}:`, ...listed(first)] : []),
    ...sections(topics, rest),
    '',
    `Every option: ${program} --help all`,
  ];
}

function head(program: string): readonly string[] {
  const rows = Object.entries(verbs).filter(([, { help, done }]) => help !== '' && done);
  return [
    `usage: ${program} [COMMAND] [options] [-d DOMAIN] [-d DOMAIN] ...`,
    '',
    `HTTPS certificates from an ACME CA. Without a command, ${program} asks what is to be done.`,
    '',
    'Commands:',
    ...rows.map(([name, { help }]) => `  ${name.padEnd(INDENT - 2)}${help}`),
  ];
}

function sections(topics: readonly Topic[], options: readonly CliOption[]): readonly string[] {
  return topics.flatMap((topic) => ['', ...section(topic, options)]);
}

function section(topic: Topic, options: readonly CliOption[]): readonly string[] {
  return [`${titles[topic]}:`, ...listed(options.filter((option) => option.topic === topic))];
}

function listed(options: readonly (CliOption | PluginOption)[]): readonly string[] {
  return options
    .filter(({ help }) => help !== '')
    .flatMap((option) => {
      const { flags, metavar } = option;
      const help = `${option.help}${choices(option)}${byDefault(option)}`;
      const names = `  ${flags.join(', ')}${metavar === undefined ? '' : ` ${metavar}`}`;
      const [first = '', ...rest] = fill(help, INDENT);
      return names.length < INDENT - 1 ? [names.padEnd(INDENT) + first.trimStart(), ...rest] : [names, first, ...rest];
    });
}

function choices(option: CliOption | PluginOption): string {
  return option.kind === 'text' && option.choices ? ` One of ${option.choices.join(', ')}.` : '';
}

/** The default of an option that takes a value, where there is one to tell. */
function byDefault(option: CliOption | PluginOption): string {
  if (option.kind !== 'text' && option.kind !== 'int' && option.kind !== 'string') return '';
  const value = 'topic' in option ? defaultValues[option.dest] : option.default;
  return value === undefined || value === '' ? '' : ` (default: ${String(value)})`;
}

/** Lines of at most 80 characters, indented. */
function fill(text: string, indent: number): readonly string[] {
  if (text.length + indent <= WIDTH) return [`${' '.repeat(indent)}${text}`];
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > WIDTH - indent) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].map((each) => `${' '.repeat(indent)}${each}`);
}
