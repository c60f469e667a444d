"""Says of each DKIM-Signature of a message on standard input whether it holds, to dkimpy: "True False".

Keys come as JSON in the first argument, name to TXT record, in the place of DNS.
"""

import json
import sys

import dkim

keys = json.loads(sys.argv[1])


def look_up(name, timeout=5):
    return keys.get(name.decode().rstrip("."), "").encode()


def holds(verifier, index):
    try:
        return verifier.verify(idx=index, dnsfunc=look_up)
    except dkim.DKIMException:
        return False


verifier = dkim.DKIM(sys.stdin.buffer.read())
count = sum(1 for name, _ in verifier.headers if name.lower() == b"dkim-signature")
print(" ".join(str(holds(verifier, i)) for i in range(count)))
