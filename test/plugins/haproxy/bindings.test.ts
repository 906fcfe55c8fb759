import { expect, it } from 'vitest';
import { tlsBindings } from '../../../src/plugins/haproxy/bindings.js';

it('reads where HAProxy answers TLS and with which certificates', () => {
  const configuration = `frontend a
  bind :443 ssl crt /etc/haproxy/certs alpn h2
  # bind :444 ssl crt /nowhere
  bind 127.0.0.1:80
  bind [::1]:8443,ipv4@*:9443 ssl crt /a.pem crt /b.pem # crt /c.pem
  bind unix@/run/x.sock ssl crt /d
  bind "\${HOST}":443 ssl crt /e
`;
  expect(tlsBindings(configuration)).toEqual([
    { line: 2, certificates: ['/etc/haproxy/certs'], addresses: [{ host: '127.0.0.1', port: 443 }] },
    { line: 5, certificates: ['/a.pem', '/b.pem'], addresses: [{ host: '::1', port: 8443 }, { host: '127.0.0.1', port: 9443 }] },
    { line: 6, certificates: ['/d'], addresses: [] },
    { line: 7, certificates: ['/e'], addresses: [] },
  ]);
});
