import MailComposer from 'nodemailer/lib/mail-composer';

/** What makes the whole message about 100 KB: base64 takes four octets for three. */
const ATTACHMENT_OCTETS = 72_000;

/**
 * The message of the demonstration: text with characters beyond ASCII, lines that begin with dots (they must survive
 * transparency, RFC 5321 §4.5.2), and an attachment. The same octets every time but for the date.
 */
export async function demonstrationMessage(from: string, to: string, now: Date): Promise<Uint8Array> {
  const composer = new MailComposer({
    from: `Site A <${from}>`,
    to: `Site B <${to}>`,
    subject: 'Greetings over X.25',
    date: now,
    messageId: '<demonstration@site-a.example>',
    text: [
      'Hello from site A,',
      '',
      'this message came in by SMTP over TCP, waited in a spool, crossed a virtual',
      'circuit with protocol identifier C0F70000, and went on by SMTP over TCP.',
      '.',
      '..a line with dots, which must arrive as it was sent',
      '',
      'Grüße, Salutations, 敬具',
      '',
    ].join('\n'),
    attachments: [
      {
        filename: 'measurements.bin',
        contentType: 'application/octet-stream',
        content: pseudoRandom(ATTACHMENT_OCTETS),
      },
    ],
  });
  const built = await composer.compile().build();
  return toCrlf(built);
}

/** Octets that no compression of a line or modem could shorten, the same every time (xorshift32). */
function pseudoRandom(length: number): Buffer {
  const octets = Buffer.alloc(length);
  let state = 0x1090;
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    octets[i] = state & 0xff;
  }
  return octets;
}

/** RFC 5321 §2.3.8: lines end with CRLF, whatever the builder wrote inside its parts. */
function toCrlf(octets: Buffer): Uint8Array {
  return Buffer.from(octets.toString('latin1').replace(/\r?\n/g, '\r\n'), 'latin1');
}
