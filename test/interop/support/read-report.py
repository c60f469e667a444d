"""Reads a delivery report from standard input as Python's email package understands it, and shows it as JSON."""
import email
import email.policy
import json
import sys

message = email.message_from_binary_file(sys.stdin.buffer, policy=email.policy.default)
status = [
    [[name.lower(), str(value)] for name, value in block.items()]
    for part in message.walk()
    if part.get_content_type() in ("message/delivery-status", "message/global-delivery-status")
    for block in part.get_payload()
]
print(json.dumps({
    "type": message.get_content_type(),
    "report": message.get_param("report-type"),
    "defects": [str(defect) for part in message.walk() for defect in part.defects],
    "parts": [part.get_content_type() for part in message.iter_parts()],
    "status": status,
}))
