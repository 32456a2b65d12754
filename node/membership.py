"""Whether a machine is one of its town's, by all that it holds."""

from enum import StrEnum

from node.words import say
from sync.trust import Trust


class Membership(StrEnum):
    """What becomes of what it writes."""

    MEMBER = "member"
    IN_DOUBT = "in doubt"  # its seed was used by another machine, too
    STRANGER = "stranger"  # nobody certifies it: not yet, or no more
    REVOKED = "revoked"
    MUTE = "mute"  # its key lies closed, and nothing here opens it


def membership(trust: Trust, key: bytes, town: str, *, is_mute: bool = False) -> Membership:
    """How that machine stands in the town; `is_mute`: it can't sign."""
    if is_mute:
        return Membership.MUTE
    if trust.is_revoked(key, town):
        return Membership.REVOKED
    certificates = [c for c in trust.certificates(key) if town in c.towns]
    if not certificates:
        return Membership.STRANGER
    doubted = trust.in_doubt
    if all(c.by is not None and c.by.certificate.key in doubted for c in certificates):
        return Membership.IN_DOUBT
    return Membership.MEMBER


def in_words(membership: Membership, fingerprint: str) -> list[str]:
    """For its keeper: what is wrong, and what to do; nothing while all is well."""
    match membership:
        case Membership.MEMBER:
            return []
        case Membership.IN_DOUBT:
            return [
                say(
                    "この機械と同じ準備ファイルで始めた機械が、"
                    "ほかにもあります。"
                    "役場に、"
                    "この機械の指紋「{fingerprint}」を電話で伝えてください"
                    "。"
                    "確かめがすむまで、"
                    "行事や求人などの掲示だけができます。",
                    fingerprint=fingerprint,
                )
            ]
        case Membership.STRANGER:
            return [
                say(
                    "この機械は、"
                    "まだ町の仲間に入っていません。"
                    "見ることも、"
                    "のせることもできません。"
                    "「町の仲間に入る手続き」の画面のQRコードを役場に送り、"
                    "指紋「{fingerprint}」を電話で伝えてください。",
                    fingerprint=fingerprint,
                )
            ]
        case Membership.MUTE:
            return [
                say(
                    "この機械の鍵が開かないので、のせることも、ほかの機械とのやりとりもできません。"
                    "掲示板は見られますが、新しいお知らせが届いていないかもしれません。"
                    "役場の、機械を受け持つ人に知らせてください。"
                )
            ]
        case Membership.REVOKED:
            return [
                say(
                    "この機械は、役場が止めました。ここで書いたものは、どこにも載りません。"
                    "思い当たることがなければ、役場に知らせてください。"
                )
            ]
