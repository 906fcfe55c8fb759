import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PluginError } from '../../core/errors.js';
import { readCertificate } from '../../crypto/certificate.js';
import { restartService } from '../../system/restart-service.js';
import type { ChangedFile, Deployment, InstallContext, Installer, ServerChange } from '../contract.js';
import { noChange, noConfiguration } from '../no-configuration.js';

/** certwright obtains it later. */
const NOT_YET = '# The certificate and its private key come here.\n';

/** Key and full chain become the two files that pveproxy reads at its start; checkpoints keep what was there. */
export function createProxmoxInstaller(): Installer {
  let opened: { context: InstallContext; key: string; certificate: string; mode: number } | undefined;
  let planned: ReadonlyMap<string, string> = new Map();
  const at = (): NonNullable<typeof opened> => {
    if (!opened) throw new Error('Proxmox was not prepared');
    return opened;
  };
  const present = (path: string): string | null => planned.get(path) ?? (existsSync(path) ? readFileSync(path, 'latin1') : null);
  const deploy = ({ files }: Deployment): ServerChange => {
    const { key, certificate, mode } = at();
    const wanted = [{ path: key, source: files.privkey }, { path: certificate, source: files.fullchain }];
    const changed = wanted.map(({ path, source }): ChangedFile => ({ path, before: present(path), after: existsSync(source) ? readFileSync(source, 'latin1') : NOT_YET, mode })).filter(({ before, after }) => before !== after);
    return { files: changed, links: [], commands: [], notes: changed.map(({ path }) => `Deployed certificate to ${path}`), warnings: [] };
  };
  return {
    ...noConfiguration,
    prepare(context) {
      const said = String(context.options['proxmox_location'] ?? '/etc/pve/local');
      if (!statSync(said, { throwIfNoEntry: false })?.isDirectory()) throw new PluginError('proxmox', `There is no folder ${said}.`, { hint: 'On a node of Proxmox VE it is /etc/pve/local; another one is named with --proxmox-location.' });
      const folder = realpathSync(said);
      const name = context.options['proxmox_custom'] === true ? 'pveproxy-ssl' : 'pve-ssl';
      // The cluster's own file system has one mode only and refuses every other.
      opened = { context, key: join(folder, `${name}.key`), certificate: join(folder, `${name}.pem`), mode: folder.startsWith('/etc/pve/') ? 0o640 : 0o600 };
      return Promise.resolve();
    },
    read(instead) {
      planned = instead;
      return Promise.resolve();
    },
    deploy,
    // Only where it was installed once: Proxmox has a certificate of its own there from the beginning.
    renewed: (deployment) => (isFor(present(at().certificate), deployment.names) ? deploy(deployment) : noChange),
    async reload() {
      const fault = await restartService('pveproxy', at().context);
      if (fault !== null) throw new PluginError('proxmox', `The web interface of Proxmox could not be restarted: ${fault}`, { hint: 'See `systemctl status pveproxy`; then run the same command again.' });
    },
  };
}

function isFor(pem: string | null, names: readonly string[]): boolean {
  try {
    const own = readCertificate(pem ?? '').names;
    return names.length > 0 && names.every((name) => own.includes(name));
  } catch {
    return false;
  }
}
