import { MissingFlag, Refused } from './errors.js';
import type { ServerFact } from './decide/facts.js';
import type { Question } from './decide/question.js';
import type { Settings } from './settings.js';
import { serversHere } from './servers-here.js';
import type { World } from './world.js';

/**
 * The settings and the world with the web server that is meant, for the commands that install (certbot: `pick_installer`): the one that is named,
 * else the only one that answers here, or can be read, else a person is asked. Nobody is asked with -n, and nothing is chosen then (certbot, too).
 * Throws MissingFlag, and Refused when there is none.
 */
export async function withServerMeant(settings: Settings, world: World): Promise<{ settings: Settings; world: World }> {
  if (settings.values.installer !== undefined) return { settings, world };
  if (settings.values.noninteractiveMode || !world.attended) {
    const flags = world.plugins.flatMap(({ name, server }) => (server && server.root(settings.plugin) !== null ? [`--${name}`] : []));
    throw new MissingFlag('installer', [...flags, '-i NAME'], 'Missing command line flags. For non-interactive execution, you will need to specify a plugin on the command line.');
  }
  const servers = await serversHere(settings, world);
  // One that does not answer now can be given a certificate all the same, as long as it can be read.
  const answering = servers.filter(({ fault }) => fault === undefined);
  const usable = answering.length > 0 ? answering : servers.filter(({ names, patterns }) => names.length + patterns.length > 0);
  const [first, ...others] = usable;
  if (!first) {
    throw new Refused(servers.length === 0 ? 'There is no web server here that a certificate can be installed into.' : `No web server here can be used:\n${servers.map(({ label, fault }) => `${label}: ${fault ?? ''}`).join('\n')}`, {
      hint: `\`${settings.program} plugins --installers\` lists what can be named with -i.`,
    });
  }
  const name = others.length === 0 ? first.plugin : String(await world.interaction.ask(serverQuestion(first, usable), { canGoBack: false, trail: [] }));
  if (others.length === 0) world.log('info', `The web server is ${first.label}, the only one ${answering.length > 0 ? 'that answers here' : 'here'}; -i names another.`);
  return { settings: { ...settings, values: { ...settings.values, installer: name } }, world: { ...world, args: [...world.args, '-i', name] } };
}

function serverQuestion(first: ServerFact, usable: readonly ServerFact[]): Question {
  return {
    kind: 'choice',
    id: 'server',
    label: 'Server',
    title: 'Which web server is it for?',
    term: 'installer',
    why: 'Several web servers of this machine can be configured. Only the one that you choose is changed; what it has now is kept, so that it can be put back.',
    flags: usable.map(({ plugin }) => `--${plugin}`),
    missing: 'Which web server is it for?',
    choices: usable.map(({ plugin, label, names }) => ({ value: plugin, label, flag: `--${plugin}`, hint: names.length === 0 ? 'its configuration has no names' : shortList(names.map(({ name }) => name)) })),
    recommended: first.plugin,
    even: true,
  };
}

function shortList(names: readonly string[]): string {
  return names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
}
