import { describe, expect, test } from 'vitest';
import { parseConfiguration } from '../../src/config/index.js';
import { circuitServerOptions, tcpServerOptions } from '../../src/gateway/session-options.js';
import { tomlOf } from '../config/parts.js';

function optionsWith(limits: string) {
  const parsed = parseConfiguration(tomlOf({}, `[limits]\n${limits}`), '/etc/gw.toml');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const { configuration } = parsed;
  const service = { service: 'smtp', startTls: false, mechanisms: [], isTrusted: false } as const;
  return [tcpServerOptions(configuration, service), circuitServerOptions(configuration)];
}

describe('the limits of a session', () => {
  test('are those of RFC 5321 and good sense', () => {
    const usual = {
      maxRecipients: 1000,
      maxErrors: 20,
      maxIdleCommands: 100,
      maxUnknownCommands: 10,
      maxRefusedRecipients: 100,
      maxFailedLogins: 3,
      maxCommandLine: 2048,
    };
    const [tcp, circuit] = optionsWith('');
    expect(tcp).toMatchObject({ ...usual, bareLineEnd: 'refuse', idleTimeoutMs: 300_000 });
    expect(circuit).toMatchObject({ ...usual, bareLineEnd: 'crlf' });
    expect(tcp).not.toHaveProperty('maxTextLine');
  });

  test('can be set, for TCP and circuits alike', () => {
    const limits =
      'message_recipients = 200\nerrors = 5\nidle_commands = 30\ntext_line = 1000\nbare_line_ends = "refuse"\nidle = "10m"\n' +
      'unknown_commands = 4\nrefused_recipients = 7\nfailed_logins = 1\ncommand_line = 1500\nmessages_per_session = 12';
    const set = {
      maxRecipients: 200,
      maxErrors: 5,
      maxIdleCommands: 30,
      maxTextLine: 1000,
      maxUnknownCommands: 4,
      maxRefusedRecipients: 7,
      maxFailedLogins: 1,
      maxCommandLine: 1500,
      offers: { limits: { messages: 12 } },
      bareLineEnd: 'refuse',
    };
    const [tcp, circuit] = optionsWith(limits);
    expect(tcp).toMatchObject({ ...set, idleTimeoutMs: 600_000 });
    expect(circuit).toMatchObject(set);
    // The timers of RFC 1090 watch a circuit.
    expect(circuit?.idleTimeoutMs).toBeGreaterThan(600_000);
  });
});
