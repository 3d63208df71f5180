"""Social-care referrals as they are sent; what becomes of them is told elsewhere (domain.md A.1.2 route 2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from hub_events.reference import social_care_for
from hub_events.route_check import RoutesAnswered, SocialCareReferralSent
from hub_events.stream import Stream
from hub_services.decisions.decision import By, Command, Past, To
from hub_services.decisions.field import in_force, today, worded
from hub_services.decisions.moment import been
from hub_services.decisions.route_check import answers
from hub_services.refusal import RefusedError


@dataclass(frozen=True, kw_only=True)
class RecordReferral(Command):
    """Record that a social-care referral was sent: to which agency, to whom there and when.

    An adult's goes to adult safeguarding, a child's to children's social care of the area (domain.md A.1.2 route 2).
    """

    action: ClassVar[str] = "record-referral"
    route_check: Stream
    recipient: str
    to_whom: str
    sent_at: datetime

    def about(self, by: By) -> Stream:
        """The route check."""
        del by
        return self.route_check

    def decide(self, past: Past, by: By) -> list[To]:
        """Record it once; several referrals may follow from one route check."""
        answered = answers(past, self.route_check)
        self._require_recipient(answered, by)
        sent = SocialCareReferralSent(
            recipient=self.recipient,
            to_whom=worded(self.to_whom, "to_whom"),
            sent_at=been(self.sent_at, by, "sent_at"),
            adult=answered.adult,
        )
        return [] if sent in past.events(self.route_check) else [To(self.route_check, (sent,))]

    def _require_recipient(self, answered: RoutesAnswered, by: By) -> None:
        """Refuse another agency than the one that takes such referrals for the area; without an area, any that does."""
        day = today(by)
        recipient = in_force("agencies", self.recipient, by, refusal="unknown-agency", field="recipient")
        right = social_care_for(answered.area, answered.adult, day)
        duty = "adult_safeguarding_of" if answered.adult else "children_social_care_of"
        if right == recipient or (right is None and recipient.fields.get(duty)):
            return
        whose, service = (
            ("An adult's", "adult safeguarding") if answered.adult else ("A child's", "children's social care")
        )
        named = "" if right is None else f": here {right.label} ({right.code})"
        raise RefusedError(
            "wrong-recipient",
            f"{whose} referral goes to {service} of the area{named}.",
            field="recipient",
            more={} if right is None else {"right_recipient": right.code},
        )
