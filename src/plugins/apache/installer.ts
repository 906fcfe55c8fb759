import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { PluginError } from '../../core/errors.js';
import type { Deployment, Enhancement, InstallContext, Installer, PlaceQuestion, ServedName, ServerChange, TlsHost } from '../contract.js';
import { EditList, spliced } from '../server-configuration/edits.js';
import { isBelow } from '../server-configuration/is-below.js';
import { movedPaths } from '../server-configuration/moved-paths.js';
import { keepReleased } from '../server-configuration/released-file.js';
import { pathOf, pathText } from '../server-configuration/path-text.js';
import { begin, growAll, idOf } from './auto-hsts.js';
import { stateIn, STORAGE, storageWith } from './auto-hsts-state.js';
import type { CertificateWish } from './certificate.js';
import { chooseVhost, coveredBy, type VhostChoice } from './choose.js';
import { configurationFault } from './control.js';
import { detach, unredirect } from './detach.js';
import { emptied } from './emptied.js';
import { deployChange, enable, filesOf, type DeployTarget, type DeployWays } from './deploy.js';
import { addHsts, addHttp2, addStapling, addUir, headerOf, HSTS, HSTS_FOREVER } from './enhance.js';
import { enabling, moduleTools } from './modules.js';
import { optionsFile } from './options-file.js';
import { PLACES_FLAG } from './options.js';
import { planRedirect, redirectEdits, redirectHost } from './redirect.js';
import { changedFiles, nothingPlanned, openApache, readApacheConfiguration, reloadAndWait, seenAnew, unseenFiles, type Apache, type Planned, type Reading } from './server.js';
import { listensOf, loopbackOf, matches, placeOf, valuesOf, type Vhost } from './vhosts.js';

/** Debian's folder of process files; elsewhere the cache is named relative to the server's own (DefaultRuntimeDir). */
const RUN = '/var/run/apache2';

interface At {
  context: InstallContext;
  apache: Apache;
  reading: Reading;
  planned: Planned;
}

/** Apache as an installer: TLS in the virtual hosts of the names, redirects, and the other enhancements. */
export function createApacheInstaller(): Installer {
  let context: InstallContext | null = null;
  let apache: Apache | null = null;
  /** With what is planned; null until it is looked at. */
  let reading: Reading | null = null;
  let planned = nothingPlanned;
  /** Its files were looked at just now. */
  let fresh = false;
  /** Links and modules of the change that was decided last: the next reading counts them in. */
  let last: Pick<Planned, 'links' | 'modules'> | null = null;

  const opened = (): At => {
    if (!context || !apache) throw new Error('Apache was not prepared');
    reading ??= readApacheConfiguration(apache, planned, context.httpsPort, () => undefined);
    return { context, apache, reading, planned };
  };
  const decided = ({ change, modules }: Decision): ServerChange => {
    last = { links: new Map(change.links.map(({ path, target }) => [path, target])), modules };
    return change;
  };

  return {
    async prepare(given) {
      context = given;
      apache = await openApache(given);
      fresh = true;
    },
    read(instead) {
      if (!context || !apache) throw new Error('Apache was not prepared');
      const { log, configDir, httpsPort } = context;
      if (last) planned = { ...planned, links: new Map([...planned.links, ...last.links]), modules: [...planned.modules, ...last.modules] };
      else if (instead.size === 0) planned = nothingPlanned;
      last = null;
      // Written just before the first change: until then what it will hold.
      const options = join(configDir, optionsFile(apache.version).name);
      planned = { ...planned, texts: existsSync(options) ? instead : new Map([...instead, [options, optionsFile(apache.version).text]]) };
      reading = null;
      if (instead.size > 0) return Promise.resolve();
      if (!fresh) apache = seenAnew(apache);
      fresh = false;
      reading = readApacheConfiguration(apache, planned, httpsPort, (message) => log('warning', message));
      for (const path of unseenFiles(apache, reading)) log('debug', `Apache reads ${path}, which was not found by its includes`);
      return Promise.resolve();
    },
    names: () => opened().reading.vhosts.flatMap((vhost) => namesOf(vhost, opened().apache.settings.serverRoot)),
    tlsHosts: () => tlsHostsOf(opened()),
    questions: (deployment) => questionsFor(deployment, opened()),
    deploy: (deployment, chosen) => decided(decideDeploy(deployment, chosen, opened())),
    enhance: (kind, deployment) => (kind === 'http3' ? null : kind === 'no-redirect' ? unredirectChange(deployment.names, opened()) : decided(decideEnhancement(kind, deployment, opened()))),
    detach: (folders) => detachChange(folders, opened()),
    moved: (folders) => movedPaths(opened().reading.tree.files.values(), folders),
    update: (renewed) => decideUpdate(renewed, opened()),
    ready() {
      const { context: at, apache: found } = opened();
      keepReleased(at.configDir, optionsFile(found.version), (message) => at.log('warning', message));
    },
    test: () => configurationFault(opened().apache.program),
    reload: () => reloadAndWait(opened().apache),
  };
}

