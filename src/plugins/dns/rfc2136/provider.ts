import { isIP } from 'node:net';
import { Cancelled, NetworkError, PluginError } from '../../../core/errors.js';
import type { DnsAddress } from '../../../system/addresses.js';
import { exchangeTcp, exchangeUdp, questionPacket, type ExchangeOptions } from '../../../system/dns-exchange.js';
import { TYPE_CODES } from '../../../system/dns-values.js';
import { RCODE, decodeMessage, type DnsMessage } from '../../../system/dns-wire.js';
import { printableLine } from '../../../system/printable.js';
import type { DnsProvider, ProviderSetup, Zone } from '../provider.js';
import { zoneFinder } from '../zones.js';
import { ALGORITHMS, checkAnswer, sign, type Algorithm, type TsigKey } from './tsig.js';
import { updatePacket } from './update-packet.js';

/** Milliseconds for an answer by UDP before TCP is tried, and by TCP (certbot waits 45 s for each). */
const UDP_WAIT = 4000;
const TCP_WAIT = 20_000;
/** Names of response codes (RFC 2136 section 2.2). */
const NAMES: Readonly<Record<number, string>> = { 1: 'FORMERR', 2: 'SERVFAIL', 3: 'NXDOMAIN', 4: 'NOTIMP', 5: 'REFUSED', 6: 'YXDOMAIN', 7: 'YXRRSET', 8: 'NXRRSET', 9: 'NOTAUTH', 10: 'NOTZONE' };

interface Server extends DnsAddress {
  key: TsigKey;
  /** Questions for zones are signed too: servers with views by key need it (certbot 2.6). */
  signQuery: boolean;
  tcp: boolean;
}

/** Dynamic updates with a TSIG key (RFC 2136, RFC 8945), by certbot's credentials. Throws PluginError. */
export async function createRfc2136(setup: ProviderSetup): Promise<DnsProvider> {
  const { plugin, access } = setup;
  const server = await serverOf(setup);
  const ask = (packet: Buffer, signed: boolean): Promise<DnsMessage> => exchange(server, packet, { signed, plugin, access, signal: setup.signal });
  const refusals = new Set<string>();
  const find = zoneFinder<Zone>(plugin, access, async (name) => {
    const message = await ask(questionPacket(name, TYPE_CODES.SOA, { recursion: false }), server.signQuery);
    const own = message.answers.some((record) => record.type === TYPE_CODES.SOA && record.name.toLowerCase() === name);
    if (message.rcode === RCODE.NOERROR && message.authoritative && own) return { name, id: name };
    if (message.rcode !== RCODE.NOERROR && message.rcode !== RCODE.NXDOMAIN) refusals.add(rcodeName(message.rcode));
    return null;
  });
  const zoneOf = async (record: string): Promise<Zone> => {
    try {
      return await find(record);
    } catch (error) {
      if (!(error instanceof PluginError) || refusals.size === 0) throw error;
      throw new PluginError(plugin, error.message, {
        hint: `The server ${shown(server)} answered ${[...refusals].join(', ')} when it was asked for these zones.${server.signQuery ? '' : ' Where it answers only those who have the key, set dns_rfc2136_sign_query = true.'}`,
      });
    }
  };
  const update = async (record: string, value: string, ttl: number | 'delete'): Promise<void> => {
    const zone = await zoneOf(record);
    const { rcode } = await ask(updatePacket({ zone: zone.name, record, value, ttl }), true);
    if (rcode === RCODE.NOERROR) return;
    throw new PluginError(plugin, `Received response from server: ${rcodeName(rcode)} (${ttl === 'delete' ? 'removing' : 'setting'} ${record} in the zone ${zone.name} at ${shown(server)})`, { hint: hintFor(rcode, zone, server) });
  };
  // All values of a name have one TTL (RFC 2181 section 5.2), so an update with another one would change that of values which are not ours.
  const ttlThere = async (record: string): Promise<number | undefined> => {
    const { rcode, authoritative, answers } = await ask(questionPacket(record, TYPE_CODES.TXT, { recursion: false }), server.signQuery);
    if (rcode !== RCODE.NOERROR || !authoritative) return undefined;
    return answers.find(({ type, name }) => type === TYPE_CODES.TXT && name.toLowerCase() === record)?.ttl;
  };
  return { zoneOf, add: async (record, value, ttl) => update(record, value, (await ttlThere(record)) ?? ttl), remove: (record, value) => update(record, value, 'delete') };
}

