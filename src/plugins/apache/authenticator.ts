import { mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PluginError } from '../../core/errors.js';
import type { Authenticator, ChallengeContext, ChallengeTask } from '../contract.js';
import { EditList } from '../server-configuration/edits.js';
import { answeringAuthenticator } from '../server-configuration/gathered-answers.js';
import { untilServed, type Http01Answer } from '../server-configuration/until-served.js';
import { challengeEdits } from './challenge.js';
import { configurationFault } from './control.js';
import { enabling, moduleTools } from './modules.js';
import { changedFiles, nothingPlanned, openApache, readApacheConfiguration, reloadAndWait, seenAnew, type Apache } from './server.js';
import { listensOf, loopbackOf } from './vhosts.js';

/** Milliseconds until an answer must be there: certbot waits 3 s in every case. */
const ANSWER = 3000;
/** What answering takes. */
const MODULES = ['rewrite', 'authz_core'];

/** Apache answers http-01 itself. */
export function createApacheAuthenticator(): Authenticator {
  // What comes next, such as an installation, must find in force what was put back.
  return answeringAuthenticator<Apache>({ open: openApache, place: placeAnswers, reload: reloadAndWait });
}

async function placeAnswers(found: Apache, tasks: readonly ChallengeTask[], context: ChallengeContext): Promise<void> {
  const apache = seenAnew(found);
  const { settings, program } = apache;
  const answers = tasks.map(({ identifier, token, keyAuthorization }): Http01Answer => ({ name: identifier.value, token, keyAuthorization }));
  const warn = (message: string): void => context.log('warning', message);
  const present = readApacheConfiguration(apache, nothingPlanned, context.httpsPort, () => undefined);
  const { modules, commands } = enabling(MODULES, present.tree.modules, moduleTools(settings));
  const reading = readApacheConfiguration(apache, { ...nothingPlanned, modules }, context.httpsPort, warn);
  const folder = join(context.workDir, 'http_challenges');
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  const closed = closedTo(folder);
  if (closed !== null) context.log('warning', `${closed} may only be read by its owner: Apache, which runs as another user, may not find the answers below it.`);
  const edits = new EditList();
  const files = challengeEdits(reading.tree, reading.vhosts, answers, { http: context.http01Port, serverRoot: settings.serverRoot }, { location: settings.challengeLocation, answers: folder }, edits);
  const change = {
    files: [...changedFiles(reading, edits.all()), ...files.map(({ path, text }) => ({ path, before: null, after: text }))],
    links: [],
    commands,
    notes: [],
    warnings: [],
  };
  await context.changeForNow(change, () => configurationFault(program));
  await reloadAndWait(apache);
  const [first] = answers;
  if (!first) return;
  const address = loopbackOf(listensOf(reading.tree), context.http01Port);
  if (await untilServed(first, address, context.http01Port, ANSWER, context.signal)) return;
  if (context.signal.aborted) throw new PluginError('apache', 'stopped while Apache was reloading');
  context.log('debug', `Apache did not answer for ${first.name} on ${address} within ${ANSWER / 1000} s; the CA is asked all the same`);
}

/** A folder on the way that others may not pass; null when there is none. */
function closedTo(folder: string): string | null {
  for (let path = folder; ; path = dirname(path)) {
    if (((statSync(path, { throwIfNoEntry: false })?.mode ?? 0o755) & 0o001) === 0) return path;
    if (dirname(path) === path) return null;
  }
}
