import { cloudflareDescription } from '../../../../src/plugins/dns/cloudflare/descriptor.js';
import type { ProviderDescription } from '../../../../src/plugins/dns/provider.js';
import { cloudflareFake } from './cloudflare.js';
import type { Behaviour, Fake } from './fake.js';
import type { Opening } from './open.js';

/** A provider, its stand-in, and who has judged that the stand-in is like the real one: a client that is not ours. */
export interface Row {
  description: ProviderDescription;
  behaviour: Behaviour;
  /** Lines of the credentials file; null where there is none. */
  credentials: readonly string[] | null;
  /** The same with what is refused. */
  wrong: readonly string[] | null;
  /** Must be in no error and in no log. */
  secrets: readonly string[];
  /** What shows that wrong credentials are refused: a status. */
  refusedWith: number;
  /** The listing of zones has pages; false where zones are asked for by name. */
  listsZones: boolean;
  /** More of how it is opened: what the environment holds. */
  opening?(fake: Fake): Partial<Opening>;
  /** Changes that are made when a value that is there is added again: none, but for providers that cannot be asked. */
  reasks?: number;
  /** certbot's own plugin from Debian (`certbot_dns_X` or its module), lexicon's provider driven by certbot's base class for it, or nobody. */
  judge: { certbot: string; credentials?: readonly string[] } | { lexicon: string; options: Readonly<Record<string, string>> } | null;
}

export const table: readonly Row[] = [
  {
    description: cloudflareDescription,
    behaviour: cloudflareFake,
    credentials: ['dns_cloudflare_api_token = cloudflare-token-0123456789'],
    wrong: ['dns_cloudflare_api_token = wrong-token-9876543210'],
    secrets: ['cloudflare-token-0123456789', 'wrong-token-9876543210'],
    refusedWith: 403,
    listsZones: false,
    judge: { certbot: 'certbot_dns_cloudflare._internal.dns_cloudflare' },
  },
];
