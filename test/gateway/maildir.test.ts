import * as fsPromises from 'node:fs/promises';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MailSource } from '../../src/gateway/mail-source.js';
import { Maildir, type MaildirFiles } from '../../src/gateway/maildir.js';
import { MaildirTransport } from '../../src/gateway/maildir-transport.js';
import type { OutgoingMessage, RecipientOutcome } from '../../src/smtp/index.js';

let folder: string;
let boxes = 0;
const newBox = (): string => join(folder, `box${++boxes}`);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'x25mail-maildir-'));
});
afterAll(() => rm(folder, { recursive: true }));

interface Sent {
  readonly id: string;
  readonly body?: string;
  readonly sender?: string;
  readonly to?: readonly string[];
  readonly parameters?: OutgoingMessage['parameters'];
}

/** Messages into one mailbox. @returns what became of them. */
async function deliver(path: string, messages: readonly Sent[], files?: MaildirFiles) {
  const waiting = [...messages];
  const settled: [string, RecipientOutcome['outcome'], string][] = [];
  const bodies = new Map(messages.map(({ id, body = 'Subject: x\r\n\r\nhello\r\n' }) => [id, body]));
  const mail = {
    next: async (): Promise<OutgoingMessage | undefined> => {
      const message = waiting.shift();
      if (message === undefined) return undefined;
      const { id, sender = 'from@a.example', to = ['anna@b.example'], parameters = {} } = message;
      return {
        id,
        sender,
        recipients: to.map((address) => ({ address, parameters: {} })),
        size: 1,
        parameters,
      };
    },
    readBody: async function* (id: string) {
      // In pieces that cut line ends in two.
      for (const piece of (bodies.get(id) ?? '').split(/(?<=\r)/)) yield Buffer.from(piece, 'latin1');
    },
    settle: async ({ id }: OutgoingMessage, outcomes: readonly RecipientOutcome[]) => {
      for (const { outcome, reason, final } of outcomes)
        settled.push([id, outcome, final === true ? 'final' : reason]);
    },
  } as unknown as MailSource;
  const wallTime = (): number => Date.UTC(2026, 0, 1) + 123.456;
  const maildir = new Maildir({
    path,
    hostname: 'gw:a/b.example',
    wallTime,
    ...(files !== undefined && { files }),
  });
  const end = await new MaildirTransport(maildir).run(mail);
  return { end, settled, waiting };
}

async function filesIn(path: string, where = 'new'): Promise<string[]> {
  const names = await readdir(join(path, where));
  return Promise.all(names.toSorted().map((name) => readFile(join(path, where, name), 'latin1')));
}

describe('a maildir', () => {
  test('is made, and gets a message with its envelope on top and lines as files have them', async () => {
    const path = newBox();
    const body = 'Return-Path: <old@x>\r\nSubject: x\r\n y\r\n\r\na\rb\r\n.c\r\n';
    expect(await deliver(path, [{ id: 'm1', body }])).toMatchObject({
      end: { inOrder: true },
      settled: [['m1', 'delivered', 'final']],
    });
    expect(await filesIn(path)).toEqual([
      'Return-Path: <from@a.example>\nDelivered-To: anna@b.example\nSubject: x\n y\n\na\rb\n.c\n',
    ]);
    expect([await readdir(join(path, 'tmp')), await readdir(join(path, 'cur'))]).toEqual([[], []]);
  });

  test('has a name for each file that no other has, and that tells its size', async () => {
    const path = newBox();
    await deliver(
      path,
      ['m1', 'm2', 'm3'].map((id) => ({ id })),
    );
    const names = await readdir(join(path, 'new'));
    expect(new Set(names).size).toBe(3);
    for (const name of names)
      expect(name).toMatch(/^1767225600\.M123456P\d+Q\d+R[0-9a-f]{8}\.gw\\072a\\057b\.example,S=77$/);
    expect((await filesIn(path)).map(({ length }) => length)).toEqual([77, 77, 77]);
  });

  test('gets a copy for each recipient', async () => {
    const path = newBox();
    const { settled } = await deliver(path, [{ id: 'm1', sender: '', to: ['anna@b', 'bob@b'] }]);
    expect(settled.map(([, outcome]) => outcome)).toEqual(['delivered', 'delivered']);
    expect((await filesIn(path)).map((text) => text.split('\n').slice(0, 2)).toSorted()).toEqual([
      ['Return-Path: <>', 'Delivered-To: anna@b'],
      ['Return-Path: <>', 'Delivered-To: bob@b'],
    ]);
  });

  test('gets what is binary in lines', async () => {
    const path = newBox();
    const body =
      'Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\n\r\n\0\n\xff';
    await deliver(path, [{ id: 'm1', body, parameters: { body: 'BINARYMIME' } }]);
    expect((await filesIn(path))[0]).toMatch(/Content-Transfer-Encoding: base64\n(?:.+\n)*\nAAr\/$/);
  });

  test.each(['tmp', 'new'])('without %s gets it', async (missing) => {
    const path = newBox();
    await deliver(path, [{ id: 'm1' }]);
    await rm(join(path, missing), { recursive: true });
    await deliver(path, [{ id: 'm2' }]);
    expect(await filesIn(path)).toHaveLength(missing === 'new' ? 1 : 2);
    expect(await readdir(join(path, 'tmp'))).toEqual([]);
  });

  test('is not made where the folder for it is missing: mail waits, and all of it', async () => {
    const path = join(newBox(), 'below');
    expect(await deliver(path, [{ id: 'm1' }, { id: 'm2' }])).toEqual({
      settled: [['m1', 'temporary', "451 4.3.0 the mailbox can't be written: ENOENT"]],
      waiting: [expect.objectContaining({ id: 'm2' })],
      end: { inOrder: false, reason: "451 4.3.0 the mailbox can't be written: ENOENT" },
    });
  });

  test('that is a file is told to nobody by its name', async () => {
    const path = newBox();
    await writeFile(path, 'x');
    const { settled } = await deliver(path, [{ id: 'm1' }]);
    expect(settled).toEqual([['m1', 'temporary', "451 4.3.0 the mailbox can't be written: ENOTDIR"]]);
  });
});