/** A change, and the modules that are there afterwards and were not before. */
interface Decision {
  change: ServerChange;
  modules: readonly string[];
}

/** What a host is asked by. */
function namesOf(vhost: Vhost, serverRoot: string): readonly ServedName[] {
  const certificate = certificatesOf(vhost, serverRoot).at(-1);
  const at = { tls: vhost.tls, place: placeOf(vhost), ...(certificate === undefined ? {} : { certificate }) };
  return vhost.names.filter((name) => name.includes('.')).map((name) => ({ name, pattern: /[*?]/.test(name), ...at }));
}

function certificatesOf({ tls, statements }: Vhost, serverRoot: string): readonly string[] {
  return tls ? valuesOf(statements, 'sslcertificatefile').flatMap(([path]) => (path === undefined ? [] : resolve(serverRoot, pathOf(path)))) : [];
}

function tlsHostsOf({ reading: { tree, vhosts }, apache: { settings }, context: { httpsPort } }: At): readonly TlsHost[] {
  const listens = listensOf(tree);
  return vhosts.filter(({ tls, macro }) => tls && !macro).map((vhost) => ({
    place: placeOf(vhost),
    names: vhost.names,
    certificates: certificatesOf(vhost, settings.serverRoot),
    addresses: vhost.addresses.map(({ host, port }) => ({ host: ['*', '_default_'].includes(host) ? loopbackOf(listens, port ?? httpsPort) : host.replace(/^\[(.*)\]$/, '$1'), port: port ?? httpsPort })),
  }));
}

function questionsFor({ names }: Deployment, { reading: { vhosts }, apache: { settings } }: At): readonly PlaceQuestion[] {
  return names.flatMap((name): PlaceQuestion[] => {
    const choice = chooseVhost(vhosts, name);
    if (choice.kind !== 'ask' || chosenOf(choice, settings.vhosts).length > 0) return [];
    return [{ name, reason: choice.reason, places: choice.candidates.map((vhost) => ({ id: placeOf(vhost), label: placeOf(vhost), hint: vhost.names.join(' ') || 'no name' })), recommended: choice.recommended.map(placeOf), flag: PLACES_FLAG }];
  });
}

function chosenOf({ candidates }: VhostChoice & { kind: 'ask' }, places: readonly string[]): readonly Vhost[] {
  return candidates.filter((vhost) => places.includes(placeOf(vhost)));
}

