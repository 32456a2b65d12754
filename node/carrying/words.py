"""What came of a stick, in one sentence: what happened, and what to do."""

from typing import assert_never

from node.carrying.file import Brought
from node.carrying.stick import Trouble, Visit, Wrote

REMOVABLE = "取り外してよいです"
NOT_YET = "まだ抜かないでください"
AGAIN = "もう一度差してください"
WORKING = "USBメモリーを読み書きしています。終わると、ここでお知らせします。"


def in_words(visit: Visit) -> str:
    """One sentence for whoever plugged it in."""
    match visit.trouble:
        case Trouble.NO_PLACE:
            return "USBメモリーが見つからないので、差しなおしてください。"
        case Trouble.PULLED_OUT:
            return (
                "途中で抜けたので最後まで終わりませんでしたが、こわれたものはないので、"
                "もう一度差してください。"
            )
        case Trouble.OUR_DISK:
            return (
                "この機械の記憶装置に書けないので受け取れませんでしたが、USBメモリーの中身はそのままなので、"
                "公民館の人に知らせてください。"
            )
        case None:
            return _received(visit, but=not visit.well) + _rest(visit)
        case _:
            assert_never(visit.trouble)


def thanks_in_words(brought: Brought) -> str:
    """One sentence for whoever brought a file on a phone."""
    if not brought.reading.frames:
        return (
            "回覧のファイルではなかったので、"
            "名前の終わりが「.kairan」のファイルを選びなおしてください。"
        )
    if brought.only_of_other_towns:
        return "ほかの町のお知らせだったので、その町の公民館へ持って行ってください。"
    new = f"新しいお知らせや変更を{brought.new:,}件受け取りました"
    if brought.broken_off:
        return f"{new}が、終わりまでは読めなかったので、公民館の人に話してください。"
    if not brought.whole:
        return f"{new}が、ファイルが途中で切れていたので、もう一度入れなおして渡してください。"
    if brought.new:
        return f"{new}。"
    if brought.receipt.refused or brought.unreadable:
        return "確かめられないものが入っていて受け取れなかったので、公民館の人に話してください。"
    return "お知らせは、もう全部ここに届いていました。"


def arrived_in_words(visit: Visit) -> str:
    """Where what lay there from us was taken in, by signed receipts; "" where nothing says so."""
    places = "、".join(f"「{name}」" for name in visit.arrived_at)
    return f"前に書きこんだお知らせは、{places}に届いていました。" if places else ""


def _received(visit: Visit, *, but: bool) -> str:
    """The first half, up to its comma; `but`: the second is no good news."""
    if visit.new:
        return f"新しいお知らせや変更を{visit.new:,}件受け取り{'ましたが' if but else ''}、"
    if visit.files or visit.damaged:
        return "新しく受け取るものはなく、"
    if visit.of_other_towns or visit.not_ours:
        kind = "ほかの町の" if visit.of_other_towns else "回覧のものではない"
        return f"入っていたのは{kind}ファイルだけなのでそのまま残し{'ましたが' if but else ''}、"
    return "受け取るものはなく、"


def _rest(visit: Visit) -> str:
    """After what was received: what was written, and the one thing that somebody should do."""
    match visit.wrote:
        case Wrote.WRITTEN | Wrote.RECEIPT | Wrote.NOTHING_NEW:
            todo = _todo(visit)
            left = visit.of_other_towns and (visit.files or visit.new)
            aside = "（ほかの町のファイルはそのままです）" if left and not todo else ""
            return f"{_wrote(visit.wrote)}が、{todo}" if todo else f"{_wrote(visit.wrote)}{aside}。"
        case Wrote.READ_ONLY:
            return (
                "このUSBメモリーには書きこめないので、"
                "横につまみがあれば動かすか、別のものを使ってください。"
            )
        case Wrote.FULL:
            return (
                "USBメモリーがいっぱいで書きこめないので、"
                "いらないファイルを減らすか、別のものを使ってください。"
            )
        case Wrote.FAILED | Wrote.NOT_TRIED:
            return "このUSBメモリーにはうまく書きこめないので、別のものを使ってください。"
        case _:
            assert_never(visit.wrote)


def _wrote(wrote: Wrote) -> str:
    match wrote:
        case Wrote.WRITTEN:
            return "こちらのお知らせを書きこみました"
        case Wrote.RECEIPT:
            return "受け取ったしるしを書きこみました"
        case _:
            return "書き足すものもありませんでした"


def _todo(visit: Visit) -> str:
    if visit.damaged:
        return (
            f"こわれたファイルが{visit.damaged}個あったので、"
            "それを書きこんだ公民館でもう一度書きこんでもらってください。"
        )
    if visit.refused:
        return (
            f"確かめられないものが{visit.refused}件あって受け取らなかったので、"
            "役場に知らせてください。"
        )
    if visit.waiting:
        return f"前の便を待つものが{visit.waiting}件あるので、次の便を待ってください。"
    if visit.not_ours and (visit.files or visit.new):
        return "回覧のものではないファイルがあったので、中身を確かめてください。"
    return ""
