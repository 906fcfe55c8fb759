import { existsSync, mkdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { copyPlace, multiply, place, remember } from './lineages.mjs';
import { makeServer, serverAlone, siteName } from './servers.mjs';

/**
 * One row: `prepare` makes a program's directories ready (not timed) and gives its words; `before` is called before each turn, and may
 * change them; `alone`, after them all, gives the seconds that the work takes at least, whoever does it; `end` once after the last. `target`: the ratio of wall times that is wanted at most.
 */

const names = (count, label = 'host') => Array.from({ length: count }, (_, index) => `${label}${index}.example.com`);
const unattended = (ca) => ['-n', '--agree-tos', '-m', 'admin@example.com', '--server', ca.server, '--standalone', '--http-01-port', String(ca.httpPort)];
const obtain = (ca, list, { words }) => ['certonly', ...unattended(ca), '--force-renewal', '--cert-name', list[0], '-d', list.join(','), ...words];
const renew = ({ words }, ...more) => ['renew', '-n', '--no-random-sleep-on-renew', ...more, ...words];

const plain = (title, target, args) => ({ title, target, prepare: () => Promise.resolve({ args }) });

/** Longer than the two seconds in which a file's times do not tell one change from the next: lineages of a real machine are older. */
const settle = () => pause(2500);

/** A place with so many lineages, copies of one that the program itself obtained. */
async function lineages({ name, folder, authorities, run }, ca, count) {
  const where = place(folder, `${name}-${ca}-${count}`);
  if (!existsSync(where.at)) {
    await run(name, obtain(authorities[ca], names(1), where));
    multiply(where, names(1)[0], count);
    await settle();
  }
  return where;
}

const certificates = (count, target) => ({
  title: `certificates, ${count} lineages`,
  target,
  async prepare(bench) {
    return { args: ['certificates', ...(await lineages(bench, 'pebble', count)).words] };
  },
});

const nothingDue = (count, asked, target) => ({
  // The sandbox CA names a CRL in its certificates as well, which is fetched once; pebble's name nothing. certbot 2.1 knows neither.
  title: `renew, ${count} not due, ${asked ? 'ARI and CRL asked (certbot: no)' : 'ARI remembered'}`,
  target,
  async prepare(bench) {
    const where = await lineages(bench, asked ? 'sandbox' : 'pebble', count);
    // As between two runs of a timer: nothing happens to the files, or the time to ask again has come.
    if (!asked) remember(where, '2099-01-01T00:00:00');
    await settle();
    return { where, args: renew(where) };
  },
  before: ({ where }) => asked && remember(where, '2020-01-01T00:00:00'),
});

const issue = (count, ca, target) => ({
  title: `one certificate, ${count === 1 ? 'one name' : `${count} names`}${ca === 'slow' ? ', 50 ms round trip' : ''}`,
  target,
  async prepare({ name, folder, authorities, run }) {
    const where = place(folder, `${name}-${ca}-issue`);
    // The account is there.
    if (!existsSync(where.at)) await run(name, obtain(authorities[ca], names(1), where));
    return { args: obtain(authorities[ca], names(count), where) };
  },
});

const forced = (count, ca, target) => ({
  title: `renew, ${count} forced${ca === 'slow' ? ', 50 ms round trip' : ''}`,
  target,
  async prepare({ name, folder, authorities, run }) {
    const [first, where] = [place(folder, `renew-${count}`), place(folder, `${name}-${ca}-renew-${count}`)];
    const { pebble } = authorities;
    if (!existsSync(first.at)) for (const each of names(count, 'renew')) await run('certwright', obtain(pebble, [each], first));
    copyPlace(first, where, pebble.server, authorities[ca].server);
    return { args: renew(where, '--force-renewal') };
  },
});

/** On a real server with so many sites, one file each. Every turn has a server of its own, as it was at first. */
function served(kind, count, title, args) {
  let made = null;
  const stop = async () => {
    await made?.server.stop();
    made = null;
  };
  return {
    title: `${kind}, ${count} ${kind === 'nginx' ? 'blocks' : 'hosts'}: ${title}`,
    target: 0.05,
    async prepare({ name, folder, authorities, run }) {
      const where = place(folder, `${name}-${kind}-${count}-${args.name}`);
      // certbot would make it with its logs, for itself alone: Apache's processes must come to the answers below it.
      mkdirSync(where.at, { mode: 0o755 });
      // The account is there, and a certificate to install.
      await run(name, obtain(authorities.pebble, [siteName(count / 2)], where));
      return { ca: authorities.pebble, folder, where, args: [], env: {} };
    },
    async before(work) {
      await stop();
      made = await makeServer(kind, count, work.ca, work.folder);
      await made.server.start();
      work.args = [...args(kind, count, work), ...made.words, ...work.where.words];
      work.env = made.env;
    },
    /** On a server as it was at first. */
    alone: () => serverAlone(kind, made.server.root),
    end: stop,
  };
}

function install(kind, count) {
  return ['install', '-n', '-i', kind, '--redirect', '--cert-name', siteName(count / 2)];
}

function certonly(kind, count, { ca }) {
  const all = Array.from({ length: 50 }, (_, number) => siteName((number * count) / 50));
  return ['certonly', '-n', '--server', ca.server, '-a', kind, '--force-renewal', '--cert-name', 'many', '-d', all.join(',')];
}

const onServer = (kind, count) => [served(kind, count, 'install of one name', install), served(kind, count, 'certonly of 50 names', certonly)];

export const rows = [
  plain('--version', 0.2, ['--version']),
  plain('--help', undefined, ['--help']),
  certificates(10),
  certificates(100),
  certificates(1000, 0.25),
  nothingDue(10, false),
  nothingDue(100, false),
  nothingDue(1000, false, 0.1),
  nothingDue(10, true),
  nothingDue(100, true),
  nothingDue(1000, true, 0.25),
  issue(1, 'pebble', 0.12),
  issue(10, 'pebble', 0.2),
  issue(100, 'pebble', 0.2),
  forced(10, 'pebble'),
  forced(50, 'pebble', 0.02),
  issue(1, 'slow'),
  issue(100, 'slow', 0.12),
  forced(50, 'slow'),
  ...onServer('nginx', 1000),
  ...onServer('nginx', 5000),
  ...onServer('apache', 1000),
];