function waysOf({ context, apache: { settings, ...apache } }: At): DeployWays {
  const { serverRoot, vhostRoot, extension, handleSites } = settings;
  const sitesEnabled = join(serverRoot, 'sites-enabled');
  return {
    serverRoot,
    vhostRoot: vhostRoot !== null && existsSync(vhostRoot) ? realpathSync(vhostRoot) : null,
    extension,
    httpsPort: context.httpsPort,
    sitesEnabled: handleSites && isFolder(sitesEnabled) ? sitesEnabled : null,
    textOf: (path) => (existsSync(path) ? readFileSync(path, 'latin1') : null),
    reread: (planned) => readApacheConfiguration({ settings, ...apache }, planned, context.httpsPort, () => undefined),
  };
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function decideDeploy({ names, files, second }: Deployment, chosen: ReadonlyMap<string, readonly string[]>, at: At): Decision {
  const { reading, context, apache, planned } = at;
  const targets = new Map<Vhost, { names: string[]; added: string[] }>();
  const give = (vhost: Vhost, name: string, added: boolean): void => {
    const own = targets.get(vhost) ?? { names: [], added: [] };
    own.names.push(name);
    if (added) own.added.push(name);
    targets.set(vhost, own);
  };
  for (const name of names) {
    const choice = chooseVhost(reading.vhosts, name);
    if (choice.kind === 'vhost') give(choice.vhost, name, choice.added);
    else {
      const places = chosenOf(choice, chosen.get(name) ?? apache.settings.vhosts);
      if (places.length === 0) throw new PluginError('apache', choice.reason, { hint: `Choose with --apache-vhosts, for example ${[...choice.recommended, ...choice.candidates].map(placeOf)[0] ?? 'FILE:LINE'}; or set ServerName in the virtual host that serves it.` });
      for (const vhost of places) give(vhost, name, !name.startsWith('*.') && !vhost.names.some((own) => matches(own, name)));
    }
  }
  const { modules, commands } = enabling(['socache_shmcb', 'ssl'], reading.tree.modules, moduleTools(apache.settings));
  const [major = 0, minor = 0, patch = 0] = apache.version;
  const chainApart = (major === 2 && minor === 4 && patch < 8) || files.fullchain === '';
  const options = join(context.configDir, optionsFile(apache.version).name);
  const wish: CertificateWish = {
    certificates: [files, ...(second && !chainApart ? [second] : [])].map(({ cert, fullchain, privkey }) => ({ certificate: pathText(chainApart ? cert : fullchain), privkey: pathText(privkey) })),
    chain: chainApart && files.chain !== '' ? pathText(files.chain) : null,
    options: pathText(options),
  };
  const list = [...targets].map(([vhost, own]): DeployTarget => ({ vhost, ...own }));
  const change = deployChange(list, wish, waysOf(at), reading, { ...planned, modules: [...planned.modules, ...modules] });
  const warnings = second && chainApart ? [...change.warnings, `This Apache takes one chain for all certificates of a virtual host: only ${files.cert} is installed, not ${second.cert}.`] : change.warnings;
  return { change: { ...change, warnings, commands, notes: [...modulesNote(modules), ...change.notes] }, modules };
}

function modulesNote(modules: readonly string[]): readonly string[] {
  return modules.map((module) => `Enabled ${module.replace(/_module$/, '')} module in Apache`);
}

function decideEnhancement(kind: Exclude<Enhancement, 'http3' | 'no-redirect'>, deployment: Deployment, at: At): Decision {
  const { reading, apache } = at;
  const secure = secureHosts(deployment, at, kind);
  const needed = kind === 'redirect' ? ['rewrite'] : kind === 'staple-ocsp' ? ['socache_shmcb'] : kind === 'http2' ? ['http2'] : ['headers'];
  const edits = new EditList();
  const decision = kind === 'redirect' ? redirects(secure, at) : null;
  const warnings: string[] = [];
  let links: ServerChange['links'] = [];
  let files = decision?.files ?? [];
  let notes = [...(decision?.notes ?? [])];
  if (decision) {
    links = decision.links;
    warnings.push(...decision.warnings);
  } else if (kind === 'auto-hsts') {
    files = beginAutoHsts(secure, at, edits);
  } else {
    let cacheAdded = false;
    for (const vhost of secure.keys()) {
      if (kind === 'hsts') addHsts(vhost, HSTS_FOREVER, edits);
      if (kind === 'uir') addUir(vhost, edits);
      if (kind === 'http2') addHttp2(reading.tree, vhost, edits);
      if (kind === 'staple-ocsp') ({ cacheAdded } = addStapling(reading.tree, vhost, `shmcb:${existsSync(RUN) ? `${RUN}/` : ''}stapling_cache(128000)`, { cacheAdded }, edits));
    }
    if (kind === 'http2' && reading.tree.modules.has('mpm_prefork_module')) warnings.push('With the module mpm_prefork, which mod_php needs, Apache goes on with HTTP/1.1; mpm_event has HTTP/2.');
    if (kind === 'staple-ocsp') warnings.push("Let's Encrypt has no OCSP any more: stapling does nothing for its certificates.");
  }
  const texts = new Map([...edits.all()].map(([path, own]) => [path, spliced(reading.tree.files.get(path)?.text ?? '', own)]));
  files = [...files, ...filesOf(texts, reading, { textOf: () => null })];
  if (files.length === 0) return { change: { files, links: [], commands: [], notes: [], warnings: [] }, modules: [] };
  const { modules, commands } = enabling(needed, reading.tree.modules, moduleTools(apache.settings));
  if (!decision) notes = [`Added ${kind} for ${deployment.names.join(', ')}`];
  return { change: { files, links, commands, notes: [...modulesNote(modules), ...notes], warnings }, modules };
}

/** The TLS hosts of a certificate's names, each with those of its names that the certificate is for. Throws PluginError. */
function secureHosts({ names, files }: Deployment, { reading: { vhosts }, apache: { settings } }: At, kind: Enhancement): ReadonlyMap<Vhost, readonly string[]> {
  const own = vhosts.filter((vhost) => vhost.tls && !vhost.macro && vhost.statements.some(({ name, values }) => name === 'sslcertificatekeyfile' && values[0] === pathText(files.privkey)));
  const found = new Map<Vhost, readonly string[]>();
  for (const name of names) {
    const choice = chooseVhost(own.length > 0 ? own : vhosts, name);
    const hosts = choice.kind === 'vhost' ? [choice.vhost] : own.length > 0 ? own.filter((vhost) => vhost.names.some((each) => coveredBy(each, name)) || settings.vhosts.includes(placeOf(vhost))) : choice.recommended;
    for (const vhost of hosts.filter(({ tls }) => tls)) {
      const served = vhost.names.filter((each) => names.some((wanted) => wanted === each || (wanted.startsWith('*.') && coveredBy(each, wanted))));
      found.set(vhost, served.length > 0 ? served : [name]);
    }
  }
  if (found.size === 0) {
    throw new PluginError('apache', `Certbot was not able to find SSL VirtualHost for a domain ${names[0] ?? ''} for enabling enhancement "${kind}". The requested enhancement was not configured.`, { hint: 'Install the certificate first: certwright install --apache.' });
  }
  return found;
}

function redirects(secure: ReadonlyMap<Vhost, readonly string[]>, at: At): Omit<ServerChange, 'commands'> {
  const { reading, context, apache, planned } = at;
  const ways = waysOf(at);
  const httpPort = context.http01Port;
  const { hosts, made } = planRedirect(reading.vhosts, secure, { ...ways, httpPort });
  const edits = new EditList();
  const warnings: string[] = [];
  const notes: string[] = [];
  for (const host of hosts) {
    const warning = redirectEdits(host, edits);
    if (warning !== null) warnings.push(warning);
    notes.push(`Redirecting host in ${host.vhost.file.path} to ssl for ${host.names.join(', ')}`);
  }
  const texts = new Map([...edits.all()].map(([path, own]) => [path, spliced(reading.tree.files.get(path)?.text ?? '', own)]));
  if (made.length === 0) return { files: filesOf(texts, reading, ways), links: [], notes, warnings };
  if (!listensOf(reading.tree).some(({ port }) => port === httpPort)) {
    warnings.push(`Apache does not listen on port ${httpPort}: nothing is there to be redirected.`);
    return { files: filesOf(texts, reading, ways), links: [], notes, warnings };
  }
  const paths: string[] = [];
  for (const host of made) {
    const { path, text } = redirectHost(host, reading.vhosts, { folder: isFolder(apache.settings.newVhostRoot) ? realpathSync(apache.settings.newVhostRoot) : apache.settings.serverRoot, logsRoot: apache.settings.logsRoot, httpPort });
    texts.set(path, text);
    paths.push(path);
    notes.push(`Created a port ${httpPort} vhost, ${path}, for redirection to ssl vhost ${host.vhost.file.path}`);
  }
  const { links } = enable(paths, texts, planned, ways);
  return { files: filesOf(texts, reading, ways), links, notes, warnings };
}

/** The header of a minute in each host, and the state from which it grows. */
function beginAutoHsts(secure: ReadonlyMap<Vhost, readonly string[]>, { context: { configDir } }: At, edits: EditList): ServerChange['files'] {
  const ids: string[] = [];
  for (const vhost of secure.keys()) {
    // Watched already: it grows by itself.
    if (idOf(vhost) !== null && headerOf(vhost, HSTS)) continue;
    const id = begin(vhost, edits);
    if (id === null) throw new PluginError('apache', `VirtualHost for domain ${vhost.names[0] ?? ''} in file ${vhost.file.path} has a Strict-Transport-Security header present, exiting.`, { hint: 'Remove that header, or leave --auto-hsts away.' });
    ids.push(id);
  }
  if (ids.length === 0) return [];
  const { path, text: before } = storageOf(configDir);
  const now = Math.floor(Date.now() / 1000);
  return [{ path, before, mode: 0o600, dated: true, after: storageWith(before, (state) => ({ ...state, ...Object.fromEntries(ids.map((id) => [id, { laststep: 0, timestamp: now }])) })) }];
}

function detachChange(folders: readonly string[], at: At): ServerChange | null {
  const { reading, apache: { settings } } = at;
  const leaving = reading.vhosts.filter((vhost) => !vhost.macro && isBelow(folders, certificatesOf(vhost, settings.serverRoot)));
  if (leaving.length === 0) return null;
  const edits = new EditList();
  const left = detach(reading.vhosts, leaving, settings.extension, edits);
  const { removes, commands } = emptied(reading, edits, waysOf(at));
  return {
    files: changedFiles(reading, edits.all()).filter(({ path }) => !removes.some((file) => file.path === path)),
    removes,
    links: [],
    commands,
    notes: leaving.filter((vhost) => !left.includes(vhost)).map((vhost) => `Took ${placeOf(vhost)} out`),
    warnings: left.map((vhost) => `${placeOf(vhost)} needs another certificate first: its https is not of our making`),
  };
}

function unredirectChange(names: readonly string[], at: At): ServerChange {
  const { reading } = at;
  const edits = new EditList();
  const stuck = unredirect(reading.vhosts, names, edits);
  const { removes, commands } = emptied(reading, edits, waysOf(at));
  return {
    files: changedFiles(reading, edits.all()).filter(({ path }) => !removes.some((file) => file.path === path)),
    removes,
    links: [],
    commands,
    notes: [`Took the redirect to ssl out for ${names.join(', ')}`],
    warnings: stuck.map((vhost) => `${placeOf(vhost)} goes on: it was made to redirect ${vhost.names.filter((name) => !names.includes(name)).join(', ')} too; name these as well, with -d`),
  };
}

/** What time has brought about: headers that grow. */
function decideUpdate(renewed: readonly Deployment[], { context, reading }: At): ServerChange {
  const { path, text } = storageOf(context.configDir);
  const edits = new EditList();
  const { state, lost, notes } = growAll(reading.vhosts, stateIn(text), Math.floor(Date.now() / 1000), renewed.map(({ files }) => files.privkey), edits);
  for (const id of lost) context.log('error', `Could not find VirtualHost with ID ${id}, disabling AutoHSTS for this VirtualHost`);
  const after = storageWith(text, () => state);
  const changed = lost.length > 0 || notes.length > 0;
  return { files: [...changedFiles(reading, edits.all()), ...(changed ? [{ path, before: text, after, mode: 0o600 }] : [])], links: [], commands: [], notes, warnings: [] };
}

function storageOf(configDir: string): { path: string; text: string | null } {
  const path = join(configDir, STORAGE);
  return { path, text: existsSync(path) ? readFileSync(path, 'latin1') : null };
}
