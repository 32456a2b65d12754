"""What came of a stick, in one sentence: what happened, and what to do."""

from typing import assert_never

from node.carrying.stick import Trouble, Visit, Wrote
from node.words import say, together

REMOVABLE = say("取り外してよいです")
NOT_YET = say("まだ抜かないでください")
AGAIN = say("もう一度差してください")
WORKING = say("USBメモリーを読み書きしています。終わると、ここでお知らせします。")


def in_words(visit: Visit) -> str:
    """One sentence for whoever plugged it in."""
    match visit.trouble:
        case Trouble.NO_PLACE:
            return say("USBメモリーが見つからないので、差しなおしてください。")
        case Trouble.PULLED_OUT:
            return say(
                "途中で抜けたので最後まで終わりませんでしたが、こわれたものはないので、"
                "もう一度差してください。"
            )
        case Trouble.OUR_DISK:
            return say(
                "この機械の記憶装置に書けないので受け取れませんでしたが、USBメモリーの中身はそのままなので、"
                "公民館の人に知らせてください。"
            )
        case None:
            received = _received(visit, but=not visit.well)
            came = (
                say("新しい版（{version}）を受け取り、", version=visit.version)
                if visit.version
                else ""
            )
            return say("{came}{received}{rest}", came=came, received=received, rest=_rest(visit))
        case _:
            assert_never(visit.trouble)


def arrived_in_words(visit: Visit) -> str:
    """Where what lay there from us was taken in, by signed receipts; "" where nothing says so."""
    places = together([say("「{name}」", name=name) for name in visit.arrived_at])
    if not places:
        return ""
    return say("前に書きこんだお知らせは、{places}に届いていました。", places=places)


def _received(visit: Visit, *, but: bool) -> str:
    """The first half, up to its comma; `but`: the second is no good news."""
    if visit.joined:
        return (
            say("この機械は町の仲間に入りましたが、") if but else say("この機械は町の仲間に入り、")
        )
    if visit.new:
        what = (
            say("新しいお知らせや変更を{new:,}件受け取りましたが、")
            if but
            else say("新しいお知らせや変更を{new:,}件受け取り、")
        )
        return say(what, new=visit.new)
    if visit.files or visit.damaged:
        return say("新しく受け取るものはなく、")
    if visit.of_other_towns or visit.not_ours:
        match bool(visit.of_other_towns), but:
            case True, True:
                return say("入っていたのはほかの町のファイルだけなのでそのまま残しましたが、")
            case True, False:
                return say("入っていたのはほかの町のファイルだけなのでそのまま残し、")
            case False, True:
                return say(
                    "入っていたのは回覧のものではないファイルだけなのでそのまま残しましたが、"
                )
        return say("入っていたのは回覧のものではないファイルだけなのでそのまま残し、")
    return say("受け取るものはなく、")


def _rest(visit: Visit) -> str:
    """After what was received: what was written, and the one thing that somebody should do."""
    match visit.wrote:
        case Wrote.WRITTEN | Wrote.RECEIPT | Wrote.NOTHING_NEW:
            todo = _todo(visit)
            left = visit.of_other_towns and (visit.files or visit.new)
            wrote = _wrote(visit.wrote)
            if todo:
                return say("{wrote}が、{todo}", wrote=wrote, todo=todo)
            if left:
                return say("{wrote}（ほかの町のファイルはそのままです）。", wrote=wrote)
            return say("{wrote}。", wrote=wrote)
        case Wrote.READ_ONLY:
            return say(
                "このUSBメモリーには書きこめないので、"
                "横につまみがあれば動かすか、別のものを使ってください。"
            )
        case Wrote.FULL:
            return say(
                "USBメモリーがいっぱいで書きこめないので、"
                "いらないファイルを減らすか、別のものを使ってください。"
            )
        case Wrote.MUTE:
            return say(
                "この機械の鍵が開かず、こちらのお知らせは書きこめないので、"
                "役場の、機械を受け持つ人に知らせてください。"
            )
        case Wrote.FAILED | Wrote.NOT_TRIED:
            return say("このUSBメモリーにはうまく書きこめないので、別のものを使ってください。")
        case _:
            assert_never(visit.wrote)


def _wrote(wrote: Wrote) -> str:
    match wrote:
        case Wrote.WRITTEN:
            return say("こちらのお知らせを書きこみました")
        case Wrote.RECEIPT:
            return say("受け取ったしるしを書きこみました")
        case _:
            return say("書き足すものもありませんでした")


def _todo(visit: Visit) -> str:
    if visit.damaged:
        return say(
            "こわれたファイルが{damaged}個あったので、"
            "それを書きこんだ公民館でもう一度書きこんでもらってください。",
            damaged=visit.damaged,
        )
    if visit.refused:
        return say(
            "確かめられないものが{refused}件あって受け取らなかったので、役場に知らせてください。",
            refused=visit.refused,
        )
    if visit.waiting:
        return say(
            "前の便を待つものが{waiting}件あるので、次の便を待ってください。", waiting=visit.waiting
        )
    if visit.not_ours and (visit.files or visit.new):
        return say("回覧のものではないファイルがあったので、中身を確かめてください。")
    return ""
