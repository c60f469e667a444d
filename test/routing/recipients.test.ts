import { describe, expect, test } from 'vitest';
import { Network, Recipients, RelayPolicy, Router } from '../../src/routing/index.js';
import { domain, template } from './rules.js';

function network(text: string): Network {
  const parsed = Network.parse(text);
  if (parsed === undefined) throw new Error(`no network: ${text}`);
  return parsed;
}

describe('a network', () => {
  test.each([
    ['127.0.0.0/8', '127.9.9.9', true],
    ['127.0.0.0/8', '::ffff:127.0.0.1', true],
    ['127.0.0.0/8', '128.0.0.1', false],
    ['10.1.2.3/8', '10.9.9.9', true], // as everywhere: bits beyond the prefix do not count
    ['10.1.2.3', '10.1.2.3', true],
    ['10.1.2.3', '10.1.2.4', false],
    ['fd25::/64', 'fd25::5', true],
    ['fd25::/64', 'fd25:1::5', false],
    ['::1', '::1', true],
    ['::/0', '127.0.0.1', false], // another family
    ['0.0.0.0/0', 'not an address', false],
    ['0.0.0.0/0', '', false],
  ])('%s holds %j: %s', (text, address, inside) => {
    expect(network(text).includes(address)).toBe(inside);
  });

  test.each(['', '10.1/16', '10.0.0.0/33', '10.0.0.300', 'fd25::/129', 'localhost', '10.0.0.0/-1', '1'])(
    '%j is none',
    (text) => {
      expect(Network.parse(text)).toBeUndefined();
    },
  );
});

const relay = new RelayPolicy(
  [network('10.0.0.0/8')],
  [domain('site-a.example'), domain('*.site-a.example')],
);

test.each([
  [{ address: '10.1.1.1' }, 'anywhere.test', true],
  [{ address: '192.0.2.1' }, 'anywhere.test', false],
  [{ address: '192.0.2.1' }, 'SITE-A.example', true],
  [{ address: '192.0.2.1' }, 'mail.site-a.example', true],
  [{ address: '192.0.2.1' }, 'site-b.example', false], // has a route, and is shut all the same
  [{}, 'site-b.example', false],
  [{ peerRelay: false }, 'site-b.example', false],
  [{ peerRelay: true }, 'site-b.example', true],
  [{}, 'site-a.example', true],
])('%j may relay to %s: %s', (client, recipientDomain, allowed) => {
  expect(relay.mayRelay(client, recipientDomain)).toBe(allowed);
});

describe('a recipient', () => {
  const recipients = new Recipients(
    new Router([
      { domain: domain('*.site-b.example'), target: { type: 'peers', peers: ['site-b'] } },
      { domain: domain('site-a.example'), target: { type: 'smtp', host: template('127.0.0.1'), port: 25 } },
    ]),
    relay,
    { hostname: 'gw-a.example', postmaster: 'root@site-a.example' },
  );
  const friend = { address: '10.0.0.1' };
  const stranger = { address: '192.0.2.1' };
  const toPostmaster = { accept: true, address: 'root@site-a.example', destination: 'smtp:127.0.0.1:25' };

  test.each([
    [
      'u@x.site-b.example',
      friend,
      { accept: true, address: 'u@x.site-b.example', destination: 'peer:site-b' },
    ],
    [
      'u@site-a.example',
      stranger,
      { accept: true, address: 'u@site-a.example', destination: 'smtp:127.0.0.1:25' },
    ],
    ['postmaster', stranger, toPostmaster],
    ['Postmaster@GW-A.example', stranger, toPostmaster],
  ])('%s from %j is taken: %j', (address, client, verdict) => {
    expect(recipients.judge(address, client)).toEqual(verdict);
  });

  test.each([
    [
      'u@x.site-b.example',
      stranger,
      550,
      '5.7.1',
      'x.site-b.example is not served here for you: relaying denied',
    ],
    ['u@nowhere.test', friend, 550, '5.1.2', 'no route to nowhere.test'],
    [
      'postmaster@other.test',
      stranger,
      550,
      '5.7.1',
      'other.test is not served here for you: relaying denied',
    ],
    ['someone', friend, 550, '5.1.3', 'someone has no domain'],
  ])('%s from %j is refused: %i %s %s', (address, client, code, status, text) => {
    expect(recipients.judge(address, client)).toMatchObject({ accept: false, reply: { code, status, text } });
  });
});
