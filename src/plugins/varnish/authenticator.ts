import { randomBytes } from 'node:crypto';
import { PluginError } from '../../core/errors.js';
import type { Authenticator, ChallengeContext, ChallengeTask } from '../contract.js';
import { answeringAuthenticator } from '../server-configuration/gathered-answers.js';
import { configurations, varnishAdmin, type VarnishAdmin } from './admin.js';
import { challengeVcl } from './challenge-vcl.js';

/**
 * Puts back what a challenge changed: sh, with the VCL of the challenge, the one before, its label, and how varnishadm is called. It is noted before
 * anything is changed and run in any case, so each step looks first. Where somebody has another VCL in use meanwhile, that one stays.
 */
const PUT_BACK = [
  'own=$1 before=$2 label=$3; shift 3',
  'list=$("$@" vcl.list) || exit 1',
  `has() { printf "%s\\n" "$list" | awk -v name="$1" -v state="$2" '(state == "" ? $1 != "discarded" : $1 == state) { for (i = 2; i <= NF && $i != "->"; i++) if ($i == name) found = 1 } END { exit !found }'; }`,
  'if has "$own" active; then "$@" vcl.use "$before" || exit 1; fi',
  'for name in "$own" "$label"; do if has "$name" ""; then "$@" vcl.discard "$name" || exit 1; fi; done',
].join('; ');

/** Varnish answers http-01 itself: its VCL stays behind one that only knows the answers, without a restart or a lost object of its cache. */
export function createVarnishAuthenticator(): Authenticator {
  return answeringAuthenticator<VarnishAdmin>({
    async open(context) {
      const admin = varnishAdmin(context);
      await activeVcl(admin, context);
      return admin;
    },
    place,
    reload: () => Promise.resolve(),
  });
}

async function place(admin: VarnishAdmin, tasks: readonly ChallengeTask[], context: ChallengeContext): Promise<void> {
  const before = await activeVcl(admin, context);
  const suffix = randomBytes(4).toString('hex');
  const [own, label] = [`certwright_${suffix}`, `certwright_before_${suffix}`];
  const vcl = challengeVcl(tasks, label);
  const undo = ['sh', '-c', PUT_BACK, 'certwright', own, before, label, ...admin.command];
  const change = { files: [], links: [], commands: [{ run: [...admin.command, 'vcl.label', label, before], undo }], notes: [], warnings: [] };
  await context.changeForNow(change, async () => {
    await admin.inline(own, vcl, context);
    await admin.ask(['vcl.use', own], context);
    return null;
  });
}

/** The VCL in use. Throws PluginError when there is none, or one that cannot stand behind another. */
async function activeVcl(admin: VarnishAdmin, context: ChallengeContext): Promise<string> {
  const active = configurations(await admin.ask(['vcl.list', '-j'], context)).find((each) => each.active);
  if (!active) throw new PluginError('varnish', 'Varnish has no VCL in use.', { hint: 'Load one first: varnishadm vcl.load, vcl.use.' });
  const text = await admin.ask(['vcl.show', '-v', active.name], context);
  if (/return\s*\(\s*vcl\s*\(/.test(text.replace(/\/\*[^]*?\*\/|(?:\/\/|#).*/g, ''))) {
    throw new PluginError('varnish', `The VCL in use (${active.name}) hands requests to others by return(vcl()), which Varnish allows once only: it cannot stand behind another.`, { hint: 'Use --webroot with a backend that serves files.' });
  }
  return active.name;
}
