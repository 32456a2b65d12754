"""How soon a search is answered, and what the index costs.

    python bench/search.py --n 50000

Posts carry readings, as those that are written at a node do. Beside each search, in the same run,
the limit: the bare FTS5 query for the newest twenty, without a look at what is shown, and unread.
"""

import argparse
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench import table
from bench.town import make_town
from bench.usage import machine_in_words
from bench.village_text import posts
from node.boards import BOARDS
from node.boards.event import EVENT
from node.finding import places, words_of
from node.language.asking import Here
from node.node import Change, Node, open_node
from node.views.search import INDEXES, question

LOOKED_FOR = {
    "two kanji, in many": "合唱",
    "kana of a word": "がっしょう",
    "kana, another way": "しょうぼうつめじょ",
    "one kana, in all": "の",
    "one kanji": "柿",
    "two words": "しょうぼう 合唱",
    "a whole title": "獣害対策の柵の募集",
    "nowhere, of frequent letters": "いのいのい",
    "nowhere": "鱈",
}
_WRITTEN_AT_ONCE = 1_000


def main(arguments: list[str] | None = None) -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--n", type=int, default=50_000, help="posts on the board")
    parser.add_argument("--rounds", type=int, default=15, help="figures are medians of")
    told = parser.parse_args(arguments)
    print(f"{machine_in_words()}; {told.n:,} posts with readings")
    with TemporaryDirectory(prefix="kairan-bench-") as folder:
        node = open_node(make_town(Path(folder)).here, language=Here())
        _fill(node, told.n)
        _show_index(node, told.n)
        _show_searches(node, told.rounds)
        node.database.close()


def _fill(node: Node, count: int) -> None:
    made = posts(seed=1)
    for _ in range(0, count, _WRITTEN_AT_ONCE):
        some = list(islice(made, min(_WRITTEN_AT_ONCE, count)))
        read = node.readings.added_to_all([(EVENT, fields) for fields in some])
        node.write([Change(board=EVENT, fields=fields) for fields in read], identity=node.identity)


def _show_index(node: Node, count: int) -> None:
    """The index alone, made anew of what stands; and rid of every trace of what was deleted."""
    standing = node.posts(EVENT, limit=count)
    search = node.views.search
    with node.ledger.transaction():
        search.clear()
        began = time.process_time()
        with search.changing():
            for post in standing:
                search.add(post.id, post.board, post.fields, post.written.seconds)
        made = time.process_time() - began
    with node.ledger.transaction():
        began = time.process_time()
        search.rewrite()
        rewritten = time.process_time() - began
    sql = "SELECT sum(length(block)) FROM {}_data"
    size = sum(
        node.database.connection.execute(sql.format(index)).fetchone()[0] for index in INDEXES
    )
    table.show(
        "The index",
        ("", "CPU", "CPU a post", "size"),
        [
            ("made of all posts", *map(table.milliseconds, (made, made / count)), ""),
            ("written anew after an erasure", table.milliseconds(rewritten), "", ""),
            ("on the disk", "", "", table.number_of_bytes(size)),
        ],
    )


def _show_searches(node: Node, rounds: int) -> None:
    rows = []
    for name, typed in LOOKED_FOR.items():
        words = words_of(typed)
        asked = question(words)
        sql = "SELECT rowid FROM letters WHERE letters MATCH ? ORDER BY rowid DESC LIMIT 20"

        def bare(sql: str = sql, asked: str = asked) -> object:
            return node.database.connection.execute(sql, (asked,)).fetchall()

        def whole(words: tuple[str, ...] = words) -> object:
            found = node.search(words)
            shown = [hit.post for hit in found[:20]]
            return [places(BOARDS[post.board], post, words) for post in shown]

        wall = [*(_wall(act, rounds) for act in (bare, whole))]
        cpu = _cpu(whole, rounds)
        count = f"{len(node.search(words)):,}"
        figures = map(table.milliseconds, (*wall, cpu))
        rows.append((f"{name}: {typed}", count, *figures))
    head = ("", "found", "bare FTS5 (limit)", "all, and why of 20", "CPU of it")
    table.show("Searches (wall, medians)", head, rows)


def _wall(act: Callable[[], object], rounds: int) -> float:
    spent = []
    for _ in range(rounds):
        began = time.perf_counter()
        act()
        spent.append(time.perf_counter() - began)
    return median(spent)


def _cpu(act: Callable[[], object], rounds: int) -> float:
    began = time.process_time()
    for _ in range(rounds):
        act()
    return (time.process_time() - began) / rounds


if __name__ == "__main__":
    main()
