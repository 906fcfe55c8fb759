import type { AnswerSource } from '../../../system/dns-server.js';
import { TYPE_CODES } from '../../../system/dns-values.js';
import { RCODE, type DnsRecord } from '../../../system/dns-wire.js';
import type { ChallengeContext, ChallengeTask } from '../../contract.js';

/** Seconds: no resolver keeps them, or a second try within a minute would be shown the first one's values. */
const TTL = 0;

type Owner = Pick<ChallengeContext, 'served'>;

/** The values that are to be seen now, as an answer source. */
export interface ChallengeAnswers extends AnswerSource {
  add(task: ChallengeTask, owner: Owner): void;
  forget(task: ChallengeTask): void;
  readonly size: number;
}

/**
 * TXT has the values of the name that is asked for, or of all names where it is an alias that somebody chose. Every other question
 * is answered too: names exist, each is the top of a zone of its own, and CAA, A, NS and the like have no records there. A CA looks
 * for CAA below the same delegation, and an error would be a refusal (T21, issue 30 of the plugin of that name).
 */
export function challengeAnswers(): ChallengeAnswers {
  const tasks = new Map<ChallengeTask, Owner>();
  return {
    add: (task, owner) => void tasks.set(task, owner),
    forget: (task) => void tasks.delete(task),
    get size() {
      return tasks.size;
    },
    answer(question, type) {
      const name = question.toLowerCase();
      const soa: DnsRecord = { name: question, type: TYPE_CODES.SOA, ttl: TTL, value: `${question} ${question} ${Math.floor(Date.now() / 1000)} 3600 600 86400 0` };
      if (type === TYPE_CODES.SOA) return { rcode: RCODE.NOERROR, answers: [soa], authorities: [] };
      const all = [...tasks.keys()];
      const own = all.filter(({ recordName }) => recordName?.toLowerCase() === name);
      const meant = type === TYPE_CODES.TXT ? (own.length > 0 ? own : all) : [];
      if (meant.length === 0) return { rcode: RCODE.NOERROR, answers: [], authorities: [soa] };
      for (const task of meant) tasks.get(task)?.served(task);
      const values = [...new Set(meant.map(({ validation }) => validation))];
      return { rcode: RCODE.NOERROR, answers: values.map((value) => ({ name: question, type, ttl: TTL, value })), authorities: [] };
    },
  };
}
