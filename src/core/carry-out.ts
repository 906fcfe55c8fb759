import { readFileSync } from 'node:fs';
import { readCertificate } from '../crypto/certificate.js';
import { createCsr } from '../crypto/csr.js';
import { generatePrivateKey } from '../crypto/keys.js';
import { watchTasks } from '../plugins/manual/watch.js';
import { aliasMap } from './decide/challenge-alias.js';
import type { ChallengeContext, ChallengeTask, Installer } from '../plugins/contract.js';
import { readLineage, type Lineage } from '../store/lineage.js';
import { changeRenewalNotes } from '../store/renewal-notes.js';
import { linkPartners } from '../store/partner.js';
import { saveNewLineage, saveNewVersion } from '../store/save.js';
import { ensureAccount } from './account.js';
import { saveCsrFiles } from './csr-files.js';
import { provedWithoutPerson } from './decide/authenticators-by-name.js';
import { enhancementsWanted } from './decide/enhancements-wanted.js';
import type { KeyPlan, ObtainPlan, RenewalValue } from './decide/plan.js';
import { deploy } from './deploy.js';
import { deploymentOf, plannedDeployment } from './deployment.js';
import { Refused } from './errors.js';
import type { DeployOutcome, Event } from './events.js';
import { repeatExports } from './export.js';
import { cleanEnvironment, deployEnvironment, LONGEST_LIST, postEnvironment } from './hook-environment.js';
import { runHooks, type HookRun } from './hooks.js';
import { installObtained, installRenewed, openInstaller, planInstallation, refuseOtherChange } from './installation.js';
import { forget, issue, type Issued } from './issue.js';
import { loadAuthenticator } from './load-authenticator.js';
import { changeForNow, putBack } from './server-change.js';
import { watchServed } from './served.js';
import type { Settings } from './settings.js';
import { withNewTerms } from './terms.js';
import type { World } from './world.js';

/** The pre and post hooks of one certificate; `renew` shares them among many. */
export interface HooksAround {
  before(settings: Settings): Promise<void>;
  after(settings: Settings, env: Record<string, string>): Promise<readonly HookRun[]>;
}

/** What was obtained, and what came of the hooks; a certificate that was obtained stays so whatever they did. */
export interface Carried {
  deploys: readonly DeployOutcome[];
  post: readonly HookRun[];
  /** Names in the certificate, and those that --allow-subset-of-names left out, as the CA knows them. */
  names: readonly string[];
  dropped: readonly string[];
}

/**
 * Does exactly what the plan says: hooks, account, order, proof, certificate, files. Throws what `issue` and the store throw, and
 * what the authenticator finds wrong before anything is done.
 */
export async function carryOut(plan: ObtainPlan, settings: Settings, world: World, around: HooksAround = ownHooks(world)): Promise<Carried> {
  let expires: string | undefined;
  const report = (event: Event): void => {
    if (event.type === 'order-created') expires = event.expires;
    world.interaction.report(event);
  };
  const served = watchServed();
  /** Answers that stay, by their record, and until when. */
  const lasting = new Map<string, number>();
  const context = challengeContext(plan, settings, world, { served: served.mark, expires: () => expires, lasts: ({ recordName = '' }, until) => lasting.set(recordName, until) });
  const authenticator = await loadAuthenticator(plan, settings, world);
  authenticator.check?.(context);
  const installer = await readyInstaller(plan, settings, world);
  await around.before(settings);
  let renewed: readonly string[] = [];
  let deploys: readonly DeployOutcome[] = [];
  let post: readonly HookRun[] = [];
  let release = (): Promise<void> => Promise.resolve();
  try {
    const lineage = plan.lineage?.exists ? readLineage(world.dirs, plan.lineage.name) : null;
    if (Object.keys(plan.webrootMap).length > 0) await world.sandbox?.serveFolders(plan.webrootMap);
    await authenticator.prepare(context);
    release = () => authenticator.cleanUp([], context);
    const owner = await ensureAccount(
      plan.account,
      settings,
      {
        dirs: world.dirs,
        connect: (key, url) => world.connect(settings, key, url),
        makeKey: () => generatePrivateKey({ type: 'rsa', size: settings.values.rsaKeySize }),
        host: world.host,
        now: new Date(world.clock.now()),
        sandbox: world.sandbox !== null,
        env: world.env,
        signal: world.signal,
      },
      report,
    );
    const issued = await withNewTerms(owner.client, settings, world, () => issue(plan, {
      client: owner.client,
      accountId: owner.id,
      authenticator,
      context,
      dirs: world.dirs,
      report,
      pause: (tasks) => pause(tasks, settings, world),
      served,
      now: () => world.clock.now(),
      issuanceTimeout: settings.values.issuanceTimeout,
      makeKey: privateKeyFor,
      makeCsr: createCsr,
      presentKey: lineage ? readFileSync(lineage.files.privkey, 'utf8') : null,
      replaces: lineage && replacesAny(plan, lineage) ? (lineage.certId ?? null) : null,
      command: world.args,
    }));
    renewed = issued.identifiers.map(({ value }) => value);
    warnOfEnds(lasting, readCertificate(issued.cert).notAfter, world);
    deploys = await keep(plan, issued, { lineage, accountId: owner.id, installer }, settings, world);
  } finally {
    await release();
    post = await around.after(settings, postHookEnvironment(plan, renewed));
  }
  return { deploys, post, names: renewed, dropped: triedAgain(plan, renewed, settings) };
}

