import type { AcmeClient, Authorization, Challenge, Order } from '../acme/client.js';
import { challengeAdvice } from '../acme/advice.js';
import type { Authenticator, ChallengeContext, ChallengeTask } from '../plugins/contract.js';
import type { ObtainPlan } from './decide/plan.js';
import { ChallengesFailed, Refused, type ChallengeFailure, type ProblemDocument } from './errors.js';
import type { Event } from './events.js';
import type { ChallengeType, Identifier } from './identifier.js';

export interface ProveWorld {
  client: AcmeClient;
  authenticator: Authenticator;
  context: ChallengeContext;
  report: (event: Event) => void;
  /** Waits for a person before the CA is asked (--debug-challenges); resolves at once otherwise. */
  pause: (tasks: readonly ChallengeTask[]) => Promise<void>;
  /** Resolves when every presented answer was fetched once: the order may be polled early. */
  served: { all: (tasks: readonly ChallengeTask[]) => Promise<void> };
  now: () => number;
  /** Milliseconds the CA may take to validate. */
  timeoutMs: number;
}

/** One authorization with the name of the plan it stands for. */
export interface NamedAuthorization {
  authorization: Authorization;
  identifier: Identifier;
  wildcard: boolean;
}

/** Reads all authorizations of an order at once and tells which name each one is for. */
export async function readAuthorizations(client: AcmeClient, order: Order, identifiers: readonly Identifier[]): Promise<readonly NamedAuthorization[]> {
  const authorizations = await Promise.all(order.authorizations.map((url) => client.authorization(url)));
  return authorizations.map((authorization) => {
    const wildcard = authorization.wildcard === true;
    const value = wildcard ? `*.${authorization.identifier.value}` : authorization.identifier.value;
    const known = identifiers.find((identifier) => identifier.value === value);
    return { authorization, wildcard, identifier: known ?? { type: authorization.identifier.type === 'ip' ? 'ip' : 'dns', value, shown: value } };
  });
}

/**
 * Answers every pending challenge of the order: all answers are put in place first, then the CA is asked for all at once,
 * then the order (not each authorization) is polled. Returns the order, `ready` or further. Answers are always removed again.
 * Throws ChallengesFailed with the CA's words for each name.
 */
export async function prove(plan: ObtainPlan, order: Order, named: readonly NamedAuthorization[], world: ProveWorld): Promise<Order> {
  const { client, authenticator, context, report } = world;
  for (const { authorization, identifier } of named) {
    if (authorization.status === 'valid') report({ type: 'name', name: identifier.shown, state: 'valid', detail: 'proved before' });
  }
  const pending = named.filter(({ authorization }) => authorization.status === 'pending');
  const chosen = pending.map((entry) => ({ ...entry, challenge: chooseChallenge(plan, authenticator, entry) }));
  // One lasting record is enough for a name and its wildcard.
  const far = new Set(chosen.flatMap(({ authorization, wildcard }) => (wildcard ? [authorization.identifier.value] : [])));
  const tasks = chosen.map((entry) => taskFor(client, entry, far.has(entry.authorization.identifier.value)));
  const tell = (state: 'preparing' | 'presented' | 'checking') => {
    for (const { identifier, challenge } of chosen) report({ type: 'name', name: identifier.shown, state, challenge: challenge.type as ChallengeType });
  };
  if (tasks.length === 0) return order;
  tell('preparing');
  try {
    await authenticator.present(tasks, context);
    await authenticator.wait?.(tasks, context);
    tell('presented');
    await world.pause(tasks);
    tell('checking');
    const asked = await Promise.all(chosen.map(({ challenge }) => client.respond(challenge.url).then(() => undefined, (error: unknown) => error)));
    const refused = asked.find((error) => error !== undefined);
    if (refused !== undefined) throw refused;
    const polled = await client.pollOrder(order.url, {
      until: ['ready', 'processing', 'valid', 'invalid'],
      deadline: world.now() + world.timeoutMs,
      ...(authenticator.tellsFetches ? { wake: world.served.all(tasks) } : {}),
    });
    if (polled.status === 'ready' || polled.status === 'processing' || polled.status === 'valid') {
      for (const { identifier } of chosen) report({ type: 'name', name: identifier.shown, state: 'valid' });
      return polled;
    }
    throw await failuresOf(plan, order, client, report);
  } finally {
    await authenticator.cleanUp(tasks, context);
  }
}

