"""A telegram as a tree: XML within bounds, without entities, DTDs or anything from outside.

What is not 気象庁防災情報XML is refused here, so the readers of telegrams meet nothing else.
"""

from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from node.feed.item import Unreadable

document_bytes_max = 4 * 1024 * 1024

_ROOT = "{http://xml.kishou.go.jp/jmaxml1/}Report"
# Not str.strip(): an ideographic space is how the JMA indents a paragraph.
_SPACE = " \t\r\n"


def report(content: bytes) -> Element:
    """The Report of a telegram; Unreadable for all else."""
    if len(content) > document_bytes_max:
        raise Unreadable(
            "ファイルが大きすぎて読めません（上限は4メガバイトです）。気象庁の電文かどうかを確かめてください。"
        )
    try:
        root = fromstring(content, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    except DefusedXmlException as error:
        raise Unreadable(
            "XMLの中に、安全のため読まない書き方（DTDや実体の宣言）があります。"
            "気象庁から受け取ったままのファイルを使ってください。"
        ) from error
    except (ParseError, ValueError, LookupError) as error:
        raise Unreadable(
            "XMLとして読めません。途中で切れているか、壊れています。もう一度受け取ってください。"
        ) from error
    if root.tag != _ROOT:
        raise Unreadable(
            "気象庁防災情報XMLではありません。気象庁の電文のファイルを選んでください。"
        )
    return root


def words(element: Element | None, path: str = "") -> str:
    """The text at a path of local names, as sent but for white space around it; "" if none."""
    found = element if element is None or not path else element.find(_anywhere(path))
    return "" if found is None else (found.text or "").strip(_SPACE)


def each(element: Element | None, path: str) -> list[Element]:
    """All elements at a path of local names."""
    return [] if element is None else element.findall(_anywhere(path))


def local(element: Element) -> str:
    """The name without its namespace."""
    return element.tag.rpartition("}")[2]


def namespace(element: Element) -> str:
    """The namespace without its braces."""
    return element.tag.rpartition("}")[0].lstrip("{")


def _anywhere(path: str) -> str:
    return "/".join("{*}" + name for name in path.split("/"))