/** Notes what is asked of the disk, in order; `fails` names a step at which it breaks. */
function watched(path: string, fails?: string): { files: MaildirFiles; steps: string[] } {
  const steps: string[] = [];
  const step = (what: string, at: string): void => {
    const text = `${what} ${at.slice(path.length).replace(/\d+\.M.*/, 'file') || '/'}`;
    steps.push(text);
    if (text === fails) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
  };
  const open: typeof fsPromises.open = async (at, ...others) => {
    step('open', String(at));
    const handle = await fsPromises.open(at, ...others);
    return new Proxy(handle, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          if (key !== 'close') step(String(key), String(at));
          return Reflect.apply(value, target, args) as unknown;
        };
      },
    });
  };
  const files: MaildirFiles = {
    mkdir: fsPromises.mkdir,
    open,
    rename: async (from, to) => {
      step('rename', String(from));
      await fsPromises.rename(from, to);
    },
    unlink: async (at) => {
      step('unlink', String(at));
      await fsPromises.unlink(at);
    },
  };
  return { files, steps };
}

describe('a delivery', () => {
  const madeBox = async (): Promise<string> => {
    const path = newBox();
    for (const name of ['', 'tmp', 'new', 'cur']) await mkdir(join(path, name));
    return path;
  };

  test('is on the disk before it is told: file first, then its name', async () => {
    const path = await madeBox();
    const { files, steps } = watched(path);
    await deliver(path, [{ id: 'm1', body: 'A: b\r\n' }], files);
    expect(steps).toEqual([
      'open /tmp/file',
      'writeFile /tmp/file',
      'writeFile /tmp/file',
      'sync /tmp/file',
      'rename /tmp/file',
      'open /new',
      'sync /new',
    ]);
  });

  test.each(['open /tmp/file', 'writeFile /tmp/file', 'sync /tmp/file', 'rename /tmp/file'])(
    'that fails at %s leaves nothing, and the mail waits',
    async (where) => {
      const path = await madeBox();
      const { files } = watched(path, where);
      const { settled, end } = await deliver(path, [{ id: 'm1' }], files);
      expect(settled).toEqual([['m1', 'temporary', '452 4.2.2 the mailbox is full']]);
      expect(end.inOrder).toBe(false);
      expect([await readdir(join(path, 'tmp')), await readdir(join(path, 'new'))]).toEqual([[], []]);
    },
  );

  test('a mailbox that was made for it is on the disk as well', async () => {
    const path = newBox();
    const { files, steps } = watched(path);
    await deliver(path, [{ id: 'm1' }], files);
    expect(steps).toContain('sync /');
    expect(steps.indexOf('sync /')).toBeLessThan(steps.indexOf('rename /tmp/file'));
  });
});
