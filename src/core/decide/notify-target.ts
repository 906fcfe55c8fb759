import { namesSecret } from '../../system/secret.js';

/** Where a notification goes (U17). */
export type NotifyTarget = { kind: 'mail'; address: string } | { kind: 'webhook'; url: URL } | { kind: 'exec'; command: string };

/** Understands `mail:ADDRESS`, `https://…` (plain http to this machine only) and `exec:COMMAND`; a sentence when it is none of these. Pure. */
export function notifyTarget(text: string): NotifyTarget | { problem: string } {
  const [, kind, rest = ''] = /^(mail|mailto|exec):(.*)$/s.exec(text) ?? [];
  if (kind === 'exec') return rest.trim() === '' ? { problem: 'exec: names no command' } : { kind: 'exec', command: rest };
  if (kind !== undefined) return /^[^\s@,<>-][^\s@,<>]*@[^\s@,<>]+$/.test(rest) || /^[a-z_][a-z0-9_-]*$/i.test(rest) ? { kind: 'mail', address: rest } : { problem: 'mail: names no address' };
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol === 'https:') return { kind: 'webhook', url };
  if (url?.protocol === 'http:') return /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(url.hostname) ? { kind: 'webhook', url } : { problem: 'plain http is for this machine itself; use https' };
  return { problem: 'it must be mail:ADDRESS, an https address, or exec:COMMAND' };
}

/** What is wrong with the value of --notify, null when nothing is. What names a secret (U31) is looked at when it is read. */
export function notifyProblem(text: string): string | null {
  if (namesSecret(text)) return null;
  const target = notifyTarget(text);
  return 'problem' in target ? target.problem : null;
}

/** The target without what must not be told: the path of a webhook's address is often its password. */
export function targetLabel(target: NotifyTarget): string {
  if (target.kind === 'mail') return `mail:${target.address}`;
  return target.kind === 'webhook' ? target.url.origin : `exec:${target.command}`;
}
