import { type Configuration, formatDuration, formatSize, type LimitsConfiguration } from '../config/index.js';
import type { AccessRule, RateLimit } from '../routing/index.js';
import { authenticationRows } from './describe-authentication.js';
import { commas, type Row } from './section.js';

/** What decides on mail before it is accepted, beside who may send where. */
export function policyRows(configuration: Configuration): Row[] {
  const { relay, access, aliases, usersFile, limits } = configuration;
  return [
    ...(relay.domains.length === 0
      ? []
      : [
          [
            'senders of our domains',
            relay.protectSenders ? 'only who may send anywhere' : 'anybody may say so',
          ] satisfies Row,
        ]),
    ['users', usersFile === undefined ? 'nobody can log in' : `in ${usersFile}`],
    ['aliases', aliases === undefined ? 'none' : `${aliases.size} names`],
    ['sessions by TCP', `${limits.sessions} at an address, ${limits.sessionsPerClient} of a stranger`],
    ...(limits.calls === undefined ? [] : [['our calls', `${limits.calls} at a time`] satisfies Row]),
    ['one session', describeSession(limits)],
    ['one message', describeMessage(limits)],
    [
      'one caller',
      `${rate(limits.messages, 'messages')}, ${rate(limits.recipients, 'recipients')}` +
        (limits.connections === undefined ? '' : `, ${rate(limits.connections, 'connections')}`),
    ],
    ...authenticationRows(configuration),
    ...access.map((rule): Row => [`rule ${rule.name}`, `${conditions(rule)}: ${describeAction(rule)}`]),
  ];
}

function describeSession(limits: LimitsConfiguration): string {
  const { messagesPerSession: messages, errors, idleCommands, unknownCommands, failedLogins } = limits;
  return [
    messages === undefined ? 'any number of messages' : `${messages} messages`,
    `ended after ${errors} errors, ${unknownCommands} unknown commands, ${idleCommands} without a message, ${failedLogins} failed logins`,
  ].join(', ');
}

function describeMessage({
  messageRecipients,
  headerOctets,
  hops,
  textLine,
  bareLineEnd,
}: LimitsConfiguration): string {
  const lines = { refuse: 'refused', crlf: 'made CR LF' };
  return commas(
    [
      `${messageRecipients} recipients`,
      `a header of ${formatSize(headerOctets)}`,
      `${hops} systems passed`,
      ...(textLine === undefined ? [] : [`lines of ${textLine} octets`]),
      `bare CR and LF ${bareLineEnd === undefined ? 'refused by TCP, made CR LF on circuits' : lines[bareLineEnd]}`,
    ],
    '',
  );
}

function rate(limit: RateLimit | undefined, of: string): string {
  return limit === undefined
    ? `any number of ${of}`
    : `${limit.count} ${of} in ${formatDuration(limit.perMs)}`;
}

function conditions({ client, calling, hello, sender, recipient, login }: AccessRule): string {
  return commas(
    [
      ...(client === undefined ? [] : [`from ${client.map(({ text }) => text).join(' or ')}`]),
      ...(calling === undefined ? [] : [`called from ${calling.text || 'no number'}`]),
      ...(hello === undefined ? [] : [`greeting as ${hello.text}`]),
      ...(sender === undefined ? [] : [`sent by ${sender.text || 'nobody (reports)'}`]),
      ...(recipient === undefined ? [] : [`to ${recipient.text}`]),
      ...(login === undefined ? [] : [login ? 'logged in' : 'not logged in']),
    ],
    'all mail',
  );
}

function describeAction({ action }: AccessRule): string {
  switch (action.type) {
    case 'allow':
      return 'no further rule';
    case 'hold':
      return `kept until it is released (${action.reason})`;
    case 'refuse':
    case 'defer':
      return `${action.reply.code} ${action.reply.status} ${action.reply.text}`;
  }
}
