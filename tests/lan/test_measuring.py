"""The command that measures a LAN runs and prints its figures; how large is nobody's test."""

import pytest

from bench import lan


@pytest.mark.slow
def test_it_is_measured_how_soon_a_post_is_on_all_boards(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lan.main(["--nodes", "2", "--posts", "2", "--held", "50"])
    printed = capsys.readouterr().out
    assert "| then until each has exchanged with each |" in printed
    assert "| idle |" in printed
    assert "| one bulk transfer running |" in printed
