import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, readlinkSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The three directories of one program, and the words that name them. */
export function place(folder, label) {
  const at = join(folder, label);
  return { at, config: join(at, 'config'), words: ['--config-dir', join(at, 'config'), '--work-dir', join(at, 'work'), '--logs-dir', join(at, 'logs')] };
}

/** Copies the one lineage that is there under other names until there are `count`. */
export function multiply({ config }, name, count) {
  const text = readFileSync(join(config, 'renewal', `${name}.conf`), 'utf8');
  for (let number = 1; number < count; number += 1) {
    const copy = `copy${number}.example.com`;
    cpSync(join(config, 'archive', name), join(config, 'archive', copy), { recursive: true });
    mkdirSync(join(config, 'live', copy));
    for (const kind of ['cert', 'privkey', 'chain', 'fullchain']) symlinkSync(readlinkSync(join(config, 'live', name, `${kind}.pem`)).replace(name, copy), join(config, 'live', copy, `${kind}.pem`));
    writeFileSync(join(config, 'renewal', `${copy}.conf`), text.replaceAll(name, copy));
  }
}

/** Notes in every renewal file until when its CA need not be asked. */
export function remember({ config }, until) {
  for (const file of readdirSync(join(config, 'renewal'))) {
    const path = join(config, 'renewal', file);
    const text = readFileSync(path, 'utf8').replace(/\n?\[acme_renewal_info\][^[]*/, '');
    writeFileSync(path, `${text}\n[acme_renewal_info]\nari_retry_after = ${until}\n`);
  }
}

/** Copies a whole place for the other program, or for another address of the same CA. */
export function copyPlace(from, to, server, otherServer) {
  cpSync(from.at, to.at, { recursive: true, verbatimSymlinks: true });
  const [{ host }, { host: otherHost }] = [new URL(server), new URL(otherServer)];
  const accounts = (name) => join(to.config, 'accounts', name);
  if (host !== otherHost && existsSync(accounts(host))) renameSync(accounts(host), accounts(otherHost));
  for (const file of readdirSync(to.at, { recursive: true })) {
    if (!/\.conf$|regr\.json$/.test(file)) continue;
    const path = join(to.at, file);
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(from.at, to.at).replaceAll(host, otherHost));
  }
}
