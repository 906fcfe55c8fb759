import { PluginError } from '../../../core/errors.js';

/** --dns-persist-until as seconds since the epoch: the last second of a day in UTC, or the moment itself. Throws PluginError. */
export function untilSeconds(text: string): number {
  const day = /^\d{4}-\d\d-\d\d$/.test(text);
  const at = day || /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i.test(text) ? Date.parse(day ? `${text}T23:59:59Z` : text) : Number.NaN;
  // Date.parse takes the 31st of every month.
  const real = day && !Number.isNaN(at) ? new Date(at).toISOString().startsWith(text) : true;
  if (Number.isNaN(at) || !real) throw new PluginError('dns-persist', `--dns-persist-until: ${JSON.stringify(text.slice(0, 60))} is no date.`, { hint: 'Write a day (2027-01-31) or a moment (2027-01-31T12:00:00Z).' });
  return Math.floor(at / 1000);
}
