import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { PermissionMissing, StoreError } from '../core/errors.js';
import { printableLine } from '../system/printable.js';
import type { HeldLock } from './lock.js';

/**
 * Opens, locks, compares path and descriptor, tells how it went, and keeps the lock until its input ends: with a word
 * ("release") it removes the file first. When we die the input ends without it, and the kernel frees the lock.
 */
const HOLDER = `
use strict; use Fcntl qw(:DEFAULT :flock F_SETLK F_WRLCK SEEK_SET); use POSIX ();
$| = 1; $SIG{INT} = $SIG{TERM} = $SIG{HUP} = 'IGNORE';
my $path = $ARGV[0];
sub same { my @a = stat($_[0]); my @b = stat($path); return @a && @b && $a[0] == $b[0] && $a[1] == $b[1] }
while (1) {
  umask(0177);
  sysopen(my $file, $path, O_WRONLY | O_CREAT | O_NOFOLLOW, 0600) or do { printf "error %d %s\\n", $!, $!; exit 1 };
  my $lock = pack('s s x![l!] l! l! i x![l!]', F_WRLCK, SEEK_SET, 0, 0, 0);
  if (!fcntl($file, F_SETLK, $lock)) {
    if ($! == POSIX::EAGAIN() || $! == POSIX::EACCES()) { print "held\\n"; exit 0 }
    printf "error %d %s\\n", $!, $!; exit 1;
  }
  if (!same($file)) { close($file); next }
  print "locked\\n";
  my $word = <STDIN>;
  unlink($path) if defined($word) && same($file);
  close($file);
  exit 0;
}
`;

/** EPERM, EACCES and EROFS on Linux. */
const NOT_ALLOWED = new Set(['1', '13', '30']);

/**
 * The lock of one file, held by a perl process (perl is part of every Debian) as long as this process lives; null when
 * somebody else has it. Throws PermissionMissing, StoreError, and the system's ENOENT where there is no perl.
 */
export async function perlLock(path: string, perl = 'perl'): Promise<HeldLock | null> {
  // In a process group of its own: Ctrl-C reaches us only, and the lock stays until we are done.
  const child = spawn(perl, ['-e', HOLDER, path], { stdio: ['pipe', 'pipe', 'ignore'], detached: true });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  child.stdin.on('error', () => undefined);
  const answer = await new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    createInterface({ input: child.stdout }).once('line', resolve).once('close', () => resolve('error 0 perl ended without an answer'));
  });
  if (answer !== 'locked') {
    await ended;
    if (answer === 'held') return null;
    const [, number = '', reason = answer] = /^error (\d+) (.*)$/.exec(answer) ?? [];
    if (NOT_ALLOWED.has(number)) throw new PermissionMissing(path, 'write', { hint: 'Run it as the owner of that folder (usually root), or use --user-dirs.' });
    throw new StoreError(`${path} cannot be locked: ${printableLine(reason)}`);
  }
  // The holder must not keep this process alive by itself.
  child.unref();
  return {
    async release() {
      child.ref();
      child.stdin.end('release\n');
      await ended;
    },
  };
}