async function serverOf({ plugin, credentials, access }: ProviderSetup): Promise<Server> {
  const { name, secret, server } = await credentials.require({ name: 'TSIG key name', secret: 'TSIG key secret', server: 'The target DNS server' });
  const wrong = (message: string, hint: string): PluginError => new PluginError(plugin, message, { hint });
  if (isIP(server) === 0) throw wrong(`The configured target DNS server (${printableLine(server, 200)}) is not a valid IPv4 or IPv6 address. A hostname is not allowed.`, 'dns_rfc2136_server takes an address; the port stands in dns_rfc2136_port.');
  const algorithm = ((await credentials.get('algorithm')) ?? 'HMAC-MD5').toUpperCase();
  if (!Object.hasOwn(ALGORITHMS, algorithm)) throw wrong(`Unknown algorithm: ${printableLine(algorithm, 100)}.`, `It is one of ${Object.keys(ALGORITHMS).join(', ')}.`);
  const port = Number((await credentials.get('port')) ?? 53);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw wrong('dns_rfc2136_port is not a port.', 'Leave it out for port 53.');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(secret.replace(/\s/g, ''))) throw wrong('dns_rfc2136_secret is not in base64.', 'It is the text between the quotes after `secret` in the key that tsig-keygen made.');
  const protocol = ((await credentials.get('protocol')) ?? 'udp').toLowerCase();
  if (protocol !== 'udp' && protocol !== 'tcp') throw wrong(`dns_rfc2136_protocol is udp or tcp, not ${printableLine(protocol, 50)}.`, access);
  return {
    address: server,
    port,
    key: { name: name.replace(/\.$/, ''), secret: Buffer.from(secret, 'base64'), algorithm: algorithm as Algorithm },
    signQuery: /^true$/i.test((await credentials.get('sign_query')) ?? ''),
    tcp: protocol === 'tcp',
  };
}

async function exchange(server: Server, plain: Buffer, { signed, plugin, access, signal }: { signed: boolean; plugin: string; access: string; signal: AbortSignal }): Promise<DnsMessage> {
  const request = signed ? sign(plain, server.key, Date.now()) : { packet: plain, mac: Buffer.alloc(0) };
  const isAnswer = (packet: Buffer): boolean => packet.length >= 12 && packet.readUInt16BE(0) === plain.readUInt16BE(0) && ((packet[2] ?? 0) & 0xf8) === (0x80 | ((plain[2] ?? 0) & 0x78));
  const options = (timeoutMs: number): ExchangeOptions => ({ timeoutMs, signal, isAnswer });
  let packet: Buffer | null = null;
  try {
    // No answer by UDP: lost, or a firewall; doing the same update twice changes nothing.
    if (!server.tcp) packet = await exchangeUdp(request.packet, server, options(UDP_WAIT)).catch(() => null);
    if (packet === null || ((packet[2] ?? 0) & 2) !== 0) packet = await exchangeTcp(request.packet, server, options(TCP_WAIT));
  } catch (error) {
    if (signal.aborted) throw new Cancelled();
    const { code, message } = error as NodeJS.ErrnoException;
    throw new NetworkError(`The DNS server ${shown(server)} cannot be reached: ${code === 'ETIMEDOUT' ? 'no answer' : printableLine(message, 200)}`, { hint: 'Check dns_rfc2136_server and dns_rfc2136_port, and that the server lets this machine in (UDP and TCP).', cause: error });
  }
  if (signed) trust(packet, request, server, plugin, access);
  return decodeMessage(packet);
}

/** Throws PluginError for an answer that is not signed with the key. */
function trust(packet: Buffer, request: { packet: Buffer; mac: Buffer }, server: Server, plugin: string, access: string): void {
  const signature = checkAnswer(packet, request, server.key, Date.now());
  if (signature.state === 'good') return;
  const { rcode } = decodeMessage(packet);
  const no = (message: string, hint: string): PluginError => new PluginError(plugin, message, { hint });
  if (signature.state === 'refused') {
    const { error, serverTime } = signature;
    const what = `Received response from server: ${rcodeName(rcode)} (${error}), ${shown(server)} did not take the signature`;
    if (error === 'BADKEY') throw no(what, `It has no key named ${printableLine(server.key.name, 200)} for ${server.key.algorithm}: compare dns_rfc2136_name and dns_rfc2136_algorithm with the key in its configuration.`);
    if (error === 'BADSIG') throw no(what, 'The key of that name has another secret there: compare dns_rfc2136_secret.');
    if (error === 'BADTIME') throw no(what, `The clocks of both machines are too far apart${serverTime === undefined ? '' : ` (it is ${new Date(serverTime * 1000).toISOString()} there)`}: set them right.`);
    throw no(what, access);
  }
  // Without a signature a server may refuse what it does not understand; it may not agree.
  if (signature.state === 'missing' && rcode !== RCODE.NOERROR) return;
  throw no(`The answer of ${shown(server)} is ${signature.state === 'missing' ? 'not signed' : 'signed wrongly'}, so it may not be from that server.`, 'Somebody on the way may have changed it, or the server has another key of that name.');
}

function hintFor(rcode: number, zone: Zone, server: Server): string {
  if (rcode === 5) return `The key ${printableLine(server.key.name, 200)} may not change this name: see allow-update or update-policy of the zone ${zone.name}. \`grant ${printableLine(server.key.name, 200)} name _acme-challenge.NAME. TXT;\` is the least that is needed.`;
  if (rcode === 9 || rcode === 10) return `The server is not the primary of ${zone.name}: dns_rfc2136_server must be the one where the zone is changed.`;
  return `See the log of the server; its folder for the zone ${zone.name} may not be writable.`;
}

function rcodeName(rcode: number): string {
  return NAMES[rcode] ?? `RCODE ${rcode}`;
}

function shown({ address, port }: DnsAddress): string {
  return isIP(address) === 6 ? `[${address}]:${port}` : `${address}:${port}`;
}
