import type { PluginOption } from '../../plugins/contract.js';
import type { Settings } from '../settings.js';
import { directoryWords } from './directory-words.js';

/** The command that undoes the newest changes of a server: copied as it stands it finds the same directories and the same server, `options` being those of its plugin. */
export function undoWords({ program, values, plugin }: Settings, installer: string, count: number, options: readonly PluginOption[]): readonly string[] {
  const own = options.flatMap(({ flags, dest, kind, default: usual }) => {
    const [flag, value] = [flags.at(-1) ?? '', plugin[dest]];
    // Where a server stands is a text; what its plugin makes of a certificate does not matter here.
    return (kind === 'string' || kind === 'path') && typeof value === 'string' && value !== usual ? [flag, value] : [];
  });
  return [program, 'rollback', '-i', installer, '--checkpoints', String(count), ...directoryWords(values), ...own];
}
