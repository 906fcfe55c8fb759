import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where certbot polls the CA or lets a time pass for DNS; elsewhere it waits for a server that reloads, and has to. */
const PATCH = `import sys, time
_sleep = time.sleep
def _quick(seconds):
    polls = sys._getframe(1).f_globals.get('__name__') in ('acme.client', 'certbot._internal.auth_handler', 'certbot.plugins.dns_common')
    _sleep(min(seconds, 0.15) if polls else seconds)
time.sleep = _quick
`;

/** Environment in which certbot waits for the CA in short steps: it sleeps a second wherever it polls, thirty times at most. `folder` gets the patch. */
export function quickCertbot(folder: string): Record<string, string> {
  const patch = join(folder, 'quick-certbot');
  mkdirSync(patch, { recursive: true });
  writeFileSync(join(patch, 'sitecustomize.py'), PATCH);
  return { PYTHONPATH: patch };
}
