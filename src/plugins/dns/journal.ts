import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { PluginValue } from '../../core/settings.js';
import { isTemporaryName, writeFileAtomic } from '../../system/atomic-file.js';

/** A record that we are about to set, with what it takes to remove it in another run. Values of challenges are no secrets. */
export interface JournalEntry {
  target: string;
  value: string;
  /** The plugin's own options: where the credentials are, never what is in them. */
  options: Readonly<Record<string, PluginValue>>;
  /** Milliseconds since 1970. */
  since: number;
}

/** One file for each record that stands in somebody's DNS because of us: written before it is set, removed after it is gone. */
export interface DnsJournal {
  /** Throws PermissionMissing. */
  note(entry: JournalEntry): void;
  forget(entry: Pick<JournalEntry, 'target' | 'value'>): void;
  /** All that are noted; files that cannot be understood are left out. */
  entries(): readonly JournalEntry[];
}

/** The journal of one plugin, below the configuration directory. */
export function dnsJournal(configDir: string, plugin: string): DnsJournal {
  const folder = join(configDir, '.certwright', 'dns-records', plugin);
  const pathOf = ({ target, value }: Pick<JournalEntry, 'target' | 'value'>): string => join(folder, `${createHash('sha256').update(`${target} ${value}`).digest('hex').slice(0, 32)}.json`);
  return {
    note(entry) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      writeFileAtomic(pathOf(entry), `${JSON.stringify(entry)}\n`, { mode: 0o600 });
    },
    forget: (entry) => rmSync(pathOf(entry), { force: true }),
    entries() {
      let names: string[];
      try {
        names = readdirSync(folder);
      } catch {
        return [];
      }
      return names.flatMap((name) => {
        if (isTemporaryName(name)) rmSync(join(folder, name), { force: true });
        return name.endsWith('.json') && !name.startsWith('.') ? (read(join(folder, name)) ?? []) : [];
      });
    },
  };
}

function read(path: string): JournalEntry | null {
  try {
    const { target, value, options, since } = JSON.parse(readFileSync(path, 'utf8')) as Partial<JournalEntry>;
    if (typeof target !== 'string' || typeof value !== 'string' || typeof options !== 'object' || options === null) return null;
    return { target, value, options, since: typeof since === 'number' ? since : 0 };
  } catch {
    return null;
  }
}
