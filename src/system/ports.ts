import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

export interface PortHolder {
  pid: number;
  command: string;
}

/** State of a listening socket in /proc/net/tcp. */
const LISTEN = '0A';

/** Which process listens on a TCP port of this machine; null when none, or when this cannot be seen (rights, no /proc). */
export function portHolder(port: number): PortHolder | null {
  const inodes = new Set([...listening('/proc/net/tcp', port), ...listening('/proc/net/tcp6', port)]);
  if (inodes.size === 0) return null;
  for (const pid of processes()) {
    try {
      for (const descriptor of readdirSync(`/proc/${pid}/fd`)) {
        const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${descriptor}`))?.[1];
        if (inode !== undefined && inodes.has(inode)) return { pid: Number(pid), command: readFileSync(`/proc/${pid}/comm`, 'utf8').trim() };
      }
    } catch {
      // Ended meanwhile, or not ours to look at.
    }
  }
  return null;
}

/** Does anything listen on this TCP port, on whatever address? */
export function portInUse(port: number): boolean {
  return listening('/proc/net/tcp', port).length > 0 || listening('/proc/net/tcp6', port).length > 0;
}

function listening(path: string, port: number): readonly string[] {
  let table: string;
  try {
    table = readFileSync(path, 'utf8');
  } catch {
    return [];
  }
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === LISTEN && fields[1]?.endsWith(`:${wanted}`))
    .map((fields) => fields[9] ?? '');
}

function processes(): readonly string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}
