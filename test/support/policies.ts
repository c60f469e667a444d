import {
  MailPolicy,
  type MailPolicyOptions,
  Network,
  Pattern,
  Recipients,
  RelayPolicy,
  Router,
  Template,
} from '../../src/routing/index.js';

function parsed<Value>(result: { ok: true; value: Value } | { ok: false; fault: string }): Value {
  if (!result.ok) throw new Error(result.fault);
  return result.value;
}

/**
 * Who comes from 127.0.0.0/8 may send anywhere; what goes to b.example goes to peer b; a local part that begins with
 * `no` is refused.
 */
export function policyOfTests(options: Partial<MailPolicyOptions> = {}): MailPolicy {
  const relay = new RelayPolicy([Network.parse('127.0.0.0/8') as Network], []);
  const router = new Router([
    {
      domain: parsed(Pattern.parse('b.example')),
      target: { type: 'peers', peers: ['b'] },
    },
    {
      domain: parsed(Pattern.parse('*')),
      target: { type: 'smtp', host: parsed(Template.parse('mta.example', 0)), port: 25 },
    },
  ]);
  return new MailPolicy({
    recipients: new Recipients(router, relay, { hostname: 'gw.example', postmaster: 'root@gw.example' }),
    relay,
    access: [
      {
        name: 'no',
        recipient: parsed(Pattern.parse('no*')),
        action: { type: 'refuse', reply: { code: 550, status: '5.1.1', text: 'no such user' } },
      },
    ],
    protectSenders: true,
    limits: { hops: 100, headerOctets: 1_048_576 },
    ...options,
  });
}

/** Everybody may send to b.example, who comes from `networks` anywhere; all goes to one SMTP host. */
export function openToStrangers(networks: readonly Network[]): Partial<MailPolicyOptions> {
  const relay = new RelayPolicy(networks, [parsed(Pattern.parse('b.example'))]);
  const target = { type: 'smtp', host: parsed(Template.parse('mta.example', 0)), port: 25 } as const;
  const router = new Router([{ domain: parsed(Pattern.parse('*')), target }]);
  const names = { hostname: 'gw-a.example', postmaster: 'root@gw-a.example' };
  return { relay, recipients: new Recipients(router, relay, names), access: [], protectSenders: false };
}
