import { basename } from 'node:path';
import { removed, type EditList } from '../server-configuration/edits.js';
import { isRedirectOfOurs, patternOf } from './redirect.js';
import type { Statement } from './tree.js';
import { conditionsOf } from './to-https.js';
import type { Vhost } from './vhosts.js';

/**
 * Takes these TLS hosts out where they were made for their certificate (`SITE-le-ssl.conf`), with the redirects of their names. The plain host
 * answers as before. Returns those that cannot go: they are a person's own.
 */
export function detach(vhosts: readonly Vhost[], leaving: readonly Vhost[], extension: string, edits: EditList): readonly Vhost[] {
  const made = leaving.filter(({ file }) => basename(file.path).endsWith(extension));
  const names = made.flatMap((vhost) => vhost.names);
  for (const { file, section } of made) edits.add(file, removed(file, section));
  for (const vhost of vhosts.filter(({ tls, macro }) => !tls && !macro)) {
    if (basename(vhost.file.path).startsWith('le-redirect') && vhost.names.every((name) => names.includes(name))) edits.add(vhost.file, removed(vhost.file, vhost.section));
    else dropRedirect(vhost, names, edits);
  }
  return leaving.filter((vhost) => !made.includes(vhost));
}

/**
 * Takes the redirects of these names out again that certbot or we wrote; a host that was made for nothing else goes. Returns hosts of that kind
 * that have other names too, and so stay as they are.
 */
export function unredirect(vhosts: readonly Vhost[], names: readonly string[], edits: EditList): readonly Vhost[] {
  const stuck: Vhost[] = [];
  for (const vhost of vhosts.filter(({ tls, macro }) => !tls && !macro)) {
    if (!basename(vhost.file.path).startsWith('le-redirect')) dropRedirect(vhost, names, edits);
    else if (vhost.names.every((name) => names.includes(name))) edits.add(vhost.file, removed(vhost.file, vhost.section));
    else if (vhost.names.some((name) => names.includes(name))) stuck.push(vhost);
  }
  return stuck;
}

/** The rule goes with its conditions; names that still have https keep theirs. */
function dropRedirect({ file, statements }: Vhost, names: readonly string[], edits: EditList): void {
  const gone = names.map((name) => patternOf(name).toLowerCase());
  const dropped = new Set<Statement>();
  for (const rule of statements.filter((statement) => isRedirectOfOurs(statement) && statement.file === file)) {
    const conditions = conditionsOf(statements, rule);
    const kept = conditions.filter(({ values }) => !gone.includes((values[1] ?? '').toLowerCase()));
    if (kept.length === conditions.length) continue;
    if (kept.length === 0) for (const statement of [...conditions, rule]) dropped.add(statement);
    else {
      const last = kept.at(-1);
      for (const condition of conditions) if (!kept.includes(condition)) dropped.add(condition);
      if (last && last !== conditions.at(-1)) edits.add(file, { from: last.node.start, to: last.node.end, text: `RewriteCond %{SERVER_NAME} ${last.values[1] ?? ''}` });
    }
  }
  if (dropped.size === 0) return;
  for (const { node } of dropped) edits.add(file, removed(file, node));
  const others = statements.filter(({ name }) => name.startsWith('rewrite')).filter((statement) => !dropped.has(statement));
  if (others.every(({ name }) => name === 'rewriteengine')) for (const engine of others) if (engine.file === file) edits.add(file, removed(file, engine.node));
}
