/** `x25mail queue` and its commands, as they are given on the command line. */
import { type Command, Option } from 'commander';
import type { QueueChange } from '../console/index.js';
import { ofGateway, wholeNumber } from './command-options.js';
import type { ControlOptions } from './control.js';
import { type ChangeOptions, confirmOnTerminal, runQueueChange } from './queue-change.js';
import { messageId, messageIds, withFilter } from './queue-filter.js';
import { type ListOptions, runQueueList, runQueueSummary } from './queue-list.js';
import { type RerouteOptions, runQueueReroute } from './queue-reroute.js';
import { runQueueShow, type ShowOptions } from './queue-show.js';

const DEFAULT_LIMIT = 1000;

const CHANGES: Readonly<Record<QueueChange, string>> = {
  retry: 'lets messages be tried at once, however their destination fared lately',
  hold: 'keeps messages until they are released; meanwhile their time stands still',
  release: 'ends a hold',
  bounce: 'gives messages up: their senders get a report',
  delete: 'removes messages; nobody is told',
};

const WHICH = `
Messages are chosen by ids or by filters; several filters have to fit together. A message to several destinations is a
delivery to each of them.`;

export function addQueueCommands(x25mail: Command, write: (text: string) => void): void {
  const queue = ofGateway(
    x25mail
      .command('queue')
      .description('the messages that wait, in a running gateway or in its spool at rest')
      .addHelpText(
        'after',
        '\nWithout a command: how much waits for which destination, and for how long. Only the user that runs the gateway may use its queue.',
      ),
  )
    .option('--json', 'for programs')
    .action(async (options: ControlOptions & { json?: true }) => {
      process.exitCode = await runQueueSummary(options, write);
    });

  withFilter(
    inQueue(queue, 'list', 'lists messages, oldest first').argument('[id...]', 'these messages', messageIds),
  )
    .option('--limit <n>', 'so many at most', wholeNumber, DEFAULT_LIMIT)
    .addHelpText('after', WHICH)
    .action(async (ids: string[], _: unknown, command: Command) => {
      process.exitCode = await runQueueList(ids, command.optsWithGlobals<ListOptions>(), write);
    });

  inQueue(queue, 'show', 'all that is known of a message, or the message itself')
    .argument('<id>', 'as the list shows it', messageId)
    .addOption(new Option('--header', 'its header'))
    .addOption(new Option('--body', 'its body; with --header, all of it'))
    .action(async (id: string, _: unknown, command: Command) => {
      process.exitCode = await runQueueShow(id, command.optsWithGlobals<ShowOptions>(), {
        write: (text) => void process.stdout.write(text),
        isTerminal: process.stdout.isTTY === true,
      });
    });

  for (const [name, description] of Object.entries(CHANGES) as [QueueChange, string][])
    addChange(queue, name, description, write);
  addReroute(queue, write);
}

function addReroute(queue: Command, write: (text: string) => void): void {
  withFilter(
    inQueue(queue, 'reroute', 'sends messages the way that the routes name now').argument(
      '[id...]',
      'these messages',
      messageIds,
    ),
  )
    .option('--all', 'everything')
    .option('--to <destination>', 'to this destination instead, as the summary names it: peer:site-b')
    .addHelpText('after', WHICH)
    .action(async (ids: string[], _: unknown, self: Command) => {
      process.exitCode = await runQueueReroute(ids, self.optsWithGlobals<RerouteOptions>(), {
        write,
        complain: (line) => void process.stderr.write(`x25mail: ${line}\n`),
      });
    });
}

function addChange(
  queue: Command,
  name: QueueChange,
  description: string,
  write: (text: string) => void,
): void {
  const command = withFilter(
    inQueue(queue, name, description).argument('[id...]', 'these messages', messageIds),
  ).option('--all', 'everything');
  if (name === 'hold' || name === 'bounce')
    command.option('--reason <text>', 'told in the list, or to the sender');
  if (name === 'hold' || name === 'release')
    command.option('--future', 'the destinations as a whole (--peer, --destination), with all that comes');
  if (name === 'bounce' || name === 'delete') command.option('--yes', 'without being asked');
  command.addHelpText('after', WHICH).action(async (ids: string[], _: unknown, self: Command) => {
    process.exitCode = await runQueueChange(name, ids, self.optsWithGlobals<ChangeOptions>(), {
      write,
      complain: (line) => void process.stderr.write(`x25mail: ${line}\n`),
      ...(process.stdin.isTTY === true && { confirm: confirmOnTerminal }),
    });
  });
}

/** `-c` may stand before or behind the command's name. */
function inQueue(queue: Command, name: string, description: string): Command {
  return ofGateway(queue.command(name).description(description)).option('--json', 'for programs');
}
