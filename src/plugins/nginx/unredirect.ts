import { PluginError } from '../../core/errors.js';
import { atStart, removed, type EditList } from '../server-configuration/edits.js';
import { isHalf, isMarked, MARK_COMMENT, markedIn, namesText, needsHalf, withSpaceBefore } from './detach.js';
import { conditionFor, conditionText, plainBlock, sendsToHttps } from './redirect.js';
import { placeOf, type Server } from './servers.js';
import type { Block, Directive, Node } from './syntax.js';

/** What was done: the blocks that serve http by themselves again, and names that a line of the person's own goes on sending to https. */
interface Unredirected {
  changed: readonly Server[];
  still: readonly { name: string; server: Server }[];
}

/**
 * Takes the redirects of these names out again that certbot or we wrote. A block that was split for it becomes one again: its other half
 * would answer 404. Throws PluginError where that cannot be told any more, or would take the redirect of other names along.
 */
export function unredirect(servers: readonly Server[], names: readonly string[], httpPort: number, edits: EditList): Unredirected {
  const changed: Server[] = [];
  for (const server of servers) {
    const own = markedIn(server).filter((node): node is Block => node.kind === 'block' && node.name === 'if' && node.children.some((child) => child.kind === 'directive' && child.name === 'return'));
    const whole = own.filter((node) => conditionText(node) === '$scheme != https');
    const going = own.filter((node) => names.some((name) => conditionText(node) === conditionFor(name)));
    const all = whole.length > 0 && server.names.some(({ text }) => names.includes(text)) ? [...going, ...whole] : going;
    if (all.length === 0) continue;
    const split = markedIn(server).some(endsIn404);
    const others = whole.length > 0 ? server.names.map(({ text }) => text).filter((text) => !names.includes(text)) : split ? own.filter((node) => !going.includes(node)).map((node) => conditionText(node).replace(/^\$host (?:=|~) /, '')) : [];
    if (others.length > 0) throw new PluginError('nginx', `${placeOf(server)} sends ${others.join(', ')} to https together with them.`, { hint: 'Name these as well, with -d: the redirect of this block is for all of them.' });
    if (split) merge(servers, server, edits);
    else for (const node of all) edits.add(server.file, removed(server.file, node, MARK_COMMENT));
    changed.push(server);
  }
  const still = names.flatMap((name) => {
    const server = plainBlock(servers, name, httpPort);
    return server?.statements.some((placed) => !isMarked(placed.file, placed.node) && sendsToHttps(placed, name)) ? [{ name, server }] : [];
  });
  return { changed, still };
}

/** The half goes, and its addresses stand in the block again that it was made from. */
function merge(servers: readonly Server[], half: Server, edits: EditList): void {
  const from = servers.find((other) => other.tls && other.file === half.file && namesText(other) === namesText(half) && needsHalf(other));
  if (!from || !isHalf(half)) throw new PluginError('nginx', `${placeOf(half)} was made for the redirect, and it or the block that it belongs to was changed since.`, { hint: 'Nothing was changed. Take its redirect out by hand, and the `return 404` behind it.' });
  const listens = half.block.children.filter((child): child is Directive => child.kind === 'directive' && child.name === 'listen');
  edits.add(half.file, withSpaceBefore(half.file, half.block));
  edits.add(from.file, atStart(from.file, from.block, listens.map(({ start, end }) => half.file.text.slice(start, end))));
}

function endsIn404(node: Node): boolean {
  return node.kind === 'directive' && node.name === 'return' && node.args[0]?.text === '404';
}
