import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { PluginError } from '../../core/errors.js';
import { dhParameters } from '../server-configuration/dh-parameters.js';
import { pathOf, pathText } from '../server-configuration/path-text.js';
import { isBelow } from '../server-configuration/is-below.js';
import { movedPaths } from '../server-configuration/moved-paths.js';
import { keepReleased } from '../server-configuration/released-file.js';
import type { Deployment, Enhancement, InstallContext, Installer, PlaceQuestion, ServedName, ServerChange, TlsHost } from '../contract.js';
import { chooseBlock } from './choose.js';
import { copyOf, deployTo, type DeployWish } from './deploy.js';
import { detach } from './detach.js';
import { atEnd, EditList, newlineOf, type Edit } from '../server-configuration/edits.js';
import { addHsts, addStapling } from './enhance.js';
import { addHttp2, addHttp3 } from './http-versions.js';
import { optionsFile, tlsSettings } from './options-file.js';
import { PLACES_FLAG } from './options.js';
import { planRedirect, redirectEdits } from './redirect.js';
import { unredirect } from './unredirect.js';
import { EXACT, fitOf, placeOf, type Server } from './servers.js';
import type { Block, Node } from './syntax.js';
import { changeOf, createHandover, openNginx, readNginxConfiguration, tellUnread, type Nginx, type Reading } from './server.js';

/** nginx as an installer: TLS in the blocks of the names, redirects, and the other enhancements that nginx knows. */
export function createNginxInstaller(): Installer {
  let context: InstallContext | null = null;
  let nginx: Nginx | null = null;
  /** What is on disk; read for the first time while nginx tests it. */
  let present: Reading | null = null;
  let fresh = false;
  /** The same with what is planned; null until it is looked at. */
  let reading: Reading | null = null;
  let texts: ReadonlyMap<string, string> = new Map();
  const handover = createHandover();

  const opened = (): At => {
    if (!context || !nginx || !present) throw new Error('nginx was not prepared');
    reading ??= readNginxConfiguration(nginx.settings.serverRoot, { before: present.tree, texts });
    return { context, nginx, reading };
  };

  return {
    async prepare(given) {
      context = given;
      ({ nginx, reading: present } = await openNginx(given));
      fresh = present !== null;
    },
    read(instead) {
      if (!context || !nginx) throw new Error('nginx was not prepared');
      const { log, configDir } = context;
      if (instead.size === 0 || !present) {
        present = fresh && present ? present : readNginxConfiguration(nginx.settings.serverRoot);
        fresh = false;
        tellUnread(present, log);
      }
      // Written just before the first change: until then what it will hold.
      const options = join(configDir, optionsFile.name);
      texts = existsSync(options) ? instead : new Map([...instead, [options, optionsFile.text]]);
      reading = instead.size === 0 ? present : null;
      return Promise.resolve();
    },
    names: () => opened().reading.servers.flatMap((server) => namesOf(server, opened().nginx.settings.serverRoot)),
    tlsHosts: () => tlsHostsOf(opened()),
    questions: (deployment) => questionsFor(deployment, opened()),
    deploy(deployment, chosen) {
      const at = opened();
      return deployChange(deployment, chosen, at);
    },
    enhance(kind, deployment) {
      return enhanceChange(kind, deployment, opened());
    },
    detach: (folders) => detachChange(folders, opened()),
    moved: (folders) => movedPaths(opened().reading.tree.files.values(), folders),
    ready() {
      const { context: at } = opened();
      for (const file of [optionsFile, dhParameters]) keepReleased(at.configDir, file, (message) => at.log('warning', message));
    },
    test: () => handover.test(opened().nginx, opened().reading.tree),
    reload: () => handover.complete(opened().nginx, opened().reading.tree),
  };
}

interface At {
  context: InstallContext;
  nginx: Nginx;
  reading: Reading;
}

/** What a block is asked by. `.example.com` is a name and a pattern; `_` and the like are none. */
function namesOf(server: Server, serverRoot: string): readonly ServedName[] {
  const [certificate] = certificatesOf(server, serverRoot);
  const at = { tls: server.tls, place: placeOf(server), ...(certificate === undefined ? {} : { certificate }) };
  return server.names.flatMap(({ kind, text }): ServedName[] => [
    ...(kind === 'exact' ? (text.includes('.') ? [{ name: text, pattern: false, ...at }] : []) : [{ name: text, pattern: true, ...at }]),
    ...(text.startsWith('.') ? [{ name: text.slice(1), pattern: false, ...at }] : []),
  ]);
}