/** Reads the authorizations once more, to say per name what the CA found. */
async function failuresOf(plan: ObtainPlan, order: Order, client: AcmeClient, report: (event: Event) => void): Promise<ChallengesFailed> {
  const named = await readAuthorizations(client, order, plan.identifiers);
  const valid = named.filter(({ authorization }) => authorization.status === 'valid').map(({ identifier }) => identifier.shown);
  const failures: ChallengeFailure[] = [];
  for (const { authorization, identifier } of named) {
    if (authorization.status === 'valid') {
      report({ type: 'name', name: identifier.shown, state: 'valid' });
      continue;
    }
    const bad = authorization.challenges.find((challenge) => challenge.error) ?? authorization.challenges.find((challenge) => challenge.status === 'invalid');
    // A name whose own check did not fail, in an order that another name made invalid, is not a failure of its own.
    if (!bad && authorization.status === 'pending') continue;
    const problem: ProblemDocument = bad?.error ?? {
      type: 'urn:ietf:params:acme:error:unauthorized',
      detail: `The authorization is ${authorization.status}.`,
      status: 403,
      subproblems: [],
    };
    const challengeType = bad?.type ?? 'unknown';
    const advice = challengeAdvice(problem, challengeType, identifier.shown);
    failures.push({ name: identifier.shown, challengeType, problem, ...(advice === undefined ? {} : { advice }) });
    report({ type: 'name', name: identifier.shown, state: 'failed', problem, ...(advice === undefined ? {} : { advice }) });
  }
  if (failures.length === 0) {
    const problem: ProblemDocument = { type: 'about:blank', detail: 'The certificate authority had not decided when the time was up.', status: 0, subproblems: [] };
    const undecided = named.filter(({ authorization }) => authorization.status !== 'valid');
    return new ChallengesFailed(undecided.map(({ identifier }) => ({ name: identifier.shown, challengeType: 'unknown', problem })), valid);
  }
  return new ChallengesFailed(failures, valid);
}

/** The planned type if the CA offers it, else another one that the authenticator can answer and the person did not rule out. */
function chooseChallenge(plan: ObtainPlan, authenticator: Authenticator, { authorization, identifier, wildcard }: NamedAuthorization): Challenge {
  const planned = plan.proofs.find((proof) => proof.identifier.value === identifier.value)?.challenge;
  const able = authenticator.challengeTypes(identifier, wildcard);
  const wished = plan.preferredChallenges.length > 0 ? able.filter((type) => plan.preferredChallenges.includes(type)) : able;
  for (const type of [...(planned ? [planned] : []), ...wished]) {
    const challenge = authorization.challenges.find((candidate) => candidate.type === type);
    if (challenge) return challenge;
  }
  const offered = authorization.challenges.map(({ type }) => type).join(', ');
  throw new Refused(
    `Client with the currently selected authenticator does not support any combination of challenges that will satisfy the CA. (${identifier.shown}: the CA offers ${offered})`,
    { hint: 'Choose another authenticator, or leave --preferred-challenges out.' },
  );
}

/** `far`: a lasting record must be good for the wildcard too. */
function taskFor(client: AcmeClient, { authorization, challenge, identifier, wildcard }: NamedAuthorization & { challenge: Challenge }, far: boolean): ChallengeTask {
  const type = challenge.type as ChallengeType;
  const base = authorization.identifier.value;
  const token = challenge.token ?? '';
  const keyAuthorization = token === '' ? '' : client.keyAuthorization(token);
  return {
    identifier: { ...identifier, value: base },
    wildcard,
    type,
    token,
    keyAuthorization,
    validation: type.startsWith('dns-') ? client.dnsValidation(type, token, { wildcard: far, challenge }) : keyAuthorization,
    ...(type.startsWith('dns-') ? { recordName: client.dnsRecordName(type, base) } : {}),
    ...(type === 'dns-persist-01' ? { persist: { issuers: challenge.issuerDomainNames ?? [], accountUrl: client.accountUrl() ?? '' } } : {}),
  };
}
