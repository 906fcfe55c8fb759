import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Environment in which certbot waits for the CA in short steps: it sleeps a second wherever it polls, thirty times at most. `folder` gets the patch. */
export function quickCertbot(folder: string): Record<string, string> {
  const patch = join(folder, 'quick-certbot');
  mkdirSync(patch, { recursive: true });
  writeFileSync(join(patch, 'sitecustomize.py'), 'import time\n_sleep = time.sleep\ntime.sleep = lambda seconds: _sleep(min(seconds, 0.15))\n');
  return { PYTHONPATH: patch };
}
