import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startSandbox } from '../../src/sandbox/sandbox.js';
import { binary, makePlace, runProgram, unattended, type Ended, type Place } from './certwright.js';
import { freePorts } from './pebble.js';

let place: Place;
let root: string;
beforeEach(() => {
  place = makePlace();
  root = join(place.folder, 'root');
  put('usr/bin/certbot', '#!/bin/sh\n', 0o755);
  mkdirSync(join(root, 'etc/cron.d'), { recursive: true });
});
afterEach(() => place.remove());

function put(path: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
  chmodSync(join(root, path), mode);
}
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const there = (path: string) => existsSync(join(root, path));

/** Debian's systemctl changes the links below the root; what only a running systemd knows is kept in files by this stand-in. */
const STAND_IN = `#!/bin/sh
R="${'$'}{CERTWRIGHT_ROOT}"; echo "${'$'}*" >> "$R/calls"; now=no
[ -n "${'$'}FAIL" ] && [ "${'$'}2" = "${'$'}FAIL" ] && { echo "stand-in: refused" >&2; exit 1; }
case "$1" in --root=*) shift;; esac
verb=$1; shift
case "$1" in --now) now=yes; shift;; esac
mkdir -p "$R/run/active"
case "$verb" in
  show) shift; for unit; do
      echo "Id=$unit"
      [ -e "$R/run/active/$unit" ] && { echo ActiveState=active; echo "NextElapseUSecRealtime=Wed 2026-11-25 03:10:00 UTC"; } || { echo ActiveState=inactive; echo NextElapseUSecRealtime=; }
      echo "UnitFileState=$(/usr/bin/systemctl --root="$R" is-enabled "$unit")"; echo
    done;;
  daemon-reload) ;;
  start) touch "$R/run/active/$1";;
  enable) /usr/bin/systemctl --root="$R" enable "$1" >&2 && [ $now = yes ] && touch "$R/run/active/$1"; true;;
  disable) /usr/bin/systemctl --root="$R" disable "$1" >&2; [ $now = yes ] && rm -f "$R/run/active/$1"; true;;
esac
`;

/** A machine on which systemd runs, with Debian's own units of certbot, their timer on. */
function withSystemd(certbot: boolean): void {
  mkdirSync(join(root, 'run/systemd/system'), { recursive: true });
  put('bin/systemctl', STAND_IN, 0o755);
  if (!certbot) return;
  for (const unit of ['certbot.timer', 'certbot.service']) {
    mkdirSync(join(root, 'lib/systemd/system'), { recursive: true });
    cpSync(`/lib/systemd/system/${unit}`, join(root, 'lib/systemd/system', unit));
  }
  mkdirSync(join(root, 'run/active'), { recursive: true });
  writeFileSync(join(root, 'run/active/certbot.timer'), '');
  mkdirSync(join(root, 'etc/systemd/system/timers.target.wants'), { recursive: true });
  cpSync('/etc/cron.d/certbot', join(root, 'etc/cron.d/certbot'));
}

/** The words of a person; the three directories are certbot's usual ones for the timer, but ours for logs and locks. */
function schedule(words: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  return runProgram(process.execPath, [binary, 'schedule', ...words, ...place.directories], { env: { HOME: place.folder, CERTWRIGHT_ROOT: root, PATH: `${join(root, 'bin')}${delimiter}${process.env['PATH'] ?? ''}`, ...env } });
}

/** The same, with certbot's jobs looking after these directories too. */
function sameDirectories(path: string): void {
  const config = join(place.folder, 'config');
  put(path, read(path).replace('-q renew', `-q --config-dir ${config} renew`));
}

async function fine(ended: Promise<Ended>): Promise<Ended> {
  const result = await ended;
  expect(result.code, result.stderr).toBe(0);
  return result;
}

