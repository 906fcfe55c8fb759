import { statSync } from 'node:fs';
import { Cancelled } from '../../core/errors.js';
import { checkHookCommand } from '../../system/hook-command.js';
import { printable } from '../../system/printable.js';
import type { Deployment, InstallContext, Installer } from '../contract.js';
import { noConfiguration } from '../no-configuration.js';
import { callHandler, handlerFault } from './handler.js';
import { processJsonLines, type JsonLines } from './json-lines.js';

/** Milliseconds for one call: a program may copy to far machines. */
const LIMIT = 600_000;

/** Tells each certificate to a program, or in JSON lines. Nothing on this machine is changed. `started`: milliseconds since 1970. */
export function createExternalInstaller(lines: () => JsonLines = processJsonLines, started = Date.now() - process.uptime() * 1000): Installer {
  let context: InstallContext | undefined;
  const program = (): string | null => {
    const named = context?.options['out_handler'];
    return typeof named === 'string' && named !== '' ? named : null;
  };
  return {
    ...noConfiguration,
    prepare(given) {
      context = given;
      checkHookCommand(program() ?? '', 'out-handler', given.environment['PATH']);
      return Promise.resolve();
    },
    async publish(deployments) {
      const handler = program();
      const failures: unknown[] = [];
      for (const { names, files, fresh } of deployments) {
        try {
          for (const name of names) {
            if (handler !== null && context) await call(handler, { name, files, fresh: fresh === true }, started, context);
            else lines().tell({ cmd: 'deploy_cert', ...fieldsOf(name, files, started) });
          }
        } catch (error) {
          if (error instanceof Cancelled) throw error;
          // The other certificates are given to it all the same.
          failures.push(error);
        }
      }
      if (failures.length > 0) throw failures[0];
      if (handler === null) lines().tell({ cmd: 'save', title: 'Deployed ACME Certificate', temporary: false });
      return handler === null ? [] : deployments.map(({ names }) => `${handler} was given the certificate for ${names.join(', ')}`);
    },
    reload() {
      if (program() === null) lines().tell({ cmd: 'restart' });
      return Promise.resolve();
    },
  };
}

/** `deploy_cert`, or `unchanged_cert` for a certificate that was there before this run and is not `fresh`. */
async function call(program: string, { name, files, fresh }: { name: string; files: Deployment['files']; fresh: boolean }, started: number, { options, environment, signal, log }: InstallContext): Promise<void> {
  const fields = fieldsOf(name, files, started);
  const command = !fresh && fields.cert_timestamp < Math.floor(started / 1000) ? 'unchanged_cert' : 'deploy_cert';
  const { privkey, cert, fullchain, chain } = files;
  const words = options['out_dehydrated_dns'] === true ? [name, privkey, cert, fullchain, chain, ...(command === 'deploy_cert' ? [String(fields.cert_timestamp)] : [])] : [];
  const asked = { program, command, words, fields };
  const result = await callHandler(asked, { environment, timeoutMs: LIMIT, signal });
  if (signal.aborted) throw new Cancelled();
  const fault = handlerFault(asked, result);
  if (fault) throw fault;
  if (result.stdout.trim() !== '') log('info', `${program} ${command}: ${printable(result.stdout).trim()}`);
}

/** Times in seconds since 1970. The start of the run has the name `port` in certbot-external-auth, by a slip that scripts rely on. */
function fieldsOf(domain: string, { cert, privkey, chain, fullchain }: Deployment['files'], started: number): Readonly<Record<string, string | number>> & { cert_timestamp: number } {
  return { domain, cert_path: cert, key_path: privkey, chain_path: chain, fullchain_path: fullchain, cert_timestamp: Math.floor(statSync(cert).mtimeMs / 1000), port: Math.floor(started / 1000) };
}
