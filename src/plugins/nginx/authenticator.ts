import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { PluginError } from '../../core/errors.js';
import type { Authenticator, ChallengeContext, ChallengeTask } from '../contract.js';
import { challengeEdits, type Http01Answer } from './challenge.js';
import { configurationFault, reloadNginx } from './control.js';
import { EditList } from './edits.js';
import { changeOf, openNginx, readNginxConfiguration, reloadAndWait, type Nginx } from './server.js';
import type { Listen, Server } from './servers.js';

/** Milliseconds in which the answers of several certificates are gathered into one change. */
const GATHER = 40;
/** Milliseconds between two looks whether nginx answers, and for one look. */
const LOOK = 20;
const LOOK_TIME = 1000;

interface Waiting {
  tasks: readonly ChallengeTask[];
  resolve: () => void;
  reject: (error: unknown) => void;
}

/**
 * nginx answers http-01 itself. Answers of several certificates that come within a moment are one change and one reload; the last one that
 * is cleaned up has the configuration put back, by one more reload.
 */
export function createNginxAuthenticator(): Authenticator {
  let nginx: Promise<Nginx> | null = null;
  let waiting: Waiting[] = [];
  const present = new Set<ChallengeTask>();
  let turn: Promise<unknown> = Promise.resolve();

  const change = async (context: ChallengeContext): Promise<void> => {
    const group = waiting;
    waiting = [];
    try {
      const open = await (nginx ??= openNginx(context));
      // What is there from before is part of the new change, for a file is kept only once.
      if (present.size > 0) await context.putBack();
      for (const { tasks } of group) for (const task of tasks) present.add(task);
      await placeAnswers(open, [...present], context);
      for (const { resolve } of group) resolve();
    } catch (error) {
      for (const { tasks } of group) for (const task of tasks) present.delete(task);
      for (const { reject } of group) reject(error);
    }
  };
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const next = turn.then(work);
    turn = next.catch(() => undefined);
    return next;
  };

  return {
    challengeTypes: (identifier, wildcard) => (identifier.type === 'dns' && !wildcard ? ['http-01'] : []),
    async prepare(context) {
      await (nginx ??= openNginx(context));
    },
    present(tasks, context) {
      return new Promise((resolve, reject) => {
        waiting.push({ tasks, resolve, reject });
        if (waiting.length === 1) setTimeout(() => void inTurn(() => change(context)), GATHER);
      });
    },
    async cleanUp(tasks, context) {
      const mine = tasks.filter((task) => present.delete(task));
      if (mine.length === 0 || present.size > 0 || waiting.length > 0) return;
      await inTurn(async () => {
        if (present.size > 0) return;
        await context.putBack();
        const open = await nginx;
        if (open) await reloadNginx(open.program);
      });
    },
  };
}

async function placeAnswers(nginx: Nginx, tasks: readonly ChallengeTask[], context: ChallengeContext): Promise<void> {
  const { settings, program } = nginx;
  const answers = tasks.map(({ identifier, token, keyAuthorization }): Http01Answer => ({ name: identifier.value, token, keyAuthorization }));
  const reading = readNginxConfiguration(settings.serverRoot, new Map(), (message) => context.log('warning', message));
  const edits = new EditList();
  const own = challengeEdits(reading.tree, reading.servers, answers, { http: context.http01Port, https: context.httpsPort }, join(context.configDir, 'le_http_01_cert_challenge.conf'), edits);
  const change = changeOf(reading, edits.all(), { files: own ? [{ path: own.path, before: null, after: own.text }] : [] });
  await context.changeForNow(change, () => configurationFault(program));
  await reloadAndWait(nginx, reading);
  await untilServed(answers, reading.servers, context, settings.sleepSeconds);
}

/** nginx gives no sign when its new workers answer: one of the answers is asked for until it comes, at the longest for the seconds given. */
async function untilServed(answers: readonly Http01Answer[], servers: readonly Server[], context: ChallengeContext, seconds: number): Promise<void> {
  const [first] = answers;
  if (!first) return;
  const address = loopbackOf(servers.flatMap(({ listens }) => listens), context.http01Port);
  const until = Date.now() + Math.max(1, seconds) * 1000;
  while (Date.now() < until) {
    if (context.signal.aborted) throw new PluginError('nginx', 'stopped while nginx was reloading');
    if ((await fetchAnswer(address, context.http01Port, first)) === first.keyAuthorization) return;
    await sleep(LOOK);
  }
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

function fetchAnswer(host: string, port: number, { name, token }: Http01Answer): Promise<string | null> {
  return new Promise((resolve) => {
    const asked = request({ host, port, path: `/.well-known/acme-challenge/${token}`, headers: { host: name }, timeout: LOOK_TIME, agent: false }, (response) => {
      let body = '';
      response.setEncoding('latin1').on('data', (chunk: string) => (body = (body + chunk).slice(0, 4096)));
      response.on('end', () => resolve(body));
      response.on('error', () => resolve(null));
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(null));
    asked.end();
  });
}
