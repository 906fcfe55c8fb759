import type { Authenticator, ChallengeContext } from '../contract.js';
import { createStandalone } from '../standalone/authenticator.js';
import { innerPort, PORT_FLAG } from './options.js';

/** The standalone server on the inner ports that HAProxy forwards to: one for all certificates that use the same. http-01 only. */
export function createHaproxyAuthenticator(): Authenticator {
  const servers = new Map<number, Authenticator>();
  const behind = (context: ChallengeContext): [Authenticator, ChallengeContext] => {
    const port = innerPort(context.options);
    const server = servers.get(port) ?? createStandalone(PORT_FLAG);
    servers.set(port, server);
    return [server, { ...context, http01Port: port, preferredChallenges: [] }];
  };
  return {
    challengeTypes: (_identifier, wildcard) => (wildcard ? [] : ['http-01']),
    prepare(context) {
      const [server, inner] = behind(context);
      return server.prepare(inner);
    },
    present(tasks, context) {
      const [server, inner] = behind(context);
      return server.present(tasks, inner);
    },
    cleanUp(tasks, context) {
      const [server, inner] = behind(context);
      return server.cleanUp(tasks, inner);
    },
  };
}
