interface Places {
  configDir: string;
  workDir: string;
  logsDir: string;
}

/** What `renew` uses when nothing else is said (F01, F07, F08). */
export const USUAL = { configDir: '/etc/letsencrypt', workDir: '/var/lib/letsencrypt', logsDir: '/var/log/letsencrypt' } as const;

const FLAGS: Readonly<Record<keyof typeof USUAL, string>> = { configDir: '--config-dir', workDir: '--work-dir', logsDir: '--logs-dir' };

/** The flags that name these directories where they are not the usual ones. */
export function directoryWords(directories: Places): readonly string[] {
  return (Object.keys(USUAL) as (keyof typeof USUAL)[]).flatMap((name) => (directories[name] === USUAL[name] ? [] : [FLAGS[name], directories[name]]));
}

/** What to type so that the certificates in these directories are renewed by themselves; with --user-dirs their owner may, else root. */
export function scheduleWords(values: Places & { userDirs: boolean }): readonly string[] {
  return ['schedule', 'install', ...(values.userDirs ? ['--user-dirs'] : directoryWords(values))];
}
