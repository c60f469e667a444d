import { describe, expect, test } from 'vitest';
import { DkimSigner } from '../../src/gateway/authentication/index.js';
import { rewrite } from '../../src/gateway/rewritten-mail.js';
import { DomainPair, Rewriting } from '../../src/routing/index.js';
import type { OutgoingMessage } from '../../src/smtp/index.js';
import { ED25519, verified } from '../support/dkim-mail.js';

const RECEIVED = Date.UTC(2026, 10, 24);

function rewriter() {
  const domains = DomainPair.parse('plant', 'plant.gw.example');
  if (!domains.ok) throw new Error(domains.fault);
  const found = new Rewriting([{ domains: domains.value, signed: false }]).for({
    type: 'mx',
    domain: 'example.org',
  });
  if (found === undefined) throw new Error('nothing is rewritten');
  return found;
}

function message(...recipients: string[]): OutgoingMessage {
  const size = BODY.length;
  const to = recipients.map((address) => ({ address, parameters: {} }));
  return { id: 'm1', sender: 'a@plant', recipients: to, size, parameters: {} };
}

const BODY = 'From: a@plant\r\nSubject: x\r\n\r\nhello\r\n';
/** Each reading must come to its end, or be given up: else files would stay open. */
let open = 0;
async function* read(): AsyncGenerator<Uint8Array, void, void> {
  open++;
  try {
    for (const piece of BODY.match(/[\s\S]{1,7}/g) ?? []) yield Buffer.from(piece);
  } finally {
    open--;
  }
}

async function textOf(octets: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of octets) pieces.push(piece);
  return Buffer.concat(pieces).toString('latin1');
}

describe('a message on its way out', () => {
  test('has the size that it has then, as often as it is read', async () => {
    const options = { rewriter: rewriter(), signer: undefined, received: RECEIVED };
    const { message: changed, read: again } = await rewrite(message('b@y'), read, options);
    const text = BODY.replace('a@plant', 'a@plant.gw.example');
    expect([await textOf(again()), await textOf(again())]).toEqual([text, text]);
    expect([changed.size, changed.sender, open]).toEqual([text.length, 'a@plant.gw.example', 0]);
  });

  test('is signed as it is then, the same at each attempt', async () => {
    const key = { domain: 'plant.gw.example', selector: 's', privateKey: ED25519.key };
    const signer = new DkimSigner([key], { wallTime: () => Math.random() * 1e12 });
    const options = { rewriter: rewriter(), signer, received: RECEIVED };
    const texts: string[] = [];
    for (const _ of [1, 2]) {
      const { message: changed, read: again } = await rewrite(message('b@y'), read, options);
      texts.push(await textOf(again()));
      expect(changed.size).toBe(texts.at(-1)?.length);
    }
    expect(texts[0]).toMatch(
      /^DKIM-Signature: [\s\S]*d=plant\.gw\.example[\s\S]*\r\nFrom: a@plant\.gw\.example\r\n/,
    );
    expect(texts[1]).toBe(texts[0]);
    expect(open).toBe(0);
  });

  test('that was signed here is rewritten all the same, and signed again', async () => {
    const keys = ['plant', 'plant.gw.example'].map((domain) => ({
      domain,
      selector: 's',
      privateKey: ED25519.key,
    }));
    const signer = new DkimSigner(keys, { wallTime: () => RECEIVED });
    const { top } = await signer.sign(Buffer.from(BODY));
    const signed = async function* () {
      yield Buffer.from(`${top}Received: x\r\n${BODY}`);
    };
    const options = { rewriter: rewriter(), signer, received: RECEIVED };
    const { read: again } = await rewrite(message('b@y'), signed, options);
    const text = await textOf(again());
    expect(text.match(/d=[\w.]+/g)).toEqual(['d=plant.gw.example']);
    expect(text).toMatch(/;[\s\S]*\r\nReceived: x\r\nFrom: a@plant\.gw\.example\r\n/);
    const records = { 'TXT s._domainkey.plant.gw.example': [ED25519.record] };
    expect(await verified(text, records)).toEqual(['s pass']);
  });

  test('tells of its recipients under the names that they have here', async () => {
    const options = { rewriter: rewriter(), signer: undefined, received: RECEIVED };
    const { message: changed, outcomes } = await rewrite(
      message('b@plant', 'c@y', 'b@plant.gw.example'),
      read,
      options,
    );
    expect(changed.recipients.map(({ address }) => address)).toEqual(['b@plant.gw.example', 'c@y']);
    const told = changed.recipients.map(
      ({ address }) => ({ address, outcome: 'delivered', reason: 'ok' }) as const,
    );
    expect(outcomes(told).map(({ address }) => address)).toEqual(['b@plant', 'b@plant.gw.example', 'c@y']);
  });
});
