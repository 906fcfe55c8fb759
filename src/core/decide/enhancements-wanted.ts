import type { Enhancement } from '../../plugins/contract.js';
import type { Settings } from '../settings.js';

/**
 * What an installation is hardened with: what was asked for, and for `run` and `install` the redirect unless it was refused (certbot
 * 1.0, C18); `enhance` adds nothing by itself.
 */
export function enhancementsWanted({ verb, values }: Settings): readonly Enhancement[] {
  const { redirect, hsts, uir, staple, autoHsts, http2, http3 } = values;
  const byDefault = verb === 'run' || verb === 'install';
  return [
    ...((redirect ?? byDefault) ? (['redirect'] as const) : []),
    ...(hsts ? (['hsts'] as const) : []),
    ...(uir ? (['uir'] as const) : []),
    ...(staple ? (['staple-ocsp'] as const) : []),
    ...(autoHsts ? (['auto-hsts'] as const) : []),
    ...(http2 ? (['http2'] as const) : []),
    ...(http3 ? (['http3'] as const) : []),
  ];
}
