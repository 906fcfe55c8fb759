import { UsageError } from '../../core/errors.js';
import { ConfigSyntaxError } from '../../system/config-syntax-error.js';
import { quoteValue } from '../../system/configobj.js';

/** A credentials file as certbot's plugin of this provider reads it; what was left empty is left out. Throws UsageError for a value that configobj cannot express, without the value. */
export function credentialsText(provider: string, values: Readonly<Record<string, string>>): string {
  const prefix = `dns_${provider.replaceAll('-', '_')}_`;
  return Object.entries(values)
    .filter(([, value]) => value !== '')
    .map(([key, value]) => `${prefix}${key} = ${quoted(key, value)}\n`)
    .join('');
}

function quoted(key: string, value: string): string {
  try {
    return quoteValue(value);
  } catch (error) {
    if (error instanceof ConfigSyntaxError) throw new UsageError(`The ${key.replaceAll('_', ' ')} has a mixture of quotes in it that a credentials file cannot hold.`);
    throw error;
  }
}
