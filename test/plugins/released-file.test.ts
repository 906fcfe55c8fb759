import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { optionsFile as apacheOptions } from '../../src/plugins/apache/options-file.js';
import { optionsFile as nginxOptions } from '../../src/plugins/nginx/options-file.js';
import { dhParameters } from '../../src/plugins/server-configuration/dh-parameters.js';
import { keepReleased } from '../../src/plugins/server-configuration/released-file.js';

/** Where Debian's certbot has the files that it installs: earlier releases of them, or the same. */
const CERTBOT = '/usr/lib/python3/dist-packages';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'certwright-released-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
const held = (path: string): Record<string, string> => Object.fromEntries(readdirSync(path).sort().map((name) => [name, readFileSync(join(path, name), 'utf8')]));

it('what it installs, leaves alone and notes is what certbot does, whatever is there (F57)', () => {
  const older = { [nginxOptions.name]: readFileSync(`${CERTBOT}/certbot_nginx/_internal/tls_configs/options-ssl-nginx-old.conf`, 'utf8'), [apacheOptions([2, 4, 71]).name]: readFileSync(`${CERTBOT}/certbot_apache/_internal/tls_configs/old-options-ssl-apache.conf`, 'utf8') };
  const files = [dhParameters, nginxOptions, apacheOptions([2, 4, 71])];
  const states = files.flatMap((file) =>
    [
      {},
      { [file.name]: file.text },
      { [file.name]: file.text, [file.digestName]: 'of another release' },
      { [file.name]: `${file.text}# mine\n` },
      { [file.name]: `${file.text}# mine\n`, [file.digestName]: digest(file.text) },
      { [file.name]: '', [file.digestName]: 'of another release' },
      { [file.name]: older[file.name] ?? '' },
    ].map((state) => ({ file, state })),
  );
  const jobs = states.map(({ file, state }, index) => {
    const [ours, theirs] = ['ours', 'theirs'].map((whose) => join(folder, `${index}-${whose}`));
    for (const place of [ours, theirs]) {
      mkdirSync(place ?? '');
      for (const [name, text] of Object.entries(state)) writeFileSync(join(place ?? '', name), text);
    }
    const source = join(folder, `${index}-source`);
    writeFileSync(source, file.text);
    const said: string[] = [];
    for (let time = 0; time < 2; time += 1) keepReleased(ours ?? '', file, (message) => said.push(message));
    return { ours: ours ?? '', theirs: theirs ?? '', said, source, file };
  });
  const program = 'import json, sys, logging\nfrom certbot.plugins import common\nsaid = []\ncommon.logger.warning = lambda *a: said.append(a)\nout = []\nfor dest, digest, source, hashes in json.load(sys.stdin):\n    said.clear()\n    for time in range(2): common.install_version_controlled_file(dest, digest, source, hashes)\n    out.append(len(said))\nprint(json.dumps(out))';
  const input = JSON.stringify(jobs.map(({ theirs, source, file }) => [join(theirs, file.name), join(theirs, file.digestName), source, file.released]));
  const warnings = JSON.parse(execFileSync('/usr/bin/python3', ['-c', program], { input, encoding: 'utf8', timeout: 20_000 })) as number[];
  for (const [index, { ours, theirs, said, file }] of jobs.entries()) {
    const what = `${file.name}, state ${index % 7}`;
    expect(held(ours), what).toEqual(held(theirs));
    expect(said, what).toHaveLength(warnings[index] ?? -1);
  }
  // An earlier release is brought up to date, a person's own is not.
  expect(jobs.filter(({ file }, index) => index % 7 === 6 && file !== dhParameters).map(({ ours, file }) => held(ours)[file.name] === file.text)).toEqual([true, true]);
});

it('the DH parameters are the ones that certbot brings', () => {
  expect(dhParameters.text).toBe(readFileSync(`${CERTBOT}/certbot/ssl-dhparams.pem`, 'utf8'));
  expect(dhParameters.released).toEqual([digest(dhParameters.text)]);
});
