"""Sends one message by Python's smtplib, as the JSON on standard input says; prints the last reply.

host, port, hello, sender, recipient; message: base64. Optional: tls (a file of certificates) for STARTTLS; login: user,
password, mechanism; options of MAIL; recipient_options of RCPT (with how `data`); how: `data`, `batch` (the whole envelope at once), `chunks` (BDAT, all at once).
"""

import base64
import json
import smtplib
import ssl
import sys

asked = json.load(sys.stdin)
message = base64.b64decode(asked["message"])
options = asked.get("options", [])
how = asked.get("how", "data")


class Refused(Exception):
    pass


def expect(code, reply):
    if reply[0] != code:
        raise Refused(reply)
    return reply


def stuffed(octets):
    return smtplib._quote_periods(octets) + b".\r\n"


def batch(client):
    """Everything up to the content in one write, however many replies are owed."""
    client.ehlo_or_helo_if_needed()
    envelope = f"MAIL FROM:<{asked['sender']}> {' '.join(options)}\r\nRCPT TO:<{asked['recipient']}>\r\n"
    if how == "batch":
        client.send(envelope.encode() + b"DATA\r\n")
        expect(250, client.getreply())
        expect(250, client.getreply())
        expect(354, client.getreply())
        client.send(stuffed(message))
        return expect(250, client.getreply())
    third = len(message) // 3
    chunks = [message[:third], message[third : 2 * third], message[2 * third :]]
    client.send(
        envelope.encode()
        + b"".join(b"BDAT %d\r\n%b" % (len(chunk), chunk) for chunk in chunks)
        + b"BDAT 0 LAST\r\n"
    )
    replies = [client.getreply() for _ in range(3 + len(chunks))]
    return next((reply for reply in replies if reply[0] != 250), replies[-1])


def one_by_one(client):
    expect(250, client.mail(asked["sender"], options))
    expect(250, client.rcpt(asked["recipient"], asked.get("recipient_options", [])))
    return expect(250, client.data(message))


with smtplib.SMTP(asked["host"], asked["port"], asked["hello"], timeout=30) as client:
    try:
        if "tls" in asked:
            client.starttls(context=ssl.create_default_context(cafile=asked["tls"]))
        client.ehlo()
        if "SMTPUTF8" in options:
            client.command_encoding = "utf-8"
        if "login" in asked:
            client.user, client.password = asked["login"]["user"], asked["login"]["password"]
            mechanism = asked["login"]["mechanism"]
            respond = getattr(client, "auth_" + mechanism.lower().replace("-", "_"))
            expect(235, client.auth(mechanism, respond))
        code, text = (one_by_one if how == "data" else batch)(client)
    except Refused as refused:
        code, text = refused.args[0]
    except smtplib.SMTPResponseException as refused:
        code, text = refused.smtp_code, refused.smtp_error
    print(code, text.decode())