function certificatesOf({ tls, statements }: Server, serverRoot: string): readonly string[] {
  const paths = tls ? statements.flatMap(({ node }) => (node.kind === 'directive' && node.name === 'ssl_certificate' ? (node.args[0]?.text ?? []) : [])) : [];
  return paths.filter((path) => !path.includes('$')).map((path) => resolve(serverRoot, pathOf(path)));
}

function tlsHostsOf({ reading: { servers }, nginx: { settings } }: At): readonly TlsHost[] {
  return servers.filter(({ tls }) => tls).map((server) => ({
    place: placeOf(server),
    names: server.names.map(({ text }) => text),
    certificates: certificatesOf(server, settings.serverRoot),
    addresses: server.listens.filter(({ ssl, quic, port }) => ssl && !quic && port !== 0).map(({ address, port }) => ({ host: address === '*' ? '127.0.0.1' : address === '[::]' ? '::1' : address.replace(/^\[(.*)\]$/, '$1'), port })),
  }));
}

function questionsFor({ names }: Deployment, { reading: { servers }, context, nginx: { settings } }: At): readonly PlaceQuestion[] {
  return names.flatMap((name): PlaceQuestion[] => {
    const choice = chooseBlock(servers, name, context.httpsPort);
    if (choice.kind !== 'ask' || settings.blocks.length > 0) return [];
    return [
      {
        name,
        reason: choice.reason,
        places: choice.candidates.map((server) => ({ id: placeOf(server), label: server.names.map(({ text }) => text).join(' ') || '(no name)', hint: `${placeOf(server)}, ${server.tls ? 'https' : 'http only'}` })),
        recommended: choice.recommended.map(placeOf),
        flag: PLACES_FLAG,
      },
    ];
  });
}

function deployChange({ names, files, second }: Deployment, chosen: ReadonlyMap<string, readonly string[]>, { reading, context, nginx: { settings } }: At): ServerChange {
  const blocks = new Map<string, string[]>();
  const copies = new Map<Server, string[]>();
  for (const name of names) {
    const choice = chooseBlock(reading.servers, name, context.httpsPort);
    if (choice.kind === 'block') put(blocks, placeOf(choice.server), name);
    else if (choice.kind === 'copy') put(copies, choice.server, name);
    else {
      const wanted = chosen.get(name) ?? settings.blocks;
      const servers = choice.candidates.filter((server) => wanted.includes(placeOf(server)));
      if (servers.length === 0) {
        throw new PluginError('nginx', choice.reason, { hint: `Choose with --nginx-blocks, for example ${choice.recommended.map(placeOf)[0] ?? choice.candidates.map(placeOf)[0] ?? 'FILE:LINE'}; or set server_name in the block that serves it.` });
      }
      for (const server of servers) if (name.startsWith('*.')) put(blocks, placeOf(server), name);
      const [first] = servers;
      if (first && !name.startsWith('*.')) put(copies, first, name);
    }
  }
  // Copies stand behind everything else, so that the places of the other blocks stay as they are.
  const copied = new EditList();
  for (const [server, own] of copies) copied.add(server.file, appended(server, copyOf(server, own)));
  const texts = new Map(changeOf(reading, copied.all()).files.map(({ path, after }) => [path, after]));
  const after = copies.size === 0 ? reading : readNginxConfiguration(settings.serverRoot, { before: reading.tree, texts });
  const wish: DeployWish = {
    certificates: [files, ...(second ? [second] : [])].map(({ fullchain, privkey }) => ({ fullchain: pathText(fullchain), privkey: pathText(privkey) })),
    httpPort: context.http01Port,
    httpsPort: context.httpsPort,
    options: { path: join(context.configDir, optionsFile.name), directives: tlsSettings },
    dhparams: pathText(join(context.configDir, dhParameters.name)),
  };
  const fresh = [...copies.values()].flat();
  const edits = new EditList();
  for (const server of after.servers) if (blocks.has(placeOf(server)) || fresh.some((name) => fitOf(server, name) === EXACT)) deployTo(after.tree, server, wish, edits);
  for (const { path, after: text } of changeOf(after, edits.all()).files) texts.set(path, text);
  return {
    files: [...texts].map(([path, text]) => ({ path, before: reading.tree.files.get(path)?.text ?? null, after: text })).filter(({ before, after: text }) => before !== text),
    links: [],
    commands: [],
    warnings: [],
    notes: [
      ...[...blocks].map(([place, own]) => `Deployed certificate to ${place} for set of names: ${own.join(', ')}`),
      ...[...copies].map(([server, own]) => `Created a block like ${placeOf(server)} for set of names: ${own.join(', ')}`),
    ],
  };
}

