import { describe, expect, test } from 'vitest';
import { buildReport } from '../../src/gateway/report.js';
import type { Report } from '../../src/gateway/report-facts.js';
import { parseReport } from '../support/report-parts.js';

const HEADER = 'From: sender@site-a.example\r\nSubject: hello\r\n';

const REPORT: Report = {
  action: 'failed',
  hostname: 'gw-a.example',
  id: 'report1',
  to: 'sender@site-a.example',
  message: 'abc',
  received: Date.UTC(1990, 0, 1),
  now: Date.UTC(1990, 0, 6),
  recipients: [],
  content: { what: 'header', octets: Buffer.from(HEADER) },
  smtpUtf8: false,
};

const REFUSED = {
  address: 'x@site-b.example',
  originalRecipient: 'rfc822;X@site-b.example',
  reason: '550 5.1.1 no such user',
  attempts: 1,
  lastAttempt: Date.UTC(1990, 0, 6),
};

async function textOf(report: Partial<Report>): Promise<string> {
  const text = Buffer.from(await buildReport({ ...REPORT, ...report })).toString('latin1');
  const boundary = /boundary="([^"]+)"/.exec(text)?.[1] ?? '';
  return text.replaceAll(boundary, 'BOUNDARY');
}

const parsed = async (report: Partial<Report>) => parseReport(await buildReport({ ...REPORT, ...report }));

const lines = (text: string): string => text.replaceAll('\n', '\r\n');

/** The text for people and the part for programs, as the builder's plain 7-bit parts. */
function golden(subject: string, explanation: string, status: string): string {
  return lines(`From: Mail Delivery System <MAILER-DAEMON@gw-a.example>
To: sender@site-a.example
Subject: ${subject}
Date: Sat, 06 Jan 1990 00:00:00 +0000
Message-ID: <report1@gw-a.example>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
 boundary="BOUNDARY"

--BOUNDARY
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 7bit

This is the mail gateway at gw-a.example.

Your message, which came here on Mon, 01 Jan 1990 00:00:00 +0000
and was queued as abc,
${explanation}
--BOUNDARY
Content-Type: message/delivery-status
Content-Transfer-Encoding: 7bit

${status}
--BOUNDARY
Content-Type: text/rfc822-headers
Content-Transfer-Encoding: 7bit

From: sender@site-a.example
Subject: hello

--BOUNDARY--
`);
}

