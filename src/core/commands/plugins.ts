import type { Settings } from '../settings.js';
import type { World } from '../world.js';

/** `plugins`: what can prove names or configure servers here, in certbot's form. */
export function plugins({ values }: Settings, { plugins: all, interaction }: World): void {
  const shown = all.filter(({ authenticator, installer }) => (!values.listAuthenticators || authenticator) && (!values.listInstallers || installer));
  const frame = '- '.repeat(40).trimEnd();
  const lines = shown.flatMap(({ name, description, authenticator, installer }) => [
    `* ${name}`,
    `Description: ${description}`,
    `Interfaces: ${[...(authenticator ? ['Authenticator'] : []), ...(installer ? ['Installer'] : []), 'Plugin'].join(', ')}`,
    '',
  ]);
  interaction.report({ type: 'result', text: [frame, ...(lines.length > 0 ? lines.slice(0, -1) : ['No plugins.']), frame].join('\n') });
}
