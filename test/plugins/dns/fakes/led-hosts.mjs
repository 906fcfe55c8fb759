// Loaded with --import before the program: requests for the hosts in LED_HOSTS (JSON: host → port) go to that port of 127.0.0.1, by the
// host's own name in Host and in the certificate that is expected there; requests for any other host of the world are refused.
import https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';

const led = JSON.parse(process.env.LED_HOSTS ?? '{}');
const { request } = https;
https.request = (url, options, answered) => {
  if (!(url instanceof URL) || url.hostname === '127.0.0.1') return request(url, options, answered);
  const port = led[url.hostname];
  if (port === undefined) throw new Error(`${url.hostname} is no host of this test`);
  return request(url, { ...options, hostname: '127.0.0.1', port, servername: url.hostname, headers: { host: url.host, ...options.headers } }, answered);
};
syncBuiltinESMExports();
