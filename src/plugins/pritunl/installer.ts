import { readFileSync } from 'node:fs';
import { PluginError } from '../../core/errors.js';
import { restartService } from '../../system/restart-service.js';
import type { InstallContext, Installer } from '../contract.js';
import { noConfiguration } from '../no-configuration.js';
import { loadDriver, readPritunlDatabase, setServerCertificate, type MongoDriver, type PritunlDatabase } from './settings-store.js';

/** Certificate and key become settings of Pritunl in its database; they pass through no command line. What was there is not kept: there is no rollback. */
export function createPritunlInstaller(load: () => Promise<MongoDriver> = loadDriver): Installer {
  let opened: { context: InstallContext; database: PritunlDatabase; driver: MongoDriver } | undefined;
  const at = (): NonNullable<typeof opened> => {
    if (!opened) throw new Error('Pritunl was not prepared');
    return opened;
  };
  return {
    ...noConfiguration,
    async prepare(context) {
      opened = { context, database: readPritunlDatabase(String(context.options['pritunl_conf_path'] ?? '/etc/pritunl.conf')), driver: await load() };
    },
    async publish(deployments) {
      const { context, database, driver } = at();
      const last = deployments.at(-1);
      if (!last) return [];
      for (const { names } of deployments.slice(0, -1)) context.log('warning', `Pritunl can have one certificate only: that for ${names.join(', ')} was not given to it.`);
      const cert = readFileSync(context.options['pritunl_fullchain'] === true ? last.files.fullchain : last.files.cert, 'utf8');
      await setServerCertificate(database, { cert, key: readFileSync(last.files.privkey, 'utf8') }, driver);
      return [`Pritunl's settings have the certificate for ${last.names.join(', ')}`];
    },
    async reload() {
      const fault = await restartService('pritunl', at().context);
      if (fault !== null) throw new PluginError('pritunl', `Pritunl has the certificate in its settings and could not be restarted: ${fault}`, { hint: 'See `systemctl status pritunl`, and restart it.' });
    },
  };
}
