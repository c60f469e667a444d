import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describeError } from '../core/index.js';
import { Aliases } from '../routing/index.js';
import type { LimitsConfiguration } from './configuration.js';
import type { ProblemList } from './problem.js';
import { readPart } from './read.js';
import { aliasesSchema, authSchema, type LimitsSettings, limitsSchema } from './schema/policy.js';

export interface PolicyPart {
  readonly aliases?: Aliases;
  readonly usersFile?: string;
  readonly limits: LimitsConfiguration;
}

/** `[aliases]`, `[auth]`, `[limits]`. @param folder where relative paths begin. */
export function readPolicy(folder: string, problems: ProblemList): PolicyPart | undefined {
  const aliases = readAliases(folder, problems);
  const auth = problems.found(['auth']) === undefined ? undefined : readPart(authSchema, ['auth'], problems);
  const limits = readPart(limitsSchema, ['limits'], problems);
  if (auth === undefined && isAny(problems.found(['listen', 'submission'])))
    problems.refuse(
      ['listen', 'submission'],
      'is for users who log in: needs users in [auth], a file that x25mail passwd makes',
    );
  if (limits === undefined) return undefined;
  return {
    ...(aliases !== undefined && { aliases }),
    ...(auth !== undefined && { usersFile: resolve(folder, auth.users) }),
    limits: limitsOf(limits),
  };
}

function limitsOf(limits: LimitsSettings): LimitsConfiguration {
  const { connections, messages, recipients, text_line: textLine, bare_line_ends: bareLineEnd } = limits;
  const messagesPerSession = limits.messages_per_session;
  return {
    sessions: limits.sessions,
    sessionsPerClient: limits.sessions_per_client,
    ...(limits.calls !== undefined && { calls: limits.calls }),
    etrnEveryMs: limits.etrn,
    maxPriority: limits.max_priority,
    earlyTalkers: limits.early_talkers,
    messageRecipients: limits.message_recipients,
    hops: limits.hops,
    headerOctets: limits.header,
    errors: limits.errors,
    idleCommands: limits.idle_commands,
    unknownCommands: limits.unknown_commands,
    refusedRecipients: limits.refused_recipients,
    failedLogins: limits.failed_logins,
    commandLine: limits.command_line,
    ...(messagesPerSession !== undefined && { messagesPerSession }),
    ...(connections !== undefined && { connections }),
    idleMs: limits.idle,
    slowestShare: limits.slowest_share,
    ...(textLine !== undefined && { textLine }),
    ...(bareLineEnd !== undefined && { bareLineEnd }),
    ...(messages !== undefined && { messages }),
    ...(recipients !== undefined && { recipients }),
  };
}

function isAny(list: unknown): boolean {
  return Array.isArray(list) && list.length > 0;
}

/** What is wrong in the file is told by its lines, as if it were a part of this one. */
function readAliases(folder: string, problems: ProblemList): Aliases | undefined {
  if (problems.found(['aliases']) === undefined) return undefined;
  const settings = readPart(aliasesSchema, ['aliases'], problems);
  if (settings === undefined) return undefined;
  const file = resolve(folder, settings.file);
  try {
    const aliases = Aliases.parse(readFileSync(file, 'utf8'));
    if (aliases instanceof Aliases) return aliases;
    for (const { line, message } of aliases)
      problems.refuse(['aliases', 'file'], `${file}, line ${line}: ${message}`);
  } catch (error) {
    problems.refuse(['aliases', 'file'], `${file} can't be read: ${describeError(error)}`);
  }
  return undefined;
}
