"""What is said once after something was done; the address carries it, so nothing is remembered."""

from flask import request

_WORDS = {
    "posted": "のせました。",
    "changed": "なおしました。",
    "removed": "取り下げました。",
    "reading": "読むことにしました。つながりしだい、この町の掲示板に出ます。",
    "hidden": "隠しました。",
    "lifted": "また出しました。",
    "stopped": "担当を終わりにしました。もう入れません。",
    "rights": "受け持つ掲示板を変えました。",
    "suspended": "止めました。すぐに入れなくなります。",
    "reinstated": "また入れるようにしました。",
    "let_in": "のせました。",
    "let_in_there": "のせるように伝えます。つながりしだい、その公民館からのります。",
    "declined": "載せないことにしました。",
    "gone": "その投稿は、ほかの方がもう確かめました。",
    "answered": "答えました。",
    "wished": "この決まりにしました。数えなおします。",
    "asked": "役場に送りました。",
    "erased": "消すように、町のすべての機械へ伝えます。",
    "kept": "決めました。",
    "unerased": "消さないと返事をしました。",
    "written_back": "返事を送りました。回線がつながりしだい、ほかの公民館でも読めます。",
    "let_go": "手紙を消しました。もう、だれも読めません。",
    "key_changed": "鍵を新しくしました。つながりしだい、町じゅうの機械が新しい鍵で閉じます。",
    "left": "読むのをやめました。受け取っていたものは、ここから消えました。",
}


def said() -> str:
    """The sentence for this page, if any."""
    return _WORDS.get(request.args.get("done", ""), "")
