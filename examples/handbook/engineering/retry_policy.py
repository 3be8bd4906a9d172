# SPDX-License-Identifier: Apache-2.0
"""Pauses between two tries of a webhook (engineering/api-guidelines.md)."""
from datetime import timedelta

FIRST_PAUSES = [timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30)]
LATER_PAUSE = timedelta(hours=2)
GIVE_UP_AFTER = timedelta(days=3)


def pause_before(try_number: int) -> timedelta:
    """How long to wait before try `try_number`, counted from 1 for the first retry."""
    if try_number < 1:
        raise ValueError(f"retries count from 1, not {try_number}")
    if try_number <= len(FIRST_PAUSES):
        return FIRST_PAUSES[try_number - 1]
    return LATER_PAUSE


class WebhookDelivery:
    """One event on its way to one partner."""

    def __init__(self, event_id: str, partner: str):
        self.event_id = event_id
        self.partner = partner
        self.tries = 0
        self.waited = timedelta()

    def next_pause(self) -> timedelta | None:
        """The next pause, or None when it is time to give up and tell the partner by mail."""
        pause = pause_before(self.tries + 1)
        if self.waited + pause > GIVE_UP_AFTER:
            return None
        self.tries += 1
        self.waited += pause
        return pause
