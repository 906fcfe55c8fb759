import type { PluginDescriptor, PluginOption } from '../plugins/contract.js';
import type { CliOption, Topic } from './option.js';
import { verbs } from './verbs.js';

const WIDTH = 80;
const INDENT = 26;

const titles: Readonly<Record<Topic, string>> = {
  general: 'Common options',
  names: 'Names',
  automation: 'Automation',
  account: 'Account',
  security: 'Security',
  testing: 'Testing',
  paths: 'Paths and servers',
  proof: 'Proof',
  hooks: 'Hooks',
  installation: 'Server configuration',
  plugins: 'Plugins',
  sandbox: 'Sandbox',
  other: 'Other commands',
};

/** `--help`, `--help all`, `--help TOPIC`: topics are those above, verbs, and plugins (S12). An unknown topic gets the list of topics. */
export function helpText(topic: string, program: string, options: readonly CliOption[], plugins: readonly PluginDescriptor[]): string {
  const plugin = plugins.find(({ name }) => name === topic);
  if (plugin) return [`${plugin.name}: ${plugin.title}`, '', ...fill(plugin.description, 0), '', ...listed(plugin.options)].join('\n');
  if (Object.hasOwn(titles, topic)) return section(topic as Topic, options).join('\n');
  if (topic === 'all') return [...head(program), ...sections(Object.keys(titles) as Topic[], options), ...plugins.flatMap(({ name, options: own }) => (own.length > 0 ? ['', `${name}:`, ...listed(own)] : []))].join('\n');
  const verb = Object.hasOwn(verbs, topic) ? verbs[topic] : undefined;
  if (verb) {
    const topics: readonly Topic[] = verb.verb === 'certificates' ? ['paths'] : verb.verb === 'sandbox' ? ['sandbox'] : ['general', 'automation', 'hooks', 'paths'];
    return [`usage: ${program} ${topic} [options] [-d DOMAIN ...]`, '', `${verb.help}.${verb.done ? '' : ' certwright does not do this yet; certbot works on the same directories.'}`, ...sections(topics, options)].join('\n');
  }
  if (topic === '' || topic === 'commands') return [...head(program), ...sections(topic === '' ? ['general'] : [], options), '', `More: ${program} --help TOPIC, with all, commands, ${[...Object.keys(titles), ...plugins.map(({ name }) => name)].join(', ')}, or a command.`].flatMap((line) => fill(line, 0)).join('\n');
  return fill(`There is no help on ${topic.slice(0, 60)}. Topics: all, commands, ${[...Object.keys(titles), ...plugins.map(({ name }) => name)].join(', ')}, and every command.`, 0).join('\n');
}

function head(program: string): readonly string[] {
  const rows = Object.entries(verbs).filter(([, { help, done }]) => help !== '' && done);
  return [
    `usage: ${program} [COMMAND] [options] [-d DOMAIN] [-d DOMAIN] ...`,
    '',
    ...fill(`HTTPS certificates from an ACME CA. Without a command, ${program} asks what is to be done.`, 0),
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
    .flatMap(({ flags, metavar, help }) => {
      const names = `  ${flags.join(', ')}${metavar === undefined ? '' : ` ${metavar}`}`;
      const [first = '', ...rest] = fill(help, INDENT);
      return names.length < INDENT - 1 ? [names.padEnd(INDENT) + first.trimStart(), ...rest] : [names, first, ...rest];
    });
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