describe('a report, octet by octet (RFC 3464)', () => {
  test('failed', async () => {
    const recipients = [
      REFUSED,
      {
        address: 'y@site-b.example',
        reason: 'call to site-b: cleared by the network: number busy (01/00)',
        status: '5.4.7',
        attempts: 12,
      },
    ];
    expect(await textOf({ recipients, envelopeId: 'QQ314159', remoteMta: 'x-x25; 26245300040' })).toBe(
      golden(
        'Undelivered mail returned to sender',
        `could not be delivered to:

  <x@site-b.example>
      reply: 550 5.1.1 no such user
  <y@site-b.example>
      tried 12 times; the last time:
      call to site-b: cleared by the network: number busy (01/00)

It was tried for as long as this gateway keeps mail.
It will not be tried again.
Only its header is attached, not the whole message.
`,
        `Original-Envelope-Id: QQ314159
Reporting-MTA: dns; gw-a.example
Arrival-Date: Mon, 01 Jan 1990 00:00:00 +0000

Original-Recipient: rfc822; X@site-b.example
Final-Recipient: rfc822; x@site-b.example
Action: failed
Status: 5.1.1
Remote-MTA: x-x25; 26245300040
Diagnostic-Code: smtp; 550 5.1.1 no such user
Last-Attempt-Date: Sat, 06 Jan 1990 00:00:00 +0000

Final-Recipient: rfc822; y@site-b.example
Action: failed
Status: 5.4.7
Remote-MTA: x-x25; 26245300040
Diagnostic-Code: x-x25mail; call to site-b: cleared by the network: number busy (01/00)
`,
      ),
    );
  });

  test('delayed', async () => {
    const recipients = [{ address: 'x@site-b.example', attempts: 0 }];
    expect(await textOf({ action: 'delayed', recipients, retryUntil: Date.UTC(1990, 0, 8) })).toBe(
      golden(
        'Delayed mail, still being tried',
        `is not delivered yet to:

  <x@site-b.example>
      no attempt was possible

It is tried again until Mon, 08 Jan 1990 00:00:00 +0000.
You need not send it again.
Only its header is attached, not the whole message.
`,
        `Reporting-MTA: dns; gw-a.example
Arrival-Date: Mon, 01 Jan 1990 00:00:00 +0000

Final-Recipient: rfc822; x@site-b.example
Action: delayed
Status: 4.4.1
Will-Retry-Until: Mon, 08 Jan 1990 00:00:00 +0000
`,
      ),
    );
  });

  test('relayed', async () => {
    const recipients = [{ ...REFUSED, reason: '250 2.6.0 queued as 17' }];
    expect(await textOf({ action: 'relayed', recipients, remoteMta: 'dns; mx.example' })).toBe(
      golden(
        'Delivery report: passed on',
        `was passed on to the next mail server for:

  <x@site-b.example>
      reply: 250 2.6.0 queued as 17

There may be no further report on it, unless it fails.
Only its header is attached, not the whole message.
`,
        `Reporting-MTA: dns; gw-a.example
Arrival-Date: Mon, 01 Jan 1990 00:00:00 +0000

Original-Recipient: rfc822; X@site-b.example
Final-Recipient: rfc822; x@site-b.example
Action: relayed
Status: 2.6.0
Remote-MTA: dns; mx.example
Diagnostic-Code: smtp; 250 2.6.0 queued as 17
Last-Attempt-Date: Sat, 06 Jan 1990 00:00:00 +0000
`,
      ),
    );
  });

  test.each([
    ['delivered', 'Delivery report: delivered', 'was delivered to:', ''],
    [
      'expanded',
      'Delivery report: sent to several',
      'was taken, and sent on to all that this address stands for:',
      'There is no further report when it reaches them.\n',
    ],
  ] as const)('%s', async (action, subject, what, next) => {
    const recipients = [{ address: 'staff@site-a.example', attempts: 0 }];
    expect(await textOf({ action, recipients })).toBe(
      golden(
        subject,
        `${what}

  <staff@site-a.example>

${next}Only its header is attached, not the whole message.
`,
        `Reporting-MTA: dns; gw-a.example
Arrival-Date: Mon, 01 Jan 1990 00:00:00 +0000

Final-Recipient: rfc822; staff@site-a.example
Action: ${action}
Status: 2.0.0
`,
      ),
    );
  });
});

describe('a status code (RFC 3463)', () => {
  test.each([
    ['failed', '550 5.7.1 no', '5.7.1'],
    ['failed', '451 4.3.0 later', '5.3.0'],
    ['failed', '550 no', '5.0.0'],
    ['failed', '250 2.0.0 taken', '5.0.0'],
    ['failed', 'circuit reset', '5.0.0'],
    ['delayed', '451 4.3.0 later', '4.3.0'],
    ['delayed', 'circuit reset', '4.4.1'],
    ['relayed', '250 2.6.0 taken', '2.6.0'],
    ['relayed', '250 taken', '2.0.0'],
  ] as const)('%s, %s: %s', async (action, reason, status) => {
    const report = await parsed({ action, recipients: [{ address: 'x@b', attempts: 1, reason }] });
    expect(report.status[1]?.get('status')).toBe(status);
  });

  test('what was to be delivered by a given time says so', async () => {
    const deliverBy = Date.UTC(1990, 0, 5);
    const recipients = [{ address: 'x@b', attempts: 0, status: '4.4.7' }];
    const report = await parsed({ action: 'delayed', recipients, deliverBy });
    expect(report.status[0]?.get('deliver-by-date')).toBe('Fri, 05 Jan 1990 00:00:00 +0000');
    expect(report.status[1]?.get('status')).toBe('4.4.7');
    expect(report.parts[0]?.text).toContain('It was to be delivered by Fri, 05 Jan 1990 00:00:00 +0000.\r\n');
  });
});

