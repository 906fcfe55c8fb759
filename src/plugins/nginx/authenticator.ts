import { join } from 'node:path';
import { PluginError } from '../../core/errors.js';
import type { Authenticator, ChallengeContext, ChallengeTask } from '../contract.js';
import { EditList } from '../server-configuration/edits.js';
import { answeringAuthenticator } from '../server-configuration/gathered-answers.js';
import { untilServed, type Http01Answer } from '../server-configuration/until-served.js';
import { challengeEdits } from './challenge.js';
import { changeOf, createHandover, openNginx, readNginxConfiguration, reloadAndWait, tellUnread, type Nginx, type Reading } from './server.js';
import type { Listen } from './servers.js';
import type { NginxTree } from './tree.js';

/** nginx answers http-01 itself. */
export function createNginxAuthenticator(): Authenticator {
  let tree: NginxTree | null = null;
  return answeringAuthenticator<Nginx>({
    open: async (context) => (await openNginx(context)).nginx,
    async place(nginx, tasks, context) {
      const reading = readNginxConfiguration(nginx.settings.serverRoot);
      tellUnread(reading, context.log);
      ({ tree } = reading);
      await placeAnswers(nginx, reading, tasks, context);
    },
    // What comes next, such as an installation, must find it in force.
    async reload(nginx) {
      if (tree) await reloadAndWait(nginx, tree);
    },
  });
}

async function placeAnswers(nginx: Nginx, reading: Reading, tasks: readonly ChallengeTask[], context: ChallengeContext): Promise<void> {
  const { settings } = nginx;
  const answers = tasks.map(({ identifier, token, keyAuthorization }): Http01Answer => ({ name: identifier.value, token, keyAuthorization }));
  const edits = new EditList();
  const own = challengeEdits(reading.tree, reading.servers, answers, { http: context.http01Port, https: context.httpsPort }, join(context.configDir, 'le_http_01_cert_challenge.conf'), edits);
  const change = changeOf(reading, edits.all(), { files: own ? [{ path: own.path, before: null, after: own.text }] : [] });
  const handover = createHandover();
  await context.changeForNow(change, () => handover.test(nginx, reading.tree));
  await handover.complete(nginx, reading.tree);
  const [first] = answers;
  if (!first) return;
  // nginx gives no sign when its new workers answer.
  const address = loopbackOf(reading.servers.flatMap(({ listens }) => listens), context.http01Port);
  const seconds = Math.max(1, settings.sleepSeconds);
  if (await untilServed(first, address, context.http01Port, seconds * 1000, context.signal)) return;
  if (context.signal.aborted) throw new PluginError('nginx', 'stopped while nginx was reloading');
  context.log('debug', `nginx did not answer for ${first.name} on ${address} within ${seconds} s; the CA is asked all the same`);
}

/** An address of this machine on which the configuration answers plain http. */
function loopbackOf(listens: readonly Listen[], port: number): string {
  const plain = listens.filter((listen) => !listen.ssl && !listen.quic && listen.port === port);
  const named = plain.find(({ address }) => address !== '*' && address !== '[::]');
  if (plain.some(({ address }) => address === '*') || plain.length === 0) return '127.0.0.1';
  if (plain.some(({ address }) => address === '[::]')) return '::1';
  return (named?.address ?? '127.0.0.1').replace(/^\[(.*)\]$/, '$1');
}
