import { readFileSync } from 'node:fs';
import type { AcmeClient, Order } from '../acme/client.js';
import { choosePreferredChain } from '../acme/chains.js';
import { readCertificate, splitChain } from '../crypto/certificate.js';
import { readCsr } from '../crypto/csr.js';
import type { Authenticator, ChallengeContext, ChallengeTask } from '../plugins/contract.js';
import { readPending, removePending, writePending } from '../store/pending.js';
import type { Directories } from '../store/paths.js';
import { prove, readAuthorizations, type NamedAuthorization } from './challenges.js';
import type { KeyPlan, ObtainPlan } from './decide/plan.js';
import { AcmeProblem, ChallengesFailed, HookFailed, Refused } from './errors.js';
import type { Event, Stage } from './events.js';
import type { Identifier } from './identifier.js';

/** A certificate as the CA gave it, with the key it belongs to (null with --csr). */
export interface Issued {
  /** Leaf first. */
  fullchain: string;
  cert: string;
  chain: string;
  privateKey: string | null;
  identifiers: readonly Identifier[];
}

export interface IssueWorld {
  client: AcmeClient;
  accountId: string;
  authenticator: Authenticator;
  context: ChallengeContext;
  dirs: Directories;
  report: (event: Event) => void;
  pause: (tasks: readonly ChallengeTask[]) => Promise<void>;
  served: { all: (tasks: readonly ChallengeTask[]) => Promise<void> };
  now: () => number;
  /** Seconds (--issuance-timeout). */
  issuanceTimeout: number;
  makeKey: (key: KeyPlan) => Promise<string>;
  makeCsr: (privateKey: string, identifiers: readonly Identifier[], options: { mustStaple: boolean }) => Buffer;
  /** Private key of the lineage's present version, for --reuse-key. */
  presentKey: string | null;
  /** Present certificate, for `replaces` (RFC 9773 section 5). */
  replaces: string | null;
  /** The words that repeat this run, for `resume`. */
  command: readonly string[];
}

/**
 * From order to certificate. What is needed to fetch the certificate (key, order) is on disk before the CA is asked for
 * it, so a crash at any later point loses nothing; the caller saves the result and then calls `forget`.
 * Throws ChallengesFailed, HookFailed, AcmeProblem, NetworkError, Refused.
 */
export async function issue(plan: ObtainPlan, world: IssueWorld): Promise<Issued> {
  let identifiers = plan.identifiers;
  for (;;) {
    try {
      return await attempt({ ...plan, identifiers }, world);
    } catch (error) {
      const rest = plan.allowSubsetOfNames && plan.csr === null ? withoutFailed(identifiers, error) : null;
      if (!rest) throw error;
      world.report({ type: 'names-dropped', names: identifiers.filter((name) => !rest.includes(name)).map(({ shown }) => shown) });
      identifiers = rest;
    }
  }
}

/** The certificate is saved: the journal of this order is no longer needed. */
export function forget(plan: ObtainPlan, dirs: Directories): void {
  if (plan.lineage) removePending(dirs, plan.lineage.name);
}

