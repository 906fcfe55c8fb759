import { Cancelled, PermissionMissing, PluginError } from '../../../core/errors.js';
import { systemClock } from '../../../system/clock.js';
import { startDnsServer, type DnsServer } from '../../../system/dns-server.js';
import { portHolder } from '../../../system/ports.js';
import type { Authenticator, ChallengeContext } from '../../contract.js';
import { challengeAnswers, type ChallengeAnswers } from './answers.js';

interface Running {
  answers: ChallengeAnswers;
  servers: readonly DnsServer[];
  /** Certificates that are being proved. */
  users: number;
}

interface Where {
  address: string;
  ipv6Address: string;
  port: number;
}

/** Answers dns-01 by a DNS server of its own (S187), which is there before anything is ordered: the CA asks for CAA as well. */
export function createDnsStandalone(): Authenticator {
  const running = new Map<string, Promise<Running>>();
  const serverFor = (context: ChallengeContext): Promise<Running> => {
    const where = placeOf(context);
    const key = JSON.stringify(where);
    const started = running.get(key) ?? start(where).then((server): Running => ({ ...server, users: 0 }));
    running.set(key, started);
    started.catch(() => running.delete(key));
    return started;
  };
  return {
    tellsFetches: true,
    challengeTypes: (identifier) => (identifier.type === 'dns' ? ['dns-01', 'dns-account-01'] : []),
    async prepare(context) {
      (await serverFor(context)).users += 1;
    },
    async present(tasks, context) {
      const { answers } = await serverFor(context);
      for (const task of tasks) answers.add(task, context);
    },
    async wait(_tasks, context) {
      const seconds = Number(context.options['dns_standalone_propagation_seconds'] ?? 0);
      if (!(seconds > 0)) return;
      context.log('info', `Waiting ${seconds} seconds for DNS changes to propagate`);
      await systemClock.sleep(seconds * 1000, context.signal).catch(() => {
        throw new Cancelled();
      });
    },
    async cleanUp(tasks, context) {
      const key = JSON.stringify(placeOf(context));
      const server = await running.get(key)?.catch(() => undefined);
      if (!server) return;
      for (const task of tasks) server.answers.forget(task);
      if (tasks.length > 0) return;
      server.users -= 1;
      if (server.users > 0) return;
      running.delete(key);
      await Promise.all(server.servers.map((each) => each.stop()));
    },
  };
}

function placeOf({ options }: ChallengeContext): Where {
  const port = Number(options['dns_standalone_port'] ?? 53);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new PluginError('dns-standalone', '--dns-standalone-port is not a port.');
  return { address: String(options['dns_standalone_address'] ?? '0.0.0.0'), ipv6Address: String(options['dns_standalone_ipv6_address'] ?? '::'), port };
}

/** UDP and TCP on both families; one is enough where the other does not exist here. Throws PluginError, PermissionMissing. */
async function start({ address, ipv6Address, port }: Where): Promise<Pick<Running, 'answers' | 'servers'>> {
  const answers = challengeAnswers();
  const servers: DnsServer[] = [];
  let problem: NodeJS.ErrnoException | null = null;
  for (const host of [address, ipv6Address].filter((each) => each !== '')) {
    try {
      servers.push(await startDnsServer(answers, host, port));
    } catch (error) {
      const found = error as NodeJS.ErrnoException;
      // Somebody else on this port would get the CA's question.
      if (problem === null || found.code === 'EADDRINUSE') problem = found;
    }
  }
  if (problem === null || (servers.length > 0 && problem.code !== 'EADDRINUSE')) return { answers, servers };
  await Promise.all(servers.map((each) => each.stop()));
  throw explain(problem, port);
}

function explain(problem: NodeJS.ErrnoException, port: number): PluginError | PermissionMissing {
  if (problem.code === 'EACCES') return new PermissionMissing(`port ${port}`, 'bind', { hint: 'Run it as root (sudo), or use --dns-standalone-port with a port above 1023 that questions to port 53 are forwarded to.', cause: problem });
  const holder = problem.code === 'EADDRINUSE' ? portHolder(port) : null;
  const who = holder ? `: ${holder.command} (pid ${holder.pid}) has the port` : '';
  return new PluginError('dns-standalone', `Error starting DNS server: ${problem.message}${who}`, {
    hint: 'A resolver of this machine (systemd-resolved, dnsmasq) often has port 53 on one address: name the address that is delegated to with --dns-standalone-address and --dns-standalone-ipv6-address.',
    cause: problem,
  });
}
