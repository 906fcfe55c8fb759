import { cloudflareDescription } from '../../../../src/plugins/dns/cloudflare/descriptor.js';
import { digitaloceanDescription } from '../../../../src/plugins/dns/digitalocean/descriptor.js';
import { linodeDescription } from '../../../../src/plugins/dns/linode/descriptor.js';
import { ovhDescription } from '../../../../src/plugins/dns/ovh/descriptor.js';
import { googleDescription } from '../../../../src/plugins/dns/google/descriptor.js';
import { gandiDescription } from '../../../../src/plugins/dns/gandi/descriptor.js';
import { luadnsDescription } from '../../../../src/plugins/dns/luadns/descriptor.js';
import { nsoneDescription } from '../../../../src/plugins/dns/nsone/descriptor.js';
import { dnsimpleDescription } from '../../../../src/plugins/dns/dnsimple/descriptor.js';
import { dnsmadeeasyDescription } from '../../../../src/plugins/dns/dnsmadeeasy/descriptor.js';
import { gehirnDescription } from '../../../../src/plugins/dns/gehirn/descriptor.js';
import { sakuracloudDescription } from '../../../../src/plugins/dns/sakuracloud/descriptor.js';
import { ispconfigDescription } from '../../../../src/plugins/dns/ispconfig/descriptor.js';
import { route53Description } from '../../../../src/plugins/dns/route53/descriptor.js';
import type { ProviderDescription } from '../../../../src/plugins/dns/provider.js';
import { cloudflareFake } from './cloudflare.js';
import { digitaloceanFake } from './digitalocean.js';
import { linodeFake } from './linode.js';
import { ovhFake } from './ovh.js';
import { googleFake, googleSecrets, serviceAccount } from './google.js';
import { gandiFake } from './gandi.js';
import { luadnsFake } from './luadns.js';
import { nsoneFake } from './nsone.js';
import { dnsimpleFake } from './dnsimple.js';
import { dnsmadeeasyFake } from './dnsmadeeasy.js';
import { gehirnFake } from './gehirn.js';
import { sakuracloudFake } from './sakuracloud.js';
import { ispconfigFake } from './ispconfig.js';
import { route53Fake } from './route53.js';
import type { Behaviour } from './fake.js';

