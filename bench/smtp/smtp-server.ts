/** Run as a process: npm's smtp-server, which takes every message and keeps none. Tells its port. */
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { answerQuestions } from './questions.js';

const server = new SMTPServer({
  authOptional: true,
  disabledCommands: ['AUTH', 'STARTTLS'],
  disableReverseLookup: true,
  maxClients: 20_000,
  size: 64 * 1024 * 1024,
  onData: (stream, _session, callback) => {
    stream.on('end', () => callback());
    stream.resume();
  },
});
server.on('error', () => {}); // a client that hangs up early
const listening = server.listen(0, '127.0.0.1', () => {
  const { port } = listening.address() as AddressInfo;
  answerQuestions(port, () => new Promise((resolve) => server.close(() => resolve())));
});
