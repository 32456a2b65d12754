"""Pages for when something can't be shown: what happened, and what to do. Never a stack trace."""

import logging
import sqlite3

from flask import Flask, Response, make_response, render_template
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from kiosk_ui import uploads
from kiosk_ui.screen import Screen
from node.words import say
from sync.machine.keys import KeyClosed

_log = logging.getLogger(__name__)

WORDS: dict[str, tuple[str, str]] = {
    "400": (
        say("うまく受け取れませんでした"),
        say("お手数ですが、前の画面にもどって、もう一度お試しください。"),
    ),
    "403": (
        say("ほかのページから送られたので、受け取りませんでした"),
        say("この画面の「はじめにもどる」から開いて、もう一度お試しください。"),
    ),
    "404": (
        say("このページは見つかりませんでした"),
        say(
            "アドレスが少しちがうか、まだこの機械に届いていないのかもしれません。"
            "「はじめにもどる」から探してみてください。"
        ),
    ),
    "other_name": (
        say("このアドレスでは、開けません"),
        say(
            "アドレスの欄を、この機械のアドレスに書きかえてください。"
            "公民館の画面の、しかくい印（QRコード）を読むと、正しいアドレスで開けます。"
        ),
    ),
    "405": (
        say("この開き方はできません"),
        say("「はじめにもどる」から、もう一度開いてください。"),
    ),
    "413": (
        say("書かれたものが長すぎて、受け取れませんでした"),
        say("前の画面にもどって文を短くし、もう一度お送りください。"),
    ),
    "413_picture": (
        say("写真が大きすぎて、受け取れませんでした"),
        say(
            "ブラウザーの「もどる」で前の画面にもどると、書いたものが残っています。"
            "写真を1枚にするか、小さい写真にして、もう一度お送りください。"
        ),
    ),
    "429": (
        say("続けて何度も送られたので、少しお待ちください"),
        say(
            "この電話や近くの電話から、短いあいだにたくさん送られました。{wait}ほど待って、"
            "前の画面にもどり、もう一度お送りください。お急ぎのときは、公民館の画面からどうぞ。"
        ),
    ),
    "500": (
        say("機械の中でうまくいかないことがありました"),
        say(
            "申し訳ありません。少し待って、もう一度お試しください。"
            "それでもだめなときは、公民館の人にお知らせください。"
        ),
    ),
    "503": (
        say("いまは、この機械の記憶装置に読み書きできません"),
        say(
            "少し待って、もう一度お試しください。それでもだめなときは、公民館の人にお知らせください。"
            "これまでにのった投稿は、なくなっていません。"
        ),
    ),
    "mute": (
        say("この機械では、いまは見ることだけができます"),
        say(
            "機械の調子が悪いので、のせたり送ったりできません。お急ぎのときは、役場にお話しください。"
        ),
    ),
    "may_not_post": (
        say("この掲示板には、役場の人がのせます"),
        say("のせてほしいことがあるときは、公民館か役場の人にお話しください。"),
    ),
    "at_the_office": (
        say("役場の機械で決めることなので、ここではできません"),
        say("ほかの町を読みたいときは、役場の人にお話しください。"),
    ),
    "sign_in_elsewhere": (
        say("担当者の方は、機械の画面で入ってください"),
        say(
            "スマートフォンやほかの機械からは、番号がほかの人に見えるおそれがあるので、入れません。"
            "公民館や役場に置いてある機械の画面で、「つながりのようす」の「担当者の方」から入れます。"
        ),
    ),
    "second_at_the_machine": (
        say("2人で確かめることなので、機械の画面で行ってください"),
        say(
            "20件より多くをいちどに行うときは、もう1人の担当者が、機械の画面で暗証番号を押します。"
            "少ない数なら、ここでもできます。まだ何もしていません。"
        ),
    ),
    "not_yours": (
        say("これは、受け持ちの方だけができます"),
        say(
            "いま入っている方の受け持ちではありません。受け持ちの方か、公民館の管理人にお話しください。"
        ),
    ),
    "not_all": (
        say("まだ何もしていません"),
        say(
            "えらんだ投稿の中に、いまできないものがありました。ほかの方が先に行ったのかもしれません。"
            "一覧を開きなおして、もう一度えらんでください。"
        ),
    ),
    "not_a_member": (
        say("この機械では、いま担当者を決められません"),
        say(
            "町の仲間に入っていないか、担当者が多すぎます。「つながりのようす」を確かめてください。"
        ),
    ),
    "printing_others": (
        say("いま、ほかの方の印刷の準備をしています"),
        say("少し待って、もう一度お試しください。"),
    ),
    "no_press": (
        say("この機械では、印刷用のファイルを作れませんでした"),
        say(
            "印刷に要るものが機械に入っていないか、長すぎるのかもしれません。"
            "公民館か役場の人にお知らせください。"
        ),
    ),
    "nobody_reads": (
        say("いまは、ここから書くことができません"),
        say(
            "募集や行事が終わったか、受け取る担当者がまだいません。"
            "お急ぎのときは、のせた人か公民館の人に、直接お話しください。"
        ),
    ),
    "other_town": (
        say("ほかの町の人には、ここから書くことができません"),
        say(
            "お知らせのページに書いてある電話番号などに、直接お願いします。"
            "書いていないときは、{town}の役場に電話で聞いてください。"
        ),
    ),
    "letters_off": (
        say("この町では、ここから手紙を送れません"),
        say(
            "こうした手紙は取りつがないと、町が決めました。お知らせのページに書いてある電話番号などに、"
            "直接お願いします。わけ：{why}"
        ),
    ),
    "nobody_keeps_it": (
        say("だれが開いたかを書きとめられないので、開けませんでした"),
        say(
            "一度「終わる」を押し、もう一度、暗証番号で入ってください。"
            "それでもだめなときは、役場の人にお知らせください。"
        ),
    ),
    "withdrawn": (
        say("この投稿は取り下げられました"),
        say("のせた人が取り下げたので、内容はもう見られません。"),
    ),
    "erased": (
        say("この投稿の内容は消されました"),
        say(
            "役場が決めたか、のせておく期間がすぎたので、町のすべての機械から消えています。"
            "もとの内容は、この機械にも残っていません。"
        ),
    ),
    "incomplete": (
        say("この投稿は、まだ全部は届いていません"),
        say(
            "足りないところに訂正があるかもしれないので、全部届いてからお見せします。"
            "しばらくしてから、もう一度ご覧ください。"
        ),
    ),
    "not_understood": (
        say("この投稿は、この機械ではまだ表示できません"),
        say(
            "新しいソフトウェアで書かれています。この機械が新しくなると見られます。"
            "お急ぎのときは、公民館の人にお話しください。"
        ),
    ),
}


def message_page(name: str, status: int, **words: str) -> Response:
    """A page that says one thing, with these words in it."""
    heading, advice = WORDS.get(name, WORDS["400"])
    page = render_template("message.html", heading=heading, advice=say(advice, **words))
    return make_response(page, status)


def add_error_pages(app: Flask, screen: Screen) -> None:
    """For every error, one of our own."""

    @app.errorhandler(sqlite3.Error)
    @app.errorhandler(OSError)
    def unreadable(wrong: sqlite3.Error | OSError) -> ResponseReturnValue:
        _log.warning("the ledger can't be read or written: %s", wrong)
        screen.give_up(wrong)
        return message_page("503", 503)

    @app.errorhandler(KeyClosed)
    def mute(_: KeyClosed) -> ResponseReturnValue:
        return message_page("mute", 503)

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> ResponseReturnValue:
        status = error.code or 500
        if 300 <= status < 400:
            return error.get_response()
        name = "500" if status >= 500 else str(status)
        if status == 413 and uploads.brings_pictures():
            name = "413_picture"
        page = message_page(name, status)
        if "Allow" in (headers := dict(error.get_headers())):
            page.headers["Allow"] = headers["Allow"]
        return page
