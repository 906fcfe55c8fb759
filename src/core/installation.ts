import { isDeepStrictEqual } from 'node:util';
import type { Deployment, Enhancement, InstallContext, Installer, PlaceQuestion, PluginDescriptor, ServerChange } from '../plugins/contract.js';
import { readLineage, type Lineage } from '../store/lineage.js';
import { merged, shownSteps, type ChangeStep } from './change-step.js';
import { enhancementsWanted } from './decide/enhancements-wanted.js';
import type { Facts } from './decide/facts.js';
import type { Installation, InstallationWish } from './decide/installation-choice.js';
import type { Question } from './decide/question.js';
import { undoWords } from './decide/undo-words.js';
import { deploymentOf, plannedDeployment } from './deployment.js';
import { forgetBehind } from './behind.js';
import { CertwrightError, NotInstalled, PluginError, Refused, ServerChanged } from './errors.js';
import { tellServed } from './served-certificate.js';
import { applySteps, undoChanges } from './server-change.js';
import { isSet, type Settings } from './settings.js';
import type { World } from './world.js';

/** The installer that is named, prepared and with the server's configuration read. Throws Refused, PluginError. */
export async function openInstaller(settings: Settings, world: World): Promise<Installer> {
  const name = settings.values.installer;
  if (name === undefined) {
    throw new Refused('Missing command line flags. For non-interactive execution, you will need to specify a plugin on the command line.', {
      hint: `Name an installer with -i; \`${settings.program} plugins --installers\` lists them.`,
    });
  }
  const descriptor = world.plugins.find((plugin) => plugin.name === name);
  if (!descriptor?.loadInstaller) throw new Refused(`The requested ${name} plugin does not appear to be installed`, { hint: `\`${settings.program} plugins --installers\` lists those that are.` });
  const installer = await descriptor.loadInstaller();
  await lockServer(descriptor, settings, world);
  await installer.prepare(installContext(settings, world));
  await installer.read(new Map());
  return installer;
}

/** What a plugin reads and edits stays as it is for others meanwhile (S147). Throws LockHeld. */
export async function lockServer({ server }: PluginDescriptor, { plugin }: Settings, world: World): Promise<void> {
  const root = server?.root(plugin) ?? null;
  if (root !== null) await world.lockFolder(root);
}

function installContext({ values, plugin }: Settings, world: World): InstallContext {
  return {
    options: plugin,
    http01Port: values.http01Port,
    httpsPort: values.httpsPort,
    configDir: world.dirs.config,
    workDir: world.dirs.work,
    environment: world.env,
    signal: world.signal,
    log: (level, message) => world.log(level, message),
  };
}

/**
 * What deploying a certificate and these enhancements change, each planned on what the ones before it leave: nothing is written.
 * `deploy` false = only the enhancements. Throws PluginError.
 */
export async function planInstallation(installer: Installer, deployment: Deployment, enhancements: readonly Enhancement[], { deploy, chosen = new Map() }: { deploy: boolean; chosen?: ReadonlyMap<string, readonly string[]> }): Promise<Installation> {
  const steps: ChangeStep[] = [];
  const unsupported: Enhancement[] = [];
  const instead = new Map<string, string>();
  const take = async (title: string, change: ServerChange): Promise<void> => {
    for (const { path, after } of change.files) instead.set(path, after);
    if (change.files.length + (change.removes?.length ?? 0) + change.links.length + change.commands.length > 0) steps.push({ title, change });
    await installer.read(instead);
  };
  if (deploy) await take('Deployed ACME Certificate', installer.deploy(deployment, chosen));
  for (const kind of enhancements) {
    const change = installer.enhance(kind, deployment);
    if (change === null) unsupported.push(kind);
    else await take(kind === 'no-redirect' ? 'Took the redirect out' : `Add enhancement ${kind}`, change);
  }
  return { steps, unsupported };
}