it('U26: with systemd a timer is set up once, is correct, and goes without a trace', async () => {
  withSystemd(false);
  expect((await fine(schedule([]))).stdout).toContain('are not renewed by themselves');
  const planned = await fine(schedule(['install', '--plan']));
  expect(planned.stdout).toContain('write /etc/systemd/system/certwright.timer');
  expect(there('etc/systemd/system/certwright.timer')).toBe(false);
  const installed = await fine(schedule(['install', '-n']));
  expect(installed.stdout).toMatch(/are renewed by certwright\.timer \(certwright\)[^]*Next start: 2026-11-2\d \d\d:\d\d/);
  const service = read('etc/systemd/system/certwright.service');
  expect(service).toContain(`ExecStart=${process.execPath} ${binary} -q renew --no-random-sleep-on-renew --config-dir ${join(place.folder, 'config')}`);
  expect(read('etc/systemd/system/certwright.timer')).toMatch(/RandomizedDelaySec=12h\nPersistent=true/);
  const units = ['service', 'timer'].map((kind) => join(root, 'etc/systemd/system', `certwright.${kind}`));
  const verified = await runProgram('systemd-analyze', ['verify', ...units], { timeout: 20_000 });
  expect(`${verified.stdout}${verified.stderr}`).not.toMatch(/certwright/);
  expect((await runProgram('systemd-analyze', ['calendar', '*-*-* 00,12:00:00'])).code).toBe(0);
  const calls = read('calls');
  expect((await fine(schedule(['install', '-n']))).stdout).toContain('It is set up already');
  expect(read('calls').slice(calls.length)).not.toMatch(/enable|reload/);
  await fine(schedule(['remove', '-n']));
  expect(readdirSync(join(root, 'etc/systemd/system')).filter((name) => name.includes('certwright'))).toEqual([]);
  expect(there('etc/systemd/system/timers.target.wants/certwright.timer')).toBe(false);
  expect((await fine(schedule(['remove', '-n']))).stdout).toContain('nothing to remove');
});