/** A provider, its stand-in, and who has judged that the stand-in is like the real one: a client that is not ours. */
export interface Row {
  description: ProviderDescription;
  behaviour: Behaviour;
  /** Lines of the credentials file; null where there is none. */
  credentials: readonly string[] | null;
  /** The same with what is refused. */
  wrong: readonly string[] | null;
  /** A file without what is needed, and what of it is named; an INI file without any key of the plugin when absent. */
  lacking?: { credentials: readonly string[]; named: string };
  /** Must be in no error and in no log. */
  secrets: readonly string[];
  /** What shows that wrong credentials are refused: a status, or words where the API has none. */
  refusedWith: number | string;
  /** The server is the user's own: where it is stands in the credentials file. */
  ownServer?(origin: string): readonly string[];
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
    judge: { certbot: 'certbot_dns_cloudflare._internal.dns_cloudflare' },
  },
  {
    description: digitaloceanDescription,
    behaviour: digitaloceanFake,
    credentials: ['dns_digitalocean_token = digitalocean-token-0123456789'],
    wrong: ['dns_digitalocean_token = wrong-token-9876543210'],
    secrets: ['digitalocean-token-0123456789', 'wrong-token-9876543210'],
    refusedWith: 401,
    judge: { certbot: 'certbot_dns_digitalocean._internal.dns_digitalocean' },
  },
  {
    description: linodeDescription,
    behaviour: linodeFake,
    credentials: [`dns_linode_key = ${'0123456789abcdef'.repeat(4)}`],
    wrong: ['dns_linode_key = wrong-token-9876543210'],
    secrets: ['0123456789abcdef0123', 'wrong-token-9876543210'],
    refusedWith: 401,
    judge: { certbot: 'certbot_dns_linode._internal.dns_linode' },
  },
  {
    description: ovhDescription,
    behaviour: ovhFake,
    credentials: ['dns_ovh_endpoint = ovh-eu', 'dns_ovh_application_key = app-key-01234567', 'dns_ovh_application_secret = app-secret-0123456789', 'dns_ovh_consumer_key = consumer-key-0123456789'],
    wrong: ['dns_ovh_endpoint = ovh-eu', 'dns_ovh_application_key = app-key-01234567', 'dns_ovh_application_secret = app-secret-0123456789', 'dns_ovh_consumer_key = wrong-key-9876543210'],
    secrets: ['app-secret-0123456789', 'consumer-key-0123456789', 'wrong-key-9876543210'],
    refusedWith: 403,
    judge: { certbot: 'certbot_dns_ovh._internal.dns_ovh' },
  },
  {
    description: gandiDescription,
    behaviour: gandiFake,
    credentials: ['dns_gandi_token = gandi-token-0123456789'],
    wrong: ['dns_gandi_token = wrong-token-9876543210'],
    secrets: ['gandi-token-0123456789', 'wrong-token-9876543210'],
    refusedWith: 401,
    judge: { certbot: 'certbot_plugin_gandi.main', credentials: ['dns_gandi_api_key = gandi-token-0123456789'] },
  },
  {
    description: luadnsDescription,
    behaviour: luadnsFake,
    credentials: ['dns_luadns_email = me@example.com', 'dns_luadns_token = luadns-token-0123456789'],
    wrong: ['dns_luadns_email = me@example.com', 'dns_luadns_token = wrong-token-9876543210'],
    secrets: ['luadns-token-0123456789', 'wrong-token-9876543210'],
    refusedWith: 401,
    judge: { lexicon: 'luadns', options: { auth_username: 'me@example.com', auth_token: 'luadns-token-0123456789' } },
  },
  {
    description: nsoneDescription,
    behaviour: nsoneFake,
    credentials: ['dns_nsone_api_key = nsone-key-0123456789'],
    wrong: ['dns_nsone_api_key = wrong-key-9876543210'],
    secrets: ['nsone-key-0123456789', 'wrong-key-9876543210'],
    refusedWith: 401,
    judge: { lexicon: 'nsone', options: { auth_token: 'nsone-key-0123456789' } },
  },
  {
    description: dnsimpleDescription,
    behaviour: dnsimpleFake,
    credentials: ['dns_dnsimple_token = dnsimple-token-0123456789'],
    wrong: ['dns_dnsimple_token = wrong-token-9876543210'],
    secrets: ['dnsimple-token-0123456789', 'wrong-token-9876543210'],
    refusedWith: 401,
    judge: { certbot: 'certbot_dns_dnsimple._internal.dns_dnsimple' },
  },
  {
    description: dnsmadeeasyDescription,
    behaviour: dnsmadeeasyFake,
    credentials: ['dns_dnsmadeeasy_api_key = dnsme-key-0123456789', 'dns_dnsmadeeasy_secret_key = dnsme-secret-0123456789'],
    wrong: ['dns_dnsmadeeasy_api_key = dnsme-key-0123456789', 'dns_dnsmadeeasy_secret_key = wrong-secret-9876543210'],
    secrets: ['dnsme-secret-0123456789', 'wrong-secret-9876543210'],
    refusedWith: 403,
    judge: { lexicon: 'dnsmadeeasy', options: { auth_username: 'dnsme-key-0123456789', auth_token: 'dnsme-secret-0123456789' } },
  },
  {
    description: gehirnDescription,
    behaviour: gehirnFake,
    credentials: ['dns_gehirn_api_token = gehirn-token-0123456789', 'dns_gehirn_api_secret = gehirn-secret-0123456789'],
    wrong: ['dns_gehirn_api_token = gehirn-token-0123456789', 'dns_gehirn_api_secret = wrong-secret-9876543210'],
    secrets: ['gehirn-secret-0123456789', 'wrong-secret-9876543210'],
    refusedWith: 401,
    judge: { certbot: 'certbot_dns_gehirn._internal.dns_gehirn' },
  },
  {
    description: sakuracloudDescription,
    behaviour: sakuracloudFake,
    credentials: ['dns_sakuracloud_api_token = sakura-token-0123456789', 'dns_sakuracloud_api_secret = sakura-secret-0123456789'],
    wrong: ['dns_sakuracloud_api_token = sakura-token-0123456789', 'dns_sakuracloud_api_secret = wrong-secret-9876543210'],
    secrets: ['sakura-secret-0123456789', 'wrong-secret-9876543210'],
    refusedWith: 401,
    judge: { certbot: 'certbot_dns_sakuracloud._internal.dns_sakuracloud' },
  },
  {
    description: ispconfigDescription,
    behaviour: ispconfigFake,
    credentials: ['dns_ispconfig_username = remote', 'dns_ispconfig_password = ispconfig-password-0123'],
    wrong: ['dns_ispconfig_username = remote', 'dns_ispconfig_password = wrong-password-9876'],
    secrets: ['ispconfig-password-0123', 'wrong-password-9876', 'session-0123456789abcdef'],
    refusedWith: 'login failed',
    ownServer: (origin) => [`dns_ispconfig_endpoint = ${origin}/remote/json.php`],
    judge: null,
  },
  {
    description: route53Description,
    behaviour: route53Fake,
    credentials: ['dns_route53_access_key_id = AKIDEXAMPLE', 'dns_route53_secret_access_key = aws-secret-0123456789/abc'],
    wrong: ['dns_route53_access_key_id = AKIDEXAMPLE', 'dns_route53_secret_access_key = wrong-secret-9876543210'],
    secrets: ['aws-secret-0123456789/abc', 'wrong-secret-9876543210'],
    refusedWith: 403,
    judge: { certbot: 'certbot_dns_route53._internal.dns_route53' },
  },
  {
    description: googleDescription,
    behaviour: googleFake,
    credentials: [JSON.stringify(serviceAccount)],
    wrong: [JSON.stringify({ ...serviceAccount, client_email: 'other@my-project.iam.gserviceaccount.com' })],
    lacking: { credentials: ['{"type": "service_account", "project_id": "my-project"}'], named: 'client_email' },
    secrets: googleSecrets,
    refusedWith: 'invalid_grant: Invalid grant: account not found',
    judge: { certbot: 'certbot_dns_google._internal.dns_google' },
  },
];