describe('what comes back', () => {
  const types = ({ parts }: { parts: readonly { type: string; encoding: string }[] }) =>
    parts.map(({ type, encoding }) => `${type} ${encoding}`);

  test('the whole message, 8-bit and with dots, as it was', async () => {
    const octets = Buffer.from(`${HEADER}\r\n.\r\n--x\r\ngr\u00fc\u00dfe\r\n`);
    const report = await parsed({ recipients: [REFUSED], content: { what: 'message', octets } });
    expect(types(report)).toEqual(['text/plain 7bit', 'message/delivery-status 7bit', 'message/rfc822 8bit']);
    expect(report.fields.get('content-transfer-encoding')).toBe('8bit');
    expect(report.parts[2]?.text.trimEnd()).toBe(octets.toString().trimEnd());
    expect(report.parts[0]?.text).toContain('The message is attached.\r\n');
  });

  test('a header that nobody declared as UTF-8, encoded', async () => {
    const octets = Buffer.from('Subject: gr\u00fc\u00dfe\r\n');
    const report = await parsed({ recipients: [REFUSED], content: { what: 'header', octets } });
    expect(report.parts[2]?.type).toBe('text/rfc822-headers');
    expect(report.parts[2]?.encoding).not.toBe('8bit');
    expect(report.parts[2]?.text.trimEnd()).toBe('Subject: gr\u00fc\u00dfe');
    expect(report.fields.has('content-transfer-encoding')).toBe(false);
  });

  test('nothing, where nothing could be read', async () => {
    const { content: _none, ...report } = REPORT;
    const { parts } = parseReport(await buildReport({ ...report, recipients: [REFUSED] }));
    expect(parts.map(({ type }) => type)).toEqual(['text/plain', 'message/delivery-status']);
    expect(parts[0]?.text).toContain('The message itself can not be read any more.\r\n');
  });

  test('an internationalized message, and recipients by their names (RFC 6533)', async () => {
    const octets = Buffer.from('Subject: \u4f60\u597d\r\n');
    const recipients = [
      { ...REFUSED, address: '\u03b4@\u03c7.example', originalRecipient: 'utf-8;\u0394@\u03c7.example' },
      { address: 'plain@b.example', attempts: 1 },
    ];
    const report = await parsed({ recipients, smtpUtf8: true, content: { what: 'header', octets } });
    expect(types(report)).toEqual([
      'text/plain quoted-printable',
      'message/global-delivery-status 8bit',
      'message/global-headers 8bit',
    ]);
    expect(report.status[1]?.get('final-recipient')).toBe('utf-8; \u03b4@\u03c7.example');
    expect(report.status[1]?.get('original-recipient')).toBe('utf-8; \u0394@\u03c7.example');
    expect(report.status[2]?.get('final-recipient')).toBe('rfc822; plain@b.example');
    expect(report.parts[2]?.text.trimEnd()).toBe('Subject: \u4f60\u597d');
    // Its own header is plain, so that it reaches a sender behind an old server.
    const head = Buffer.from(await buildReport({ ...REPORT, recipients, smtpUtf8: true })).toString('latin1');
    expect(head.slice(0, head.indexOf('\r\n\r\n'))).toMatch(/^\p{ASCII}*$/u);
  });
});

test('only CRLF ends a line', async () => {
  const text = await textOf({ recipients: [REFUSED] });
  expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
});

test('a reason cannot add fields or recipients of its own', async () => {
  const reason = '550 no\r\n\r\nFinal-Recipient: rfc822; other@b.example';
  const report = await parsed({ recipients: [{ address: 'x@b.example', attempts: 1, reason }] });
  expect(report.status).toHaveLength(2);
  expect(report.status[1]?.get('diagnostic-code')).toBe(
    'smtp; 550 no Final-Recipient: rfc822; other@b.example',
  );
});

test('the postmaster is told why he gets it', async () => {
  const { parts } = await parsed({
    to: 'root@site-a.example',
    insteadOf: 'it has no sender who could be told',
    recipients: [REFUSED],
  });
  expect(parts[0]?.text).toContain('You get this as postmaster: it has no sender who could be told.\r\n');
  expect(parts[0]?.text).toContain('\r\nA message, which came here on');
});
