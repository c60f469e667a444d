#!/usr/bin/env -S node --max-semi-space-size=1
/**
 * The command line: the only place that prints and exits. Exit status: 0 done, 1 failed, 2 wrong usage or configuration.
 *
 * What a gateway makes is soon over. Without the limit of the first line it would be collected only when there are 32 MB of it.
 */
import { readFileSync } from 'node:fs';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { CAPTURE_LAYERS } from '../console/index.js';
import { describeError } from '../core/index.js';
import { OCTET_KINDS } from '../observe/index.js';
import { CALL_GROUPS } from './call-sums.js';
import { type CallsOptions, parseMoment, runCalls } from './calls.js';
import { type CaptureOptions, runCapture } from './capture.js';
import { runCheck } from './check.js';
import { runClear } from './clear.js';
import { ofGateway, wholeNumber } from './command-options.js';
import type { ControlOptions } from './control.js';
import { type DecodeOptions, runDecode } from './decode.js';
import { DONE, FAILED, WRONG_USAGE } from './exit-status.js';
import { type PasswdOptions, runPasswd } from './passwd.js';
import { addQueueCommands } from './queue-command.js';
import { type ReloadOptions, runReload } from './reload.js';
import { runGateway } from './run.js';
import type { SendOptions } from './send.js';
import { USUAL_CONFIGURATION } from './sendmail-flags.js';
import { runStatus, type StatusOptions } from './status.js';

const write = (text: string): void => void process.stdout.write(text);

