import { describe, expect, test } from 'vitest';
import { buildFailureReport } from '../../src/gateway/report.js';

const REPORT = {
  hostname: 'gw-a.example',
  to: 'sender@site-a.example',
  message: 'abc',
  received: Date.UTC(1990, 0, 1),
  now: Date.UTC(1990, 0, 6),
  failed: [
    { address: 'x@site-b.example', reason: '550 5.1.1 no such user' },
    { address: 'y@site-b.example', reason: 'cleared by the network: number busy (01/00)' },
  ],
  header: Buffer.from('From: sender@site-a.example\r\nSubject: hello\r\n'),
};

describe('a failure report', () => {
  test('is a multipart/report with a block per recipient (RFC 3464)', async () => {
    const text = Buffer.from(await buildFailureReport(REPORT)).toString();
    expect(text).toMatch(/^Content-Type: multipart\/report; report-type=delivery-status/m);
    expect(text).toContain('To: sender@site-a.example\r\n');
    expect(text).toContain('Auto-Submitted: auto-replied\r\n');
    expect(text).toContain(
      'Reporting-MTA: dns; gw-a.example\r\nArrival-Date: Mon, 01 Jan 1990 00:00:00 +0000\r\n\r\n' +
        'Final-Recipient: rfc822; x@site-b.example\r\nAction: failed\r\nStatus: 5.1.1\r\n' +
        'Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n',
    );
    expect(text).toContain(
      'Status: 5.0.0\r\nDiagnostic-Code: x-x25mail; cleared by the network: number busy (01/00)\r\n',
    );
    expect(text).toContain('Subject: hello\r\n');
  });

  test('has only CRLF line ends', async () => {
    const text = Buffer.from(await buildFailureReport(REPORT)).toString('latin1');
    expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  });

  test('a reason cannot add fields of its own', async () => {
    const failed = [{ address: 'x@b.example', reason: '550 no\r\nFinal-Recipient: rfc822; other@b.example' }];
    const text = Buffer.from(await buildFailureReport({ ...REPORT, failed })).toString();
    expect(text.match(/^Final-Recipient/gm)).toHaveLength(1);
  });
});