it('U26: certbot’s timer is never joined by a second one unasked; taken over, it comes back as it was', async () => {
  withSystemd(true);
  sameDirectories('lib/systemd/system/certbot.service');
  await runProgram('/usr/bin/systemctl', [`--root=${root}`, 'enable', 'certbot.timer']);
  const on = 'etc/systemd/system/timers.target.wants/certbot.timer';
  expect(there(on)).toBe(true);
  expect((await fine(schedule(['status']))).stdout).toMatch(/renewed by certbot\.timer \(certbot\)[^]*cron\.d\/certbot, line \d+: it leaves the work to systemd/);
  const asked = await schedule(['install', '-n']);
  expect(asked.code).toBe(1);
  expect(asked.stderr).toMatch(/certbot\.timer renews the certificates[^]*--take-over or --keep-certbot/);
  expect(there('etc/systemd/system/certwright.timer')).toBe(false);
  expect((await fine(schedule(['install', '--keep-certbot']))).stdout).toContain('nothing was changed');
  await fine(schedule(['install', '--take-over']));
  expect([there(on), there('run/active/certbot.timer'), there('run/active/certwright.timer')]).toEqual([false, false, true]);
  // Once more: what was taken over is not forgotten.
  writeFileSync(join(root, 'etc/systemd/system/certwright.service'), 'changed\n');
  await fine(schedule(['install', '-n']));
  const status = JSON.parse((await fine(schedule(['status', '--json']))).stdout.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
  expect(status).toMatchObject({ type: 'schedule', starter: 'systemd', renewedBy: 'certwright.timer', missing: [] });
  await fine(schedule(['remove', '-n']));
  expect([there(on), there('run/active/certbot.timer'), there('run/active/certwright.timer')]).toEqual([true, true, false]);
  expect((await schedule(['install', '--take-over'], { FAIL: 'enable' })).stderr).toContain('stand-in: refused');
  expect(there(on)).toBe(true);
});

it('U26: without systemd a cron file that cron takes; Debian’s own is diverted, and put back', async () => {
  put('proc/1/comm', 'cron\n');
  cpSync('/etc/cron.d/certbot', join(root, 'etc/cron.d/certbot'));
  sameDirectories('etc/cron.d/certbot');
  const packaged = read('etc/cron.d/certbot');
  for (const name of ['info', 'updates']) mkdirSync(join(root, 'var/lib/dpkg', name), { recursive: true });
  put('var/lib/dpkg/status', 'Package: certbot\nStatus: install ok installed\nArchitecture: all\nMaintainer: x <x@example.com>\nVersion: 1\nDescription: x\n\n');
  put('var/lib/dpkg/info/certbot.list', '/.\n/etc\n/etc/cron.d\n/etc/cron.d/certbot\n');
  put('var/lib/dpkg/info/format', '1\n');
  const told = await fine(schedule(['status']));
  expect(told.stdout).toMatch(/renewed by \/etc\/cron\.d\/certbot, line 17 \(certbot\)/);
  await fine(schedule(['install', '--take-over']));
  expect(there('etc/cron.d/certbot')).toBe(false);
  expect((await runProgram('dpkg-divert', ['--admindir', join(root, 'var/lib/dpkg'), '--list'])).stdout).toContain('local diversion of /etc/cron.d/certbot');
  const job = read('etc/cron.d/certwright');
  expect(job).toMatch(/^\d+ \d+,\d+ \* \* \* root test -x \S+ && test -f \S+ && /m);
  // cron's own parser: a crontab has no column for the user.
  put('table', job.replace(' root ', ' '));
  expect((await runProgram('crontab', ['-n', join(root, 'table')])).code).toBe(0);
  await fine(schedule(['install', '-n']));
  expect(read('etc/cron.d/certwright')).toBe(job);
  expect((await fine(schedule(['status']))).stdout).toMatch(/renewed by \/etc\/cron\.d\/certwright \(certwright\)\.\nNext start: /);
  await fine(schedule(['remove', '-n']));
  expect(read('etc/cron.d/certbot')).toBe(packaged);
  expect(readdirSync(join(root, 'etc/cron.d'))).toEqual(['certbot']);
  expect((await runProgram('dpkg-divert', ['--admindir', join(root, 'var/lib/dpkg'), '--list'])).stdout).toBe('');
  rmSync(join(root, 'proc'), { recursive: true });
  expect((await fine(schedule(['status']))).stdout).toContain('line 17 does not start: cron does not run.');
  const line = `7 3 * * * root certbot renew --config-dir ${join(place.folder, 'config')}\n`;
  put('etc/crontab', line);
  const own = await schedule(['install', '--take-over']);
  expect(own.stderr).toMatch(/\/etc\/crontab, line 1 runs certbot, and that file is not ours to change/);
  expect(read('etc/crontab')).toBe(line);
});

it('T22, C35: what is said about renewal is what is set up, whatever the package’s option says', async () => {
  withSystemd(false);
  const [httpPort = 0, tlsPort = 0] = await freePorts(2);
  const sandbox = await startSandbox({ httpPort, tlsPort });
  try {
    writeFileSync(join(place.folder, 'root.pem'), sandbox.rootPem);
    const obtain = (name: string, ...more: string[]) =>
      fine(
        runProgram(process.execPath, [binary, 'certonly', ...unattended(sandbox.directoryUrl), '--preconfigured-renewal', '--standalone', '--http-01-port', String(httpPort), '-d', name, ...more, ...place.directories], {
          env: { HOME: place.folder, REQUESTS_CA_BUNDLE: join(place.folder, 'root.pem'), CERTWRIGHT_ROOT: root, PATH: `${join(root, 'bin')}${delimiter}${process.env['PATH'] ?? ''}` },
        }),
      );
    expect((await obtain('one.example.com', '--plan')).stdout).toMatch(/^Renews +nothing does that here yet; `certwright schedule install --config-dir [^`]*` \(as root\) sets a timer up/m);
    expect((await obtain('one.example.com')).stdout).toMatch(/nothing on this machine renews it yet\.\n +`certwright schedule install --config-dir [^`]*` \(as root\) sets a timer up/);
    // In their own folders a person needs no root for it.
    const own = await fine(runProgram(process.execPath, [binary, 'certonly', ...unattended(sandbox.directoryUrl), '--standalone', '-d', 'one.example.com', '--plan', '--user-dirs'], { env: { HOME: place.folder, REQUESTS_CA_BUNDLE: join(place.folder, 'root.pem'), CERTWRIGHT_ROOT: root } }));
    expect(own.stdout).toMatch(/^Renews +nothing does that here yet; `certwright schedule install --user-dirs` sets a timer up$/m);
    await fine(schedule(['install', '-n']));
    expect((await obtain('two.example.com', '--plan')).stdout).toMatch(/^Renews +by certwright\.timer, next look 2026-11-2\d/m);
    expect((await obtain('two.example.com')).stdout).toMatch(/^Renewal: +by certwright\.timer, next look 2026-11-2\d/m);
  } finally {
    await sandbox.stop();
  }
});

/** The systemd and the crontab of a user, as far as they are asked. */
const USER_STAND_IN = `#!/bin/sh
R="${'$'}{CERTWRIGHT_ROOT}"; echo "$*" >> "$R/calls"; [ "$1" = --user ] || exit 1
case "$2" in
  show) for unit; do case $unit in *.timer)
      echo "Id=$unit"; [ -e "$R/user-active" ] && { echo ActiveState=active; echo UnitFileState=enabled; echo "NextElapseUSecRealtime=Wed 2026-11-25 03:10:00 UTC"; } || { echo ActiveState=inactive; echo UnitFileState=disabled; }; echo;; esac; done;;
  enable) touch "$R/user-active";;
  disable) rm "$R/user-active";;
esac
`;
const CRONTAB = `#!/bin/sh
T="${'$'}{CERTWRIGHT_ROOT}/crontab"
case "$1" in -l) cat "$T";; -r) rm "$T";; *) cat "$1" > "$T";; esac
`;
/** As the owner of a home folder types it. */
const ownSchedule = (...words: string[]): Promise<Ended> =>
  runProgram(process.execPath, [binary, 'schedule', ...words, '--user-dirs'], { env: { HOME: place.folder, XDG_CONFIG_HOME: '', XDG_RUNTIME_DIR: '/run/user/7', LOGNAME: 'me', CERTWRIGHT_ROOT: root, PATH: `${join(root, 'bin')}${delimiter}${process.env['PATH'] ?? ''}` } });

it('U26: --user-dirs has a timer of the user, which runs always with lingering; it is set up once and goes without a trace', async () => {
  mkdirSync(join(root, 'run/systemd/system'), { recursive: true });
  mkdirSync(join(root, 'run/user/7/systemd'), { recursive: true });
  put('bin/systemctl', USER_STAND_IN, 0o755);
  const units = join(place.folder, '.config/systemd/user');
  expect((await fine(ownSchedule())).stdout).toContain('`certwright schedule install --user-dirs` sets renewals up.');
  const installed = (await fine(ownSchedule('install', '-n'))).stdout;
  expect(installed).toMatch(/are renewed by certwright\.timer[^]*Next start: 2026-11-2\d[^]*loginctl enable-linger/);
  expect(read(join(units, 'certwright.service'))).toMatch(new RegExp(`\\[Service\\]\\nType=oneshot\\nExecStart=.* -q renew --no-random-sleep-on-renew --config-dir ${join(place.folder, '.config/certwright')} --work-dir `));
  expect(read('calls')).toContain('--user daemon-reload\n--user enable --now certwright.timer\n');
  put('var/lib/systemd/linger/me', '');
  const again = (await fine(ownSchedule('install', '-n'))).stdout;
  expect(again).toContain('It is set up already');
  expect(again).not.toContain('linger');
  expect((await fine(ownSchedule('remove', '-n'))).stdout).toContain('are not renewed by themselves');
  expect(readdirSync(join(root, units))).toEqual([]);
  expect(there('user-active')).toBe(false);
});

it('U26: where no systemd of the user runs it is two lines of the crontab; the other lines stay, byte for byte', async () => {
  expect((await ownSchedule('install', '-n')).stderr).toContain('Neither a systemd of your own nor the crontab program is here');
  put('bin/crontab', CRONTAB, 0o755);
  put('proc/17/comm', 'cron\n');
  const before = '# mine\n5 4 * * * /bin/true';
  put('crontab', before);
  const installed = (await fine(ownSchedule('install', '-n'))).stdout;
  expect(installed).toMatch(/are renewed by your crontab, line 4 \(certwright\)/);
  const after = read('crontab');
  expect(after).toMatch(new RegExp(`^# mine\\n5 4 \\* \\* \\* /bin/true\\n# Written by .*\\n\\d+ \\d+,\\d+ \\* \\* \\* test -x .* -q renew --config-dir ${join(place.folder, '.config/certwright')} .*\\n$`));
  expect((await fine(ownSchedule('install', '-n'))).stdout).toContain('It is set up already');
  expect(read('crontab')).toBe(after);
  await fine(ownSchedule('remove', '-n'));
  expect(read('crontab')).toBe(`${before}\n`);
});