function program(): Command {
  const x25mail = new Command('x25mail')
    .description('SMTP over X.25 (RFC 1090): a mail gateway')
    .version(version())
    .showHelpAfterError('(x25mail --help shows what there is)')
    .enablePositionalOptions()
    .exitOverride();

  x25mail
    .command('run')
    .description('the gateway, until SIGTERM (finishes transactions, clears circuits, keeps the queue)')
    .requiredOption('-c, --config <file>', 'configuration')
    .action(async ({ config }: { config: string }) => {
      // Everything is closed by now, but the handle of a port whose device vanished can live on for ever.
      process.exit(await runGateway(config));
    });

  x25mail
    .command('check')
    .description('validates a configuration, shows what it resolves to, warns of what will hurt')
    .requiredOption('-c, --config <file>', 'configuration')
    .option('--json', 'for programs', false)
    .action(({ config, json }: { config: string; json: boolean }) => {
      process.exitCode = runCheck(config, { json }, write);
    });

  x25mail
    .command('demo')
    .description('two sites and a simulated X.25 network on this machine: a message crosses, and you see how')
    .option('--line-speed <bit/s>', 'pace the simulated lines (default: as fast as the machine)', lineSpeed)
    .option('--capture <file>', 'where the capture for Wireshark goes', 'x25mail-demo.pcapng')
    .option('--json', 'only the result, for programs', false)
    .action(async (options: { lineSpeed?: number; capture: string; json: boolean }) => {
      const { runDemo } = await import('./demo/demo.js');
      process.exitCode = await runDemo(options, { write, isTerminal: process.stdout.isTTY === true });
    });

  const watching = (name: 'status' | 'circuits', description: string): Command =>
    ofGateway(x25mail.command(name).description(description))
      .option('--json', 'for programs', false)
      .action(async (options: StatusOptions) => {
        process.exitCode = await runStatus(name, options, write);
      });
  watching('status', 'what a running gateway is doing: its links with all that they count, its circuits');
  watching('circuits', 'the circuits of a running gateway');

  ofGateway(x25mail.command('send'))
    .description('writes a message and hands it to the gateway, or into its spool while it does not run')
    .argument('[file...]', '"-": the text, from standard input; files are attached')
    .requiredOption('--to <address...>', 'to whom')
    .option('--from <address>', 'default: the user who runs this, at the host name of the gateway')
    .option('--subject <text>', 'what it is about')
    .option('--smtp', 'by SMTP to the first address in [listen], in place of the control socket')
    .option('--wait', 'until it is delivered or returned; status 1 if it is returned')
    .option('--json', 'for programs')
    .action(async (files: string[], options: SendOptions) => {
      const { runSend } = await import('./send.js');
      process.exitCode = await runSend(files, options, {
        input: process.stdin,
        write,
        complain: (line) => void process.stderr.write(`x25mail: ${line}\n`),
        isTerminal: process.stderr.isTTY === true,
      });
    });

  x25mail
    .command('sendmail')
    .description(
      'takes a message as programs give it to sendmail(1): -t -i -f -F -N -R -V, -bp; -C names the configuration',
    )
    .argument('[flags and recipients...]')
    .helpOption('--help')
    .allowUnknownOption()
    .passThroughOptions()
    .addHelpText(
      'after',
      `
Without -C the configuration is the one that X25MAIL_CONFIG names, or ${USUAL_CONFIGURATION}. The exit status is one of
sysexits.h: 0 in the queue, 64 wrong usage, 65 no message, 67 no such recipient, 69 refused, 75 not now, 78 configuration.
For programs that start /usr/sbin/sendmail, make that a script:  exec x25mail sendmail "$@"`,
    )
    .action(async (words: string[]) => {
      const { runSendmail } = await import('./sendmail.js');
      process.exitCode = await runSendmail(words, {
        input: process.stdin,
        write,
        complain: (line) => void process.stderr.write(`sendmail: ${line}\n`),
        environment: process.env,
      });
    });

  addQueueCommands(x25mail, write);

  ofGateway(x25mail.command('clear'))
    .description('clears a circuit of a running gateway; what was not confirmed on it is sent again later')
    .argument('<id>', 'as x25mail circuits shows it')
    .action(async (circuit: string, options: ControlOptions) => {
      process.exitCode = await runClear(circuit, options, write);
    });

  ofGateway(x25mail.command('reload'))
    .description('a running gateway reads its configuration again, as by SIGHUP; a bad one is refused')
    .option('--json', 'for programs')
    .addHelpText(
      'after',
      `
No session and no circuit ends: what began goes on as it began. Links, addresses that are listened on, the spool, the host
name, the control socket and the file of call records can't be changed under way: what differs there is told.`,
    )
    .action(async (options: ReloadOptions) => {
      const complain = (line: string): void => void process.stderr.write(`x25mail: ${line}\n`);
      process.exitCode = await runReload(options, { write, complain });
    });

  x25mail
    .command('calls')
    .description(
      'call records: who, when, how long, how much, what it cost and why it ended; or sums of them',
    )
    .argument(
      '[file...]',
      'files of records, also rotated ones, .gz too (default: calls in [log] of the configuration)',
    )
    .option('-c, --config <file>', 'configuration')
    .option(
      '--since <when>',
      'calls from then on: a day, a time (UTC), or how long ago, such as 7d',
      (text: string) => parseMoment(text, Date.now(), false),
    )
    .option('--until <when>', 'calls up to then; a day with all of it', (text: string) =>
      parseMoment(text, Date.now(), true),
    )
    .option('--peer <name...>', 'only with these peers')
    .option('--link <name...>', 'only on these links')
    .addOption(new Option('--direction <which>', 'only these').choices(['outgoing', 'incoming']))
    .addOption(new Option('--by <what...>', 'sums in place of the list').choices(CALL_GROUPS))
    .addOption(new Option('--csv', 'for spreadsheets').conflicts('json'))
    .option('--json', 'for programs')
    .action(async (files: string[], options: CallsOptions) => {
      endWhenReaderGoes();
      const complain = (line: string): void => void process.stderr.write(`x25mail: ${line}\n`);
      process.exitCode = await runCalls(files, options, { write, complain });
    });

  ofGateway(x25mail.command('capture'))
    .description('writes what passes the links of a running gateway as pcapng, for Wireshark, until Ctrl-C')
    .argument('<file>', '"-": standard output, as for: x25mail capture - -c FILE | wireshark -k -i -')
    .option('--link <name...>', 'only these links (default: all)')
    .addOption(
      new Option(
        '--layer <layer>',
        'frames (packets where a link has no frames), packets, or both, each by itself',
      )
        .choices(CAPTURE_LAYERS)
        .default('frames'),
    )
    .option('--seconds <n>', 'stop after so long', wholeNumber)
    .option('--count <n>', 'stop after so many', wholeNumber)
    .addHelpText(
      'after',
      `
A capture holds every octet that passes: mail, and what passwords are sent with it. The file can be read by its owner only.
Frames of modulo 128 are beyond Wireshark's LAPB: it shows their octets, with what they are in a comment. Use
--layer packets there.`,
    )
    .action(async (file: string, options: CaptureOptions) => {
      const say = (line: string): void => void process.stderr.write(`${line}\n`);
      process.exitCode = await runCapture(file, options, `x25mail ${version()}`, say);
    });

  x25mail
    .command('decode')
    .description('explains octets in words, field by field; or a capture, as a ladder for each circuit')
    .argument(
      '<octets or file...>',
      'octets in hexadecimal, each argument a frame, a packet or XOT; or a file, pcapng or pcap',
    )
    .addOption(
      new Option('--as <kind>', 'what the octets are (default: what they look like)').choices(OCTET_KINDS),
    )
    .addOption(
      new Option('--from <role>', 'who sends them (default: what their address tells)').choices([
        'dte',
        'dce',
      ]),
    )
    .option('--text', 'show the SMTP dialogue that a capture holds', false)
    .option('--json', 'for programs', false)
    .addHelpText(
      'after',
      `
Captures are those of x25mail capture, PDUs exported by Wireshark ("lapb", "x.25"), LAPB with direction (link type 207),
and XOT in TCP (port 1998) on Ethernet and the like.

  x25mail decode 10010B6670000170100106420707430202C0F70000
  x25mail decode --as lapb 01 3f
  x25mail decode line.pcapng`,
    )
    .action((what: string[], options: DecodeOptions) => {
      const complain = (line: string): void => void process.stderr.write(`x25mail: ${line}\n`);
      process.exitCode = runDecode(what, options, { write, complain });
    });

  x25mail
    .command('passwd')
    .description('gives a user a password: then the user may log in, and send anywhere')
    .argument('<user>', 'the name to log in with')
    .option('-c, --config <file>', 'configuration; the file is users in [auth]')
    .option('--file <file>', 'the file of users itself, instead of the configuration')
    .option('--delete', 'takes the user out', false)
    .option(
      '--cram-md5',
      'keeps the password as it is, for clients that know nothing better than CRAM-MD5',
      false,
    )
    .addHelpText(
      'after',
      `
The password is asked for on a terminal, or read as a line from standard input. What is kept is a SCRAM-SHA-256 verifier,
from which it can't be got back. A running gateway sees the change at the next login. CRAM-MD5 is offered only while every
user's password is kept for it: many clients choose it wherever it is offered.`,
    )
    .action(async (user: string, options: PasswdOptions) => {
      const say = (line: string): void => void process.stdout.write(`${line}\n`);
      const complain = (line: string): void => void process.stderr.write(`x25mail: ${line}\n`);
      process.exitCode = await runPasswd(user, options, { input: process.stdin, say, complain });
    });

  return x25mail;
}

/** Who reads a long list may have seen enough of it, as `head` does. */
function endWhenReaderGoes(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}

function lineSpeed(text: string): number {
  const bitsPerSecond = Number(text);
  if (!Number.isInteger(bitsPerSecond) || bitsPerSecond < 300 || bitsPerSecond > 10_000_000)
    throw new InvalidArgumentError('allowed: 300 to 10000000 bit/s.');
  return bitsPerSecond;
}

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

try {
  await program().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? DONE : WRONG_USAGE;
  else {
    process.stderr.write(`x25mail: ${describeError(error)}\n`);
    process.exitCode = FAILED;
  }
}
