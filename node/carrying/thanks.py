"""What whoever brought a file on a phone is told: what came of it, and what to do."""

from node.carrying.file import Brought
from node.words import say


def thanks_in_words(brought: Brought) -> str:
    """One sentence for whoever brought a file on a phone."""
    if not brought.reading.frames:
        return say(
            "回覧のファイルではなかったので、"
            "名前の終わりが「.kairan」のファイルを選びなおしてください。"
        )
    if brought.only_of_other_towns:
        return say("ほかの町のお知らせだったので、その町の公民館へ持って行ってください。")
    if brought.broken_off:
        return say(
            "新しいお知らせや変更を{new:,}件受け取りましたが、"
            "終わりまでは読めなかったので、公民館の人に話してください。",
            new=brought.new,
        )
    if not brought.whole:
        return say(
            "新しいお知らせや変更を{new:,}件受け取りましたが、"
            "ファイルが途中で切れていたので、もう一度入れなおして渡してください。",
            new=brought.new,
        )
    if brought.joined:
        return say("この機械は、町の仲間に入りました。見ることも、のせることもできます。")
    if brought.new:
        return say("新しいお知らせや変更を{new:,}件受け取りました。", new=brought.new)
    if brought.receipt.refused or brought.unreadable:
        return say(
            "確かめられないものが入っていて受け取れなかったので、公民館の人に話してください。"
        )
    if brought.receipt.waiting:
        return say(
            "これより前のお知らせがまだ届いていないので出せませんが、"
            "もとの公民館で「お知らせを全部入れる」を押して運んでくださると、出せます。"
        )
    return say("お知らせは、もう全部ここに届いていました。")
