import type { Server } from 'node:net';
import { PermissionMissing, PluginError } from '../../core/errors.js';
import { portHolder } from '../../system/ports.js';

/**
 * Listens on one address, or on all of IPv6 and of IPv4; one success of the two is enough (certbot's rule). Returns the
 * servers that listen. Throws PluginError with the process that holds the port, or PermissionMissing.
 */
export async function listen<S extends Server>(create: () => S, port: number, address: string | undefined, flag: string): Promise<readonly S[]> {
  const targets = address === undefined || address === '' ? [{ host: '::', ipv6Only: true }, { host: '0.0.0.0', ipv6Only: false }] : [{ host: address, ipv6Only: false }];
  const servers: S[] = [];
  let problem: NodeJS.ErrnoException | null = null;
  let lastFailed = false;
  for (const { host, ipv6Only } of targets) {
    const server = create();
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen({ port, host, ipv6Only, exclusive: true }, resolve);
      });
      server.removeAllListeners('error');
      server.on('error', () => undefined);
      servers.push(server);
      lastFailed = false;
    } catch (error) {
      problem = error as NodeJS.ErrnoException;
      lastFailed = true;
    }
  }
  // IPv6 may be switched off, or used by somebody else (S31). Somebody else on IPv4 would get the CA's question.
  if (problem && (servers.length === 0 || (lastFailed && problem.code === 'EADDRINUSE'))) {
    for (const server of servers) server.close();
    throw explain(problem, port, flag);
  }
  return servers;
}

function explain(problem: NodeJS.ErrnoException, port: number, flag: string): PluginError | PermissionMissing {
  if (problem.code === 'EACCES') {
    return new PermissionMissing(`port ${port}`, 'bind', { hint: `Run it as root (sudo), or use ${flag} with a port above 1023 that the CA's requests are forwarded to.`, cause: problem });
  }
  if (problem.code !== 'EADDRINUSE') {
    return new PluginError('standalone', `Could not listen on port ${port}: ${problem.message}`, { hint: 'See --http-01-address.', cause: problem });
  }
  const holder = portHolder(port);
  return new PluginError(
    'standalone',
    `Could not bind TCP port ${port} because it is already in use by ${holder ? `${holder.command} (pid ${holder.pid})` : 'another process on this system'} (such as a web server).`,
    { hint: 'Stop that program and try again, or let it answer for you: --webroot puts the file into a folder it serves.', cause: problem },
  );
}
