import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { ServerProcess } from '../../bench/smtp/questions.js';
import { tempDirectory } from '../spool/support/places.js';

const GATEWAY = new URL('../../bench/smtp/gateway-server.ts', import.meta.url);
const MIB = 1_048_576;
const LINE = `${'x'.repeat(78)}\r\n`;

let server: ServerProcess;
const open: Socket[] = [];

async function start(...flags: string[]): Promise<void> {
  server = await ServerProcess.start(GATEWAY, [tempDirectory()], flags);
}

afterEach(async () => {
  for (const socket of open.splice(0)) socket.destroy();
  await server.stop();
});

/** Connects, and waits for the greeting. */
async function greeted(): Promise<Socket> {
  const socket = connect(server.port, '127.0.0.1').setEncoding('latin1');
  open.push(socket);
  await reply(socket, 220);
  return socket;
}

async function reply(socket: Socket, code: number): Promise<void> {
  const [text] = (await once(socket, 'data')) as [string];
  if (!text.startsWith(`${code}`)) throw new Error(`not ${code}: ${text}`);
}

async function say(socket: Socket, text: string, code: number): Promise<void> {
  socket.write(text);
  await reply(socket, code);
}

/** All of a message but its end. @param between after each MiB, while its last octets are still on their way */
async function sendData(socket: Socket, octets: number, between: () => Promise<void>): Promise<void> {
  await say(socket, 'EHLO load.example\r\n', 250);
  await say(socket, 'MAIL FROM:<from@site-a.example>\r\n', 250);
  await say(socket, 'RCPT TO:<to@site-b.example>\r\n', 250);
  await say(socket, 'DATA\r\n', 354);
  socket.write('Subject: load\r\n\r\n');
  const piece = LINE.repeat(MIB / LINE.length);
  for (let sent = 0; sent < octets; sent += piece.length) {
    if (!socket.write(piece)) await once(socket, 'drain');
    await between();
  }
}

test('a message of 32 MiB takes less than 1 MiB of memory beyond what there was', async () => {
  await start('--expose-gc');
  const first = await greeted();
  await sendData(first, MIB, async () => {}); // what is loaded and compiled for any message
  await say(first, '.\r\n', 250);
  const idle = await server.usage();
  const socket = await greeted();
  let most = 0;
  await sendData(socket, 31.9 * MIB, async () => {
    const { heap, buffers } = await server.usage();
    most = Math.max(most, heap + buffers - idle.heap - idle.buffers);
  });
  await say(socket, '.\r\n', 250);
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThan(MIB);
}, 60_000);

const SILENT = 10_000;
const files = Number(spawnSync('sh', ['-c', 'ulimit -n']).stdout);
const isEnough = files > SILENT + 500;
const why = isEnough ? '' : ` (SKIPPED: ulimit -n is ${files}, and each process needs ${SILENT + 500})`;

describe.skipIf(!isEnough)(`${SILENT} connections that say nothing${why}`, () => {
  test('leave others served at once, each with its own greeting', async () => {
    await start('--expose-gc');
    const idle = await server.usage();
    for (let count = 0; count < SILENT; count += 200) await Promise.all(Array.from({ length: 200 }, greeted));
    const silent = await server.usage();
    const perSession = (silent.heap + silent.buffers - idle.heap - idle.buffers) / SILENT;
    expect(perSession).toBeLessThan(32 * 1024);
    const began = performance.now();
    const socket = await greeted();
    await sendData(socket, MIB, async () => {});
    await say(socket, '.\r\n', 250);
    expect(performance.now() - began).toBeLessThan(5000);
  }, 120_000);
});
