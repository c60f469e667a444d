/** What each key of the configuration is for, in a line; `configuration-reference.ts` puts it beside what the schema says. */
import { keyOf } from '../src/config/schema/times.js';
import { LAPB_PARAMETERS } from '../src/lapb/index.js';
import { MODEM_TIMES } from '../src/modem/index.js';
import { PAD_TIMERS } from '../src/pad/index.js';
import { CALL_TIMERS } from '../src/rfc1090/index.js';
import { PACKET_TIMERS } from '../src/x25/index.js';

/** As the tables of the layers say it. */
function meaningsOf(
  table: string,
  entries: Readonly<Record<string, { readonly meaning: string }>>,
): Record<string, string> {
  const meanings = Object.entries(entries).map(([name, { meaning }]) => [`${table}.${keyOf(name)}`, meaning]);
  return Object.fromEntries(meanings) as Record<string, string>;
}

const { window, t1Ms, t2Ms, t3Ms, n2 } = LAPB_PARAMETERS;

export const MEANINGS: Readonly<Record<string, string>> = {
  ...meaningsOf('link.packet.timers', PACKET_TIMERS),
  ...meaningsOf('link.lapb', { window, t1Ms, t2Ms, t3Ms, n2 }),
  ...meaningsOf('link.modem', MODEM_TIMES),
  ...meaningsOf('link.timers', PAD_TIMERS),
  ...meaningsOf('peer.timers', CALL_TIMERS),

  'gateway.hostname': 'Our name in greetings, EHLO, Received and reports.',
  'gateway.nua': 'Our X.25 number, where a link has none of its own.',
  'gateway.spool': 'Where the queue is kept.',
  'gateway.postmaster':
    'Who reads mail to postmaster here, and what nobody else can be told; root at our name where it is left out.',
  'gateway.greeting': 'Stands behind our name in the greeting.',
  'gateway.caller_network':
    'In it each calling number has an address, for the access maps of mail servers behind bridges.',

  'listen.smtp': 'Where mail is taken.',
  'listen.submission': 'Where users hand in mail, who have to log in.',
  'listen.tls': 'With it STARTTLS is offered.',
  'listen.entry.address': 'What is listened on.',
  'listen.entry.tls':
    'starttls: offered; implicit: TLS comes first; none: never. starttls where [listen.tls] is there.',
  'listen.entry.proxy': 'Connections from here begin with a PROXY header that says who connects (v1 or v2).',
  'listen.entry.xclient': 'Clients whose word is taken for whom they speak: XCLIENT, XFORWARD.',
  'listen.tls.cert': 'Our certificate, with those that lead to its signer.',
  'listen.tls.key': 'Its private key.',

  'auth.users': 'Who can log in.',

  'relay.networks': 'Clients that may send anywhere.',
  'relay.domains': 'Domains that everyone may send to.',
  'relay.protect_senders': 'Only who may send anywhere may write as one of these domains.',

  'access.name': 'Stands in the log.',
  'access.client': 'Addresses of the client. All conditions of a rule have to fit.',
  'access.calling': 'Its X.25 number.',
  'access.hello': 'The name it gives itself.',
  'access.sender': 'Who the message is from; empty for reports.',
  'access.recipient': 'Who it is to.',
  'access.login': 'Whether the client has logged in.',
  'access.action': 'What the first rule that fits does.',
  'access.text': 'Status and text of the refusal, or why it is on hold.',

  'aliases.file': 'For the domains in relay.domains.',

  'limits.sessions': 'Sessions at once on an address.',
  'limits.sessions_per_client': 'Of these, of one client.',
  'limits.calls': 'Calls of ours at once, to all peers; any number where it is left out.',
  'limits.max_priority':
    'The highest priority (MT-PRIORITY) that a known client, or a message of this machine, is given; strangers get 0.',
  'limits.message_recipients': 'Recipients of one message; further ones are put off.',
  'limits.hops': 'Systems that a message may have passed: Received fields.',
  'limits.header': 'The header of a message.',
  'limits.text_line': 'Octets of a line of a message, with its end; any where it is left out.',
  'limits.idle': 'How long a session by TCP may be silent.',
  'limits.slowest_share':
    'Who sends a message over a circuit more slowly than this share of what it can carry, over five minutes, is cut off; 0: nobody.',
  'limits.bare_line_ends':
    'What a CR or LF alone becomes; by TCP refused, on circuits crlf where it is left out.',
  'limits.errors': 'Errors after which a session is ended.',
  'limits.idle_commands': 'Commands without a message after which a session is ended.',
  'limits.unknown_commands': 'Commands that do not exist after which a session is ended.',
  'limits.refused_recipients': 'Refused recipients of a message after which no other is asked about.',
  'limits.failed_logins': 'Failed logins after which a session is ended.',
  'limits.command_line': 'Octets of a command; logins may have more.',
  'limits.messages_per_session':
    'Messages in one session, which clients are told (LIMITS); any where it is left out.',
  'limits.connections': 'Connections of one client; further ones are put off.',
  'limits.etrn': 'How often one peer can have calls begun by ETRN.',
  'limits.early_talkers': 'Clients that speak before they are greeted: served, or cut off.',
  'limits.messages': 'Messages of one caller: an address, a number or a login.',
  'limits.recipients': 'Recipients of one caller.',

  'console.socket': 'The control socket; `control` in the spool where it is left out.',
  'console.http': 'Where metrics and status can be read.',

  'log.level': 'What is logged.',
  'log.calls': 'A record of each call goes here.',

  'queue.retry': 'Pauses between attempts; the last one repeats.',
  'queue.max_age': 'Mail that is older is returned.',
  'queue.delay_warning': 'The sender is told once that a message still waits.',
  'queue.max_message_size': 'Larger messages are refused.',

  'checks.mode':
    'SPF, DKIM and DMARC of mail that strangers send by TCP: note writes what was found into the message; enforce also does what the domain of its author wants.',
  'checks.time': 'For all questions to DNS about a message.',

  'dkim.domain': 'Mail from authors in this domain is signed.',
  'dkim.selector': 'Where the key is published; several keys of a domain all sign.',
  'dkim.key': 'RSA or Ed25519.',

  'rewrite.inside': 'The domain as the sites know it.',
  'rewrite.outside': 'The domain as everyone else knows it.',
  'rewrite.peer': 'The sites; every peer where it is left out.',
  'rewrite.signed': 'Whether mail that others have signed is changed too, which breaks their signatures.',

  'link.private': 'Nobody listens on it: passwords may pass without TLS.',
  'link.name': 'In logs, commands, and where the configuration names it.',
  'link.type': 'What kind of link it is.',
  'link.nua': 'Our number on it.',
  'link.path': 'The device, or the server that has it.',
  'link.baud': 'Speed of the line, bit/s; timers follow it.',
  'link.flow': 'Flow control; xonxoff keeps octets 11 and 13 out of frames.',
  'link.role': 'Of the link layer, and of the packet layer unless that has its own.',
  'link.fcs': 'none: the other end has no frame check sequence.',
  'link.carrier': 'watch: the link is up only while there is carrier (DCD).',
  'link.lapb': 'The link layer.',
  'link.packet': 'The packet layer.',
  'link.address': 'Numbers in calls.',
  'link.profile': 'How the modem is spoken to.',
  'link.dial': 'The number to dial; without it the modem never dials.',
  'link.dialling': 'How it dials.',
  'link.init': 'Commands after those of the profile.',
  'link.answer': 'Rings before it answers; 0: it does not.',
  'link.answer_role': 'Our role where it has answered.',
  'link.calls_on_answered': 'Whether we place calls on connections that it has answered.',
  'link.hang_up': 'How it is made to hang up; dtr where the line has it.',
  'link.hang_up_after': 'Without a circuit for so long, a dialled connection ends.',
  'link.answered_hang_up_after': 'The same, of an answered one.',
  'link.modem': 'Times of the dialogue with the modem.',
  'link.clearing': 'How the PAD is brought back from a call; depends on the line where it is left out.',
  'link.service_request': 'What wakes the PAD.',
  'link.parameters': 'X.3 parameters, by number.',
  'link.user_data_mark': 'What stands before call user data in a selection.',
  'link.timers': 'Times of the dialogue with the PAD.',
  'link.listen': 'Where calls are taken; nobody can call where it is left out.',
  'link.allow': 'Who may connect; the routers where it is left out.',
  'link.verify_calling':
    'The number of a caller must lead to where the call came from; true where it is left out.',
  'link.routers': 'Where a number is called; the first that fits.',
  'link.max_circuits':
    'Circuits at once, both ways; as many as there are channels where it is left out. Calls of ours beyond it wait their turn, those to us are refused.',
  'link.connect': 'How long an address may take to answer.',
  'link.keepalive': 'After so long without a word TCP asks whether the other end is there.',
  'link.idle': 'A call that is silent for so long is cleared.',

  'link.lapb.modulo': 'Numbering of frames.',
  'link.lapb.start': 'passive: the other end sets the link up.',

  'link.packet.modulo': 'Numbering of packets.',
  'link.packet.window': 'Packets that wait for an acknowledgement, where nothing is negotiated.',
  'link.packet.size': 'Octets in a packet, where nothing is negotiated.',
  'link.packet.max_size': 'The most that a caller is granted.',
  'link.packet.max_window': 'The most that a caller is granted.',
  'link.packet.role':
    'Where it differs from the role of the link layer; auto: settled by the restarts (ISO 8208).',
  'link.packet.channels': 'Logical channels, as the DTE sees them.',
  'link.packet.assign':
    'Which channel a call of ours takes first; auto: a DTE the highest, a DCE the lowest.',
  'link.packet.negotiation': 'false: packet and window size are never negotiated.',
  'link.packet.reject': 'Lost packets are asked for by REJ.',
  'link.packet.timers': 'Timers and retry counts of ISO 8208 and X.25.',
  'link.tariff': 'What a call costs; with it every call record has its cost.',
  'link.tariff.call': 'For each call that was connected.',
  'link.tariff.minute': 'For a minute connected.',
  'link.tariff.increment':
    'Time is charged in steps of so long, each at its beginning; to the second where it is left out.',
  'link.tariff.segment': 'For a segment of 64 octets, rounded up per packet.',
  'link.tariff.windows': 'Hours at which all of it costs more or less.',
  'link.tariff.timezone': 'Of the windows; that of this machine where it is left out.',
  'link.tariff.currency': 'Stands behind amounts.',
  'link.tariff.windows.at': 'When.',
  'link.tariff.windows.factor': 'What prices are multiplied by.',

  'link.packet.channels.incoming': 'For calls to us only.',
  'link.packet.channels.two_way': 'For both; 1-16 where none are given.',
  'link.packet.channels.outgoing': 'For our calls only.',

  'link.address.calling': 'What our calls carry as calling address.',
  'link.address.subaddress': 'With calling = "subaddress".',
  'link.address.prefix': 'Digits before numbers.',
  'link.address.prefix.international': 'Put before what we call, taken from what calls us.',

  'link.routers.nua': 'Numbers that are reached there.',
  'link.routers.to': 'The router; may be made of what the pattern captures: $1 to $9.',

  'peer.name': 'In routes, logs, commands.',
  'peer.nua': 'The number to call.',
  'peer.calling': 'Who may call as this peer; its nua where it is left out.',
  'peer.link': 'Tried in order where one is down or has no channel.',
  'peer.call_user_data': 'C0F70000 where it is left out (RFC 1090 §3).',
  'peer.facilities': 'Sets of facilities to ask for; the next one where a set is not liked.',
  'peer.timers': 'Of RFC 1090 §10.',
  'peer.tls':
    'On our calls; may, must and verify need STARTTLS there. On its calls STARTTLS is offered unless it is none.',
  'peer.tls_name': 'The name that its certificate has to prove.',
  'peer.tls_ca': 'Signers whose certificates count.',
  'peer.auth': 'Who we log in as.',
  'peer.auth.user': 'Our name there.',
  'peer.auth.password_file': 'Our password there.',
  'peer.users': 'Who logs in as one of these is this peer, when it fetches mail.',
  'peer.fetch': 'How our mail that waits there is asked for when a call has nothing more to send.',
  'peer.fetch_domains': 'The domains asked for; all that are ours, by ATRN, where none is given.',
  'peer.fetch_every': 'A call for this alone, so long after the last one.',
  'peer.calls': 'When it is called, and how much.',
  'peer.calls.windows': 'Hours at which it is called; at any time where they are left out.',
  'peer.calls.timezone':
    'Of windows and budget; that of the tariff, or of this machine, where it is left out.',
  'peer.calls.min_messages': 'So many are worth a call.',
  'peer.calls.max_wait': 'One that has waited for so long is, too.',
  'peer.calls.budget': 'What may be spent on it.',
  'peer.calls.large': 'Messages that are too large for its usual hours.',
  'peer.calls.budget.minutes': 'Minutes that are charged.',
  'peer.calls.budget.cost': 'By the tariffs of its links.',
  'peer.calls.budget.warn': 'The operator is told at this share of it.',
  'peer.calls.budget.period': 'After which it begins anew.',
  'peer.calls.large.size': 'The largest message that goes as all mail does.',
  'peer.calls.large.windows':
    'Hours for larger ones; only when the peer asks (ETRN, ATRN) where they are left out.',
  'peer.calls.large.notice': 'Their recipients are told that they wait.',
  'peer.calls.max_circuits': 'Circuits to it at once.',

  'peer.facilities.packet_size': 'Octets; also { send = 512, receive = 128 }.',
  'peer.facilities.window': 'Packets; also by direction.',
  'peer.facilities.throughput': 'Throughput class, bit/s; also by direction.',
  'peer.facilities.fast_select': 'Call user data of up to 128 octets.',
  'peer.facilities.reverse_charging': 'The other end pays.',
  'peer.facilities.redirection': 'Whether the call may be redirected.',
  'peer.facilities.closed_user_group': 'The call is made within this group.',
  'peer.facilities.closed_user_group_outgoing': 'The same, with outgoing access.',
  'peer.facilities.bilateral_closed_user_group': 'The call is made within this group of two.',
  'peer.facilities.nui': 'Network user identification: a secret, told nowhere.',
  'peer.facilities.rpoa': 'Networks to pass through.',
  'peer.facilities.charging_information': 'The network says what it charges, when the call is over.',
  'peer.facilities.transit_delay': 'The most that the network may take.',
  'peer.facilities.called_address_extension': 'Which system behind the number.',
  'peer.facilities.calling_address_extension': 'Which system we are.',
  'peer.facilities.minimum_throughput': 'The least throughput class; also by direction.',
  'peer.facilities.end_to_end_delay': 'The delay that is wished for.',
  'peer.facilities.end_to_end_delay_most': 'The most that is accepted.',
  'peer.facilities.priority': 'Of data, to gain, to keep, and the least of each.',
  'peer.facilities.protection': 'Protection parameter, as octets.',
  'peer.facilities.expedited': 'Expedited data is negotiated.',
  'peer.facilities.raw': 'Facilities that have no name here, as octets.',

  'incoming.name': 'Stands in logs; its place in the file where it is left out.',
  'incoming.link': 'Calls on this link.',
  'incoming.calling': 'From this number; empty for callers without one.',
  'incoming.called': 'To this number (subaddresses).',
  'incoming.cug': 'Within one of these closed user groups.',
  'incoming.call_user_data':
    'That begin with these octets; C0F70000 where it is left out, and any with reject.',
  'incoming.action':
    'engine: mail is taken into the queue; bridge: joined to a mail server; reject: refused.',
  'incoming.relay': 'The caller may send anywhere, where the network vouches for its number.',
  'incoming.smtp': 'The mail server of a bridge.',
  'incoming.identify': 'How the mail server is told who calls.',
  'incoming.max_circuits': 'Calls by this rule at once.',
  'incoming.reverse_charging': 'Calls at our cost are taken.',
  'incoming.cause': 'Clearing cause of a refusal; 00 where it is left out.',
  'incoming.diagnostic': 'Its diagnostic; F5 where it is left out.',

  'bridge.listen': 'Who connects here is joined to the peer.',
  'bridge.allow': 'Who may: this machine where it is left out.',
  'bridge.peer': 'Who is called.',

  'route.domain': 'Domains that this route is for.',
  'route.peer': 'To a peer; several are tried in order.',
  'route.nua': 'To a number that is made of the domain.',
  'route.link': 'The link on which it is called; several are tried in order.',
  'route.smtp':
    'To this mail server, or a list of them, tried in order; may be made of what the pattern captures.',
  'route.mx': 'To the mail servers that DNS names for the domain.',
  'route.fetched_by': 'It waits until this user has logged in and fetches it (ATRN).',
  'route.lmtp': 'To this LMTP server, or its socket.',
  'route.maildir': 'Into a mailbox of this machine: {user}, $1 to $9 come from the address.',
  'route.error': 'Refused, with this status and text.',
  'route.recipients': 'Who exists there; all others are refused before they cost a call.',
  'route.tls': 'Towards mail servers; may where it is left out.',
  'route.mta_sts':
    'Mail goes only to servers that the domain admits and that prove their names, where it asks for that (MTA-STS, RFC 8461); yes, unless tls is none.',
  'route.tls_ca': 'Signers whose certificates count, in place of those the system knows.',
  'route.auth': 'Who we log in as.',
  'route.auth.user': 'Our name there.',
  'route.auth.password_file': 'Our password there.',
};
