import { listLineages } from '../../store/lineage.js';
import { readAdvice } from '../../store/renewal-advice.js';
import { forecast } from '../decide/forecast.js';
import { renewalSettings } from '../decide/renewal-settings.js';
import { renewalFacts } from '../facts.js';
import { hooksOf } from '../hooks.js';
import type { Settings } from '../settings.js';
import type { World } from '../world.js';

/** How often a timer starts `renew`, as ours and certbot's do. Milliseconds. */
const EVERY = 12 * 3_600_000;
const DAY = 86_400_000;

/** `renew --forecast DAYS` (N25): the renewals of the coming days. Asks nobody and changes nothing. */
export function forecastRenewals(settings: Settings, world: World): void {
  const days = Number.parseInt(settings.values.forecast ?? '', 10);
  const now = world.clock.now();
  const advice = readAdvice(world.dirs);
  const { lineages, broken } = listLineages(world.dirs);
  const { certname, dual } = settings.values;
  const report = forecast(
    lineages
      .filter(({ name, renewal }) => certname === undefined || name === certname || (dual !== false && renewal.partner === certname))
      .map((lineage) => {
        const { name, serial, renewal } = lineage;
        const remembered = advice[name];
        return {
          name,
          server: lineage.server ?? null,
          deployHooks: hooksOf(renewalSettings(settings, name, renewal.params), 'deploy').length,
          renewal: { ...renewalFacts(lineage, now), ...(renewal.partner === undefined || dual === false ? {} : { partner: renewal.partner }) },
          advised: remembered?.serial === serial ? remembered.moment : null,
        };
      }),
    { now, until: now + days * DAY, every: EVERY },
  );
  world.interaction.report({ type: 'forecast', from: now, days, ...report, broken: broken.map(({ path }) => path) });
}
