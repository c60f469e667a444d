import { connect } from 'node:net';
import type { Clock } from '../../core/index.js';
import { ClientRunner } from '../../gateway/index.js';
import { TcpStream } from '../../line/index.js';

const TIMEOUT_MS = 60_000;

/** Hands one message to an SMTP server on this machine. @throws Error when it was not taken. */
export async function submit(options: {
  readonly port: number;
  readonly from: string;
  readonly to: string;
  readonly message: Uint8Array;
  readonly clock: Clock;
}): Promise<void> {
  const { port, from, to, message, clock } = options;
  const socket = connect(port, '127.0.0.1');
  let left = 1;
  let refusal: string | undefined = 'the session ended before the message was taken';
  const runner = new ClientRunner({
    stream: new TcpStream(socket),
    session: {
      hostname: 'demonstration.example',
      pipelining: true,
      timeouts: {
        greetingMs: TIMEOUT_MS,
        commandMs: TIMEOUT_MS,
        dataMs: TIMEOUT_MS,
        endOfDataMs: TIMEOUT_MS,
      },
    },
    clock,
    next: async () =>
      left-- > 0
        ? {
            id: 'demonstration',
            sender: from,
            recipients: [{ address: to, parameters: {} }],
            size: message.length,
            parameters: { body: '8BITMIME' },
          }
        : undefined,
    readBody: async function* () {
      yield message;
    },
    settle: async (_message, outcomes) => {
      const failed = outcomes.find(({ outcome }) => outcome !== 'delivered');
      refusal = failed?.reason;
    },
  });
  runner.start();
  const { reason } = await runner.done;
  if (refusal !== undefined) throw new Error(`site A did not take the message: ${refusal} (${reason})`);
}
