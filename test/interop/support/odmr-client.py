"""Fetches mail by ATRN (RFC 2645), as the JSON on standard input says: logs in by smtplib, then plays the server on the
same connection. Prints a JSON object: the reply to ATRN, the dialogue with the client that the provider has become, and the messages.

host, port, tls (a file of certificates), user, password, domains.
"""

import json
import smtplib
import ssl
import sys

asked = json.load(sys.stdin)
dialogue = []
messages = []

client = smtplib.SMTP(asked["host"], asked["port"], local_hostname="customer.example", timeout=20)
client.starttls(context=ssl.create_default_context(cafile=asked["tls"]))
client.ehlo()
offered = client.has_extn("atrn")
if asked.get("user") is not None:
    client.login(asked["user"], asked["password"])
code, text = client.docmd("ATRN", ",".join(asked["domains"]))

if code == 250:
    lines = client.file

    def say(line):
        client.sock.sendall(line.encode() + b"\r\n")

    say("220 customer.example ESMTP")
    while True:
        line = lines.readline().decode("latin1")
        if line == "":
            break
        line = line.rstrip("\r\n")
        dialogue.append(line)
        verb = line[:4].upper()
        if verb == "DATA":
            say("354 go on")
            content = []
            while (line := lines.readline().decode("latin1")) != ".\r\n":
                content.append(line[1:] if line.startswith(".") else line)
            messages.append("".join(content))
            say("250 2.0.0 kept")
        elif verb == "QUIT":
            say("221 2.0.0 bye")
            break
        else:
            say("250 customer.example")
else:
    client.quit()
print(json.dumps({"offered": offered, "reply": f"{code} {text.decode()}", "dialogue": dialogue, "messages": messages}))
