"""The words of any telegram: its text, and the headline's kinds by area.

Whatever the type, what the JMA wrote for people is found here and left as it is.
Source: 気象庁防災情報XMLフォーマット スキーマ (Head/Headline/Information, Body の文章の要素).
"""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from node.feed.document import each, local, words
from node.feed.warning import level_of_name

_SENTENCES = frozenset(
    {
        "Notice",
        "Text",
        "FreeFormComment",
        "NextAdvisory",
        "VolcanoHeadline",
        "VolcanoActivity",
        "VolcanoPrevention",
        "OtherInfo",
        "Appendix",
    }
)
_LIFTED = "解除"


def body_text(body: Element | None) -> str:
    """All that is written in sentences, in the telegram's order."""
    if body is None:
        return ""
    return "\n".join(text for e in body.iter() if local(e) in _SENTENCES and (text := words(e)))


def notice(body: Element | None) -> str:
    """What the sender says about the telegram itself, as サンプル or テスト."""
    return words(body, "Notice")


def kinds(head: Element | None) -> Iterator[list[str]]:
    """The headline's kinds, each with its areas; by town where the telegram names towns."""
    informations = each(head, "Headline/Information")
    towns = [each_ for each_ in informations if each_.get("type", "").endswith("（市町村等）")]
    for information in towns or informations:
        for item in each(information, "Item"):
            names = "、".join(words(area, "Name") for area in each(item, "Areas/Area"))
            yield ["、".join(_label(kind) for kind in each(item, "Kind")), names]


def areas(head: Element | None) -> Iterator[tuple[str, str]]:
    """Code and name of every area of the headline."""
    for area in each(head, "Headline/Information/Item/Areas/Area"):
        yield words(area, "Code"), words(area, "Name")


def level(head: Element | None) -> int | None:
    """The highest 警戒レベル that the names of the headline's kinds state."""
    stated = (
        level_of_name(words(kind, "Name"))
        for kind in each(head, "Headline/Information/Item/Kind")
        if words(kind, "Condition") != _LIFTED
    )
    return max((level for level in stated if level), default=None)


def everything_is_lifted(head: Element | None) -> bool:
    """Whether the headline names kinds and every one of them is 解除."""
    found = each(head, "Headline/Information/Item/Kind")
    return bool(found) and all(words(kind, "Name") == _LIFTED for kind in found)


def _label(kind: Element) -> str:
    name, condition = words(kind, "Name"), words(kind, "Condition")
    return f"{name}（{condition}）" if condition and condition != name else name