async function attempt(plan: ObtainPlan, world: IssueWorld): Promise<Issued> {
  const { client, report } = world;
  const name = plan.lineage?.name ?? null;
  let pending = plan.dryRun || name === null || plan.resume === null ? null : readPending(world.dirs, name);
  let order: Order | null = null;
  if (pending) {
    order = await openOrder(client, pending.orderUrl);
    if (order) report({ type: 'order-resumed', url: order.url, names: plan.identifiers.map(({ shown }) => shown) });
    else pending = null;
  }
  // The key is made while the network is busy.
  const keyMade: Promise<string | null> = pending ? Promise.resolve(pending.privateKey) : makeKey(plan, world);
  keyMade.catch(() => undefined);
  order ??= await stage(report, 'order', () => newOrder(plan, world));
  const privateKey = await keyMade;
  if (name !== null && !plan.dryRun && !pending && privateKey !== null) {
    pending = {
      lineage: name,
      server: plan.ca.server,
      accountId: world.accountId,
      orderUrl: order.url,
      names: plan.identifiers.map(({ value }) => value),
      privateKey,
      created: new Date(world.now()).toISOString(),
      ...(order.expires === undefined ? {} : { expires: order.expires }),
      command: [...world.command],
    };
    await writePending(world.dirs, pending);
  }
  try {
    // An order whose names are all proved is ready at once; a rehearsal proves them again.
    const ready = order.status === 'pending' || plan.dryRun ? await stage(report, 'proof', () => proveOrder(plan, order, world)) : order;
    const done = await stage(report, 'finalize', () => finalize(plan, ready, privateKey, world));
    const fullchain = await stage(report, 'download', () => download(plan, done, client));
    const [cert = '', ...rest] = splitChain(fullchain);
    checkCertificate(cert, plan.identifiers);
    return { fullchain: [cert, ...rest].join(''), cert, chain: rest.join(''), privateKey, identifiers: plan.identifiers };
  } catch (error) {
    // An invalid order can never become a certificate: its journal would only make the next run look at it again.
    if (name !== null && error instanceof ChallengesFailed) removePending(world.dirs, name);
    throw error;
  }
}

async function stage<T>(report: (event: Event) => void, name: Stage, work: () => Promise<T>): Promise<T> {
  report({ type: 'stage', stage: name, state: 'started' });
  const result = await work();
  report({ type: 'stage', stage: name, state: 'done' });
  return result;
}

/** The order of an earlier run if it can still become a certificate. */
async function openOrder(client: AcmeClient, url: string): Promise<Order | null> {
  try {
    const order = await client.order(url);
    return order.status === 'invalid' ? null : order;
  } catch (error) {
    if (error instanceof AcmeProblem) return null;
    throw error;
  }
}

async function newOrder(plan: ObtainPlan, world: IssueWorld, { again } = { again: false }): Promise<Order> {
  const { client, report } = world;
  const profile = plan.profile === null ? undefined : await usableProfile(client, plan.profile);
  const wish = { identifiers: plan.identifiers.map(({ type, value }) => ({ type, value })), ...(profile === undefined ? {} : { profile }) };
  let order: Order;
  try {
    order = await client.newOrder({ ...wish, ...(world.replaces === null || plan.dryRun ? {} : { replaces: world.replaces }) });
  } catch (error) {
    // An earlier order says so already (RFC 9773 section 5): this one is an order like any other.
    if (!(error instanceof AcmeProblem) || error.kind !== 'alreadyReplaced') throw error;
    order = await client.newOrder(wish);
  }
  report({ type: 'order-created', url: order.url, names: plan.identifiers.map(({ shown }) => shown), ...(order.expires === undefined ? {} : { expires: order.expires }), ...(again ? { again } : {}) });
  return order;
}

/** C05: a preferred profile that the CA does not list is left out, a required one is an error. */
async function usableProfile(client: AcmeClient, profile: { name: string; required: boolean }): Promise<string | undefined> {
  const { meta } = await client.directory();
  const offered = Object.keys(meta.profiles);
  if (offered.includes(profile.name)) return profile.name;
  if (!profile.required) return undefined;
  throw new Refused(`The certificate authority does not offer the profile ${profile.name}.`, {
    hint: offered.length > 0 ? `It offers ${offered.join(', ')}.` : 'It offers no profiles at all.',
  });
}

