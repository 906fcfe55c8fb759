import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { printableLine } from './printable.js';

export interface PortHolder {
  pid: number;
  /** As the process calls itself, control characters stripped. */
  command: string;
}

/** State of a listening socket in /proc/net/tcp. */
const LISTEN = '0A';

/** Which process listens on a TCP port of this machine; null when none, or when this cannot be seen (rights, no /proc). */
export function portHolder(port: number): PortHolder | null {
  const inodes = new Set([...listening('/proc/net/tcp', port), ...listening('/proc/net/tcp6', port)]);
  if (inodes.size === 0) return null;
  for (const pid of processes()) {
    if (!socketsOf(pid).some((inode) => inodes.has(inode))) continue;
    try {
      return { pid: Number(pid), command: printableLine(readFileSync(`/proc/${pid}/comm`, 'utf8')) };
    } catch {
      // Ended meanwhile.
    }
  }
  return null;
}

/** Socket inodes of a process; none when it ended, or is not ours to look at. */
function socketsOf(pid: string): readonly string[] {
  let descriptors: readonly string[];
  try {
    descriptors = readdirSync(`/proc/${pid}/fd`);
  } catch {
    return [];
  }
  return descriptors.flatMap((descriptor) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${descriptor}`))?.[1] ?? [];
    } catch {
      // Closed since the list was read, as the one that read the list is.
      return [];
    }
  });
}

/** Bit of CAP_NET_BIND_SERVICE in the capability sets of /proc/PID/status (capabilities(7)). */
const BIND_SERVICE = 1n << 10n;

/** May this process listen on the port, by its rights? `read` gives the text of a file, or throws. Without /proc: root only. */
export function mayBind(port: number, read = (path: string): string => readFileSync(path, 'utf8')): boolean {
  try {
    if (port >= Number(read('/proc/sys/net/ipv4/ip_unprivileged_port_start'))) return true;
  } catch {
    if (port >= 1024) return true;
  }
  try {
    const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(read('/proc/self/status'))?.[1];
    if (effective !== undefined) return (BigInt(`0x${effective}`) & BIND_SERVICE) !== 0n;
  } catch {
    // No /proc: the user decides.
  }
  return process.getuid?.() === 0;
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