/** An answer that ends before the certificate does cannot be counted on at every renewal that may still be needed. */
function warnOfEnds(lasting: ReadonlyMap<string, number>, notAfter: Date, world: World): void {
  for (const [record, until] of lasting) {
    if (until >= notAfter.getTime()) continue;
    const day = (at: number | Date): string => new Date(at).toISOString().slice(0, 10);
    world.log('warning', `The record ${record} ends on ${day(until)} (persistUntil), before this certificate does (${day(notAfter)}). After that day nothing is renewed by it: set it anew before, with a later persistUntil or without one.`);
  }
}

function ownHooks(world: World): HooksAround {
  return {
    before: async (settings) => void (await runHooks(settings, 'pre', {}, world)),
    after: (settings, env) => runHooks(settings, 'post', env, world),
  };
}

/** RFC 9773 section 5: only what came from this CA and has a name in common is replaced; of another order the CA would refuse it. */
function replacesAny({ ca, identifiers }: ObtainPlan, lineage: Lineage): boolean {
  return lineage.server === ca.server && identifiers.some(({ value }) => lineage.identifiers.some((present) => present.value === value));
}

function privateKeyFor(key: KeyPlan): Promise<string> {
  return generatePrivateKey(key.type === 'rsa' ? { type: 'rsa', size: key.rsaKeySize ?? 2048 } : { type: 'ecdsa', curve: key.curve ?? 'secp256r1' });
}

/** C24: post hooks learn what was renewed and what was not. */
function postHookEnvironment(plan: ObtainPlan, renewed: readonly string[]): Record<string, string> {
  return postEnvironment(renewed, leftOut(plan, renewed), LONGEST_LIST.other);
}

function leftOut(plan: ObtainPlan, obtained: readonly string[]): readonly string[] {
  return plan.identifiers.map(({ value }) => value).filter((value) => !obtained.includes(value));
}

/** Names left out that the next renewal tries again: with the option, which is saved; a person who once chose to go on without them is not contradicted. */
function triedAgain(plan: ObtainPlan, obtained: readonly string[], { values }: Settings): readonly string[] {
  return values.allowSubsetOfNames ? leftOut(plan, obtained) : [];
}

