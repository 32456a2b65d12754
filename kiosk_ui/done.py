"""What is said once after something was done; the address carries it, so nothing is remembered."""

from flask import request

from node.words import say

_WORDS = {
    "posted": say("のせました。"),
    "changed": say("なおしました。"),
    "removed": say("取り下げました。"),
    "reading": say("読むことにしました。つながりしだい、この町の掲示板に出ます。"),
    "hidden": say("隠しました。"),
    "lifted": say("また出しました。"),
    "stopped": say("担当を終わりにしました。もう入れません。"),
    "rights": say("受け持つ掲示板を変えました。"),
    "suspended": say("止めました。すぐに入れなくなります。"),
    "reinstated": say("また入れるようにしました。"),
    "handled": say("書きました。"),
    "switched_off": say("取りつがないことにしました。離れた機械には、つながりしだい伝わります。"),
    "switched_on": say("また取りつぐことにしました。離れた機械には、つながりしだい伝わります。"),
    "called": say("どの画面にも、これが出ます。"),
    "let_in": say("のせました。"),
    "let_in_there": say("のせるように伝えます。つながりしだい、その公民館からのります。"),
    "declined": say("のせないことにしました。"),
    "gone": say(
        "その投稿は、もう待っていません。ほかの方が確かめたか、のせようとした方が取り下げました。"
    ),
    "answered": say("答えました。"),
    "wished": say("この決まりにしました。数えなおします。"),
    "asked": say("役場に送りました。"),
    "erased": say("消すように、町のすべての機械へ伝えます。"),
    "kept": say("決めました。"),
    "unerased": say("消さないと返事をしました。"),
    "written_back": say("返事を送りました。回線がつながりしだい、ほかの公民館でも読めます。"),
    "let_go": say("手紙を消しました。もう、だれも読めません。"),
    "key_changed": say("鍵を新しくしました。つながりしだい、町じゅうの機械が新しい鍵で閉じます。"),
    "session_ended": say("そこで入っていたのを、終わらせました。"),
    "passphrase_chosen": say("合言葉を決めました。ほかの場所から入れます。"),
    "passphrase_forgotten": say("ほかの場所からは、もう入れません。"),
    "left": say("読むのをやめました。受け取っていたものは、ここから消えました。"),
}


def said() -> str:
    """The sentence for this page, if any."""
    return _WORDS.get(request.args.get("done", ""), "")
