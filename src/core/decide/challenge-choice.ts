import type { Identifier } from '../identifier.js';
import { isSet, type Settings } from '../settings.js';
import type { Assignment } from './assign.js';
import type { AnswerValue, Question } from './question.js';

/**
 * File or record? Only a person who places the answers can say which is easier; scripts say it by --preferred-challenges or
 * get the plugin's own order. Null when there is nothing to choose.
 */
export function challengeQuestion(settings: Settings, authenticator: string, wanted: readonly Identifier[]): Question | null {
  if (authenticator !== 'manual' || isSet(settings, 'prefChalls') || isSet(settings, 'manual_auth_hook')) return null;
  const names = wanted.filter(({ type }) => type === 'dns');
  const wildcards = names.filter(({ value }) => value.startsWith('*.'));
  if (names.length < wanted.length || wildcards.length === names.length) return null;
  return {
    kind: 'choice',
    id: 'challenge',
    label: 'Answer',
    title: names.length === 1 ? 'Where can you place the answer?' : 'Where can you place the answers?',
    term: 'challenge',
    why:
      'A file must be reachable at http://NAME/.well-known/acme-challenge/ on port 80. A record is a TXT record below the name in its DNS zone; ' +
      'it works without any web server, and it is the only way for names with *.',
    flags: ['--preferred-challenges'],
    unattended: 'http',
    choices:
      wildcards.length > 0
        ? [
            { value: 'dns', label: 'DNS records for all names', hint: 'one place for everything', flag: '--preferred-challenges dns' },
            { value: 'http,dns', label: 'Files, and records where they must be', hint: `records for ${wildcards.map(({ shown }) => shown).join(', ')}`, flag: '--preferred-challenges http,dns' },
          ]
        : [
            { value: 'http', label: names.length === 1 ? 'A file on its web server' : 'Files on their web servers', hint: 'port 80 must answer', flag: '--preferred-challenges http' },
            { value: 'dns', label: names.length === 1 ? 'A DNS record' : 'DNS records', hint: 'works without a web server', flag: '--preferred-challenges dns' },
          ],
    recommended: wildcards.length > 0 ? 'dns' : 'http',
  };
}

export function assignChallenge(value: AnswerValue): Assignment {
  const types = String(value).split(',').map((word) => `${word}-01`);
  return { values: { prefChalls: types }, words: { prefChalls: ['--preferred-challenges', String(value)] } };
}