/** What installing would ask a person, or else change; nothing is written. Throws PluginError, Refused. */
export async function lookUpInstallation(facts: Facts, { key, settings, plan }: InstallationWish, world: World): Promise<Facts> {
  const installer = await openInstaller(settings, world);
  const deployment = plan.kind === 'keep' ? deploymentOf(readLineage(world.dirs, plan.lineage), settings, world.dirs) : plannedDeployment(plan, world.dirs);
  const questions = installer.questions(deployment);
  const planned = questions.length > 0 ? { steps: [], unsupported: [] } : await planInstallation(installer, deployment, enhancementsWanted(settings), { deploy: true });
  return { ...facts, installation: { key, questions, ...planned, steps: shownSteps(planned.steps) } };
}

/**
 * Does what was planned, all or nothing, then has the server read it; when it does not reload, all is undone and it is reloaded once more.
 * When only an enhancement is refused, the certificate is installed without it and that is the error. Throws PluginError with the server's
 * words.
 */
async function install(installer: Installer, { steps }: Installation, name: string, world: World, published: readonly Deployment[] = []): Promise<void> {
  const test = (): Promise<string | null> => installer.test();
  if (steps.length > 0) installer.ready();
  let refused: unknown = null;
  try {
    await applySteps(steps, test, world);
  } catch (error) {
    if (steps.length < 2) throw error;
    refused = error;
    await applySteps(steps.slice(0, 1), test, world);
  }
  try {
    await publish(installer, published, world);
  } catch (error) {
    await undoChanges(refused === null ? steps.length : 1, world);
    throw error;
  }
  try {
    await installer.reload();
  } catch (error) {
    // What was handed over stays there: nothing was restored.
    if (steps.length === 0 && published.length > 0) throw error;
    await undoChanges(refused === null ? steps.length : 1, world);
    await installer.reload();
    throw new PluginError(name, `We were unable to install your certificate, however, we successfully restored your server to its prior configuration.\n${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  if (refused !== null) throw refused;
}

/** What keeps certificates elsewhere is given them, and says what it did. */
async function publish(installer: Installer, deployments: readonly Deployment[], world: World): Promise<void> {
  if (!installer.publish || deployments.length === 0) return;
  for (const done of await installer.publish(deployments)) world.log('info', done);
}

/**
 * Has the server use certificates that were renewed: where it has copies of their files these are brought up to date first, all or nothing,
 * unless --disable-renew-updates says that nothing is changed there. It is reloaded in any case, or (`ifChanged`) only after such a change. Throws
 * PluginError. What keeps certificates elsewhere is given those that are `fresh`, which is what `renew` renewed, as certbot does it.
 */
export async function installRenewed(installer: Installer, deployments: readonly Deployment[], { values }: Settings, world: World, { ifChanged = false } = {}): Promise<void> {
  const steps: ChangeStep[] = [];
  const instead = new Map<string, string>();
  for (const deployment of values.disableRenewUpdates ? [] : deployments) {
    const change = installer.renewed?.(deployment);
    if (!change || change.files.length === 0) continue;
    steps.push({ title: '', change });
    for (const { path, after } of change.files) instead.set(path, after);
    await installer.read(instead);
  }
  const published = values.disableRenewUpdates ? [] : deployments.filter(({ fresh }) => fresh === true);
  if (steps.length === 0) {
    if (ifChanged) return;
    await publish(installer, published, world);
    return installer.reload();
  }
  await install(installer, { steps: [{ title: 'Deployed renewed ACME certificates', change: merged(steps) }], unsupported: [] }, values.installer ?? '', world, published);
}

/**
 * What would be done now must be what was shown before: files, links and commands, to the letter. Also a file that is not written itself
 * (another block for the same address) may make something else of it. Throws ServerChanged.
 */
export function refuseOtherChange(plugin: string, shown: Installation, now: Installation): void {
  const done = ({ steps }: Installation): unknown => {
    const { files, removes, links, commands } = merged(shownSteps(steps));
    return { files: files.map((file) => (file.dated ? { ...file, after: null } : file)), removes, links, commands };
  };
  if (!isDeepStrictEqual(done(shown), done(now))) throw new ServerChanged(plugin);
}

/** Where a name goes that only a person can place. */
export function placeQuestion({ name, reason, places, recommended, flag }: PlaceQuestion): Question {
  return {
    kind: 'checklist',
    id: 'places',
    label: 'Where',
    about: name,
    title: `Which parts of the configuration shall have the certificate for ${name}?`,
    facts: [reason],
    why: 'Each part that you tick is given the certificate. The others stay as they are.',
    flags: [flag],
    missing: reason,
    choices: places.map(({ id, label, hint }) => ({ value: id, label, ...(hint === undefined ? {} : { hint }) })),
    initial: recommended,
    least: 1,
  };
}

/** Asks where such names go. Throws MissingFlag when nobody can be asked. */
async function choosePlaces(installer: Installer, deployment: Deployment, { interaction }: World): Promise<ReadonlyMap<string, readonly string[]>> {
  const chosen = new Map<string, readonly string[]>();
  for (const question of installer.questions(deployment)) {
    const answer = await interaction.ask(placeQuestion(question), { canGoBack: false, trail: [] });
    chosen.set(question.name, Array.isArray(answer) ? answer.map(String) : [String(answer)]);
  }
  return chosen;
}

/**
 * Points the server to a certificate (`deploy`) and hardens it as the settings say; with --plan only says what would be changed. Throws
 * PluginError, and ServerChanged when that is not what was `shown` before. `chosen`: places that were asked for already; `lineage`: whose
 * certificate it is, where it is that of one.
 */
export async function installInto(installer: Installer, deployment: Deployment, settings: Settings, world: World, what: { deploy: boolean; lineage?: string; shown?: Installation; chosen?: ReadonlyMap<string, readonly string[]> }): Promise<void> {
  const chosen = what.chosen ?? (what.deploy ? await choosePlaces(installer, deployment, world) : new Map<string, readonly string[]>());
  const plan = await planInstallation(installer, deployment, enhancementsWanted(settings), { ...what, chosen });
  if (what.shown) refuseOtherChange(settings.values.installer ?? '', what.shown, plan);
  tellUnsupported(plan, settings, world);
  const published = what.deploy && installer.publish ? [deployment] : [];
  if (!settings.values.plan) await install(installer, plan, settings.values.installer ?? '', world, published);
  else if (published.length > 0) world.log('info', `The certificate would be handed over by the ${settings.values.installer ?? ''} installer; no file of this machine is changed by that.`);
  if (plan.steps.length > 0 || published.length === 0) world.interaction.report({ type: 'installation', installer: settings.values.installer ?? '', steps: shownSteps(plan.steps), ...(settings.values.plan ? { done: false } : { done: true, undo: undoOf(settings, settings.values.installer ?? '', plan.steps.length, world) }) });
  if (what.deploy && !settings.values.plan && what.lineage !== undefined) forgetBehind(what.lineage, settings, world);
  if (what.deploy && !settings.values.plan) await tellServed(installer, deployment, world);
}

/** The command that undoes what was changed a moment ago, by this installer in so many steps. */
export function undoOf(settings: Settings, installer: string, count: number, { plugins }: World): readonly string[] {
  return undoWords(settings, installer, count, plugins.find(({ name }) => name === installer)?.options ?? []);
}

/** The same for the certificate of a lineage that was obtained a moment ago. Throws NotInstalled: the certificate stays whatever the server says. */
export async function installObtained(installer: Installer, lineage: Lineage, settings: Settings, world: World): Promise<void> {
  const { interaction, dirs } = world;
  interaction.report({ type: 'stage', stage: 'install', state: 'started' });
  try {
    await installInto(installer, deploymentOf(lineage, settings, dirs), settings, world, { deploy: true, lineage: lineage.name });
  } catch (error) {
    if (!(error instanceof CertwrightError) || error.code === 'cancelled') throw error;
    throw new NotInstalled(lineage.name, settings.values.installer ?? '', error);
  }
  interaction.report({ type: 'stage', stage: 'install', state: 'done' });
}

/** Enhancements that were asked for by name and that the server cannot do: said, as certbot does, and no failure. */
export function tellUnsupported({ unsupported }: Installation, settings: Settings, world: World): void {
  for (const kind of unsupported) if (kind !== 'redirect' || isSet(settings, 'redirect')) world.log('warning', `${kind} is not supported by the ${settings.values.installer ?? ''} installer; it was left out.`);
}
