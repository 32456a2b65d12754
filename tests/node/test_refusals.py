"""Why something was not taken in is said in words that a keeper understands."""

import pytest

from node.refusals import WORDS, in_words
from sync.trust import Refusal


@pytest.mark.parametrize("refusal", Refusal)
def test_every_reason_has_its_words(refusal: Refusal) -> None:
    assert in_words([refusal]) == WORDS[refusal]
    assert not WORDS[refusal].isascii()


def test_a_reason_that_comes_often_is_said_once() -> None:
    assert in_words([Refusal.FOREIGN, Refusal.SIGNATURE, Refusal.FOREIGN]).count("、") == 1
