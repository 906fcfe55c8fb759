import { apache } from './apache/descriptor.js';
import type { PluginDescriptor } from './contract.js';
import { cloudflare } from './dns/cloudflare/descriptor.js';
import { digitalocean } from './dns/digitalocean/descriptor.js';
import { gandi } from './dns/gandi/descriptor.js';
import { google } from './dns/google/descriptor.js';
import { linode } from './dns/linode/descriptor.js';
import { luadns } from './dns/luadns/descriptor.js';
import { ovh } from './dns/ovh/descriptor.js';
import { dnsimple } from './dns/dnsimple/descriptor.js';
import { dnsmadeeasy } from './dns/dnsmadeeasy/descriptor.js';
import { nsone } from './dns/nsone/descriptor.js';
import { gehirn } from './dns/gehirn/descriptor.js';
import { sakuracloud } from './dns/sakuracloud/descriptor.js';
import { ispconfig } from './dns/ispconfig/descriptor.js';
import { route53 } from './dns/route53/descriptor.js';
import { dnsPersist } from './dns/persist/descriptor.js';
import { rfc2136 } from './dns/rfc2136/descriptor.js';
import { dnsStandalone } from './dns/standalone/descriptor.js';
import { haproxyAuthenticator } from './haproxy/authenticator-descriptor.js';
import { haproxyInstaller } from './haproxy/installer-descriptor.js';
import { manual } from './manual/descriptor.js';
import { nginx } from './nginx/descriptor.js';
import { nullInstaller } from './null/descriptor.js';
import { standalone } from './standalone/descriptor.js';
import { webroot } from './webroot/descriptor.js';

/** The plugins of this build, in the order in which a person should consider them. */
export const builtInPlugins: readonly PluginDescriptor[] = [nginx, apache, standalone, webroot, manual, dnsPersist, rfc2136, dnsStandalone, cloudflare, digitalocean, dnsimple, dnsmadeeasy, gandi, gehirn, google, ispconfig, linode, luadns, nsone, ovh, route53, sakuracloud, haproxyAuthenticator, haproxyInstaller, nullInstaller];
