import type { PluginDescriptor } from '../../plugins/contract.js';
import { openInstaller } from '../installation.js';
import type { Settings } from '../settings.js';
import type { World } from '../world.js';

/** `plugins`: what can prove names or configure servers here, in certbot's form, those of other packages with where these are; --init loads each, --prepare has it look at this machine. */
export async function plugins(settings: Settings, world: World): Promise<void> {
  const { listAuthenticators, listInstallers, init, prepare } = settings.values;
  const shown = world.plugins.filter(({ authenticator, installer, hidden }) => hidden !== true && (!listAuthenticators || authenticator) && (!listInstallers || installer));
  const frame = '- '.repeat(40).trimEnd();
  const blocks: string[] = [];
  for (const plugin of shown) {
    const lines = [
      `* ${plugin.name}`,
      `Description: ${plugin.description}`,
      `Interfaces: ${[...(plugin.authenticator ? ['Authenticator'] : []), ...(plugin.installer ? ['Installer'] : []), 'Plugin'].join(', ')}`,
      `Entry point: ${plugin.name} = ${plugin.origin?.package ?? 'certwright'}:${plugin.name}`,
      ...(plugin.origin === undefined ? [] : [`Package: ${plugin.origin.package} in ${plugin.origin.folder}`]),
    ];
    if (init || prepare) {
      await plugin.load?.();
      await plugin.loadInstaller?.();
      lines.push(`Initialized: ${plugin.title}`);
    }
    if (prepare) lines.push(`Prep: ${(await whatIsWrong(plugin, settings, world)) ?? 'True'}`);
    blocks.push(lines.join('\n'));
  }
  world.interaction.report({ type: 'result', text: ['', frame, blocks.length > 0 ? blocks.join('\n\n') : 'No plugins', frame].join('\n') });
}

/** Why the plugin cannot work on this machine; null when it can. */
async function whatIsWrong(plugin: PluginDescriptor, settings: Settings, world: World): Promise<string | null> {
  if (!plugin.loadInstaller) return null;
  try {
    await openInstaller({ ...settings, values: { ...settings.values, installer: plugin.name } }, world);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
