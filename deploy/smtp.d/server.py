"""A server that takes mail, or does not, as it is told.

Prints a line of JSON when it is ready and one for each message; reads a word a line: accept, slowly, later, never, stop, start.
Ends when its input does.
"""

import asyncio
import email
import email.policy
import json
import socket
import sys

from aiosmtpd.controller import Controller


REFUSALS = {"later": "451 come again later", "never": "550 no such mailbox"}


class Desk:
    """Says of each message what a reader would see of it."""

    mode = "accept"

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if self.mode in REFUSALS:
            tell({"refused": address})
            return REFUSALS[self.mode]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        if self.mode == "slowly":
            await asyncio.sleep(0.5)
        tell({
            "sender": envelope.mail_from, "recipients": envelope.rcpt_tos, "subject": message["subject"],
            "to": message["to"], "from": message["from"], "headers": message.keys(), "text": message.get_content(),
            "longest": max(len(line) for line in envelope.content.split(b"\r\n")),
        })
        return "250 OK"


def tell(line: dict) -> None:
    """One line of JSON."""
    print(json.dumps(line), flush=True)


def free_port() -> int:
    """A port that nobody has, and that stays ours while the server is stopped."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def main() -> None:
    """Serves until standard input ends."""
    desk, port = Desk(), free_port()
    controller = None

    def start():
        nonlocal controller
        controller = Controller(desk, hostname="127.0.0.1", port=port)
        controller.start()

    start()
    tell({"port": port})
    for line in sys.stdin:
        word = line.strip()
        if word == "stop" and controller:
            controller.stop()
            controller = None
        elif word == "start" and not controller:
            start()
        else:
            desk.mode = word
        tell({"done": word})
    if controller:
        controller.stop()


if __name__ == "__main__":
    main()
