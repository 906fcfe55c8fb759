// Times certwright against Debian's certbot on the same work, turn by turn in one run, and prints medians and ratios.
//
//   npm run bench                    every row: some fifteen minutes, for certbot needs two minutes for 50 renewals
//   npm run bench -- version names   rows with one of these words in their title
//   npm run bench -- 'one name' 9    the same with 9 rounds; without a number quick rows get many and slow rows few
//   npm run bench -- rows            only lists the rows
//
// Wall and CPU (user and system) are seconds of the whole process, from outside; the peak is the largest resident set in MiB;
// requests are those that the CA counted. A ratio below 1 is for certwright. Everything stays on this machine: pebble from
// Debian is the CA, or the embedded sandbox CA where renewal information is asked for.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startAuthorities } from './bench/authorities.mjs';
import { measure, median } from './bench/measure.mjs';
import { rows } from './bench/rows.mjs';
import { top } from './prepare.mjs';

/** Seconds that a row may take beyond its first round, and the most rounds that tell anything more. */
const BUDGET = 15;
const MOST_ROUNDS = 15;

const words = process.argv.slice(2);
const fixed = words.map(Number).find((number) => number > 0);
const filters = words.filter((word) => Number.isNaN(Number(word)));
const chosen = rows.filter(({ title }) => filters.length === 0 || filters.some((word) => title.includes(word)));
if (chosen.length === 0) {
  console.log(`The rows are:\n${rows.map(({ title }) => `  ${title}`).join('\n')}`);
  process.exit(filters.includes('rows') ? 0 : 2);
}

const programs = { certwright: [process.execPath, join(top, 'bin', 'certwright.js')], certbot: ['/usr/bin/certbot'] };
const folder = mkdtempSync(join(tmpdir(), 'certwright-bench-'));
// Apache's processes run as another user, and read the answers below it.
chmodSync(folder, 0o755);
const authorities = await startAuthorities(folder);
// Both programs trust these CAs and nothing else: bundles of the machine cost time that has nothing to do with them.
const { NODE_EXTRA_CA_CERTS: _extra, SSL_CERT_FILE: _roots, ...inherited } = process.env;
const env = { ...inherited, HOME: folder, REQUESTS_CA_BUNDLE: authorities.rootsPath };
const run = (name, args, more = {}) => measure(programs[name], args, { ...env, ...more });

/** One turn of each program; `work` gives the words for it, and what has to be made ready is not timed. */
async function round(row, work) {
  const figures = {};
  for (const name of Object.keys(programs)) {
    await row.before?.(work[name]);
    const before = await authorities.requests();
    const figure = await run(name, work[name].args, work[name].env);
    if (figure.stopped && name === 'certwright') throw new Error(`certwright took longer than ${figure.wall} s for: ${row.title}`);
    figures[name] = { ...figure, requests: (await authorities.requests()) - before };
  }
  return figures;
}

async function time(row) {
  const work = {};
  for (const name of Object.keys(programs)) work[name] = await row.prepare({ name, folder, authorities, run });
  const first = await round(row, work);
  const seconds = first.certwright.wall + first.certbot.wall;
  const all = [];
  // The first round warms up; of what takes long it is the figure itself.
  if (seconds > BUDGET && fixed === undefined) all.push(first);
  const rounds = fixed ?? (seconds > BUDGET ? 0 : Math.min(MOST_ROUNDS, Math.max(3, Math.round(BUDGET / seconds))));
  for (let number = 0; number < rounds; number += 1) all.push(await round(row, work));
  const of = (name, figure) => median(all.map((each) => each[name][figure]));
  const both = (figure, digits) => ['certwright', 'certbot'].map((name) => of(name, figure).toFixed(digits).padStart(8)).join('');
  // Pair by pair: what else the machine does weighs on both halves of a pair.
  const ratio = (figure) => median(all.map(({ certwright, certbot }) => certwright[figure] / certbot[figure])).toFixed(3).padStart(7);
  // certbot was stopped: it is less than that.
  const most = all.some(({ certbot }) => certbot.stopped) ? '<' : ' ';
  const target = row.target === undefined ? '' : row.target.toFixed(2);
  console.log(`${row.title.padEnd(47)}${most}${ratio('wall')}${target.padStart(7)} |${both('wall', 3)} |${both('cpu', 3)}${ratio('cpu')} |${both('peak', 0)}${ratio('peak')} |${both('requests', 0)} |${String(all.length).padStart(3)}`);
  if (row.alone) {
    await row.before(work.certwright);
    const alone = median([await row.alone(), await row.alone(), await row.alone()]);
    console.log(`${'  the server’s own test and reload'.padEnd(48)}${(alone / of('certbot', 'wall')).toFixed(3).padStart(7)}        |${alone.toFixed(3).padStart(8)}`);
  }
}

try {
  const { stdout, stderr } = spawnSync('/usr/bin/certbot', ['--version'], { encoding: 'utf8' });
  console.log(`certwright against ${(stdout || stderr).trim()}, node ${process.versions.node}; medians, certwright first, then certbot\n`);
  console.log(`${''.padEnd(48)}  ratio target |          wall s |           cpu s  ratio |        peak MiB  ratio |        requests |  n`);
  for (const row of chosen) {
    try {
      await time(row);
    } finally {
      await row.end?.();
    }
  }
} finally {
  await authorities.stop();
  rmSync(folder, { recursive: true, force: true });
}
