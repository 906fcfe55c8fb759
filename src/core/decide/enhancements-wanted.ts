import type { Enhancement } from '../../plugins/contract.js';
import type { Settings } from '../settings.js';

/**
 * What an installation is hardened with: what was asked for, and for `run` and `install` the redirect unless it was refused (certbot
 * 1.0, C18); `enhance` adds nothing by itself, and with
 * --no-redirect on the command line itself (in cli.ini it means: none is to be made) takes out what is there.
 */
export function enhancementsWanted({ verb, values, sources }: Settings): readonly Enhancement[] {
  const { redirect, hsts, uir, staple, autoHsts, http2, http3 } = values;
  const byDefault = verb === 'run' || verb === 'install';
  return [
    ...(verb === 'enhance' && redirect === false && sources['redirect'] === 'flag' ? (['no-redirect'] as const) : []),
    ...((redirect ?? byDefault) ? (['redirect'] as const) : []),
    ...(hsts ? (['hsts'] as const) : []),
    ...(uir ? (['uir'] as const) : []),
    ...(staple ? (['staple-ocsp'] as const) : []),
    ...(autoHsts ? (['auto-hsts'] as const) : []),
    ...(http2 ? (['http2'] as const) : []),
    ...(http3 ? (['http3'] as const) : []),
  ];
}
