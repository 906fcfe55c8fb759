import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { findProgram } from './hook-command.js';
import { printableLine } from './printable.js';
import { runShell } from './process.js';

export interface Mail {
  /** One address, or a local user. */
  to: string;
  subject: string;
  text: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Hands a mail to this machine's own mail system: `sendmail -t`, found by PATH or in the usual places, else `mail`. Whether it arrives
 * is that system's business. Throws Error with a plain reason.
 */
export async function sendMail(mail: Mail, { env, timeoutMs, signal }: { env: Environment; timeoutMs: number; signal: AbortSignal }): Promise<void> {
  const sendmail = findProgram('sendmail', env['PATH']) ?? findProgram('/usr/lib/sendmail', undefined);
  const program = sendmail === null ? findProgram('mail', env['PATH']) : null;
  if (sendmail === null && program === null) throw new Error('this machine has neither sendmail nor mail; install a mail transfer agent (msmtp-mta is a small one), or notify by https or exec');
  // Words are given by variables: nothing of them is read by the shell.
  const command = sendmail === null ? '"$PROGRAM" -s "$SUBJECT" "$TO"' : '"$PROGRAM" -i -t';
  const words = { PROGRAM: sendmail ?? program ?? '', SUBJECT: printableLine(mail.subject, 200), TO: mail.to };
  const { exitCode, stderr } = await runShell(command, { env: { ...env, ...words }, timeoutMs, signal, input: sendmail === null ? mail.text : message(mail) });
  if (exitCode !== 0) throw new Error(`${words.PROGRAM} ended with status ${exitCode}${stderr.trim() === '' ? '' : `: ${printableLine(stderr)}`}`);
}

/** RFC 5322, with UTF-8 text. The sender is left to sendmail. */
function message({ to, subject, text }: Mail): string {
  return [
    `To: ${printableLine(to)}`,
    `Subject: ${encodedWord(printableLine(subject, 200))}`,
    `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <${randomUUID()}@${hostname()}>`,
    // RFC 3834: nobody's holiday message shall answer this.
    'Auto-Submitted: auto-generated',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
    '',
    text,
  ].join('\n');
}

/** RFC 2047, in pieces that are short enough for one word each. */
function encodedWord(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  const pieces = [...text].reduce<string[]>((words, letter) => {
    const last = words.at(-1) ?? '';
    return last !== '' && Buffer.byteLength(last + letter) <= 42 ? [...words.slice(0, -1), last + letter] : [...words, letter];
  }, []);
  return pieces.map((piece) => `=?utf-8?B?${Buffer.from(piece).toString('base64')}?=`).join('\n ');
}