/** The names that are tried again at the next renewal (U30); what was known of the certificate before is no longer true. */
function noteDropped(name: string, dropped: readonly string[], world: World): void {
  try {
    changeRenewalNotes(world.dirs, { [name]: { dropped: dropped.length > 0 ? dropped : undefined, revoked: undefined } });
  } catch (error) {
    world.log('warning', `What the next renewal of ${name} should know could not be kept: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** What a saved certificate goes on with. */
interface Beside {
  /** Of which it is the next version. */
  lineage: Lineage | null;
  accountId: string;
  installer: Installer | null;
}

async function keep(plan: ObtainPlan, issued: Issued, { lineage, accountId, installer }: Beside, settings: Settings, world: World): Promise<readonly DeployOutcome[]> {
  const say = (event: Event): void => world.interaction.report(event);
  const names = issued.identifiers.map(({ shown }) => shown);
  if (plan.dryRun) {
    say({ type: 'dry-run-passed', names });
    // C02: they see the certificate that is in use, not the one of the rehearsal.
    if (lineage && settings.values.runDeployHooks) {
      await runHooks(settings, 'deploy', deployEnvironment({ names: lineage.identifiers.map(({ value }) => value), liveFolder: lineage.liveFolder }), world);
    }
    return [];
  }
  const { notAfter, issuer } = readCertificate(issued.cert);
  if (plan.csr) {
    const files = saveCsrFiles(issued, plan.csr);
    say({ type: 'csr-saved', ...files, notAfter: notAfter.toISOString() });
    return [];
  }
  say({ type: 'stage', stage: 'save', state: 'started' });
  const params: Record<string, RenewalValue> = { account: accountId, ...plan.renewalParams };
  const pems = { cert: issued.cert, chain: issued.chain, fullchain: issued.fullchain, privkey: issued.privateKey ?? '' };
  const wished = plan.lineage;
  if (!wished) throw new Refused('The plan names no lineage to save to.');
  const saved = lineage
    ? await saveNewVersion(world.dirs, lineage.name, pems, params)
    : await saveNewLineage(world.dirs, { name: wished.name, mayChange: wished.nameMayChange }, pems, params);
  if (wished.partner !== undefined) linkPartners(world.dirs, saved.name, wished.partner);
  forget(plan, world.dirs);
  const dropped = triedAgain(plan, issued.identifiers.map(({ value }) => value), settings);
  noteDropped(saved.name, dropped, world);
  say({ type: 'stage', stage: 'save', state: 'done' });
  say({ type: 'saved', lineage: saved.name, version: saved.version, files: saved.files, names, ...(dropped.length > 0 ? { dropped: [...dropped] } : {}), notAfter: notAfter.toISOString(), issuer, renewsByItself: provedWithoutPerson(plan), ...(plan.installation ? { installs: true } : {}), ...(plan.renewal === undefined ? {} : { renewal: plan.renewal && { by: plan.renewal.by, ...(plan.renewal.next === undefined ? {} : { next: new Date(plan.renewal.next).toISOString() }) } }), ...(plan.schedule ? { schedule: [...plan.schedule] } : {}) });
  if (installer) await use(installer, readLineage(world.dirs, saved.name), settings, world);
  await repeatExports(saved.name, settings, world);
  return deploy(settings, { name: saved.name, names: issued.identifiers.map(({ value }) => value), liveFolder: saved.liveFolder }, world);
}

/**
 * The installer of the plan, with the server's configuration read and the change planned once: what cannot be installed is said before
 * anything is ordered. Null without one; `renew` reloads the servers of all its certificates at the end. Throws ServerChanged when it is
 * not the change of the plan, PluginError, Refused.
 */
export async function readyInstaller(plan: ObtainPlan, settings: Settings, world: World): Promise<Installer | null> {
  if (plan.installer === null || plan.dryRun || plan.lineage === null || settings.verb === 'renew') return null;
  const installer = await openInstaller(settings, world);
  if (!plan.installation) return installer;
  refuseOtherChange(plan.installer, plan.installation, await planInstallation(installer, plannedDeployment(plan, world.dirs), enhancementsWanted(settings), { deploy: true }));
  await installer.read(new Map());
  return installer;
}

/** `run` installs; `certonly` with an installer has the server read the certificate anew (C21). */
async function use(installer: Installer, lineage: Lineage, settings: Settings, world: World): Promise<void> {
  if (settings.verb === 'run') await installObtained(installer, lineage, settings, world);
  else await installRenewed(installer, [deploymentOf(lineage, settings, world.dirs)], settings, world);
}

/** What the run itself wants to hear from an authenticator, and when its order ends. */
interface OfThisRun extends Pick<ChallengeContext, 'served' | 'lasts'> {
  expires: () => string | undefined;
}

function challengeContext(plan: ObtainPlan, settings: Settings, world: World, { served, lasts, expires }: OfThisRun): ChallengeContext {
  const { values } = settings;
  return {
    options: settings.plugin,
    http01Port: values.http01Port,
    ...(values.http01Address === undefined ? {} : { http01Address: values.http01Address }),
    httpsPort: values.httpsPort,
    preferredChallenges: values.prefChalls,
    webrootMap: plan.webrootMap,
    configDir: world.dirs.config,
    workDir: world.dirs.work,
    environment: cleanEnvironment(world.env),
    noninteractive: values.noninteractiveMode,
    validateHooks: values.validateHooks,
    hookTimeoutMs: values.hookTimeout * 1000,
    selfCheck: !values.noSelfCheck,
    challengeAliases: aliasMap(values.challengeAliases),
    // The DNS of the sandbox is all there is for its CA.
    dnsResolvers: values.dnsResolvers.length === 0 && world.sandbox ? world.sandbox.nameservers : values.dnsResolvers,
    ...(values.dnsPropagationTimeout === undefined ? {} : { dnsPropagationTimeout: values.dnsPropagationTimeout }),
    signal: world.signal,
    log: (level, message) => world.log(level, message),
    recordSeen: (sighting) => world.interaction.report({ type: 'record-seen', ...sighting }),
    hookOutput: (ended) => world.interaction.report({ type: 'hook', ...ended }),
    async instruct(tasks) {
      const watch = await watchTasks(tasks, { httpPort: values.http01Port, resolvers: values.dnsResolvers, ...(world.sandbox ? { nameservers: world.sandbox.nameservers } : {}) });
      world.sandbox?.placeByHand(tasks);
      const until = expires();
      await world.interaction.instruct({ tasks, zones: watch.zones, look: () => watch.look(), ...(until === undefined ? {} : { expires: new Date(until) }) });
    },
    served,
    lasts,
    changeForNow: (change, test) => changeForNow(change, test, world),
    putBack: () => putBack(world),
  };
}

/** --debug-challenges: the answers are in place; a person may look at them before the CA does (C29). */
async function pause(tasks: readonly ChallengeTask[], settings: Settings, world: World): Promise<void> {
  if (!settings.values.debugChallenges) return;
  await world.interaction.ask(
    {
      kind: 'choice',
      id: 'debug-challenges',
      label: 'Challenges',
      title: 'The challenges are loaded. Ask the certificate authority to look now?',
      facts: tasks.map((task) => (task.recordName === undefined ? `http://${task.identifier.value}/.well-known/acme-challenge/${task.token}  →  ${task.validation}` : `${task.recordName} TXT ${task.validation}`)),
      why: 'You asked for this pause with --debug-challenges. Everything is removed again afterwards.',
      flags: ['--debug-challenges'],
      unattended: 'go',
      choices: [{ value: 'go', label: 'Go on' }],
      recommended: 'go',
    },
    { canGoBack: false, trail: [] },
  );
}