async function proveOrder(plan: ObtainPlan, order: Order, world: IssueWorld): Promise<Order> {
  let current = order;
  let named: readonly NamedAuthorization[] = await readAuthorizations(world.client, current, plan.identifiers);
  const proved = named.filter(({ authorization }) => authorization.status === 'valid');
  if (plan.dryRun && proved.length > 0) {
    // A rehearsal that skips the proof would prove nothing (C33).
    await Promise.all(proved.map(({ authorization }) => world.client.deactivateAuthorization(authorization.url)));
    current = await newOrder(plan, world, { again: true });
    named = await readAuthorizations(world.client, current, plan.identifiers);
  }
  const lost = named.find(({ authorization }) => authorization.status !== 'valid' && authorization.status !== 'pending');
  if (lost) {
    throw new ChallengesFailed(
      [{ name: lost.identifier.shown, challengeType: 'unknown', problem: { type: 'about:blank', detail: `Its authorization is ${lost.authorization.status}.`, status: 0, subproblems: [] } }],
      named.filter(({ authorization }) => authorization.status === 'valid').map(({ identifier }) => identifier.shown),
    );
  }
  return prove(plan, current, named, { ...world, timeoutMs: world.issuanceTimeout * 1000 });
}

async function finalize(plan: ObtainPlan, order: Order, privateKey: string | null, world: IssueWorld): Promise<Order> {
  const deadline = world.now() + world.issuanceTimeout * 1000;
  let current = order;
  // All names were proved before: the order may still say pending for a moment.
  if (current.status === 'pending') current = await world.client.pollOrder(current.url, { until: ['ready', 'processing', 'valid', 'invalid'], deadline });
  if (current.status === 'ready') {
    const csr = plan.csr ? (await readCsr(readFileSync(plan.csr.path), plan.csr.path)).der : world.makeCsr(privateKey ?? '', plan.identifiers, { mustStaple: plan.mustStaple });
    current = await world.client.finalize(current, csr);
  }
  if (current.status !== 'valid') current = await world.client.pollOrder(current.url, { until: ['valid', 'invalid'], deadline });
  if (current.status === 'valid' && current.certificate !== undefined) return current;
  if (current.error) throw new AcmeProblem(current.error, current.url);
  throw new Refused(`The certificate authority has not issued the certificate in time (the order is ${current.status}).`, {
    hint: 'Nothing is lost: run the same command again, it goes on with the same order. --issuance-timeout gives it more time.',
  });
}

async function download(plan: ObtainPlan, order: Order, client: AcmeClient): Promise<string> {
  const { pem, alternates } = await client.certificate(order.certificate ?? '');
  if (plan.preferredChain === null) return pem;
  const others = await Promise.all(alternates.map(async (url) => (await client.certificate(url)).pem));
  return choosePreferredChain([pem, ...others], plan.preferredChain);
}

/** What is saved must be what was asked for: a CA that sends something else is not believed. */
function checkCertificate(pem: string, identifiers: readonly Identifier[]): void {
  const { names, ips } = readCertificate(pem);
  const has = new Set([...names, ...ips]);
  const missing = identifiers.filter(({ value }) => !has.has(value));
  if (missing.length === 0) return;
  throw new Refused(`The certificate that came does not hold ${missing.map(({ shown }) => shown).join(', ')}.`, {
    hint: 'Nothing was saved. Tell the certificate authority; its answer is in the log.',
  });
}

async function makeKey(plan: ObtainPlan, world: IssueWorld): Promise<string | null> {
  if (plan.key === null) return null;
  if (plan.key.reuse && world.presentKey !== null) return world.presentKey;
  return world.makeKey(plan.key);
}

/** --allow-subset-of-names: the names left when those that failed are taken out; null when that is no way out (C32). */
function withoutFailed(identifiers: readonly Identifier[], error: unknown): readonly Identifier[] | null {
  const failed = new Set<string>();
  if (error instanceof ChallengesFailed) for (const { name } of error.failures) failed.add(name);
  if (error instanceof HookFailed) for (const name of error.names) failed.add(name);
  if (error instanceof AcmeProblem) for (const { identifier } of error.problem.subproblems) if (identifier) failed.add(identifier.value);
  const rest = identifiers.filter(({ shown, value }) => !failed.has(shown) && !failed.has(value));
  return failed.size === 0 || rest.length === 0 || rest.length === identifiers.length ? null : rest;
}