function put<Key>(to: Map<Key, string[]>, key: Key, name: string): void {
  to.set(key, [...(to.get(key) ?? []), name]);
}

/** A block at the end of the context in which another one stands. */
function appended(server: Server, text: string): Edit {
  const { file, block } = server;
  const parent = parentOf(file.nodes, block);
  if (parent) return atEnd(file, parent, ['', ...text.split(/\r?\n/)]);
  const newline = newlineOf(file);
  return { from: file.text.length, to: file.text.length, text: `${file.text.endsWith('\n') ? '' : newline}${newline}${text}${newline}` };
}

function parentOf(nodes: readonly Node[], block: Block): Block | null {
  for (const node of nodes) {
    if (node.kind !== 'block') continue;
    if (node.children.includes(block)) return node;
    const deeper = parentOf(node.children, block);
    if (deeper) return deeper;
  }
  return null;
}

function enhanceChange(kind: Enhancement, { names, files }: Deployment, { reading, context, nginx: { http } }: At): ServerChange | null {
  const edits = new EditList();
  if (kind === 'uir' || kind === 'auto-hsts' || (kind === 'http2' && http.http2 === null) || (kind === 'http3' && !http.http3)) return null;
  if (kind === 'redirect') {
    const plan = planRedirect(reading.servers, names, context.http01Port);
    redirectEdits(plan, edits, context.http01Port);
    return changeOf(reading, edits.all(), {
      notes: plan.blocks.map(({ server, names: own }) => `Redirecting all traffic on port ${context.http01Port} to ssl in ${placeOf(server)} for ${own.join(', ')}`),
      warnings: plan.lost.length === 0 ? [] : [`These names of the same block are not in the certificate and answer 404 on http from then on: ${plan.lost.join(', ')}`],
      lost: plan.lost,
    });
  }
  if (kind === 'no-redirect') {
    const { changed, still } = unredirect(reading.servers, names, context.http01Port, edits);
    return changeOf(reading, edits.all(), {
      notes: changed.map((server) => `Took the redirect to ssl out of ${placeOf(server)} for ${names.join(', ')}`),
      warnings: still.map(({ name, server }) => `${name} is still sent to https in ${placeOf(server)}, by a line that is not of our making`),
    });
  }
  const blocks = new Set(names.flatMap((name) => reading.servers.filter((server) => server.tls && (fitOf(server, name) !== null || server.names.some(({ text }) => text === name)))));
  const warnings: string[] = [];
  const reused = new Set(reading.servers.flatMap(({ listens }) => listens.filter(({ quic }) => quic).map(({ address, port }) => (address === '*' ? String(port) : `${address}:${port}`))));
  for (const server of blocks) {
    const result =
      kind === 'hsts' ? addHsts(server, edits, context.http01Port)
      : kind === 'http2' ? addHttp2(server, http.http2 ?? 'directive', edits)
      : kind === 'http3' ? addHttp3(server, reused, edits)
      : addStapling(server, pathText(files.chain), edits);
    if (typeof result === 'object') throw new PluginError('nginx', `${placeOf(server)}: ${result.conflict}`, { hint: 'Change or remove that line, then run the same command again.' });
  }
  if (kind === 'staple-ocsp') warnings.push("Let's Encrypt has no OCSP any more: stapling does nothing for its certificates.");
  return changeOf(reading, edits.all(), { notes: [`Added ${kind} for ${names.join(', ')}`], warnings });
}

function detachChange(folders: readonly string[], { reading, nginx: { settings } }: At): ServerChange | null {
  const leaving = reading.servers.filter((server) => isBelow(folders, certificatesOf(server, settings.serverRoot)));
  if (leaving.length === 0) return null;
  const edits = new EditList();
  const left = detach(reading.servers, leaving, edits);
  return changeOf(reading, edits.all(), {
    notes: leaving.filter((server) => !left.includes(server)).map((server) => `Took https out of ${placeOf(server)}`),
    warnings: left.map((server) => `${placeOf(server)} needs another certificate first: its https is not of our making`),
  });
}
